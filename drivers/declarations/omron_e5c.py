"""Messages and bench checks of Omron E5_C controllers.

A variable is written with its hexadecimal address, a command as its word in hexadecimal."""

from labctl.command_table import BenchCheck, Message

MANUAL = "manual H175"
OMNIPLATYPUS = "omniplatypus (E5_C; 2-byte addresses)"
DISPLAY = "degC, last displayed digit"
RATE = "K per unit of 0718, with rate_decimals"


def _message(command: str, meaning: str, unit: str = "-", second: str = "-", when: str = "") -> Message:
    return Message(command, meaning, unit, MANUAL, second, when=when)


MESSAGES = (
    _message("read 0420", "decimals of the display", second=OMNIPLATYPUS),
    _message("read 0000", "process value", DISPLAY, OMNIPLATYPUS),
    _message(
        "read 0002",
        "status: 2 converter error, 6 input error, 22 setup area 1, 23 auto-tuning, 24 stopped, 26 manual; "
        "heater and alarms: 0, 3, 4, 10 to 14, 28, 31",
        second=OMNIPLATYPUS,
    ),
    _message("read 040C", "copy of the status", second=OMNIPLATYPUS),
    _message("read 0410", "status 2: 27 the remote set point is selected"),
    _message("read 0004", "internal set point: the one that rules", DISPLAY, OMNIPLATYPUS),
    _message("read 0106", "set point", DISPLAY, OMNIPLATYPUS),
    _message("write 0106 = <value>", "set point", DISPLAY, OMNIPLATYPUS),
    _message("read 0008", "output (heating)", "0.1 %", OMNIPLATYPUS),
    _message("read 0718", "unit of time of the SP ramp: 0 s, 1 min, 2 h", when="with a ramp"),
    _message("read 071A", "SP ramp; 0 is off", RATE),
    _message("write 071A = <value>", "SP ramp", RATE, when="where it changes"),
    _message("read 071C", "SP ramp for falling set points; -1 is the same", RATE),
    _message("read 071E", "MV at Stop", "0.1 %"),
    _message("read 0722", "MV at PV Error", "0.1 %"),
    _message("read 0C02", "unit of the temperature: 0 degC"),
    _message("read 0D2C", "program pattern; 0 is off"),
    _message("command 0001", "enable writing", second=OMNIPLATYPUS),
    _message("command 0100", "run", second=OMNIPLATYPUS),
    _message("command 0101", "stop", second=OMNIPLATYPUS),
)
BENCH_CHECKS = (
    BenchCheck(
        "the decimals",
        "`print(oven.temperature_k - 273.15)`",
        "same as the display",
        reads="temperature_k",
        offset=-273.15,
        unit="degC",
        within=1.0,
    ),
    BenchCheck(
        "RUN and STOP",
        "`oven.setpoint_k = 300`, `oven.make_safe()`, display",
        "runs, then STOP is lit; output 0 by meter. An error if an event input is assigned to RUN/STOP",
    ),
    BenchCheck(
        "MV at Stop, MV at PV Error",
        "at the front panel, 10 % each in turn, `oven.prepare()`",
        "an `InstrumentError` that names it",
    ),
    BenchCheck(
        "what rules",
        "select manual mode, auto-tuning, the remote set point and a program pattern in turn, and "
        "`oven.setpoint_k = 300`",
        "an `InstrumentError` that names it. The bit of the remote set point (27 of status 2) has one source",
        is_decisive=True,
    ),
    BenchCheck("the internal set point during a ramp", "`oven.setpoint_k` every 10 s", "moves with the ramp"),
    BenchCheck(
        "the decimals of the SP ramp",
        "SP Ramp Set Value 50 per minute at the front panel, `oven.read_variable(0x071A)`",
        "50: `rate_decimals = 0`; 500: 1. Then `oven.ramp_rate_k_s = 5 / 60`, a watch. Without "
        "`rate_decimals` ramps are refused",
        is_decisive=True,
    ),
    BenchCheck("a broken sensor", "pull it", "`oven.temperature_k` is an `InstrumentError`"),
    BenchCheck(
        "heater burnout (with a current transformer)",
        "interrupt the load",
        "`oven.output_state.problem` says so",
    ),
)
