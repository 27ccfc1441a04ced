"""Messages and bench checks of the Cellkraft P10 humidifier."""

from labctl.command_table import BenchCheck, Message

PYOPTICON = "pyopticon"

MESSAGES = (
    Message("read 104", "set point", "0.01 % by volume", PYOPTICON),
    Message("write 104 = <value>", "set point", "0.01 % by volume", PYOPTICON),
    Message("read 1086", "temperature at the sensor of the humidity", "0.01 degC", PYOPTICON),
    Message("read 1090", "relative humidity", "0.01 %", PYOPTICON),
)

BENCH_CHECKS = (
    BenchCheck(
        "the unit of the set point",
        "`gas.setpoint = 2000.0`, display; after half an hour `print(gas.value)`",
        "a set point in percent by volume, 2000 Pa of the total pressure, and `value` within the accuracy "
        "of its sensor. **In another unit, chosen at the display, no condition settles**",
        is_decisive=True,
    ),
    BenchCheck(
        "humidity and temperature",
        "`print(gas.readings)` beside its display",
        "relative humidity and temperature of the gas are those at the display",
        is_decisive=True,
    ),
    BenchCheck(
        "what making safe leaves",
        "`gas.setpoint = ...`, then `bench.make_safe()`, set point at its display",
        "the humidity that `when_safe` asks for; the pump and heated line are not switched",
        is_decisive=True,
    ),
)
