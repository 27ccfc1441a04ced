from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.linkam_t95 import LinkamT95, parse_status
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate


def status(state=0x01, errors=0x80, tenths=b"00FA"):
    return (b"T\r", bytes((state, errors, 0x80, 0, 0, 0)) + tenths + b"\r")


def told(command):
    return (command.encode() + b"\r", b"\r")


SAFE = [status(), told("E"), status()]


@pytest.mark.parametrize(("digits", "celsius"), [(b"00FA", 25.0), (b"FE0C", -50.0), (b"0000", 0.0)])
def test_the_temperature_is_four_hexadecimal_digits_in_tenths(digits, celsius):
    assert parse_status(status(tenths=digits)[1]).celsius == celsius


def test_the_first_query_is_the_required_one(dialogue):
    with dialogue(LinkamT95, [status(), *SAFE]) as stage:
        stage.prepare()


def test_a_set_point_is_rate_limit_and_start(dialogue):
    pairs = [told("R12000"), told("L11000"), told("S"), *[status(0x10)] * 2, status(0x30, tenths=b"03E8")]
    with dialogue(LinkamT95, pairs) as stage:
        stage.setpoint_k = 373.15
        assert stage.temperature_k == pytest.approx(298.15)
        assert stage.temperature_k == pytest.approx(373.15)
        assert stage.setpoint_k == 373.15


def test_a_ramp_is_the_rate_of_the_next_set_point(dialogue):
    with dialogue(LinkamT95, [told("R1500"), told("L1-500"), told("S"), status(0x20)]) as stage:
        stage.ramp_rate_k_s = 5 / 60
        stage.setpoint_k = 223.15


@pytest.mark.parametrize(("limit", "kelvin", "state"), [("L11000", 373.15, 0x20), ("L1-500", 223.15, 0x10)])
def test_a_stage_that_goes_the_other_way_is_refused(dialogue, limit, kelvin, state):
    pairs = [told("R12000"), told(limit), told("S"), status(state)]
    with (
        dialogue(LinkamT95, pairs) as stage,
        pytest.raises(InstrumentError, match="does not rule at 25 degC"),
    ):
        stage.setpoint_k = kelvin


@pytest.mark.parametrize("rate_k_min", [200, -1, 0.001, float("nan")])
def test_a_rate_the_stage_cannot_do_is_refused(dialogue, rate_k_min):
    with dialogue(LinkamT95, []) as stage, pytest.raises(ValueError):
        stage.ramp_rate_k_s = rate_k_min / 60


@pytest.mark.parametrize("kelvin", [50, 900, float("nan")])
def test_a_set_point_the_stage_cannot_reach_is_never_sent(dialogue, kelvin):
    with dialogue(LinkamT95, []) as stage, pytest.raises(ValueError):
        stage.setpoint_k = kelvin


def test_before_any_set_point_it_is_the_temperature(dialogue):
    with dialogue(LinkamT95, [status()]) as stage:
        assert stage.setpoint_k == pytest.approx(298.15)


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        (0x82, "not connected or its sensor open"),
        (0xA0, "link error"),
        (0x85, "cooling too fast, power surge"),
    ],
)
def test_an_error_of_the_controller_is_no_temperature(dialogue, errors, words):
    with dialogue(LinkamT95, [status(errors=errors)]) as stage, pytest.raises(InstrumentError, match=words):
        _ = stage.temperature_k


@pytest.mark.parametrize(
    "reply",
    [status()[1][:-1], status()[1][:5], b"", status(state=0x77)[1], status(errors=0x00)[1],
     status(tenths=b"0 FA")[1], status(tenths=b"00FG")[1]],
)  # fmt: skip
def test_bytes_that_are_no_status_are_an_error_and_clear_the_line(dialogue, reply):
    with dialogue(LinkamT95, [(b"T\r", reply)]) as stage:
        with pytest.raises(InstrumentError):
            _ = stage.temperature_k
        assert stage.adapter.connection.clear.called


def test_a_command_that_is_not_acknowledged_is_an_error(dialogue):
    with (
        dialogue(LinkamT95, [(b"R12000\r", b"?")]) as stage,
        pytest.raises(InstrumentError, match="carriage"),
    ):
        stage.setpoint_k = 373.15


def test_making_safe_reads_back_and_may_be_repeated(dialogue):
    with dialogue(LinkamT95, SAFE + SAFE) as stage:
        stage.make_safe()
        stage.make_safe()
    with (
        dialogue(LinkamT95, [status(), told("E"), status(0x10)]) as stage,
        pytest.raises(InstrumentError, match="still on"),
    ):
        stage.make_safe()


def test_a_failing_message_does_not_prevent_the_read_back(dialogue, broken_at):
    with dialogue(LinkamT95, [status(), status()]) as stage:
        broken_at(stage, b"E\r")
        with pytest.raises(InstrumentError, match="no answer"):
            stage.make_safe()


def test_a_rate_setting_out_of_range_is_a_configuration_error(dialogue):
    with pytest.raises(ConfigurationError), dialogue(LinkamT95, [], fastest_k_min=500):
        pass


@given(st.integers(-2000, 6000))
def test_every_temperature_of_the_stage_is_read(tenths):
    digits = f"{tenths & 0xFFFF:04X}".encode()
    assert parse_status(status(tenths=digits)[1]).celsius == tenths / 10


@given(st.binary(max_size=14))
def test_random_bytes_never_pass_for_a_status_they_are_not(reply):
    try:
        found = parse_status(reply)
    except ValueError:
        return
    assert reply[-1:] == b"\r"
    assert f"{round(found.celsius * 10) & 0xFFFF:04X}".encode() == reply[6:10].upper()


# Pauses and what rules.


def test_the_first_message_comes_half_a_second_after_opening_and_the_others_300_ms_apart():
    with find_candidate("drivers.linkam_t95:LinkamT95").connected() as trial:
        began_s, times_s = trial.clock.monotonic(), []
        (model,) = trial.rig.instruments.values()
        hear = model.hear

        def noted(line):
            times_s.append(model.world.time_s - began_s)
            hear(line)

        model.hear = noted
        trial.driver.prepare()
        assert times_s[0] == pytest.approx(0.5, abs=0.01)
        assert min(later - sooner for sooner, later in pairwise(times_s)) >= 0.3 - 1e-6


@pytest.mark.parametrize("pause", ["write_interval_s", "quiet_after_opening_s"])
def test_without_its_pauses_the_stand_in_loses_messages(monkeypatch, pause):
    monkeypatch.setattr(LinkamT95, pause, 0.05)
    candidate = find_candidate("drivers.linkam_t95:LinkamT95")
    with candidate.connected() as trial, pytest.raises(InstrumentError, match=r"time-out|did not come"):
        trial.driver.prepare()


def test_a_stage_that_does_not_start_is_an_error(dialogue):
    pairs = [told("R12000"), told("L11000"), told("S"), status(0x01)]
    with dialogue(LinkamT95, pairs) as stage, pytest.raises(InstrumentError, match="did not start"):
        stage.setpoint_k = 373.15


def test_a_stage_that_holds_at_another_limit_says_so(dialogue):
    started = [told("R12000"), told("L11000"), told("S"), status(0x10)]
    held = [status(0x30, tenths=b"03E8"), status(0x30, tenths=b"0320")]
    with dialogue(LinkamT95, [*started, *held]) as stage:
        stage.setpoint_k = 373.15
        assert stage.output_state.problem == ""
        assert stage.output_state.problem == "it holds at 353.1 K instead of 373.1 K"
