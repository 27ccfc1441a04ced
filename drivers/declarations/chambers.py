"""Messages and bench checks of Temptronic and Thermotron."""

from labctl.command_table import BenchCheck, Message

TEMPTRONIC_MESSAGES = (
    Message("*IDN?", "manufacturer, model, serial number, firmware", source="pymeasure"),
    Message("%RM", "take remote control", source="pymeasure"),
    Message("FLOW <0|1>", "air flow off, on", source="pymeasure"),
    Message("AUXC?", "auxiliary condition; bit 5: the air flows", source="pymeasure"),
    Message("EROR?", "errors, a sum of bits", source="pymeasure"),
    Message("TEMP?", "temperature of air or sample, as selected", unit="degC", source="pymeasure"),
    Message("SETN <0|1|2>", "choose the set point: hot, ambient, cold", source="pymeasure"),
    Message("SETN?", "set point that is chosen", source="pymeasure"),
    Message("SETP <value>", "set point", unit="degC", source="pymeasure"),
    Message("SETP?", "set point", unit="degC", source="pymeasure"),
    Message("SETD?", "set point in force; it moves during a ramp", unit="degC", source="pymeasure"),
    Message("RAMP <value>", "rate; 9999 is the fastest", unit="K/min", source="pymeasure"),
    Message("RAMP?", "rate", unit="K/min", source="pymeasure"),
    Message(
        "<TTIM|SOAK|WNDW|TECR>?",
        "further settings that pymeasure has",
        source="pymeasure",
        when="never by labctl: only in a script",
    ),
    Message("HEAD <0|1>", "head up, down", source="pymeasure", when="never: a hand may be under it"),
)
THERMOTRON_MESSAGES = (
    Message("IDEN?", "model", source="pymeasure"),
    Message("STOP", "stop the chamber", source="pymeasure"),
    Message("RUNM", "run in manual mode", source="pymeasure"),
    Message("MODE?", "mode, a sum of bits: 1 program, 16 manual, 8 hold, 32 delayed", source="pymeasure"),
    Message("SETP1,<value>", "set point", unit="degC", source="pymeasure"),
    Message("SETP1?", "set point", unit="degC", source="pymeasure"),
    Message("PVAR1?", "temperature", unit="degC", source="pymeasure"),
)
TEMPTRONIC_CHECKS = (
    BenchCheck(
        "identity (ATS)",
        '`oven.ask("*IDN?")`',
        "contains ATS, ECO, Temptronic or inTEST",
        asks="*IDN?",
        answer=".*(ATS|ECO|Temptronic|TEMPTRONIC|inTEST).*",
    ),
    BenchCheck("air off (ATS)", '`oven.make_safe()`, `oven.ask("AUXC?")`', "bit 5 clear"),
    BenchCheck(
        "what rules (ATS)",
        '`oven.setpoint_k = 310`, `oven.ask("SETN?")`, `oven.ask("RAMP?")`',
        "`0`, and the rate; another number or rate is refused",
    ),
    BenchCheck(
        "ramp (ATS)",
        "`oven.ramp_rate_k_s = 5 / 60; oven.setpoint_k = 310`, then the rate 0",
        "the display ramps; without a rate `RAMP` is 9999",
    ),
    BenchCheck(
        "local control (ATS)",
        "touch the panel while air flows, `oven.make_safe()`",
        "the air stops: `%RM` is sent first",
    ),
    BenchCheck("an open sensor (both)", "pull it, `oven.temperature_k`", "an `InstrumentError`"),
)
THERMOTRON_CHECKS = (
    BenchCheck("an open sensor (both)", "pull it, `oven.temperature_k`", "an `InstrumentError`"),
    BenchCheck("unit (3800)", "display", "degrees Celsius"),
    BenchCheck(
        "what rules (3800)",
        '`oven.setpoint_k = 310`, `oven.ask("MODE?")`; the same with a program running',
        "bit 4 (manual); a program is refused",
    ),
    BenchCheck(
        "mode after stop (3800)",
        '`oven.make_safe()`, `oven.ask("MODE?")`, also from a held program',
        "none of bits 0, 3, 4, 5",
    ),
)
