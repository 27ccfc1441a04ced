from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.julabo import JulaboCF, JulaboCorio, JulaboFC, JulaboFL, JulaboPresto, degrees, parse_status
from labctl.clock import RealClock
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

IDENTITY = ("VERSION", "JULABO CRYOCOMPACT CF31 VERSION 5.0\r")
SAFE = [("OUT_MODE_05 0", None), ("IN_MODE_05", "0")]
CELSIUS = ("IN_SP_06", "0\r")
RULES = [("IN_MODE_01", "0"), ("IN_MODE_04", "0")]
REMOTE_STOP, REMOTE_START = ("STATUS", "02 REMOTE STOP"), ("STATUS", "03 REMOTE START\r")


def test_preparing_stops_and_chooses_set_point_and_sensor(dialogue):
    pairs = [
        IDENTITY, *SAFE, CELSIUS, REMOTE_STOP, ("OUT_MODE_01 0", None), ("IN_MODE_01", "0"),
        ("OUT_MODE_04 1", None), ("IN_MODE_04", "1"),
    ]  # fmt: skip
    with dialogue(JulaboCF, pairs, external=True) as bath:
        bath.prepare()


def test_a_bath_that_counts_in_fahrenheit_is_refused(dialogue):
    pairs = [IDENTITY, *SAFE, ("IN_SP_06", "1")]
    with dialogue(JulaboCF, pairs) as bath, pytest.raises(InstrumentError, match="degrees Celsius"):
        bath.prepare()


def test_the_first_question_after_opening_may_be_lost(dialogue, monkeypatch):
    with dialogue(JulaboFL, [IDENTITY, *SAFE, REMOTE_STOP]) as bath:
        ask, lost = bath.ask, []

        def once_deaf(command, **kwargs):
            if not lost:
                lost.append(command)
                raise InstrumentError(bath.name, command, "", "time-out after 3 s")
            return ask(command, **kwargs)

        monkeypatch.setattr(bath, "ask", once_deaf)
        bath.prepare()
    assert lost == ["VERSION"]


def test_another_instrument_is_refused_at_once(dialogue):
    with (
        dialogue(JulaboCF, [("VERSION", "LAUDA RP845")]) as bath,
        pytest.raises(InstrumentError, match="JULABO"),
    ):
        bath.prepare()


@pytest.mark.parametrize("status", ["00 MANUAL STOP", "01 MANUAL START"])
def test_a_bath_in_manual_mode_is_refused_because_it_ignores_commands(dialogue, status):
    pairs = [IDENTITY, *SAFE, CELSIUS, ("STATUS", status)]
    with dialogue(JulaboCF, pairs) as bath, pytest.raises(InstrumentError, match="not in remote mode"):
        bath.prepare()


def test_a_set_point_is_sent_read_back_and_started(dialogue):
    pairs = [
        ("OUT_SP_00 40.0", None), ("IN_SP_00", "40.0\r"), *RULES,
        ("OUT_MODE_05 1", None), ("IN_MODE_05", "1"), REMOTE_START, ("IN_SP_00", "40.0"),
    ]  # fmt: skip
    with dialogue(JulaboCF, pairs) as bath:
        bath.setpoint_k = 313.15
        assert bath.setpoint_k == pytest.approx(313.15)


def test_a_set_point_the_bath_ignored_is_an_error_and_it_is_not_started(dialogue):
    pairs = [("OUT_SP_00 400.0", None), ("IN_SP_00", "20.0"), ("STATUS", "-11 VALUE TOO LARGE")]
    with dialogue(JulaboCF, pairs) as bath, pytest.raises(InstrumentError, match="VALUE TOO LARGE"):
        bath.setpoint_k = 673.15


@pytest.mark.parametrize(
    ("driver_class", "external", "question"),
    [(JulaboCF, False, "IN_PV_00"), (JulaboCF, True, "IN_PV_02"), (JulaboFC, True, "IN_PV_01"),
     (JulaboFL, False, "IN_PV_00"), (JulaboCorio, False, "IN_PV_00")],
)  # fmt: skip
def test_families_ask_for_the_ruling_sensor_each_in_its_own_words(dialogue, driver_class, external, question):
    with dialogue(driver_class, [(question, "55.5"), REMOTE_START], external=external) as bath:
        assert bath.temperature_k == pytest.approx(328.65)


@pytest.mark.parametrize("status", ["-01 LOW LEVEL ALARM", "-14 EXCESS TEMPERATURE PROTECTOR ALARM"])
def test_an_alarm_is_no_temperature(dialogue, status):
    pairs = [("IN_PV_00", "55.5"), ("STATUS", status)]
    with dialogue(JulaboCF, pairs) as bath, pytest.raises(InstrumentError, match="alarm") as alarm:
        _ = bath.temperature_k
    assert alarm.value.received == status


