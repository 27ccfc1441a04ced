"""Settings that can be left at the temperature controllers."""

from collections.abc import Callable
from random import Random
from typing import Any

from front_panels.setting import Leave, Panel, Setting, Stand, all_of, between, call, one_of, put

CALIBRATION = "linearisation and offset of the sensor"
DISPLAYS_DEGC = "degrees Fahrenheit as the unit of the display: no known message shows it"


def lakeshore(model: str, highest_range: int, inputs: str) -> Panel:
    """Return the panel of a Lake Shore; the judged driver names the calibration curve of its sensor."""

    def input_type(kind: int, units: int) -> tuple:
        if model == "350":
            return ("set_input_type_with_excitation", *map(one_of, ("A", kind, 1, 0, 1, units, 1)))
        return ("set_input_type", *map(one_of, ("A", kind, 1, 0, 1, units)))

    settings = (
        Setting(
            "mode, input and power-up of output 1",
            call("set_output_mode", one_of(1), one_of(0, 1, 2, 3, 5), one_of(0, 1, 2), one_of(0, 1)),
        ),
        Setting("ramp of output 1", call("set_ramp", one_of(1), one_of(0, 1), between(0.1, 50))),
        Setting("heater range of output 1", call("set_range", one_of(1), one_of(*range(highest_range + 1)))),
        Setting("output 2 heats in closed loop", _second_output_heats),
        Setting("manual output of output 1", call("set_manual_output", one_of(1), between(0, 100))),
        Setting("set point of output 1", call("set_setpoint", one_of(1), between(280, 400))),
        Setting("degrees Celsius as the unit of the input", call(*input_type(2, 2))),
        Setting(
            "control parameters of output 1",
            call("set_pid", one_of(1), between(20, 100), between(10, 40), between(0, 3)),
        ),
        Setting(
            "resistance and current limit of the heater",
            call(
                "set_heater_setup",
                one_of(1),
                one_of(1, 2),
                one_of(0, 1, 2, 3),
                between(0.7, 1.7, 2),
                one_of(1, 2),
            ),
        ),
        Setting(
            "filter of the input",
            call("set_filter", one_of("A"), one_of(0, 1), one_of(2, 8, 64), one_of(1, 10)),
        ),
        Setting("name of the input", call("set_input_name", one_of("A"), one_of("oven", "old sample"))),
        Setting("local, remote, or remote with lock", put("mode", one_of(0, 1, 2))),
        Setting("status registers", _status_registers),
        Setting(
            "calibration curve of another input", call("set_input_curve", one_of(*inputs[1:]), one_of(1, 21))
        ),
        Setting("sensor units as the unit of the input", call(*input_type(2, 3)), "sensor units"),
        Setting(
            "temperature limit below the set point",
            call("set_limit", one_of("A"), between(300, 325)),
            "heaters switch off above",
        ),
        Setting(
            "another calibration curve of the input",
            call("set_input_curve", one_of("A"), one_of(1, 2, 21)),
            "calibration curve",
        ),
        Setting("another type of sensor", call(*input_type(1, 1)), "sensor units over range"),
    )
    kept = ("the calibration curve, unless the setting `curve` names it", "the control parameters")
    return Panel(settings, kept=kept, driver_settings={"curve": 6, "heater_range": highest_range})


def _second_output_heats(stand: Stand, chance: Random) -> None:
    stand.model.set_output_mode(2, 1, 2, chance.choice((0, 1)))
    stand.model.set_range(2, 1)


def _status_registers(stand: Stand, chance: Random) -> None:
    stand.model.event_enable, stand.model.service_enable = chance.choice((0, 255)), chance.choice((0, 32))
    stand.model.event_status = chance.choice((0, 32, 16, 128))


