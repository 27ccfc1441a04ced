import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.huber import Huber, command, parse_answer, question
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

LIMITS = [("{M30****", "{S30F060"), ("{M31****", "{S312710")]
SAFE = [("{M140000", "{S140000"), ("{M14****", "{S140000")]
INTERNAL = ("{M13****", "{S130000")
NO_ERROR = ("{M05****", "{S050000")


def test_the_makers_literals_are_ours():
    assert question(0x01) == "{M01****"
    assert command(0x00, 2500) == "{M0009C4"
    assert command(0x00, -2000) == "{M00F830"
    assert (command(0x14, 1), command(0x14, 0), command(0x16, 0)) == ("{M140001", "{M140000", "{M160000")
    assert (command(0x30, -4000), command(0x31, 10000)) == ("{M30F060", "{M312710")
    assert parse_answer("{S0009C4", 0x00) == 2500
    assert parse_answer("{S00F830", 0x00) == -2000
    assert parse_answer("{S30F060", 0x30) == -4000
    assert parse_answer("{S312710", 0x31) == 10000


def test_preparing_leaves_temperature_control_off(dialogue):
    with dialogue(Huber, [*LIMITS, *SAFE, INTERNAL]) as bath:
        bath.prepare()


def test_a_set_point_within_the_instruments_limits_starts_pump_and_control(dialogue):
    pairs = [
        *LIMITS, ("{M0009C4", "{S0009C4"), INTERNAL, SAFE[1], ("{M160001", "{S160001"),
        ("{M140001", "{S140001"), ("{M00****", "{S0009C4"), ("{M14****", "{S140001"),
        ("{M00****", "{S0009C4"),
    ]  # fmt: skip
    with dialogue(Huber, pairs) as bath:
        bath.setpoint_k = 298.15
        assert bath.setpoint_k == pytest.approx(298.15)


@pytest.mark.parametrize("kelvin", [float("nan"), 100, 1000])
def test_a_set_point_that_fits_into_no_message_is_refused_before_anything_is_asked(dialogue, kelvin):
    with dialogue(Huber, []) as bath, pytest.raises(ValueError, match=r"possible: -150 to 327\.66 degC"):
        bath.setpoint_k = kelvin


@pytest.mark.parametrize("kelvin", [200, 400])
def test_a_set_point_outside_them_is_never_sent(dialogue, kelvin):
    with dialogue(Huber, LIMITS) as bath, pytest.raises(ValueError, match="allows -40 to 100"):
        bath.setpoint_k = kelvin


def test_a_set_point_the_instrument_changed_is_an_error(dialogue):
    pairs = [*LIMITS, ("{M0009C4", "{S0007D0")]
    with dialogue(Huber, pairs) as bath, pytest.raises(InstrumentError, match="not accepted"):
        bath.setpoint_k = 298.15


@pytest.mark.parametrize(("sensor", "address"), [("internal", "01"), ("process", "3A"), ("external", "07")])
def test_the_selected_sensor_is_read(dialogue, sensor, address):
    pairs = [NO_ERROR, (f"{{M{address}****", f"{{S{address}F830")]
    with dialogue(Huber, pairs, sensor=sensor) as bath:
        assert bath.temperature_k == pytest.approx(253.15)


def test_a_sensor_that_is_not_there_is_no_temperature(dialogue):
    pairs = [NO_ERROR, ("{M07****", "{S07C504")]
    with dialogue(Huber, pairs, sensor="external") as bath, pytest.raises(InstrumentError, match="-151"):
        _ = bath.temperature_k


def test_an_error_of_the_thermostat_is_no_temperature(dialogue):
    with (
        dialogue(Huber, [("{M05****", "{S05FFFB")]) as bath,
        pytest.raises(InstrumentError, match="error -5"),
    ):
        _ = bath.temperature_k


@pytest.mark.parametrize(
    "reply", ["{S017FFF", "{S0009C4", "{S0109C", "{S0109C44", "{M0109C4", "", "{S01zzzz"]
)
def test_a_reply_that_is_no_temperature_is_an_error_and_clears_the_line(dialogue, reply):
    with dialogue(Huber, [NO_ERROR, ("{M01****", reply)]) as bath:
        with pytest.raises(InstrumentError):
            _ = bath.temperature_k
        assert bath.adapter.connection.clear.called


