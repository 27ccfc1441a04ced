"""Messages and bench checks of Keysight E4980A and Agilent 4284A."""

from labctl.accuracy import Accuracy, AccuracyRange
from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message(
        "*IDN?", "manufacturer, model, serial number, firmware", source="pymeasure", second_source="QCoDeS"
    ),
    Message("*CLS", "clear status and errors", source="IEEE 488.2", second_source="pymeasure"),
    Message(
        "*RST",
        "reset; in one message with those that switch off",
        source="IEEE 488.2",
        second_source="QCoDeS",
    ),
    Message("SYST:ERR?", "oldest error and its text", source="QCoDeS"),
    Message(":TRIG:SOUR <BUS|HOLD>", "source of the trigger", source="pymeasure", second_source="QCoDeS"),
    Message(":INIT:CONT ON", "wait for a trigger, again and again", source="pymeasure"),
    Message(":FORM ASC", "text, no binary numbers", source="pymeasure"),
    Message(":FUNC:IMP RX", "measure R and X", unit="ohm", source="pymeasure", second_source="QCoDeS"),
    Message(":FUNC:IMP?", "function", source="pymeasure", second_source="QCoDeS"),
    Message(
        ":FUNC:IMP:RANG:AUTO ON", "autorange", source="pymeasure", second_source="public programs in use"
    ),
    Message(":FUNC:DEV<1|2>:MODE OFF", "no deviation from a reference", source="public programs in use"),
    Message(
        ":APER <SHOR|MED|LONG>,<averages>", "speed and averages", source="pymeasure", second_source="QCoDeS"
    ),
    Message(":BIAS:STAT <ON|OFF|0|1>", "DC bias off, on", source="pymeasure", second_source="QCoDeS"),
    Message(":BIAS:STAT?", "whether the DC bias is applied", source="pymeasure", second_source="QCoDeS"),
    Message(":BIAS:VOLT <value>", "DC bias", unit="V", source="pymeasure", second_source="QCoDeS"),
    Message(":BIAS:VOLT?", "DC bias", unit="V", source="pymeasure", second_source="QCoDeS"),
    Message(":VOLT <value>", "test level", unit="V rms", source="pymeasure", second_source="QCoDeS"),
    Message(":VOLT?", "test level", unit="V rms", source="pymeasure", second_source="QCoDeS"),
    Message(":FREQ <value>", "frequency", unit="Hz", source="pymeasure", second_source="QCoDeS"),
    Message(
        ":FREQ?",
        "frequency, as the instrument rounds it",
        unit="Hz",
        source="pymeasure",
        second_source="QCoDeS",
    ),
    Message("*TRG", "a measurement; its reply is R, X, status", unit="ohm", source="E4980A manual p. 316"),
    Message(
        ":CORR:<OPEN|SHOR|LOAD>:STAT?",
        "whether a correction is on",
        source="pymeasure",
        second_source="QCoDeS",
    ),
    Message(
        ":CORR:<OPEN|SHOR|LOAD>:STAT <0|1>",
        "the same correction as before the reset",
        source="pymeasure",
        second_source="QCoDeS",
    ),
    Message(":CORR:LENG?", "cable length", unit="m", source="pymeasure", second_source="QCoDeS"),
    Message(
        ":CORR:LENG <value>",
        "the same cable length as before the reset",
        unit="m",
        source="pymeasure",
        second_source="QCoDeS",
    ),
)
BENCH_CHECKS = (
    BenchCheck(
        "the reply to a trigger is its measurement",
        '`fra.write(":TRIG:SOUR BUS")`, `fra.ask("*TRG")`',
        "two values and a status. Report a time-out to us: the driver depends on this reply",
    ),
    BenchCheck("never the old value", "resistor, sweep, swap it for another, sweep", "the new one"),
    BenchCheck(
        "the level when safe",
        '`fra.make_safe()`, `fra.ask(":VOLT?")`, `fra.ask("SYST:ERR?")`',
        "E4980A: 0 or at most 5 mV; 4284A: 5 mV, its lowest. No error",
        asks=":VOLT?",
    ),
    BenchCheck(
        "settings left at the front panel",
        "a deviation display (`DEV A: ABS`) switched on manually, then a sweep",
        "R and X themselves",
    ),
    BenchCheck(
        "range left at the front panel",
        "choose 100 kohm manually, then a sweep on 100 ohm",
        "100 ohm, status `ok`",
    ),
    BenchCheck(
        "the reset",
        "oscilloscope at the terminals during `fra.prepare()`",
        (
            "the power-on level (1 V) for an instant or not at all; note how long. Do not use a "
            "cell that does not stand it"
        ),
    ),
    BenchCheck(
        "the fixture survives the reset",
        "open correction and cable length set at the front panel, `fra.prepare()`, look again",
        "as before; `prepare()` fails if `:CORR:...?` says otherwise",
    ),
    BenchCheck(
        "status numbers",
        "short, open, `list(fra.sweep([1e3], 0.02))`",
        "a status other than `ok` if the display shows an error; note its number",
    ),
    BenchCheck(
        "bias without the option",
        "`list(fra.sweep([1e3], 0.02, bias_v=1.5))`, then `bias_v=1.0`",
        "accepted, or refused with the instrument's message or with the bias that it took instead",
    ),
    BenchCheck(
        "fixture",
        "open and short compensation at the front panel, then the resistor",
        "its value at every frequency",
    ),
)

ACCURACY = Accuracy(
    analyser=(
        AccuracyRange(
            gain=0.0005,
            phase_rad=0.0005,
            source="Keysight E4980A and Agilent 4284A data sheets: basic accuracy 0.05 %; its range here is "
            "an assumption",
            frequency_hz=(100.0, 1e5),
            impedance_ohm=(100.0, 1e4),
        ),
    )
)
"""Basic accuracy at 0.3 to 1 V, the phase in rad equal to it. Outside, the data sheet has equations."""
