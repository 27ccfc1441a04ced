"""Messages and bench checks of Eurotherm 2200, 2400, 3200 (3216) and 3500.

A parameter is written `<number>`; `float` means its IEEE single in the region from 8000 hexadecimal on."""

from labctl.command_table import BenchCheck, Message

SERIES_2000, SERIES_3200 = ("Eurotherm2200", "Eurotherm2400"), ("Eurotherm3200", "Eurotherm3216")

MESSAGES = (
    Message(
        "read 122",
        "type code in hexadecimal; that of a 2200 begins with 22",
        source="handbook HA026230",
        only_for=("Eurotherm2200",),
    ),
    Message("read 516", "unit: 0 degC", source="handbook HA026230", only_for=("Eurotherm2200",)),
    Message(
        "read 525",
        "display decimals",
        source="handbook HA026230",
        only_for=(*SERIES_2000, *SERIES_3200),
    ),
    Message("read 525", "display decimals", only_for=("Eurotherm3500",)),
    Message(
        "read float 1",
        "process value; the first question finds out whether there are floats",
        unit="degC",
        source="handbook HA026230",
    ),
    Message(
        "read 1",
        "process value, with implied decimals",
        unit="degC",
        source="handbook HA026230",
        second_source="UMS; eurothermlib",
        when="without floats",
    ),
    Message("read 273", "0 automatic, 1 manual", source="handbook HA026230", second_source="UMS; nupylab"),
    Message(
        "write 273 = <0|1>", "automatic, manual", source="handbook HA026230", second_source="UMS; nupylab"
    ),
    Message(
        "write 3 = 0",
        "output in manual mode",
        unit="%",
        source="handbook HA026230",
        second_source="UMS; nupylab",
    ),
    Message(
        "read 3",
        "working output",
        unit="%",
        source="handbook HA026230",
        second_source="UMS (2404, 2416)",
        only_for=SERIES_2000,
    ),
    Message("read float 3", "working output", unit="%", source="handbook HA026230", only_for=SERIES_2000),
    Message("read 4", "working output", unit="%", source="UMS (3216); eurothermlib", only_for=SERIES_3200),
    Message("read float 4", "working output", unit="%", only_for=SERIES_3200, when="with floats"),
    Message(
        "read 85",
        "working output",
        unit="%",
        source="UMS (3500)",
        second_source="minimalmodbus",
        only_for=("Eurotherm3500",),
    ),
    Message("read float 85", "working output", unit="%", only_for=("Eurotherm3500",)),
    Message(
        "read float 2",
        "target set point",
        unit="degC",
        source="handbook HA026230",
        only_for=(*SERIES_2000, "Eurotherm3500"),
    ),
    Message(
        "write float 2 = <value>",
        "target set point",
        unit="degC",
        source="handbook HA026230",
        only_for=(*SERIES_2000, "Eurotherm3500"),
    ),
    Message(
        "read 2",
        "target set point, with implied decimals",
        unit="degC",
        source="handbook HA026230",
        second_source="UMS; nupylab",
        only_for=SERIES_3200,
        when="without floats",
    ),
    Message(
        "write 2 = <value>",
        "target set point, with implied decimals",
        unit="degC",
        source="handbook HA026230",
        second_source="UMS; nupylab",
        only_for=SERIES_3200,
        when="without floats",
    ),
    Message("read float 2", "target set point", unit="degC", only_for=SERIES_3200, when="with floats"),
    Message(
        "write float 2 = <value>",
        "target set point",
        unit="degC",
        only_for=SERIES_3200,
        when="with floats",
    ),
    Message(
        "read 2",
        "target set point, with implied decimals",
        unit="degC",
        source="handbook HA026230",
        second_source="UMS; nupylab",
        only_for=(*SERIES_2000, "Eurotherm3500"),
        when="without floats",
    ),
    Message(
        "write 2 = <value>",
        "target set point, with implied decimals",
        unit="degC",
        source="handbook HA026230",
        second_source="UMS; nupylab",
        only_for=(*SERIES_2000, "Eurotherm3500"),
        when="without floats",
    ),
    Message(
        "read float 5",
        "working set point: the one that rules",
        unit="degC",
        source="handbook HA026230",
        only_for=(*SERIES_2000, "Eurotherm3500"),
    ),
    Message(
        "read 5",
        "working set point, with implied decimals",
        unit="degC",
        source="handbook HA026230",
        second_source="EPICS-eurotherm2k",
        only_for=SERIES_3200,
        when="without floats",
    ),
    Message("read float 5", "working set point", unit="degC", only_for=SERIES_3200, when="with floats"),
    Message(
        "read 5",
        "working set point, with implied decimals",
        unit="degC",
        source="handbook HA026230",
        second_source="EPICS-eurotherm2k",
        only_for=(*SERIES_2000, "Eurotherm3500"),
        when="without floats",
    ),
    Message(
        "read 75",
        ("summary status: 0 to 3 alarms, 5 sensor break, 6 loop break, 7 heater failure, 10 out of range"),
        source="handbook HA026230",
        only_for=("Eurotherm2400",),
    ),
    Message(
        "read 75",
        "summary status: as of a 2400, and 8 load failure, 11 failure of the solid-state relay",
        source="handbook HA026230",
        only_for=("Eurotherm2200",),
    ),
    Message(
        "read 75",
        "summary status: 0 to 3 alarms, 5 sensor break, 6 loop break, 7 load current too low, 8 leakage "
        "current, 10 out of range, 11 overcurrent, 14 remote set point failed",
        source="handbook HA028651 issue 7",
        only_for=SERIES_3200,
    ),
    Message("read 75", "summary status", only_for=("Eurotherm3500",)),
    Message("read 276", "0 local, 1 remote set point", source="handbook HA026230", only_for=SERIES_2000),
    Message(
        "read 276", "0 local, 1 remote set point", source="handbook HA028651 issue 7", only_for=SERIES_3200
    ),
    Message(
        "read 23",
        "programmer: 1 off, 2 run, 4 hold, 16 end, 32 dwell, 64 ramp",
        source="handbook HA026230",
        second_source="nupylab (2200)",
        only_for=("Eurotherm2200",),
    ),
    Message(
        "read 23",
        "timer: 0 reset, 1 run, 2 hold, 3 end",
        source="handbook HA028651 issue 7",
        second_source="nupylab (3216)",
        only_for=SERIES_3200,
    ),
    Message("read 15", "0 SP1, 1 SP2 is selected", source="handbook HA028651 issue 7", only_for=SERIES_3200),
    Message(
        "read 23",
        "programmer: 1 reset, 2 run, 4 hold, 8 holdback, 16 complete",
        source="handbook HA026230",
        only_for=("Eurotherm2400",),
    ),
    Message(
        "read 15",
        "number of the set point that is selected; 0 is SP1",
        source="handbook HA026230",
        only_for=SERIES_2000,
    ),
    Message(
        "read 199",
        "mode: 0 normal, 1 standby, 2 configuration",
        source="handbook HA026230",
        only_for=SERIES_2000,
    ),
    Message(
        "write 199 = <n>",
        "mode",
        source="handbook HA026230",
        when="never: other values start calibration or clear memory",
    ),
    Message(
        "read float 34",
        "output power at sensor break",
        unit="%",
        source="handbook HA026230",
        only_for=SERIES_2000,
    ),
    Message(
        "read 34",
        "output power at sensor break",
        unit="%",
        source="handbook HA026230",
        only_for=SERIES_2000,
        when="without floats",
    ),
    Message(
        "write float 34 = <value>",
        "output power at sensor break",
        unit="%",
        source="handbook HA026230",
        only_for=SERIES_2000,
        when="where it is not zero",
    ),
    Message(
        "read float 35",
        "limit of the rate of the set point; 0 is none",
        unit="2400: unit of 531; 2200: rate_per",
        source="handbook HA026230",
        only_for=SERIES_2000,
    ),
    Message(
        "write float 35 = <value>",
        "that limit",
        unit="unit of 531",
        source="handbook HA026230",
        only_for=("Eurotherm2400",),
    ),
    Message(
        "write float 35 = <value>",
        "that limit",
        unit="unit of rate_per",
        source="handbook HA026230",
        only_for=("Eurotherm2200",),
        when="with rate_per",
    ),
    Message(
        "read float 35",
        "limit of the rate of the set point; 0 is none",
        unit="K/min",
        source="UMS (3500)",
        only_for=("Eurotherm3500",),
    ),
    Message(
        "write float 35 = <value>",
        "that limit",
        unit="K/min",
        source="UMS (3500)",
        only_for=("Eurotherm3500",),
    ),
    Message(
        "read 35",
        "limit of the rate of the set point; 0 is none",
        unit="unit of 531",
        source="UMS (3216); eurothermlib",
        only_for=SERIES_3200,
        when="without floats",
    ),
    Message(
        "write 35 = <value>",
        "that limit",
        unit="unit of 531",
        source="UMS (3216); eurothermlib",
        only_for=SERIES_3200,
        when="without floats",
    ),
    Message(
        "read float 35", "limit of the rate", unit="unit of 531", only_for=SERIES_3200, when="with floats"
    ),
    Message(
        "write float 35 = <value>",
        "that limit",
        unit="K/min",
        only_for=SERIES_3200,
        when="with floats",
    ),
    Message(
        "read 35",
        "limit of the rate, with implied decimals",
        unit="2400: unit of 531; 2200: rate_per; 3500: K/min",
        source="handbook HA026230",
        second_source="UMS; nupylab",
        only_for=(*SERIES_2000, "Eurotherm3500"),
        when="without floats",
    ),
    Message(
        "write 35 = <value>",
        "that limit",
        unit="2400: unit of 531; 2200: rate_per; 3500: K/min",
        source="handbook HA026230",
        second_source="UMS; nupylab",
        only_for=(*SERIES_2000, "Eurotherm3500"),
        when="without floats",
    ),
    Message(
        "read 531",
        "unit of the rate: 0 per second, 1 per minute, 2 per hour",
        source="handbook HA026230",
        only_for=("Eurotherm2400",),
    ),
    Message(
        "read 531",
        "unit of the rate: 0 per minute, 1 per hour, 2 per second",
        source="nupylab (3216)",
        only_for=SERIES_3200,
    ),
    Message(
        "read 78",
        "1: the limit of the rate is disabled",
        source="handbook HA026230",
        only_for=("Eurotherm2400",),
    ),
    Message(
        "read 78", "1: the limit of the rate is disabled", source="UMS (3500)", only_for=("Eurotherm3500",)
    ),
    Message(
        "read float <111|112>",
        "highest and lowest set point",
        unit="degC",
        source="handbook HA026230",
        only_for=SERIES_2000,
    ),
    Message(
        "read <111|112>",
        "highest and lowest set point",
        unit="degC",
        source="handbook HA026230",
        only_for=SERIES_2000,
        when="without floats",
    ),
    Message("fast status", "status byte", source="handbook HA026230", when="never by labctl"),
)
BENCH_CHECKS = (
    BenchCheck(
        "the decimals",
        "`print(oven.temperature_k - 273.15)`",
        (
            "same as the display. A factor of ten means that integer resolution is configured; "
            "set `decimals = 0`"
        ),
        reads="temperature_k",
        offset=-273.15,
        unit="degC",
        within=1.0,
        is_decisive=True,
    ),
    BenchCheck("the unit", "display", "degrees Celsius"),
    BenchCheck(
        "float region (3200, 3500)",
        "`print(oven._floats)`",
        "note it; both values are valid",
        only_for=(*SERIES_3200, "Eurotherm3500"),
    ),
    BenchCheck(
        "the rate and its unit (2400: register 531)",
        "`oven.ramp_rate_k_s = 5 / 60`, front panel, a watch",
        ("5.0 per minute, 0.083 per second or 300 per hour; the working set point moves by 5 K in a minute"),
        only_for=("Eurotherm2400",),
    ),
    BenchCheck(
        "the rate and its unit (3200, 3216: register 531)",
        "`oven.read_word(531)`, then the same; 0 means minutes, 1 hours, 2 seconds by one program",
        "as above. One program has two decimals in register 35 of a 3216: a factor of ten",
        only_for=SERIES_3200,
    ),
    BenchCheck(
        "the rate and its unit (3500: register 35)",
        "the same; the driver assumes a rate per minute",
        "5.0 per minute",
        only_for=("Eurotherm3500",),
    ),
    BenchCheck(
        "the unit of the rate (2200)",
        "set 5 at the front panel, a set point 20 K higher, a watch",
        "the working set point moves by 5 K in a second, a minute or an hour: give `rate_per` in the "
        "settings; without it ramps are refused",
        only_for=("Eurotherm2200",),
        is_decisive=True,
    ),
    BenchCheck(
        "the type code (2200)",
        "`oven.identity`",
        "`type 22..`; with a 2400 an error",
        only_for=("Eurotherm2200",),
        reads="identity",
    ),
    BenchCheck(
        "disabling of the rate (2400, 3500: register 78)",
        "disable it at the front panel, `oven.read_word(78)`",
        ("1, and a ramp is refused. One program for a 2416 and a 3216 has it reversed: report it to us"),
        only_for=("Eurotherm2400", "Eurotherm3500"),
    ),
    BenchCheck(
        "what rules (2400)",
        (
            "`[oven.read_word(r) for r in (276, 23, 15, 199)]`, then select the remote set "
            "point, a program, SP2 and standby in turn, and `oven.setpoint_k = 300`"
        ),
        (
            "`[0, 1, 0, 0]`, without programmer any second number but 2, 4, 8, 16; then an "
            "`InstrumentError` that names what rules"
        ),
        only_for=("Eurotherm2400",),
        is_decisive=True,
    ),
    BenchCheck(
        "what rules (2200)",
        "`[oven.read_word(r) for r in (276, 23, 15, 199)]`, then select the remote set point, a program, SP2 "
        "and standby in turn, and `oven.setpoint_k = 300`",
        "`[0, 1, 0, 0]`; then an `InstrumentError` that names what rules",
        only_for=("Eurotherm2200",),
        is_decisive=True,
    ),
    BenchCheck(
        "what rules (3200, 3216)",
        "the same with registers 276 (remote), 23 (timer: 1 run, 2 hold, 3 end) and 15 (SP2); another use of "
        "199 is possible and not read",
        "`[0, 0, 0]`, then an `InstrumentError`",
        only_for=SERIES_3200,
    ),
    BenchCheck(
        "broken load or relay (2200: bits 8, 11 of register 75; 3200, 3216: bit 7)",
        "with a load monitor only: interrupt the load",
        "`oven.temperature_k` is an `InstrumentError`",
        only_for=("Eurotherm2200", *SERIES_3200),
    ),
    BenchCheck(
        "what rules (3500)",
        ("only the working set point (5) is read: select another set point, `oven.setpoint_k = 300`"),
        "an `InstrumentError`",
        only_for=("Eurotherm3500",),
    ),
    BenchCheck(
        "decimals and status (3500)",
        "`oven.identity`, `oven.condition`",
        (
            "no source says that registers 525 and 75 exist. Without 75 pull the sensor once and "
            "note `oven.temperature_k`: a broken sensor is not told"
        ),
        only_for=("Eurotherm3500",),
        reads="condition",
    ),
    BenchCheck(
        "output in manual mode (3500: register 85)",
        "`oven.make_safe()` while heating, ammeter",
        "no current. The addresses of the 3500 come from a program, not a manual",
        only_for=("Eurotherm3500",),
    ),
    BenchCheck("power at sensor break", "2200, 2400: `oven.read_value(34)`; others: at the front panel", "0"),
    BenchCheck(
        "converter",
        "200 readings in a loop",
        "no error. Otherwise set the instrument's own communication delay",
    ),
)
