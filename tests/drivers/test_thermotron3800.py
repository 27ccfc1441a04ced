import pytest

from drivers.thermotron3800 import ThermotronOven
from labctl.errors import InstrumentError

SAFE = [("STOP", None), ("MODE?", "2")]


def test_preparing_leaves_the_chamber_stopped(dialogue):
    with dialogue(ThermotronOven, [("IDEN?", "THERMOTRON 3800"), *SAFE]) as chamber:
        chamber.prepare()
    with (
        dialogue(ThermotronOven, [("IDEN?", "ESPEC")]) as chamber,
        pytest.raises(InstrumentError, match="3800"),
    ):
        chamber.prepare()


def test_a_set_point_is_sent_started_and_read_back(dialogue):
    pairs = [("SETP1,85", None), ("RUNM", None), ("SETP1?", "85.0"), ("MODE?", "16")]
    pairs.append(("PVAR1?", "25.4"))
    with dialogue(ThermotronOven, pairs) as chamber:
        chamber.setpoint_k = 358.15
        assert chamber.temperature_k == pytest.approx(298.55)


def test_a_set_point_that_was_not_taken_is_an_error(dialogue):
    pairs = [("SETP1,85", None), ("RUNM", None), ("SETP1?", "25.0"), ("SETP1?", "25.0")]
    with dialogue(ThermotronOven, pairs) as chamber, pytest.raises(InstrumentError, match="was not accepted"):
        chamber.setpoint_k = 358.15


@pytest.mark.parametrize("kelvin", [200, 500, float("nan")])
def test_what_the_chamber_cannot_do_is_never_sent(dialogue, kelvin):
    with dialogue(ThermotronOven, []) as chamber, pytest.raises(ValueError):
        chamber.setpoint_k = kelvin


@pytest.mark.parametrize("reply", ["", "25.4 C", "nan", "1,2", "999.9", "-300"])
def test_a_reply_that_is_no_temperature_is_an_error(dialogue, reply):
    with dialogue(ThermotronOven, [("PVAR1?", reply)]) as chamber, pytest.raises(InstrumentError):
        _ = chamber.temperature_k


def test_making_safe_reads_back_and_may_be_repeated(dialogue):
    with dialogue(ThermotronOven, SAFE + SAFE) as chamber:
        chamber.make_safe()
        chamber.make_safe()


@pytest.mark.parametrize("mode", ["1", "8", "16", "32", "18"])
def test_a_program_that_runs_is_held_or_waits_to_start_is_not_safe(dialogue, mode):
    with (
        dialogue(ThermotronOven, [SAFE[0], ("MODE?", mode)]) as chamber,
        pytest.raises(InstrumentError, match="running"),
    ):
        chamber.make_safe()


def test_a_failing_message_does_not_prevent_the_read_back(dialogue, broken_at):
    with dialogue(ThermotronOven, SAFE[1:]) as chamber:
        broken_at(chamber, "STOP")
        with pytest.raises(InstrumentError, match="no answer"):
            chamber.make_safe()


@pytest.mark.parametrize("mode", ["1", "2", "8", "17", "32"])
def test_a_chamber_that_is_not_in_manual_mode_after_the_start_is_refused(dialogue, mode):
    pairs = [("SETP1,85", None), ("RUNM", None), ("SETP1?", "85.0"), ("MODE?", mode)]
    with dialogue(ThermotronOven, pairs) as chamber, pytest.raises(InstrumentError, match="not in manual"):
        chamber.setpoint_k = 358.15


def test_a_chamber_in_calibration_mode_is_refused_and_told(dialogue):
    pairs = [("SETP1,85", None), ("RUNM", None), ("SETP1?", "85.0"), ("MODE?", "144")]
    pairs += [("MODE?", "144"), ("SETP1?", "85.0")]
    with dialogue(ThermotronOven, pairs) as chamber:
        with pytest.raises(InstrumentError, match="in calibration mode"):
            chamber.setpoint_k = 358.15
        assert chamber.output_state.problem == "it is in calibration mode"


def test_a_program_that_was_started_meanwhile_is_told(dialogue):
    pairs = [("MODE?", "1"), ("SETP1?", "85.0"), ("MODE?", "16"), ("SETP1?", "85.0")]
    with dialogue(ThermotronOven, pairs) as chamber:
        assert chamber.output_state.problem == "a program rules"
        assert chamber.output_state.problem == ""