RATE = Setting("rate limit of the set point", put("rate", between(0, 20)))
OF_EVERY_EUROTHERM = (
    RATE,
    Setting("set point", put("target_c", between(10, 120))),
    Setting(
        "manual, with an output", all_of(put("manual", one_of(True)), put("output_percent", between(0, 60)))
    ),
    Setting("automatic", put("manual", one_of(False))),
    Setting(
        "control parameters", all_of(put("band_k", between(3, 10)), put("integral_s", between(40, 200, 0)))
    ),
    Setting("upper limit of the output", put("high_percent", between(60, 100))),
    Setting(
        "limits of the set point around the one asked for",
        all_of(put("high_c", between(100, 700)), put("low_c", between(-50, 20))),
    ),
)
DECIMALS = Setting("decimals of the display", put("decimals", one_of(0, 1, 2)))
SETPOINT_LIMIT = Setting(
    "upper limit of the set point below the one asked for",
    put("high_c", between(20, 55)),
    "set point limit|bad value",
)
RATE_DISABLED = Setting("rate limit disabled", put("rate_disabled", one_of(True)), "ramp rate is disabled")
REMOTE = Setting("remote set point selected", put("remote", one_of(True)), "remote set point is selected")
EUROTHERM_KEPT = (CALIBRATION, "the control parameters")
SECOND_SETPOINT = Setting("second set point", put("second_c", between(10, 120)))
REMOTE_SETPOINT = Setting("remote set point, not selected", put("remote_c", between(10, 120)))
SECOND_SELECTED = Setting(
    "second set point selected", put("selected", one_of(1)), "another set point than SP1"
)
RATE_UNIT = Setting("unit of the rate limit", put("rate_unit", one_of(0, 1, 2)))
OTHER_UNIT = Setting(
    "another unit than degrees Celsius", put("display_unit", one_of(1, 2, 3)), "display degrees Celsius"
)
STANDBY = Setting("standby", put("mode", one_of(1)), "standby")
SERIES_3200 = Panel(
    (
        *OF_EVERY_EUROTHERM,
        DECIMALS,
        Setting("rate limit per minute or hour", put("rate_unit", one_of(0, 1))),
        Setting("rate limit per second", put("rate_unit", one_of(2)), "rate was rounded"),
        SECOND_SETPOINT,
        REMOTE_SETPOINT,
        SETPOINT_LIMIT,
        REMOTE,
        SECOND_SELECTED,
        Setting("the timer runs, holds or has ended", put("program", one_of(1, 2, 3)), "the timer"),
    ),
    hidden=(DISPLAYS_DEGC,),
    kept=EUROTHERM_KEPT,
)
EUROTHERMS = {
    "drivers.eurotherm:Eurotherm2200": Panel(
        (
            *OF_EVERY_EUROTHERM,
            DECIMALS,
            SECOND_SETPOINT,
            REMOTE_SETPOINT,
            SETPOINT_LIMIT,
            REMOTE,
            SECOND_SELECTED,
            STANDBY,
            Setting(
                "a program runs, holds or has ended", put("program", one_of(2, 4, 16)), "a program rules"
            ),
            OTHER_UNIT,
        ),
        kept=EUROTHERM_KEPT,
        driver_settings={"rate_per": "min"},
    ),
    "drivers.eurotherm:Eurotherm2400": Panel(
        (
            *OF_EVERY_EUROTHERM,
            DECIMALS,
            RATE_UNIT,
            SECOND_SETPOINT,
            REMOTE_SETPOINT,
            SETPOINT_LIMIT,
            RATE_DISABLED,
            REMOTE,
            Setting(
                "a program runs, holds or is complete", put("program", one_of(2, 4, 8, 16)), "a program rules"
            ),
            SECOND_SELECTED,
            STANDBY,
            OTHER_UNIT,
            Setting("self-tuning runs", put("tuning", one_of(True)), "self-tuning runs"),
        ),
        kept=EUROTHERM_KEPT,
    ),
    "drivers.eurotherm:Eurotherm3200": SERIES_3200,
    "drivers.eurotherm:Eurotherm3216": SERIES_3200,
    "drivers.eurotherm:Eurotherm3500": Panel(
        (*OF_EVERY_EUROTHERM, SETPOINT_LIMIT, RATE_DISABLED),
        hidden=(DISPLAYS_DEGC,),
        kept=EUROTHERM_KEPT,
    ),
}


def put_loop(attribute: str, choose: Callable[[Random], Any]) -> Leave:
    """Set an attribute of the first loop of a nanodac."""
    return lambda stand, chance: setattr(stand.model.loop, attribute, choose(chance))


