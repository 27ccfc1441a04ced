"""Messages and bench checks of a Eurotherm nanodac.

A parameter is written with its hexadecimal address in loop 1; `float` means its IEEE single in the region
from 8000 hexadecimal on. The addresses of loop 2 are 80 hexadecimal higher, from 1600 on 100."""

from labctl.command_table import BenchCheck, Message

BLISS, ORNL = "BLISS (nanodac_cmds.txt)", "ORNL EPICS support"
IN_BOTH = ("0200", "0201", "0202", "0203", "0204", "0205", "0213", "165E", "165F", "1662", "1680")


def _message(command: str, meaning: str, unit: str = "-", when: str = "") -> Message:
    agrees = any(address in command.split() for address in IN_BOTH)
    return Message(command, meaning, unit, BLISS, ORNL if agrees else "-", when=when)


WITH_RATE = "with rate_per"
MESSAGES = (
    _message("read 0079", "company: 1280 is Eurotherm"),
    _message("read float 0200", "process value", "degC"),
    _message("read 0201", "0 automatic, 1 manual"),
    _message("write 0201 = <0|1>", "automatic, manual"),
    _message("read float 0202", "target set point", "degC"),
    _message("write float 0202 = <value>", "target set point", "degC"),
    _message("read float 0203", "working set point: the one that rules", "degC"),
    _message("read float 0204", "working output", "%"),
    _message("read 0205", "1: the loop is inhibited"),
    _message("read 020F", "1: loop break"),
    _message("read 0213", "1: sensor break"),
    _message("read 1600", "type of the loop: 0 single, 1 cascade, 2 override, 3 ratio"),
    _message("read 165B", "0 SP1, 1 SP2 is selected"),
    _message("read float 165E", "highest set point", "degC"),
    _message("read float 165F", "lowest set point", "degC"),
    _message("read 1661", "1: the alternative set point is selected"),
    _message("read float 1662", "limit of the rate of the set point; 0 is none", "unit of rate_per"),
    _message("write float 1662 = <value>", "that limit", "unit of rate_per", when=WITH_RATE),
    _message("read 1663", "1: that limit is disabled", when=WITH_RATE),
    _message("read 167D", "at a sensor break: 0 the output below, 1 hold"),
    _message("write float 1680 = 0", "output in manual mode", "%"),
    _message("read 168A", "1: the output follows another signal"),
    _message("read float 168E", "output at a sensor break", "%"),
    _message("write float 168E = 0", "output at a sensor break", "%", when="where it is not zero"),
    _message("read 3A50", "programmer: 2 run, 4 hold"),
)
BENCH_CHECKS = (
    BenchCheck(
        "the identity",
        "`oven.identity`",
        "`Eurotherm nanodac`; register 121 is 1280 for other instruments of the maker too",
        reads="identity",
    ),
    BenchCheck("the unit", "display", "degrees Celsius: the unit of the loop is not read"),
    BenchCheck(
        "the unit of the rate",
        "5 as rate limit at the front panel, a set point 20 K higher, a watch",
        "5 K in a second, a minute or an hour: give `rate_per` in the settings; without it ramps are refused",
        is_decisive=True,
    ),
    BenchCheck(
        "the loop",
        "`oven.temperature_k`, `oven.output_state`",
        "of loop 1, with `loop = 2` in the settings of loop 2",
        reads="temperature_k",
    ),
    BenchCheck(
        "manual mode",
        "`oven.make_safe()` while heating, ammeter",
        "no current. Note the manual output mode (track, step, last) at the front panel",
    ),
    BenchCheck(
        "what rules",
        "select the alternative set point, SP2, output tracking, inhibit and a program in turn, and "
        "`oven.setpoint_k = 300`",
        "an `InstrumentError` that names it",
        is_decisive=True,
    ),
    BenchCheck(
        "at a sensor break",
        "`oven.prepare()`, pull the sensor while heating, ammeter",
        "no current, and `oven.temperature_k` is an `InstrumentError`",
    ),
    BenchCheck("unit number", "`unit = 1`", "answers. The instrument may answer to any number"),
)
