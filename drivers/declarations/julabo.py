"""Messages and bench checks of Julabo circulators."""

from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message(
        "VERSION",
        "model and version",
        source="CF31 manual",
        second_source="tiagocoutinho/julabo; EPICS-julabo; lewis",
    ),
    Message(
        "STATUS",
        "number and text of the state; negative numbers are alarms",
        source="CF31 manual",
        second_source="tiagocoutinho/julabo; EPICS-julabo",
    ),
    Message(
        "IN_PV_00",
        "temperature of the bath",
        unit="degC",
        source="CF31 manual",
        second_source="tiagocoutinho/julabo; EPICS-julabo; labmcp-julabo; lewis",
    ),
    Message(
        "IN_PV_02",
        "temperature of the external Pt100",
        unit="degC",
        source="CF31 manual",
        second_source="tiagocoutinho/julabo",
        when="with the setting `external`",
        only_for=("JulaboCF", "JulaboPresto"),
    ),
    Message(
        "IN_PV_01",
        "temperature of the external Pt100",
        unit="degC",
        source="FC manual",
        second_source="tiagocoutinho/julabo",
        when="with the setting `external`",
        only_for=("JulaboFC",),
    ),
    Message(
        "IN_SP_00",
        "first set point",
        unit="degC",
        source="CF31 manual",
        second_source="tiagocoutinho/julabo; EPICS-julabo; labmcp-julabo; lewis",
    ),
    Message(
        "OUT_SP_00 <value>",
        "first set point",
        unit="degC",
        source="CF31 manual",
        second_source="tiagocoutinho/julabo; EPICS-julabo; labmcp-julabo; lewis",
    ),
    Message(
        "IN_MODE_05",
        "0 stopped, 1 running",
        source="CF31 manual",
        second_source="tiagocoutinho/julabo; EPICS-julabo; labmcp-julabo; lewis",
    ),
    Message(
        "OUT_MODE_05 <0|1>",
        "stop, start",
        source="CF31 manual",
        second_source="tiagocoutinho/julabo; EPICS-julabo; labmcp-julabo; lewis",
    ),
    Message(
        "IN_MODE_01",
        "which of three set points is active",
        source="CF31 manual",
        second_source="EPICS-julabo",
        only_for=("JulaboCF", "JulaboPresto"),
    ),
    Message(
        "OUT_MODE_01 <n>",
        "choose the set point; 0 is the first",
        source="CF31 manual",
        second_source="EPICS-julabo",
        only_for=("JulaboCF", "JulaboPresto"),
    ),
    Message(
        "IN_MODE_04",
        "0 bath, 1 external sensor controls",
        source="CF31 manual",
        second_source="EPICS-julabo",
        only_for=("JulaboCF", "JulaboPresto"),
    ),
    Message(
        "OUT_MODE_04 <0|1>",
        "choose the sensor that controls",
        source="CF31 manual",
        second_source="EPICS-julabo",
        only_for=("JulaboCF", "JulaboPresto"),
    ),
    Message(
        "IN_MODE_04",
        "source of the set point: 0 this computer, 1 programmer input",
        source="FC manual p. 32",
        only_for=("JulaboFC",),
    ),
    Message(
        "OUT_MODE_04 0", "set point from this computer", source="FC manual p. 32", only_for=("JulaboFC",)
    ),
    Message(
        "IN_SP_06", "unit: 0 degrees Celsius, 1 Fahrenheit", source="CF31 manual", only_for=("JulaboCF",)
    ),
    Message(
        "IN_SP_<03|04>",
        "high, low warning limit",
        unit="degC",
        source="CF31 manual",
        second_source="tiagocoutinho/julabo",
        only_for=("JulaboCF",),
    ),
    Message(
        "IN_SP_06",
        "time of the watchdog",
        unit="s (untried)",
        source="Presto manual p. 56",
        second_source="one program with an A40",
        only_for=("JulaboPresto",),
        when="with a real clock",
    ),
    Message(
        "OUT_SP_06 <value>",
        "time of the watchdog",
        unit="s (untried)",
        source="Presto manual p. 56",
        second_source="one program with an A40",
        only_for=("JulaboPresto",),
        when="with a real clock",
    ),
    Message(
        "A<address>_<message...>",
        "the same with an address on an RS-485 line",
        source="CF31 manual",
        when="with the setting `rs485_address`",
    ),
)
BENCH_CHECKS = (
    BenchCheck(
        "the family",
        '`oven.ask("VERSION")`, `oven.ask("IN_PV_02")` with and without the Pt100',
        ("the external temperature; if it is power, use `JulaboFC`; after a time-out, `JulaboCorio`"),
        reads="identity",
    ),
    BenchCheck(
        "the source of the set point (FC)",
        '`oven.prepare()`, `oven.ask("IN_MODE_04")`, `oven.setpoint_k = 300`, display',
        (
            "`0`, the computer, and the set point. Of an FP50-MH no source says what mode 4 is: "
            "the driver sets 0"
        ),
        only_for=("JulaboFC",),
    ),
    BenchCheck(
        "the controlling sensor (FC)",
        "`external = true`, `oven.setpoint_k = 300`",
        "the bath controls, the external sensor is read",
        only_for=("JulaboFC",),
    ),
    BenchCheck(
        "what rules (CF, Presto)",
        "select the second set point or the other sensor, `oven.setpoint_k = 300`",
        "an `InstrumentError`, nothing starts",
        only_for=("JulaboCF", "JulaboPresto"),
    ),
    BenchCheck(
        "CORIO other than CD",
        "`oven.setpoint_k = 300`",
        ("accepted: only the ten commands of a CD are sent, without warning limits and external sensor"),
        only_for=("JulaboCorio",),
    ),
    BenchCheck(
        "the unit (CF)",
        '`oven.ask("IN_SP_06")`',
        ("`0`, degrees Celsius; `1` is Fahrenheit and refused. Other families: look at the display"),
        only_for=("JulaboCF",),
        asks="IN_SP_06",
        answer="0+",
    ),
    BenchCheck(
        "the text for remote", "`oven.status`", "contains `REMOTE`", reads="status", answer=".*REMOTE.*"
    ),
    BenchCheck(
        "decimals", "`oven.setpoint_k = 298.40`", "accepted, otherwise an error with the value in force"
    ),
    BenchCheck(
        "serial settings",
        "front panel",
        (
            "4800, 7 data bits, even parity, RTS/CTS. Give other settings in the station file, "
            'as in `connection = { baud_rate = 9600, data_bits = 8, parity = "none", '
            'flow_control = "none" }`'
        ),
    ),
    BenchCheck("after a mains failure", "switch off and on", "stopped; labctl reports it"),
    BenchCheck(
        "the watchdog (Presto), untried",
        'menu >Connect unit<: choose that it stops. `oven.ask("IN_SP_06")` after `prepare()`',
        "`watchdog_s`; note the unit (s or min)",
        only_for=("JulaboPresto",),
        is_decisive=True,
    ),
    BenchCheck(
        "the watchdog acts (Presto)",
        "`oven.setpoint_k = 300`, end the process with `kill -9`, watch",
        "stopped after `watchdog_s`",
        only_for=("JulaboPresto",),
    ),
    BenchCheck(
        "the watchdog is kicked (Presto)",
        "hold 300 K for ten times `watchdog_s`",
        "goes on. If queries alone keep it going, tell us",
        only_for=("JulaboPresto",),
    ),
)
