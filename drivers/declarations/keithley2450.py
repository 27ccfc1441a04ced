"""Messages and bench checks of the Keithley 2450."""

from labctl.accuracy import Accuracy, CurrentRange, PotentiostatAccuracy
from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message(
        "*IDN?",
        "manufacturer, model, serial number, firmware",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message("*LANG?", "command language: SCPI, SCPI2400 or TSP", source="QCoDeS"),
    Message("*CLS", "clear status and errors", source="IEEE 488.2", second_source="labmcp-keithley-smu"),
    Message(
        "*RST",
        "reset; in one message with those that switch off",
        source="IEEE 488.2",
        second_source="labmcp-keithley-smu",
    ),
    Message(
        "SYST:ERR?",
        "oldest error and its text",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(
        ":OUTP <ON|OFF>", "output on, off", source="pymeasure", second_source="QCoDeS; labmcp-keithley-smu"
    ),
    Message(
        ":OUTP?", "whether the output is on", source="pymeasure", second_source="QCoDeS; labmcp-keithley-smu"
    ),
    Message(":OUTP:<VOLT|CURR>:SMOD HIMP", "state of an output that is off: relay open", source="pymeasure"),
    Message(":OUTP:<VOLT|CURR>:SMOD?", "state of an output that is off", source="pymeasure"),
    Message(
        ":SOUR:FUNC <VOLT|CURR>",
        "source voltage, current",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(
        ":SOUR:VOLT <value>",
        "voltage",
        unit="V",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(
        ":SOUR:CURR <value>",
        "current",
        unit="A",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(
        ":SOUR:VOLT:RANG <value>",
        "range of the voltage source",
        unit="V",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(
        ":SOUR:VOLT:ILIM <value>",
        "limit of the current",
        unit="A",
        source="pymeasure",
        second_source="labmcp-keithley-smu",
    ),
    Message(
        ":SOUR:VOLT:ILIM:TRIP?",
        "whether the limit holds the source back",
        source="QCoDeS",
        second_source="labmcp-keithley-smu",
    ),
    Message(
        ":SOUR:CURR:VLIM <value>",
        "limit of the voltage",
        unit="V",
        source="pymeasure",
        second_source="labmcp-keithley-smu",
    ),
    Message(":SOUR:VOLT:READ:BACK ON", "report the measured source value", source="QCoDeS"),
    Message(
        ':SENS:FUNC "<VOLT|CURR>"',
        "measure voltage, current",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(
        ":SENS:<VOLT|CURR>:RANG:AUTO ON",
        "autorange",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(":SENS:<VOLT|CURR>:UNIT <VOLT|AMP>", "unit of the reading"),
    Message(":SENS:<VOLT|CURR>:REL:STAT OFF", "no relative reading"),
    Message(":SENS:<VOLT|CURR>:AVER OFF", "no filter", source="pymeasure"),
    Message(":SENS:COUN 1", "one reading for each trigger"),
    Message(
        ":SENS:<VOLT|CURR>:NPLC <value>",
        "integration time",
        unit="power line cycles",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(
        ":SENS:<VOLT|CURR>:RSEN <ON|OFF>",
        "sense with four or two wires",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(":CALC:<VOLT|CURR>:MATH:STAT OFF", "no formula"),
    Message(
        ":ROUT:TERM <FRON|REAR>",
        "front or rear terminals",
        source="pymeasure",
        second_source="QCoDeS; labmcp-keithley-smu",
    ),
    Message(':TRAC:CLE "defbuffer1"', "empty the buffer", source="QCoDeS"),
    Message(':READ? "defbuffer1"', "a new reading", unit="V, A", source="QCoDeS"),
    Message(
        ':TRAC:DATA? 1,1,"defbuffer1",READ,REL,SOUR',
        "reading, relative time and source value from the buffer",
        unit="V, A, s",
        source="QCoDeS",
    ),
)
BENCH_CHECKS = (
    BenchCheck("language", '`cell.ask("*LANG?")`', "`SCPI`", asks="*LANG?", answer="SCPI"),
    BenchCheck(
        "off opens the relay",
        (
            "after `hold`, and again after `rest` (the current source has its own "
            "`:OUTP:CURR:SMOD`), ohmmeter at the terminals"
        ),
        "open (`HIMP`)",
    ),
    BenchCheck(
        "the order of switching off",
        "charge a capacitor, `hold`, close it, voltmeter",
        "the capacitor keeps its charge: the relay opens before the source goes to zero",
    ),
    BenchCheck(
        "open-circuit limit",
        "`list(cell.rest([0.0]))` with the leads open",
        "no error from `:SOUR:CURR:VLIM`",
    ),
    BenchCheck(
        "the limit is reported",
        "10 ohm, `list(cell.hold(0.1, [1.0], 1e-3))`",
        "status `at the current limit`",
    ),
    BenchCheck(
        "settings left at the front panel",
        (
            "switch REL and a math formula on manually, then `list(cell.hold(0.01, [1.0], "
            "1e-3))` on a resistor"
        ),
        "the current of the resistor, no error from `:CALC:CURR:MATH:STAT`",
    ),
    BenchCheck(
        "the reset",
        "voltmeter at the terminals during `cell.prepare()`",
        (
            "open all the time: `*RST` restores the output-off state `NORM`, the same message "
            "sets `HIMP` again"
        ),
    ),
    BenchCheck(
        "filter and count",
        (
            "moving filter of 50 and count 5 chosen at the front panel, then "
            "`list(cell.hold(0.01, [0, 1], 1e-3))` on a resistor"
        ),
        "the current of the resistor, no error",
    ),
    BenchCheck(
        "two and four wires",
        "resistor at the end of long leads, setting `four_wire`",
        "the difference is the leads",
    ),
)

ACCURACY = Accuracy(
    potentiostat=PotentiostatAccuracy(
        potential_gain=0.0002,
        potential_zero_v=300e-6,
        currents=(
            CurrentRange(10e-9, 0.001, 50e-12),
            CurrentRange(100e-9, 0.0006, 100e-12),
            CurrentRange(1e-6, 0.00025, 300e-12),
            CurrentRange(10e-6, 0.00025, 700e-12),
            CurrentRange(100e-6, 0.0002, 6e-9),
            CurrentRange(1e-3, 0.0002, 60e-9),
            CurrentRange(10e-3, 0.0002, 600e-9),
            CurrentRange(100e-3, 0.00025, 6e-6),
            CurrentRange(1.0, 0.0003, 500e-6),
        ),
        source="Keithley SPEC-2450 Rev. A (2013): 1 year, 23 degC +- 5 K; potential of the 2 V range",
    )
)
"""Of the set potential and the measured current."""
