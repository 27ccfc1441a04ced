"""Messages and bench checks of Linkam T95."""

from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message(
        "T",
        "state, errors, pump and temperature, ten bytes",
        unit="0.1 degC",
        source="BLISS",
        second_source="UMS; lewis",
    ),
    Message("R1<rate>", "rate", unit="0.01 K/min", source="BLISS", second_source="UMS; lewis"),
    Message("L1<value>", "limit: the set point", unit="0.1 degC", source="BLISS", second_source="UMS; lewis"),
    Message("S", "start", source="BLISS", second_source="UMS; lewis"),
    Message("E", "stop", source="BLISS", second_source="UMS; lewis"),
    Message("<O|H|C>", "hold, heat, cool", source="BLISS", second_source="lewis", when="never by labctl"),
    Message(
        "P<text...>",
        "pump: automatic, manual, speed",
        source="BLISS",
        second_source="lewis",
        when="never: the pump is left as it is",
    ),
)
BENCH_CHECKS = (
    BenchCheck(
        "the state after `E`",
        "`oven.make_safe(); print(oven.stage_status)`",
        "state 1, stopped",
        reads="condition",
    ),
    BenchCheck("set point", "`oven.setpoint_k = 310`, display", "the limit, and the rate `fastest_k_min`"),
    BenchCheck(
        "pauses",
        "`for _ in range(200): oven.stage_status`",
        ("no error: 300 ms between messages, 500 ms after opening. Programs in use have 300 and 200 ms"),
    ),
    BenchCheck("pump", "at the controller", "automatic"),
)
