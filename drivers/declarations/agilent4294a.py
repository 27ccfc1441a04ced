"""Messages and bench checks of the Agilent 4294A."""

from labctl.accuracy import Accuracy, AccuracyRange
from labctl.command_table import BenchCheck, Message

MANUAL, MAKER = "04294-90061, quoted in samhill's HP4294A", "the maker's data transfer program"
CLASS, PROGRAM, PYMEASURE = "public class agilent4294a", "a public program (pia.py)", "pymeasure Agilent4294A"


def asked(header: str, value: str, meaning: str, source: str = CLASS, unit: str = "-") -> tuple[Message, ...]:
    """Return the messages that set something and ask for it; the maker's program asks."""
    return (
        Message(f"{header} {value}", meaning, unit, source, MAKER),
        Message(f"{header}?", meaning, unit, MAKER, CLASS),
    )


MESSAGES = (
    Message("*IDN?", "HEWLETT-PACKARD,4294A, serial number, firmware", source=MANUAL, second_source=MAKER),
    Message("*CLS", "clear status and errors", source=MANUAL, second_source=CLASS),
    Message("*RST", "reset; the sweep stays on hold. In one message with those that switch off",
            source=MANUAL, second_source=CLASS),
    Message("OUTPERRO?", "oldest error: number, text", source=MAKER, second_source=PYMEASURE),
    Message("DCO <ON|OFF>", "bias on, off", source=CLASS, second_source=PROGRAM),
    Message("DCO?", "bias: 0 or 1", source=MAKER),
    *asked("POWMOD", "VOLT", "level as a voltage"),
    *asked("POWE", "<level>", "oscillator level, 5 mV to 1 V", unit="V rms"),
    Message("HOLD", "no sweep", source=CLASS, second_source=MANUAL),
    Message("E4TP?", "adapter: OFF, M1, M2, APC7, PROBE", source=MAKER),
    Message("E4TP <adapter>", "the adapter of before the reset", source=CLASS, second_source=MAKER,
            when="if the reset changed it"),
    Message("COMSTA <ON|OFF>", "open compensation", source=CLASS),
    Message("COMSTB <ON|OFF>", "short compensation", source=CLASS),
    Message("COMSTC <ON|OFF>", "load compensation", source=CLASS),
    Message("FORM4", "text replies", source=MANUAL, second_source=MAKER),
    Message("TRGS INT", "start at once", source=MANUAL, second_source=PROGRAM),
    *asked("MEAS", "IRIM", "R in trace A, X in trace B", MANUAL),
    *asked("SWPP", "FREQ", "sweep of the frequency"),
    *asked("SWPT", "LIN", "linear sweep"),
    *asked("POIN", "2", "points of a sweep", MANUAL),
    *asked("BWFACT", "<n>", "bandwidth, 1 (fastest) to 5", MANUAL),
    *asked("AVER", "OFF", "average of sweeps", MANUAL),
    *asked("PAVER", "OFF", "average of points"),
    *asked("PDELT", "0", "delay before each point", unit="s"),
    *asked("SDELT", "0", "delay before each sweep", unit="s"),
    Message("DCRNG M10", "bias current up to 10 mA", source=CLASS, second_source=PROGRAM),
    *asked("DCMOD", "VOLT", "bias as a voltage"),
    Message("DCV <value>", "bias, -40 to 40 V", "V", CLASS, PROGRAM),
    Message("DCV?", "bias", "V", CLASS),
    Message("<STAR|STOP> <value>", "first, last frequency", "Hz", CLASS, PYMEASURE),
    Message("SING", "one sweep", source=CLASS, second_source=PROGRAM),
    Message("*OPC?", "1 at the end of the sweep", source=PROGRAM, second_source="IEEE 488.2"),
    Message("OUTPSWPRM?", "frequencies of the sweep", "Hz", MAKER, PROGRAM),
    Message("TRAC <A|B>", "active trace", source=MANUAL, second_source=MAKER),
    Message("TRAC?", "active trace", source=PYMEASURE),
    Message("OUTPDTRC?", "two numbers for each point of the active trace; the first counts", "ohm", MAKER,
            PROGRAM),
)  # fmt: skip
BENCH_CHECKS = (
    BenchCheck("a sweep from f to f", "`list(fra.sweep([1e3, 1e6, 100.0], 0.02))`", "three points, no error"),
    BenchCheck(
        "frequencies that are not whole", "`list(fra.sweep([123.456], 0.02))`", "a point at 123.456 Hz"
    ),
    BenchCheck("trigger and wait in one message", '`fra.ask("SING;*OPC?")`', "`1`, at the end of the sweep"),
    BenchCheck(
        "the trace in one message",
        "resistor of 100 ohm in parallel with 10 nF, `list(fra.sweep([1e5], 0.02))`",
        "R and X of the circuit, not the same number twice",
    ),
    BenchCheck("the slowest point", "`list(fra.sweep([40.0], 0.02, integration_s=1.0))`", "no time-out"),
    BenchCheck("the lowest level", '`fra.write("POWE 5E-3")`, `fra.ask("POWE?")`', "0.005"),
    BenchCheck(
        "the bias",
        "voltmeter at the terminals, `points = fra.sweep([1e4] * 20, 0.02, bias_v=0.5); next(points)`, then "
        "`points.close()`",
        "0.5 V, then 0 V; the current of the bias is at most 10 mA",
    ),
    BenchCheck(
        "the reset",
        "oscilloscope at the terminals during `fra.prepare()`",
        "the power-on level for an instant or not at all; note how long. Do not use a cell that does not "
        "stand it",
    ),
    BenchCheck(
        "the fixture",
        "open and short compensation measured at the instrument, settings `open_compensation = true`, "
        "`short_compensation = true`, `fra.prepare()`",
        "both on in the display, the data still there, the adapter unchanged",
    ),
    BenchCheck(
        "settings left at the front panel",
        "sweep averaging, a list sweep and a level in amperes, then a sweep of three frequencies",
        "the numbers without them",
    ),
    BenchCheck(
        "overload", "short", "a status other than `ok`; note the numbers and the reply to `OUTPERRO?`"
    ),
)

ACCURACY = Accuracy(
    analyser=(
        AccuracyRange(
            gain=0.0008,
            phase_rad=0.0008,
            source="Agilent Impedance Measurement Handbook, table 2-2: basic accuracy 0.08 %; its range here "
            "is an assumption",
            frequency_hz=(100.0, 1e5),
            impedance_ohm=(100.0, 1e4),
        ),
    )
)
"""Basic accuracy, the phase in rad equal to it. Outside this range the data sheet's chart says more."""