NANODAC = Panel(
    (
        Setting("set point", put_loop("first_c", between(10, 120))),
        Setting("second set point", put_loop("second_c", between(10, 120))),
        Setting("alternative set point, not selected", put_loop("alternative_c", between(10, 120))),
        Setting("rate limit of the set point", put_loop("rate_k_min", between(0, 20))),
        Setting(
            "manual, with an output",
            all_of(put_loop("manual", one_of(1)), put_loop("manual_output", between(0, 60))),
        ),
        Setting("output at a broken sensor", put_loop("break_percent", between(0, 50))),
        Setting("limits of the set point around the one asked for", put_loop("high_c", between(100, 700))),
        Setting("decimals of the display", put("decimals", one_of(0, 1, 2))),
        Setting(
            "alternative set point selected", put_loop("alternative", one_of(1)), "alternative set point"
        ),
        Setting("second set point selected", put_loop("second", one_of(1)), "another set point than SP1"),
        Setting("the loop is inhibited", put_loop("inhibited", one_of(1)), "inhibited"),
        Setting(
            "the output tracks another signal", put_loop("tracking", one_of(1)), "another signal|still on"
        ),
        Setting("the loop is a cascade", put_loop("loop_type", one_of(1, 2, 3)), "cascade"),
        Setting("a trim is added to the set point", put_loop("trim_k", between(5, 20)), "trimmed"),
        Setting("a program runs or holds", put("program", one_of(2, 4)), "a program runs"),
        Setting("the output is held at a broken sensor", put_loop("break_mode", one_of(1)), "is held"),
        Setting(
            "upper limit of the set point below the one asked for",
            put_loop("high_c", between(20, 55)),
            "set point limit|bad value|was not accepted",
        ),
    ),
    hidden=(DISPLAYS_DEGC,),
    kept=EUROTHERM_KEPT,
    driver_settings={"rate_per": "min"},
)

OMRON = Panel(
    (
        Setting("set point", put("setpoint", one_of(150, 600, 900))),
        Setting("it runs", put("stopped", one_of(False))),
        Setting("communications writing on", put("writing", one_of(True, False))),
        Setting(
            "ramp of the set point", all_of(put("ramp", one_of(0, 10, 300)), put("ramp_fall", one_of(-1)))
        ),
        Setting("unit of the ramp", put("ramp_unit", one_of(1, 2))),
        Setting("remote set point, not selected", put("remote_c", between(10, 120))),
        Setting("manual output, not in force", put("manual_percent", between(0, 60))),
        Setting("manual mode", put("manual", one_of(True)), "manual mode"),
        Setting("auto-tuning", put("tuning", one_of(True)), "auto-tuning"),
        Setting("remote set point selected", put("remote", one_of(True)), "remote set point is selected"),
        Setting("the simple program", put("program_pattern", one_of(1, 2)), "simple program"),
        Setting("degrees Fahrenheit", put("fahrenheit", one_of(1)), "degrees Celsius"),
        Setting("an output while it is stopped", put("at_stop", one_of(50, 300)), "MV at Stop"),
        Setting("an output at a broken sensor", put("at_error", one_of(50, 300)), "MV at PV Error"),
        Setting(
            "another ramp downwards", all_of(put("ramp", one_of(10)), put("ramp_fall", one_of(20))), "falling"
        ),
        Setting("set-up area", put("setup_area", one_of(True)), "setup area"),
    ),
    kept=(CALIBRATION, "the control parameters"),
    driver_settings={"rate_decimals": 1},
)


def another_master(words: str) -> Leave:
    """Let something else set the temperature of the Modbus oven."""

    def leave(stand: Stand, chance: Random) -> None:
        stand.model.holding.add(words)
        stand.model.ruled_elsewhere_k = chance.uniform(340.0, 400.0)

    return leave


MODBUS_OVEN = Panel(
    (
        Setting("set point", call("set_at_panel", between(10, 120))),
        Setting("ramp", put("rate", between(0.5, 20))),
        Setting("on or off", put("is_on", one_of(True, False))),
        Setting("an alarm", lambda stand, chance: stand.model.holding.add("alarm 1")),
        Setting("a program rules", another_master("a program rules"), "a program rules"),
        Setting("manual mode", another_master("it is in manual mode"), "manual mode"),
    ),
    hidden=("whatever the station file does not describe",),
    kept=(CALIBRATION, "the control parameters"),
)

