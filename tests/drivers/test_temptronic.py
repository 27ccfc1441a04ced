import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.temptronic import TemptronicATS, setpoint_number
from labctl.errors import InstrumentError

SAFE = [("%RM", None), ("FLOW 0", None), ("AUXC?", "64")]


def test_preparing_takes_remote_control_and_leaves_the_air_off(dialogue):
    pairs = [("*IDN?", "Temptronic Corporation, ATS-545, 1, 6.1"), *SAFE]
    with dialogue(TemptronicATS, pairs) as stream:
        stream.prepare()
    with dialogue(TemptronicATS, [("*IDN?", "SOMETHING,ELSE")]) as stream, pytest.raises(InstrumentError):
        stream.prepare()


def test_the_manuals_words_are_pymeasures(dialogue):
    with dialogue(TemptronicATS, [("TTIM?", "7")]) as stream:
        assert stream.maximum_test_time == 7


def test_a_set_point_is_chosen_by_temperature_read_back_and_started(dialogue):
    pairs = [
        ("SETN 0", None), ("RAMP 5", None), ("SETP 80", None), ("SETP?", "80.0"),
        ("FLOW 1", None), ("AUXC?", "352"), ("SETN?", "0"), ("RAMP?", "5.0"),
        ("SETD?", "42.5"),
    ]  # fmt: skip
    with dialogue(TemptronicATS, pairs) as stream:
        stream.ramp_rate_k_s = 5 / 60
        stream.setpoint_k = 353.15
        assert stream.setpoint_k == pytest.approx(315.65)


def test_without_a_ramp_it_goes_as_fast_as_it_can_also_after_one(dialogue):
    taken = [("SETP?", "80.0"), ("FLOW 1", None), ("AUXC?", "352"), ("SETN?", "0")]
    pairs = [
        ("SETN 0", None), ("RAMP 5", None), ("SETP 80", None), *taken, ("RAMP?", "5.0"),
        ("SETN 0", None), ("RAMP 9999", None), ("SETP 80", None), *taken, ("RAMP?", "9999"),
    ]  # fmt: skip
    with dialogue(TemptronicATS, pairs) as stream:
        stream.ramp_rate_k_s = 5 / 60
        stream.setpoint_k = 353.15
        stream.ramp_rate_k_s = 0
        stream.setpoint_k = 353.15


def test_a_set_point_the_instrument_did_not_take_starts_nothing(dialogue):
    pairs = [("SETN 2", None), ("RAMP 9999", None), ("SETP -80", None), ("SETP?", "-60.0")]
    with dialogue(TemptronicATS, pairs) as stream, pytest.raises(InstrumentError, match="was not accepted"):
        stream.setpoint_k = 193.15


def test_an_air_flow_that_does_not_start_is_an_error(dialogue):
    pairs = [
        ("SETN 0", None), ("RAMP 9999", None), ("SETP 80", None), ("SETP?", "80.0"), ("FLOW 1", None),
        ("AUXC?", "64"),
    ]  # fmt: skip
    with dialogue(TemptronicATS, pairs) as stream, pytest.raises(InstrumentError, match="did not start"):
        stream.setpoint_k = 353.15


@pytest.mark.parametrize(("state", "words"), [("96", "programming mode"), ("356", "head is up")])
def test_a_program_that_rules_and_a_raised_head_are_refused(dialogue, state, words):
    pairs = [
        ("SETN 0", None), ("RAMP 9999", None), ("SETP 80", None), ("SETP?", "80.0"), ("FLOW 1", None),
        ("AUXC?", state), ("SETP?", "80.0"), ("AUXC?", state),
    ]  # fmt: skip
    with dialogue(TemptronicATS, pairs) as stream:
        with pytest.raises(InstrumentError, match=words):
            stream.setpoint_k = 353.15
        assert words in stream.output_state.problem


def test_a_reading_comes_with_the_error_register(dialogue):
    with dialogue(TemptronicATS, [("EROR?", "0"), ("TEMP?", "25.1")]) as stream:
        assert stream.temperature_k == pytest.approx(298.25)


@pytest.mark.parametrize(
    ("code", "words"), [("1", "overheat"), ("40", "air sensor open"), ("16384", "no dut sensor selected")]
)
def test_an_error_is_no_temperature(dialogue, code, words):
    with dialogue(TemptronicATS, [("EROR?", code)]) as stream, pytest.raises(InstrumentError, match=words):
        _ = stream.temperature_k


@pytest.mark.parametrize("reply", ["999.9", "", "25.1,3", "warm", "nan"])
def test_a_reading_that_is_invalid_is_an_error(dialogue, reply):
    with (
        dialogue(TemptronicATS, [("EROR?", "0"), ("TEMP?", reply)]) as stream,
        pytest.raises(InstrumentError),
    ):
        _ = stream.temperature_k


@pytest.mark.parametrize("kelvin", [100, 600, float("nan")])
def test_what_would_be_truncated_is_never_sent(dialogue, kelvin):
    with dialogue(TemptronicATS, []) as stream, pytest.raises(ValueError):
        stream.setpoint_k = kelvin


def test_making_safe_reads_back_and_may_be_repeated(dialogue):
    with dialogue(TemptronicATS, SAFE + SAFE) as stream:
        stream.make_safe()
        stream.make_safe()
    with (
        dialogue(TemptronicATS, [*SAFE[:2], ("AUXC?", "352")]) as stream,
        pytest.raises(InstrumentError, match="still"),
    ):
        stream.make_safe()


def test_a_failing_message_does_not_prevent_the_read_back(dialogue, broken_at):
    with dialogue(TemptronicATS, [SAFE[0], SAFE[2]]) as stream:
        broken_at(stream, "FLOW 0")
        with pytest.raises(InstrumentError, match="no answer"):
            stream.make_safe()


@given(st.floats(min_value=-99.9, max_value=225))
def test_every_temperature_belongs_to_one_set_point(celsius):
    assert setpoint_number(celsius) == (0 if celsius >= 30 else 2 if celsius <= 20 else 1)


@pytest.mark.parametrize(
    ("number", "rate", "words"), [("4", "9999", "number = 0"), ("0", "1.0", "rate = 9999")]
)
def test_a_set_point_of_a_cycle_or_another_ramp_that_rules_is_refused(dialogue, number, rate, words):
    pairs = [
        ("SETN 0", None), ("RAMP 9999", None), ("SETP 80", None), ("SETP?", "80.0"), ("FLOW 1", None),
        ("AUXC?", "352"), ("SETN?", number), ("RAMP?", rate),
    ]  # fmt: skip
    asked = pairs[: 7 if number == "4" else 8]
    with dialogue(TemptronicATS, asked) as stream, pytest.raises(InstrumentError, match=words):
        stream.setpoint_k = 353.15
