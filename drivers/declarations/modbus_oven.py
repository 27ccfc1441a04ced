"""Messages and bench checks of an oven with registers given by the station file."""

from labctl.command_table import BenchCheck, Message

SETTINGS = "settings of the station file"
MESSAGES = (
    Message("read <address>", "a quantity or a state", "as in the settings", SETTINGS),
    Message(
        "read <address> x2",
        "a quantity of two registers",
        "as in the settings",
        SETTINGS,
        when="with a type of two registers",
    ),
    Message(
        "read input <address...>",
        "the same in an input register",
        "as in the settings",
        SETTINGS,
        when="with function = 4",
    ),
    Message("write <address> = <number>", "set point, ramp, on or off", "as in the settings", SETTINGS),
    Message(
        "write <address> x1 = <word>",
        "the same by function 16",
        "as in the settings",
        SETTINGS,
        when="with single_writes = false",
    ),
    Message(
        "write <address> x2 = <words...>",
        "a set point, ramp, on or off of two registers",
        "as in the settings",
        SETTINGS,
        when="with a type of two registers",
    ),
)
BENCH_CHECKS = (
    BenchCheck(
        "the temperature",
        "`print(oven.temperature_k - 273.15)` at room temperature and warm",
        "the display, in degC. A factor of 10 is a wrong `scale`, nonsense a wrong `type` or `word_order`, a "
        "neighbouring quantity an address counted from 1",
        reads="temperature_k",
        offset=-273.15,
        unit="degC",
        within=1.0,
    ),
    BenchCheck("the set point", "`oven.setpoint_k = 310`, display", "36.85 degC"),
    BenchCheck("off", "`oven.make_safe()` while heating, meter", "no current", is_decisive=True),
    BenchCheck(
        "`is_off`",
        "start heating at the front panel, `oven.output_state.is_on`",
        "`True`. Then `oven.make_safe()` with the line of `off` that matters removed from the settings: an "
        "`InstrumentError`",
        is_decisive=True,
    ),
    BenchCheck(
        "what rules",
        "select each of `other_masters` at the front panel in turn, `oven.setpoint_k = 310`",
        "an `InstrumentError` with its words",
        is_decisive=True,
    ),
    BenchCheck(
        "what rules without a name",
        "select a remote set point, `oven.setpoint_k = 310`",
        "an `InstrumentError`, because `rules` differs",
    ),
    BenchCheck(
        "the ramp",
        "`oven.ramp_rate_k_s = 5 / 60; oven.setpoint_k = 330`, a watch",
        "`oven.setpoint_k` moves by 5 K in a minute",
    ),
    BenchCheck(
        "each of `errors`",
        "pull the sensor, and the others where possible",
        "`oven.temperature_k` is an `InstrumentError` with its words",
    ),
)
