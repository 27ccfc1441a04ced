"""Messages and bench checks of Lake Shore 335, 336 and 350."""

from labctl.command_table import BenchCheck, Message

MESSAGES = (
    Message(
        "*IDN?",
        "manufacturer, model, serial number, firmware",
        source="335 manual p. 120",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message("*CLS", "clear the event status register", source="IEEE 488.2", second_source="labmcp-lakeshore"),
    Message(
        "*ESR?",
        "event status: 128 power on, 32 command, 16 execution, 4 query error",
        source="IEEE 488.2",
        second_source="labmcp-lakeshore",
    ),
    Message(
        "KRDG? <A|B|C|D>",
        "temperature of an input",
        unit="K",
        source="manufacturer's Python driver",
        second_source="pymeasure; QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "RDGST? <A|B|C|D>",
        "status of the reading: 1 invalid, 16 under range, 32 over range, 64 zero, 128 over",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "INTYPE? <A|B|C|D>",
        "set-up of an input; the fifth field is the unit: 1 kelvin, 2 Celsius",
        source="manufacturer's Python driver",
        second_source="public driver that cites 335 rev. 1.6, 336 rev. 2.3, 350 rev. 1.7; labmcp-lakeshore",
    ),
    Message(
        "INCRV? <A|B|C|D>",
        "number of the calibration curve of an input",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336)",
        when="with the setting `curve`",
    ),
    Message(
        "SETP <output>,<value>",
        "set point",
        unit="unit of the input",
        source="manufacturer's Python driver",
        second_source="pymeasure; QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "SETP? <output>",
        "set point; it moves during a ramp",
        unit="unit of the input",
        source="manufacturer's Python driver",
        second_source="pymeasure; QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "RAMP <output>,<0|1>,<rate>",
        "ramp off or on, and its rate",
        unit="K/min",
        source="335 manual p. 134",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "RAMP? <output>",
        "ramp and its rate",
        unit="K/min",
        source="335 manual p. 134",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "RAMPST? <output>",
        "whether the set point is moving",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "RANGE <output>,<n>",
        "heater range; 0 is off",
        source="manufacturer's Python driver",
        second_source="pymeasure; QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "RANGE? <output>",
        "heater range",
        source="manufacturer's Python driver",
        second_source="pymeasure; QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "HTR? <output>",
        "heater output",
        unit="%",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "HTRST? <output>",
        "heater error: 0 none, 1 open load, 2 short",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "OUTMODE <output>,<mode>,<input>,<0|1>",
        "mode (1 closed loop), input (1 is A), on at power-up",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336)",
    ),
    Message(
        "OUTMODE? <output>",
        "mode, input, on at power-up",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
    ),
    Message(
        "MOUT <output>,<value>",
        "manual heater output",
        unit="%",
        source="manufacturer's Python driver",
        second_source="pymeasure",
    ),
    Message(
        "MOUT? <output>",
        "manual heater output",
        unit="%",
        source="manufacturer's Python driver",
        second_source="pymeasure",
    ),
    Message(
        "TLIMIT? <A|B|C|D>",
        "temperature above which all heaters switch off; 0 is no limit",
        unit="K",
        source="manufacturer's Python driver",
    ),
    Message(
        "TLIMIT <A|B|C|D>,<value>",
        "set that limit",
        unit="K",
        source="manufacturer's Python driver",
        when="with the setting `temperature_limit_degc`",
    ),
    Message(
        "PID <output>,<p>,<i>,<d>",
        "control terms",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
        when="never by labctl: only in a script, by `oven.loop.pid`",
    ),
    Message(
        "PID? <output>",
        "control terms",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
        when="never by labctl: only in a script, by `oven.loop.pid`",
    ),
    Message(
        "HTRSET <output>,<text...>",
        "resistance and maximum current of the heater",
        source="manufacturer's Python driver",
        second_source="QCoDeS (335, 336); labmcp-lakeshore",
        when="never: it belongs to the set-up of the heater",
    ),
)
BENCH_CHECKS = (
    BenchCheck(
        "a limit below the set point",
        "temperature limit of the input 310 K at the front panel, `oven.prepare()`, `oven.setpoint_k = 320`",
        "an `InstrumentError` that names the limit; the heater stays off",
    ),
    BenchCheck(
        "the calibration curve",
        "the setting `curve` of another curve than the input has, `oven.prepare()`",
        "an `InstrumentError` that names the curve",
    ),
    BenchCheck(
        "the heater range",
        "`oven.setpoint_k = 300`, front panel",
        ("the range of the setting `heater_range`: 3 unless set, which on the 350 is the third of five"),
    ),
    BenchCheck(
        "the unit",
        "`oven.input_type`",
        (
            "335, 336: five fields, 350: six; the fifth 1 (kelvin) or 2 (Celsius). Another number of "
            "fields is refused"
        ),
        reads="input_type",
        answer="\\d+,\\d+,\\d+,\\d+,[12](,\\d+)?",
    ),
    BenchCheck(
        "the unit of the set point",
        "`oven.setpoint_k = 300`, front panel",
        "300 K where the fifth field of `oven.input_type` is 1, 26.85 degC where it is 2",
    ),
    BenchCheck(
        "what rules",
        "change mode, control input or ramp at the front panel, `oven.setpoint_k = 300`",
        "an `InstrumentError` with the reply of `OUTMODE?` or `RAMP?`",
    ),
    BenchCheck(
        "outputs 3 and 4 (336)",
        "`output = 3` in its settings, `oven.prepare()`",
        (
            "no error: neither `RAMP` nor `RAMPST?` is sent. If `OUTMODE` is refused, the output "
            "has no closed loop: report it to us"
        ),
        only_for=("LakeShore336",),
    ),
    BenchCheck(
        "outputs 3 and 4 (350)",
        "`output = 3`, `oven.ramp_rate_k_s = 1 / 60; oven.setpoint_k = 300`",
        "the display ramps",
        only_for=("LakeShore350",),
    ),
    BenchCheck("the instrument's limit", '`oven.ask("TLIMIT? A")`', "`temperature_limit_degc`, in kelvin"),
    BenchCheck(
        "inputs beyond D (350 with an option card)",
        "-",
        "not supported: inputs A to D",
        only_for=("LakeShore350",),
    ),
)