LOCAL = Setting("local mode at the front panel", put("remote", one_of(False)), "not in remote mode")
RUNNING = Setting("it runs", call("set_mode", one_of(5), one_of(1)))
BATH_SETPOINT = Setting("set point", call("set_setting", one_of(0), between(-20, 120)))
OF_A_CF = (
    RUNNING,
    BATH_SETPOINT,
    Setting(
        "second and third set point",
        all_of(*(call("set_setting", one_of(n), between(-20, 120)) for n in (1, 2))),
    ),
    Setting("which set point is selected", call("set_mode", one_of(1), one_of(0, 1, 2))),
    Setting("external sensor controls", call("set_mode", one_of(4), one_of(0, 1))),
    Setting("self-tuning", call("set_mode", one_of(2), one_of(0, 1))),
    Setting("dynamics of the control", call("set_mode", one_of(8), one_of(0, 1))),
    Setting("control parameters", call("set_parameter", one_of(6, 7, 8), between(1, 100))),
    Setting("largest heating", call("set_limit", one_of(1), one_of(50, 80, 100))),
    Setting("largest cooling", call("set_limit", one_of(0), one_of(0, 50, 100))),
    Setting(
        "warning limits around the set point",
        all_of(
            call("set_setting", one_of(3), between(130, 200)), call("set_setting", one_of(4), one_of(-30.0))
        ),
    ),
    Setting("an error not yet read", put("error", one_of(-8, -10, -11))),
)
TOO_LOW_WARNING = Setting(
    "upper warning limit below the set point",
    call("set_setting", one_of(3), between(30, 50)),
    "EXCESS TEMPERATURE WARNING",
)
JULABO_KEPT = (CALIBRATION, "the control parameters", "the warning limits")
JULABOS = {
    "drivers.julabo:JulaboCF": Panel(
        (
            *OF_A_CF,
            Setting("stage of the pump", call("set_setting", one_of(7), one_of(1.0, 2.0, 3.0, 4.0))),
            LOCAL,
            TOO_LOW_WARNING,
            Setting(
                "degrees Fahrenheit as the unit",
                call("set_setting", one_of(6), one_of(1.0)),
                "degrees Celsius",
            ),
        ),
        kept=JULABO_KEPT,
    ),
    "drivers.julabo:JulaboPresto": Panel(
        (*OF_A_CF, LOCAL, TOO_LOW_WARNING),
        hidden=(DISPLAYS_DEGC,),
        kept=(*JULABO_KEPT, "the time of the watchdog, where the setting `watchdog_s` is 0"),
    ),
    "drivers.julabo:JulaboFC": Panel(
        (
            RUNNING,
            BATH_SETPOINT,
            Setting("set point from the programmer input", call("set_mode", one_of(4), one_of(0, 1))),
            Setting("control parameters", call("set_parameter", one_of(6, 7, 8), between(1, 100))),
            Setting("ratio of the control", call("set_setting", one_of(3), between(0, 5))),
            Setting("an error not yet read", put("error", one_of(-8, -10, -11))),
            LOCAL,
        ),
        hidden=(DISPLAYS_DEGC,),
        kept=JULABO_KEPT,
    ),
    "drivers.julabo:JulaboCorio": Panel(
        (RUNNING, BATH_SETPOINT, Setting("an error not yet read", put("error", one_of(-8, -10, -11))), LOCAL),
        hidden=(DISPLAYS_DEGC, "control by an external sensor: none of its ten commands shows it"),
        kept=JULABO_KEPT,
    ),
    "drivers.julabo:JulaboFL": Panel(
        (RUNNING, BATH_SETPOINT, Setting("an error not yet read", put("error", one_of(-8, -10, -11))), LOCAL),
        hidden=(DISPLAYS_DEGC,),
        kept=JULABO_KEPT,
    ),
}

HUBER = Panel(
    (
        Setting("it runs", call("_switch", one_of(True))),
        Setting("set point", call("set_at_panel", between(-20, 150))),
        Setting("circulation", put("circulating", one_of(True, False))),
        Setting("lower limit of the set point", put("lowest_c", between(-40, 20))),
        Setting("upper limit of the set point above the one asked for", put("highest_c", between(70, 200))),
        Setting("process sensor controls", put("process_controls", one_of(True)), "process sensor controls"),
        Setting(
            "upper limit of the set point below the one asked for",
            put("highest_c", between(20, 55)),
            "the thermostat allows",
        ),
    ),
    hidden=(DISPLAYS_DEGC,),
    kept=(CALIBRATION, "the control parameters"),
)

LINKAM = Panel(
    (
        Setting("rate", call("_set_rate", one_of("10", "500", "15000"))),
        Setting("limit", call("_set_limit", one_of("-1000", "250", "1000"))),
        Setting("it runs", call("_start")),
        Setting("it holds", all_of(call("_start"), call("_hold"))),
        Setting("it was talked to before", put("awake", one_of(True))),
    ),
    hidden=("the profile of its own keypad: the status does not show that one runs",),
    kept=(CALIBRATION,),
)

