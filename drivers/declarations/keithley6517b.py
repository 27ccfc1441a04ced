"""Messages and bench checks of the Keithley 6517B."""

from labctl.command_table import BenchCheck, Message

MANUAL, SLAVE, PYMEASURE = "6517B-901-01", "slave K6517B", "pymeasure Keithley6517B"
MODULE, PROGRAM = "public module for two-wire resistances", "a public program"
AT_REST = "at rest"


def switch(
    command: str, meaning: str, source: str, second_source: str = "-", when: str = ""
) -> tuple[Message, ...]:
    """Return the messages that set a switch and ask for it."""
    header = command.split()[0]
    return (
        Message(command, meaning, source=source, second_source=second_source, when=when),
        Message(f"{header}?", f"{meaning}: 0 or 1", source=source, second_source=second_source, when=when),
    )


def sense(end: str, meaning: str, source: str, second_source: str = "-") -> tuple[Message, ...]:
    """Return the messages of a switch of the measured function."""
    return switch(f":SENS:<CURR|VOLT>:{end}", meaning, source, second_source)


MESSAGES = (
    Message("*IDN?", "manufacturer, model, serial number, firmware", source=MODULE, second_source=PYMEASURE),
    Message("*CLS", "clear status and errors", source=MODULE, second_source=PYMEASURE),
    Message("*RST", "reset", source=PYMEASURE),
    Message("SYST:ERR?", "oldest error: number, text", source=MODULE, second_source=SLAVE),
    *switch(":OUTP <ON|OFF>", "source in operate", MODULE, "a public description of the 6517A"),
    *switch(":SOUR:VOLT:MCON <ON|OFF>", "source LO connected to ammeter LO", f"{MANUAL} p. 5-3", MODULE),
    *switch(":SYST:ZCH <ON|OFF>", "zero check", MODULE, SLAVE),
    Message(":SOUR:VOLT <level>", "source level", "V", MODULE, PYMEASURE),
    Message(":SOUR:VOLT?", "source level", "V", MODULE, PYMEASURE),
    *switch(":SOUR:CURR:RLIM:STAT OFF", "resistor of 1 Mohm in series with the source", MODULE, PYMEASURE),
    Message(":SOUR:VOLT:RANG 100", "source range: 100 V, 10 mA", "V", MODULE, PYMEASURE),
    Message(":SOUR:VOLT:RANG?", "source range", "V", MODULE, PYMEASURE),
    Message(":SOUR:VOLT:LIM <limit>", "limit of the source level: the next full volt", "V", MODULE),
    Message(":SOUR:VOLT:LIM?", "limit of the source level", "V", MODULE),
    *switch(":SOUR:VOLT:LIM:STAT ON", "limit of the source level in force", MODULE),
    Message(":SOUR:CURR:LIM:STAT?", "whether the source is at its current limit: 0 or 1", source=MODULE),
    Message(":SENS:FUNC '<CURR|VOLT>'", "measured function", source=MODULE, second_source=PYMEASURE),
    Message(":SENS:FUNC?", 'measured function, `"CURR:DC"`', source=MODULE),
    *sense("RANG:AUTO ON", "automatic range", MODULE, PYMEASURE),
    Message(":SENS:<CURR|VOLT>:NPLC <cycles>", "integration time", "power line cycles", MODULE, PYMEASURE),
    Message(":SENS:<CURR|VOLT>:NPLC?", "integration time", "power line cycles", MODULE, PYMEASURE),
    *sense("AVER OFF", "digital filter", SLAVE),
    *sense("MED OFF", "median filter", SLAVE),
    *sense("REF:STAT OFF", "REL", SLAVE),
    *switch(":SENS:CURR:DAMP <ON|OFF>", "damping of the two lowest ranges", f"{MANUAL} p. 14-82", SLAVE),
    *switch(":SENS:VOLT:GUARD OFF", "guard of the voltmeter", "a public table of commands", when=AT_REST),
    *switch(":SYST:ZCOR OFF", "zero correction", SLAVE, "a public table of commands"),
    *switch(":CALC:STAT OFF", "math", SLAVE),
    *switch(":INIT:CONT OFF", "continuous readings", PROGRAM),
    Message(":TRIG:SOUR IMM", "start at once", source=PYMEASURE),
    Message(":TRIG:SOUR?", "trigger source", source=PYMEASURE),
    Message(":FORM:DATA ASC", "text replies", source=MODULE, second_source=SLAVE),
    Message(":FORM:DATA?", "form of replies", source=SLAVE),
    Message(":FORM:ELEM READ", "the reading alone", source=f"{MANUAL} p. 14-53", second_source=PROGRAM),
    Message(":FORM:ELEM?", "elements of a reply", source=MODULE, second_source=SLAVE),
    Message(":READ?", "new reading; overflow 9.9E37, zero check 9.91E37", "A; V at rest",
            f"{MANUAL} p. 14-54", PYMEASURE),
)  # fmt: skip
BENCH_CHECKS = (
    BenchCheck(
        "the settings are read back",
        "`cell.prepare()`, `list(cell.hold(1.0, [5.0], 1e-3))` on 1 Gohm in a shielded box",
        "1 nA, and no error: every question of the driver is answered, many in one message",
    ),
    BenchCheck(
        "the sign of the current",
        "the same; source HI at the electrode meant to be positive",
        "a positive current",
    ),
    BenchCheck(
        "off isolates the source",
        "after `hold`, ohmmeter from source LO to ammeter LO",
        "above 1 Gohm; `:SOUR:VOLT:MCON OFF`",
    ),
    BenchCheck(
        "the open-circuit potential",
        "battery of 1.5 V in series with 1 Mohm as the cell, its positive pole at source HI, "
        "`list(cell.rest([5.0]))`",
        "+1.5 V with the status that it is not confirmed; then set `rest_confirmed = true`",
    ),
    BenchCheck(
        "small potentials",
        "`list(cell.hold(0.01, [5.0], 1e-3))` on 10 Mohm, voltmeter at the source",
        "note the deviation: it is part of each resistance. The source has no range below 100 V",
    ),
    BenchCheck(
        "the fixed limit",
        "100 ohm, `list(cell.hold(2.0, [5.0], 1e-2))`",
        "status `at the current limit of the source`, or an error that names the limit",
    ),
    BenchCheck(
        "the watched limit",
        "10 kohm, `list(cell.hold(1.0, [5.0], 1e-5))`",
        "an `InstrumentError`: above the limit; the OPERATE light is off",
    ),
    BenchCheck(
        "a setting changed at the panel",
        "press REL or FILTER during a `hold`",
        "an `InstrumentError` that names the setting",
    ),
)
