"""Messages and bench checks of the Keysight E4990A."""

from labctl.accuracy import Accuracy, AccuracyRange
from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message(
        "*IDN?",
        "manufacturer, model, serial number, firmware",
        source="public programs in use",
        second_source="IEEE 488.2",
    ),
    Message("*CLS", "clear status and errors", source="public programs in use", second_source="IEEE 488.2"),
    Message("*RST", "reset; in one message with those that switch off", source="IEEE 488.2"),
    Message("SYST:ERR?", "oldest error and its text", source="public programs in use"),
    Message(":SOUR:BIAS:STAT <ON|OFF>", "DC bias off, on", source="public programs in use"),
    Message(":SOUR:BIAS:STAT?", "whether the DC bias is applied", source="public programs in use"),
    Message(":SOUR1:BIAS:MODE VOLT", "bias as a voltage", source="public programs in use"),
    Message(":SOUR1:BIAS:VOLT <value>", "DC bias", unit="V", source="public programs in use"),
    Message(":SOUR1:MODE VOLT", "level as a voltage", source="public programs in use"),
    Message(
        ":SOUR1:VOLT <value>",
        "oscillator level; the lowest, 5 mV, is from memory",
        unit="V rms",
        source="public programs in use",
    ),
    Message(":SOUR1:VOLT?", "oscillator level", unit="V rms", source="public programs in use"),
    Message(":TRIG:SOUR BUS", "trigger by the bus", source="public programs in use"),
    Message(":ABOR", "end a sweep", source="public programs in use"),
    Message(":INIT1:CONT ON", "wait for a trigger, again and again", source="public programs in use"),
    Message(":FORM:DATA ASC", "text, no binary numbers", source="public programs in use"),
    Message(":CALC1:PAR<1|2>:DEF <R|X>", "parameters of the two traces", source="public programs in use"),
    Message(":CALC1:PAR<1|2>:DEF?", "parameters of the two traces", source="public programs in use"),
    Message(":SENS1:SWE:TYPE LIN", "linear sweep", source="public programs in use"),
    Message(":SENS1:SWE:POIN 2", "points of a sweep", source="public programs in use"),
    Message(":SENS1:APER:TIME <n>", "speed, 1 (fastest) to 5", source="public programs in use"),
    Message(":CALC1:AVER OFF", "no average of sweeps", source="public programs in use"),
    Message(":SENS1:AVER:STAT OFF", "no average of points", source="public programs in use"),
    Message(
        ":SENS1:FREQ:<STAR|STOP> <value>", "first, last frequency", unit="Hz", source="public programs in use"
    ),
    Message(":SOUR1:BIAS:VOLT?", "DC bias", unit="V", source="public programs in use"),
    Message(":TRIG:SING", "one sweep", source="public programs in use"),
    Message(
        "*OPC?", "1 at the end of the sweep", source="public programs in use", second_source="IEEE 488.2"
    ),
    Message(":SENS1:FREQ:DATA?", "frequencies of the sweep", unit="Hz", source="public programs in use"),
    Message(":CALC1:DATA:RDAT?", "R and X of every point", unit="ohm", source="public programs in use"),
    Message(
        ":SENS1:CORR2:<OPEN|SHOR>?",
        "whether a compensation is on",
        source="public program (VB, MATLAB)",
        second_source="public programs in Python",
    ),
    Message(
        ":SENS1:CORR2:<OPEN|SHOR> <0|1>",
        "the same compensation as before the reset",
        source="public program (VB)",
    ),
    Message(
        ":SENS1:CORR2:ZME:<OPEN|SHOR>:FREQ?",
        "frequencies at which it was measured",
        unit="Hz",
        source="public program (VB, MATLAB)",
        when="with a compensation that is on",
    ),
)
BENCH_CHECKS = (
    BenchCheck("the lowest level", '`fra.write(":SOUR1:VOLT 5E-3")`, `fra.ask(":SOUR1:VOLT?")`', "0.005"),
    BenchCheck("parameters can be read", '`fra.ask(":CALC1:PAR1:DEF?")` after a sweep', "`R`"),
    BenchCheck(
        "trigger and wait in one message", '`fra.ask(":TRIG:SING;*OPC?")`', "`1`, at the end of the sweep"
    ),
    BenchCheck("a sweep from f to f", "`list(fra.sweep([1e3, 1e6, 100.0], 0.02))`", "three points, no error"),
    BenchCheck("end of sweep", "`list(fra.sweep([20.0], 0.02, integration_s=1.0))`", "no time-out"),
    BenchCheck(
        "settings left at the front panel",
        "sweep averaging switched on manually, then a sweep of three frequencies",
        "the numbers without it",
    ),
    BenchCheck(
        "the reset",
        "oscilloscope at the terminals during `fra.prepare()`",
        (
            "the power-on level for an instant or not at all; note how long. Do not use a cell "
            "that does not stand it"
        ),
    ),
    BenchCheck(
        "the fixture survives the reset",
        "open and short compensation at user points, `fra.prepare()`, a resistor",
        (
            "its value at every frequency. Adapter, load compensation and the kind of points are "
            "not read: look at them on the display"
        ),
    ),
    BenchCheck(
        "compensation points",
        "user compensation at three frequencies, sweep at a fourth",
        "a `ConfigurationError`",
    ),
    BenchCheck("overload", "short", "a status other than `ok`"),
)

ACCURACY = Accuracy(
    analyser=(
        AccuracyRange(
            gain=0.0008,
            phase_rad=0.0008,
            source="Keysight E4990A data sheet: basic accuracy 0.08 %; its range here is an assumption",
            frequency_hz=(100.0, 1e5),
            impedance_ohm=(100.0, 1e4),
        ),
    )
)
"""Basic accuracy, the phase in rad equal to it. Outside this range the data sheet's chart says more."""