@pytest.mark.parametrize("reply", ["---.--", "", "55.5 C", "nan", "5 5"])
def test_a_reply_that_is_no_temperature_is_an_error(dialogue, reply):
    with dialogue(JulaboCF, [("IN_PV_02", reply)], external=True) as bath, pytest.raises(InstrumentError):
        _ = bath.temperature_k


def test_an_address_on_a_shared_line_is_sent_and_taken_off(dialogue):
    pairs = [("A032_IN_PV_00", "A032_55.5\r"), ("A032_STATUS", "A032_03 REMOTE START")]
    with dialogue(JulaboCF, pairs, rs485_address=32) as bath:
        assert bath.temperature_k == pytest.approx(328.65)


def test_making_safe_reads_back_and_may_be_repeated(dialogue):
    with dialogue(JulaboCF, SAFE + SAFE) as bath:
        bath.make_safe()
        bath.make_safe()
    pairs = [SAFE[0], ("IN_MODE_05", "1"), ("STATUS", "01 MANUAL START")]
    with (
        dialogue(JulaboCF, pairs) as bath,
        pytest.raises(InstrumentError, match="still running: MANUAL START"),
    ):
        bath.make_safe()


def test_a_failing_message_does_not_prevent_the_read_back(dialogue, broken_at):
    with dialogue(JulaboCF, SAFE[1:]) as bath:
        broken_at(bath, "OUT_MODE_05 0")
        with pytest.raises(InstrumentError, match="no answer"):
            bath.make_safe()


def test_a_bath_cannot_ramp(dialogue):
    with dialogue(JulaboCF, []) as bath:
        bath.ramp_rate_k_s = 0
        assert bath.ramp_rate_k_s == 0
        with pytest.raises(ValueError, match="it has no ramp: give 0"):
            bath.ramp_rate_k_s = 0.1


@pytest.mark.parametrize(
    "reply",
    [
        "-01 LOW LEVEL ALARM", "-03 EXCESS TEMPERATURE WARNING", "-04 LOW TEMPERATURE WARNING",
        "-05 WORKING SENSOR ALARM", "-06 SENSOR DIFFERENCE ALARM", "-07 I2C-BUS ERROR", "-08 INVALID COMMAND",
        "-09 COMMAND NOT ALLOWED IN CURRENT OPERATING MODE", "-10 VALUE TOO SMALL", "-11 VALUE TOO LARGE",
        "-12 TEMPERATURE MEASUREMENT ALARM", "-13 WARNING : VALUE EXCEEDS TEMPERATURE LIMITS",
        "-14 EXCESS TEMPERATURE PROTECTOR ALARM", "-15 EXTERNAL SENSOR ALARM", "-33 SAFETY SENSOR ALARM",
    ],
)  # fmt: skip
def test_every_error_of_the_manual_spoils_a_reading_in_the_instruments_words(dialogue, reply):
    pairs = [("IN_PV_00", "25.0"), ("STATUS", reply)]
    with dialogue(JulaboCF, pairs) as bath, pytest.raises(InstrumentError, match="alarm") as caught:
        _ = bath.temperature_k
    assert caught.value.received == reply


@pytest.mark.parametrize("reply", ["", "REMOTE STOP", "2 REMOTE STOP", "02", "02 "])
def test_what_is_no_status_is_refused(reply):
    with pytest.raises(ValueError):
        parse_status(reply)


@given(st.floats(min_value=-200, max_value=999))
def test_a_temperature_survives_its_way_as_text(celsius):
    assert float(degrees(celsius)) == pytest.approx(celsius, abs=0.00501)


PRESTO = [
    ("VERSION", "JULABO PRESTO A40 VERSION 1.0"), *SAFE, REMOTE_STOP,
    ("OUT_MODE_01 0", None), ("IN_MODE_01", "0"), ("OUT_MODE_04 0", None), ("IN_MODE_04", "0"),
]  # fmt: skip
STARTED = [
    ("OUT_SP_00 46.85", None), ("IN_SP_00", "46.85"), *RULES, ("OUT_MODE_05 1", None), ("IN_MODE_05", "1"),
    REMOTE_START,
]  # fmt: skip
KICK = ("OUT_SP_00 46.85", None)


def test_the_watchdog_of_a_presto_is_set_read_back_and_kicked_by_the_last_set_point(dialogue):
    pairs = [*PRESTO, ("OUT_SP_06 60", None), ("IN_SP_06", "60"), *STARTED, KICK, KICK]
    with dialogue(JulaboPresto, pairs) as bath:
        bath.adapter.clock = RealClock()
        bath.prepare()
        bath.kick()
        bath.setpoint_k = 320.0
        bath.kick()
        bath.kick()
    assert bath.period_s == 60


def test_a_watchdog_that_is_not_accepted_is_an_error(dialogue):
    pairs = [*PRESTO, ("OUT_SP_06 60", None), ("IN_SP_06", "0"), REMOTE_STOP]
    with dialogue(JulaboPresto, pairs) as bath:
        bath.adapter.clock = RealClock()
        with pytest.raises(InstrumentError, match="was not accepted"):
            bath.prepare()


