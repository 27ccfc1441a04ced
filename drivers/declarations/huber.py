"""Messages and bench checks of Huber thermostats."""

from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message("{M00****", "set point", unit="0.01 degC", source="numat/huber", second_source="alexrudd2/huber"),
    Message(
        "{M00<value>", "set point", unit="0.01 degC", source="numat/huber", second_source="alexrudd2/huber"
    ),
    Message(
        "{M01****",
        "temperature of the internal sensor",
        unit="0.01 degC",
        source="numat/huber",
        second_source="alexrudd2/huber",
    ),
    Message("{M05****", "error; 0 is none", source="numat/huber", second_source="public programs"),
    Message("{M06****", "warning; 0 is none", source="numat/huber", second_source="public programs"),
    Message(
        "{M07****",
        "temperature of the external sensor; two programs call 07 the process temperature",
        unit="0.01 degC",
        source="numat/huber",
        when='with the setting `sensor = "external"`',
    ),
    Message(
        "{M3A****",
        "temperature of the process sensor",
        unit="0.01 degC",
        source="numat/huber",
        when='with the setting `sensor = "process"`',
    ),
    Message(
        "{M13****",
        "control mode (vTmpMode): 0 internal, 1 process; another source names 15",
        source="two public programs (Modbus)",
    ),
    Message(
        "{M15****", "mode of the compressor, or the control mode: sources disagree", source="public program"
    ),
    Message(
        "{M14****", "whether temperature control is on", source="numat/huber", second_source="public programs"
    ),
    Message(
        "{M14000<0|1>", "temperature control off, on", source="numat/huber", second_source="public programs"
    ),
    Message(
        "{M16****",
        "whether circulation is on",
        source="numat/huber",
        second_source="public programs",
        when="never by labctl: its meaning during control is not known",
    ),
    Message("{M160001", "circulation on", source="numat/huber", second_source="public programs"),
    Message(
        "{M160000",
        "circulation off",
        source="numat/huber",
        second_source="public programs",
        when="with the setting `keep_circulating = false`",
    ),
    Message(
        "{M<30|31>****",
        "lowest, highest set point",
        unit="0.01 degC",
        source="numat/huber",
        second_source="alexrudd2/huber",
    ),
    Message(
        "{M0A****",
        "status word",
        source="numat/huber",
        when="never: sources count its bits from different ends",
    ),
)
BENCH_CHECKS = (
    BenchCheck("scale of the error register", "`oven.read_variable(0x05)`", "0"),
    BenchCheck("off", "`oven.make_safe()`, display", "temperature control off, pump as set"),
    BenchCheck(
        "an absent sensor",
        '`sensor = "external"` without one, `oven.temperature_k`',
        ("an `InstrumentError`; note the value of `oven.read_variable(0x07)` (-15100, unverified)"),
    ),
    BenchCheck(
        "the process sensor",
        '`sensor = "process"` or `"external"`',
        (
            "the right probe. Two programs for the Modbus interface have the process temperature "
            "in 07, where we have `external`, and no 3A"
        ),
    ),
    BenchCheck(
        "the control mode (vTmpMode)",
        "choose internal, then process control at the thermostat, `oven.condition` each time",
        (
            "variable 13 is 0, then 1. If 15 changes instead, report it to us: sources disagree, "
            'and two call 13 the control mode. With `sensor = "internal"` process control is '
            "refused"
        ),
        reads="condition",
        is_decisive=True,
    ),
    BenchCheck(
        "circulation during control",
        "`oven.setpoint_k = 300`, then again, `oven.read_variable(0x16)`",
        "no error; 0 or 1, not judged",
    ),
    BenchCheck("status bits (0A)", "not used: sources count them from different ends", "-"),
)
