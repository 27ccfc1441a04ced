"""Messages and bench checks of Oxford MercuryiTC and ITC503."""

from labctl.command_table import BenchCheck, Message

MERCURY_MESSAGES = (
    Message("*IDN?", "manufacturer, model, serial number, firmware", source="pymeasure (tests with replies)"),
    Message(
        "READ:DEV:<board>:TEMP:SIG:TEMP", "temperature", unit="K", source="pymeasure (tests with replies)"
    ),
    Message(
        "READ:DEV:<board>:TEMP:LOOP:TSET",
        "set point",
        unit="K",
        source="pymeasure (tests with replies)",
        second_source="public programs in use",
    ),
    Message(
        "SET:DEV:<board>:TEMP:LOOP:TSET:<value>",
        "set point",
        unit="K",
        source="pymeasure (tests with replies)",
        second_source="public programs in use",
    ),
    Message(
        "READ:DEV:<board>:TEMP:LOOP:ENAB",
        "whether the loop (ON) or the manual percentage (OFF) sets the heater",
        source="pymeasure (tests with replies)",
    ),
    Message(
        "SET:DEV:<board>:TEMP:LOOP:ENAB:<ON|OFF>",
        "loop on, off",
        source="pymeasure (tests with replies)",
        second_source="public programs in use",
    ),
    Message(
        "READ:DEV:<board>:TEMP:LOOP:HSET",
        "manual heater output",
        unit="%",
        source="pymeasure (tests with replies)",
    ),
    Message(
        "SET:DEV:<board>:TEMP:LOOP:HSET:<value>",
        "manual heater output",
        unit="%",
        source="pymeasure (tests with replies)",
    ),
    Message(
        "READ:DEV:<board>:TEMP:LOOP:RSET",
        "rate of the ramp",
        unit="K/min",
        source="pymeasure (tests with replies)",
        second_source="public programs in use",
    ),
    Message(
        "SET:DEV:<board>:TEMP:LOOP:RSET:<value>",
        "rate of the ramp",
        unit="K/min",
        source="pymeasure (tests with replies)",
        second_source="public programs in use",
    ),
    Message(
        "READ:DEV:<board>:TEMP:LOOP:RENA", "whether the ramp is on", source="pymeasure (tests with replies)"
    ),
    Message(
        "SET:DEV:<board>:TEMP:LOOP:RENA:<ON|OFF>",
        "ramp on, off",
        source="pymeasure (tests with replies)",
        second_source="public programs in use",
    ),
)
ITC503_MESSAGES = (
    Message("V", "model and version", source="pymeasure"),
    Message(
        "X",
        ("status `XnAnCnSnnHnLn`: A automatic controls, C control, S sweep, H sensor that controls"),
        source="emulator of ISIS",
        second_source="public programs",
    ),
    Message("C3", "remote and unlocked", source="pymeasure"),
    Message("A<0|1|2|3>", "automatic controls: 0 none, 1 heater, 2 gas, 3 both", source="pymeasure"),
    Message("O<value>", "heater output in manual control", unit="%", source="pymeasure"),
    Message("S0", "stop a sweep", source="public programs", second_source="emulator of ISIS"),
    Message("T<value>", "set point", unit="K", source="pymeasure"),
    Message("R0", "set point", unit="K", source="pymeasure"),
    Message("R<1|2|3>", "temperature of a sensor", unit="K", source="pymeasure"),
    Message("R5", "heater output", unit="%", source="pymeasure"),
)
MERCURY_CHECKS = (
    BenchCheck("command set (MercuryiTC)", "front panel", "SCPI, not legacy"),
    BenchCheck(
        "board identifiers",
        '`oven.ask("READ:SYS:CAT")`',
        "contains the setting `sensor`",
        asks="READ:SYS:CAT",
    ),
    BenchCheck("heater off (both)", "`oven.make_safe()`, voltmeter at the heater", "0 V"),
    BenchCheck("stop bits (ITC503 on RS-232)", "any query", "a reply with 2 stop bits"),
    BenchCheck(
        "what rules (MercuryiTC)",
        "switch the ramp on at the instrument, `oven.setpoint_k = 300`",
        "an `InstrumentError`",
    ),
    BenchCheck(
        "an open sensor (both)",
        "pull the sensor, `oven.temperature_k`",
        "an `InstrumentError`; note the reading",
    ),
)
ITC503_CHECKS = (
    BenchCheck("heater off (both)", "`oven.make_safe()`, voltmeter at the heater", "0 V"),
    BenchCheck("stop bits (ITC503 on RS-232)", "any query", "a reply with 2 stop bits"),
    BenchCheck(
        "the status line (ITC503)",
        '`oven.ask("X")`',
        (
            "`X0A0C3S00H1L0`: S the sweep (one or two digits), H the sensor that controls. Any "
            "other form is refused: report it to us"
        ),
        asks="X",
        answer="X\\dA[0-7]C[0-3]S\\d{1,2}H[1-3]L[01]",
    ),
    BenchCheck(
        "the sensor that controls (ITC503)",
        "choose another one at the instrument, `oven.prepare()`",
        "an `InstrumentError`, unless the setting `control_sensor` names it",
    ),
    BenchCheck("a sweep (ITC503)", "start one at the instrument, `oven.make_safe()`", "stopped, `S00`"),
    BenchCheck(
        "local control (ITC503)",
        "LOC at the front panel while it heats, `oven.make_safe()`",
        "off: `C3` is sent first",
    ),
    BenchCheck(
        "an open sensor (both)",
        "pull the sensor, `oven.temperature_k`",
        "an `InstrumentError`; note the reading",
    ),
)