MERCURY = Panel(
    (
        Setting("set point", call("_set_target", one_of("20.0", "300.0", "400.0"))),
        Setting("loop on", call("_switch_loop", one_of("ON"))),
        Setting("manual output of the heater", call("_set_heater", one_of("0", "30", "90"))),
        Setting("ramp rate", call("_set_rate", one_of("0.1", "5", "500"))),
        Setting("ramp on", call("_switch_ramp", one_of("ON"))),
        Setting("a sweep table rules", call("_set_sweep", one_of("SWP"))),
    ),
    hidden=("which heater the loop drives: no source shows the reply",),
    kept=(CALIBRATION, "the control parameters"),
)

ITC503 = Panel(
    (
        Setting("local or remote, locked or not", put("control", one_of(0, 1, 2, 3))),
        Setting("heater in automatic control", call("_set_automatic", one_of(0, 1, 2, 3))),
        Setting("manual output of the heater", call("_set_heater", between(0, 60))),
        Setting("set point", call("_set_target", between(4, 400))),
        Setting("a sweep runs or holds", call("_set_sweep", one_of(0, 1, 5, 32))),
        Setting("gas flow", call("_set_gas", between(0, 50))),
        Setting("another sensor controls", call("_set_sensor", one_of(2, 3)), r"sensor \d controls"),
    ),
    kept=(CALIBRATION, "the control parameters", "the gas flow"),
)


def at_the_screen(method: str, choose: Callable[[Random], Any]) -> Leave:
    """Call a method of the air stream as at its screen, where the remote mode does not matter."""

    def leave(stand: Stand, chance: Random) -> None:
        remote, stand.model.remote = stand.model.remote, True
        getattr(stand.model, method)(choose(chance))
        stand.model.remote = remote

    return leave


def _value_in_range(stand: Stand, chance: Random) -> None:
    low, high = ((30, 90), (20, 30), (-40, 20))[stand.model.get_number()]
    at_the_screen("set_setpoint", between(low, high))(stand, chance)


TEMPTRONIC = Panel(
    (
        Setting("remote", put("remote", one_of(True))),
        Setting("which set point is selected", at_the_screen("set_number", one_of(0, 1, 2))),
        Setting("air flows", at_the_screen("set_flow", one_of(1))),
        Setting("value of the selected set point", _value_in_range),
        Setting("ramp of the selected set point", at_the_screen("set_ramp", one_of(0.1, 5, 100, 9999))),
        Setting("longest time of a test", at_the_screen("set_longest", one_of(0, 100, 9999))),
        Setting(
            "window and soak time",
            all_of(put("window_k", between(0.1, 9.9)), put("soak_s", between(0, 9999, 0))),
        ),
        Setting("the sensor at the sample controls (DUT mode)", at_the_screen("set_dut_mode", one_of(0, 1))),
        Setting("limits of the air around the set point", put("highest_c", between(100, 225))),
        Setting("a program rules", call("set_programming", one_of(True)), "programming mode"),
        Setting("the head is up", at_the_screen("set_head", one_of(0)), "head is up"),
        Setting(
            "upper limit of the air below the set point",
            put("highest_c", between(25, 55)),
            "was not accepted",
        ),
    ),
    kept=(CALIBRATION, "the thermal constant of the sample"),
)


THERMOTRON = Panel(
    (
        Setting(
            "it runs in manual mode", all_of(call("stop"), put("given_c", between(-20, 120)), call("run"))
        ),
        Setting("set point given, not running", put("given_c", between(-20, 120))),
        Setting("a program runs, is held or delayed", call("begin_program", one_of(1, 8, 32))),
        Setting("calibration mode", put("calibrating", one_of(True)), "calibration mode"),
    ),
    hidden=(DISPLAYS_DEGC,),
    kept=(CALIBRATION, "the control parameters"),
)

CONTROLLERS = {
    "drivers.lakeshore33x:LakeShore335": lakeshore("335", 3, "AB"),
    "drivers.lakeshore33x:LakeShore336": lakeshore("336", 3, "ABCD"),
    "drivers.lakeshore33x:LakeShore350": lakeshore("350", 5, "ABCD"),
    **EUROTHERMS,
    "drivers.nanodac:Nanodac": NANODAC,
    "drivers.omron_e5c:OmronE5C": OMRON,
    "drivers.modbus_oven:ModbusOven": MODBUS_OVEN,
    **JULABOS,
    "drivers.huber:Huber": HUBER,
    "drivers.linkam_t95:LinkamT95": LINKAM,
    "drivers.oxford_mercury:OxfordMercuryITC": MERCURY,
    "drivers.oxford_itc503:OxfordITC503": ITC503,
    "drivers.temptronic:TemptronicATS": TEMPTRONIC,
    "drivers.thermotron3800:ThermotronOven": THERMOTRON,
}