def test_in_virtual_time_or_with_0_s_no_watchdog_is_set(dialogue):
    with dialogue(JulaboPresto, PRESTO) as bath:
        bath.prepare()
    with dialogue(JulaboPresto, [*PRESTO, *STARTED], watchdog_s=0) as bath:
        bath.adapter.clock = RealClock()
        bath.prepare()
        bath.setpoint_k = 320.0
        bath.kick()


def test_a_presto_that_was_switched_off_is_not_kicked(dialogue):
    with dialogue(JulaboPresto, [*STARTED, ("OUT_MODE_05 0", None)]) as bath:
        bath.setpoint_k = 320.0
        bath.switch_off()
        bath.kick()


def test_other_families_whose_command_would_set_the_heating_power_are_refused(dialogue):
    with (
        dialogue(JulaboPresto, [("VERSION", "JULABO FP50-MH VERSION 5.0")]) as bath,
        pytest.raises(InstrumentError, match="PRESTO"),
    ):
        bath.prepare()


@pytest.mark.parametrize("watchdog_s", [-1, 30.5])
def test_a_watchdog_time_that_cannot_be_sent_is_a_configuration_error(dialogue, watchdog_s):
    with pytest.raises(ConfigurationError), dialogue(JulaboPresto, [], watchdog_s=watchdog_s):
        pass


# What rules.

FC = ("VERSION", "JULABO FC600 VERSION 1.0")
TEN_COMMANDS = {
    "VERSION", "STATUS", "IN_PV_00", "IN_PV_01", "IN_PV_03", "IN_PV_04", "IN_SP_00", "OUT_SP_00",
    "IN_MODE_05", "OUT_MODE_05",
}  # fmt: skip


@pytest.mark.parametrize("external", [False, True])
def test_the_set_point_of_an_fc_always_comes_from_the_computer(dialogue, external):
    pairs = [FC, *SAFE, REMOTE_STOP, ("OUT_MODE_04 0", None), ("IN_MODE_04", "0")]
    with dialogue(JulaboFC, pairs, external=external) as bath:
        bath.prepare()


@pytest.mark.parametrize("external", [False, True])
def test_an_fc_with_or_without_its_external_sensor_goes_to_the_set_point(external):
    candidate = replace(find_candidate("drivers.julabo:JulaboFC"), settings={"external": external})
    with candidate.connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = 320.0
        trial.clock.sleep(7200)
        assert trial.driver.temperature_k == pytest.approx(320.0, abs=0.2)


def test_the_stand_in_of_an_fc_follows_its_programmer_input_when_told_to():
    with find_candidate("drivers.julabo:JulaboFC").connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = 320.0
        trial.driver.external_control = 1
        (model,) = trial.rig.instruments.values()
        assert model.loop.target_k == pytest.approx(90 + 273.15)
        assert trial.driver.setpoint_k == pytest.approx(320.0)
        assert trial.driver.output_state.problem == "external_control is 1 instead of 0"
        with pytest.raises(InstrumentError, match="another set point or sensor rules"):
            trial.driver.setpoint_k = 321.0


def test_another_set_point_or_sensor_chosen_meanwhile_is_refused_and_nothing_is_started(dialogue):
    for rules, words in (
        ([("IN_MODE_01", "1")], "setpoint_number is 1"),
        ([RULES[0], ("IN_MODE_04", "1")], "external_control is 1"),
    ):
        pairs = [("OUT_SP_00 40.0", None), ("IN_SP_00", "40.0"), *rules]
        with dialogue(JulaboCF, pairs) as bath, pytest.raises(InstrumentError, match=words):
            bath.setpoint_k = 313.15


def test_a_corio_is_sent_its_ten_commands_only():
    with find_candidate("drivers.julabo:JulaboCorio").connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = 320.0
        _ = trial.driver.temperature_k, trial.driver.setpoint_k, trial.driver.condition
        assert trial.driver.output_state.is_on
        trial.driver.make_safe()
        assert {message.strip().split(" ")[0] for message in trial.sent} <= TEN_COMMANDS


@pytest.mark.parametrize("message", ["IN_MODE_01", "IN_MODE_04", "IN_PV_02", "IN_SP_03"])
def test_the_stand_in_of_a_corio_has_no_other(message):
    with find_candidate("drivers.julabo:JulaboCorio").connected() as trial:
        with pytest.raises(InstrumentError, match="time-out"):
            trial.driver.ask(message)
        assert trial.driver.status == "INVALID COMMAND"


@pytest.mark.parametrize("driver_class", [JulaboCorio, JulaboFL])
def test_an_external_sensor_that_the_family_does_not_have_is_a_configuration_error(dialogue, driver_class):
    with pytest.raises(ConfigurationError, match="external"), dialogue(driver_class, [], external=True):
        pass