def test_making_safe_reads_back_and_may_be_repeated(dialogue):
    with dialogue(Huber, SAFE + SAFE) as bath:
        bath.make_safe()
        bath.make_safe()
    pairs = [SAFE[0], ("{M160000", "{S160000"), SAFE[1]]
    with dialogue(Huber, pairs, keep_circulating=False) as bath:
        bath.make_safe()
    pairs = [("{M140000", "{S140000"), ("{M14****", "{S140001")]
    with dialogue(Huber, pairs) as bath, pytest.raises(InstrumentError, match="still on"):
        bath.make_safe()


def test_a_failing_message_does_not_prevent_the_read_back(dialogue, broken_at):
    with dialogue(Huber, SAFE[1:]) as bath:
        broken_at(bath, "{M140000")
        with pytest.raises(InstrumentError, match="no answer"):
            bath.make_safe()


def test_a_sensor_that_does_not_exist_is_a_configuration_error(dialogue):
    with (
        pytest.raises(ConfigurationError, match="possible: 'internal', 'process', 'external'"),
        dialogue(Huber, [], sensor="x"),
    ):
        pass


@given(st.integers(-0x8000, 0x7FFE))
def test_a_value_survives_its_way(value):
    assert parse_answer(command(0x3A, value).replace("{M", "{S"), 0x3A) == value


@pytest.mark.parametrize("value", [0x8000, -0x8001])
def test_a_value_that_does_not_fit_is_refused(value):
    with pytest.raises(ValueError):
        command(0x00, value)


# What rules.


def test_an_internal_sensor_that_does_not_control_is_refused(dialogue):
    process = ("{M13****", "{S130001")
    with (
        dialogue(Huber, [*LIMITS, *SAFE, process]) as bath,
        pytest.raises(InstrumentError, match="the process sensor controls"),
    ):
        bath.prepare()
    with (
        dialogue(Huber, [*LIMITS, ("{M0009C4", "{S0009C4"), process]) as bath,
        pytest.raises(InstrumentError, match="the process sensor controls"),
    ):
        bath.setpoint_k = 298.15
    with dialogue(Huber, [*LIMITS, *SAFE], sensor="process") as bath:
        bath.prepare()


def test_a_model_without_the_control_mode_is_not_refused(dialogue):
    with dialogue(Huber, [*LIMITS, *SAFE, ("{M13****", "{S137FFF")]) as bath:
        bath.prepare()
    other = ("{M13****", "{S140000")
    with dialogue(Huber, [other]) as bath, pytest.raises(InstrumentError, match="about variable 13"):
        bath.read_if_there(0x13)


@pytest.mark.parametrize(("setpoint", "control"), [("{S0007D0", "{S140001"), ("{S0009C4", "{S140000")])
def test_what_rules_is_read_after_the_start_whatever_the_commands_were_answered(dialogue, setpoint, control):
    pairs = [
        *LIMITS, ("{M0009C4", "{S0009C4"), INTERNAL, SAFE[1], ("{M160001", "{S160001"),
        ("{M140001", "{S140001"), ("{M00****", setpoint), ("{M14****", control),
    ]  # fmt: skip
    asked = pairs if setpoint == "{S0009C4" else pairs[:-1]
    with dialogue(Huber, asked) as bath, pytest.raises(InstrumentError, match="expected"):
        bath.setpoint_k = 298.15


def test_the_second_set_point_and_the_state_do_not_need_the_mode_of_circulation():
    with find_candidate("drivers.huber:Huber").connected() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = 310.0
        assert trial.driver.read_variable(0x16) == 0  # control circulates in place of it
        trial.driver.setpoint_k = 320.0
        state = trial.driver.output_state
        assert (state.is_on, state.problem) == (True, "")
        assert "variable 13 0, variable 15 0" in trial.driver.condition
        trial.driver.write("{M130001")
        trial.driver.read()
        assert "the process sensor controls" in trial.driver.output_state.problem
