from dataclasses import replace

import pytest

from drivers.nanodac import Nanodac
from labctl.errors import BeyondInstrument, ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate


def trial_of(**settings):
    return replace(find_candidate("drivers.nanodac:Nanodac"), settings=settings).connected()


def loop_of(trial):
    (model,) = trial.rig.instruments.values()
    return model.loop


def exchange(request, reply):
    return bytes.fromhex(request), bytes.fromhex(reply)


def test_the_frames_are_those_of_modbus_tcp(dialogue):
    pairs = [
        exchange("00 01 00 00 00 06 01 03 84 00 00 02", "00 01 00 00 00 07 01 03 04 41 C8 00 00"),
        exchange("00 02 00 00 00 06 01 03 02 13 00 01", "00 02 00 00 00 05 01 03 02 00 00"),
        exchange("00 03 00 00 00 06 01 03 02 0F 00 01", "00 03 00 00 00 05 01 03 02 00 00"),
    ]
    with dialogue(Nanodac, pairs) as oven:
        assert oven.temperature_k == pytest.approx(298.15)


def test_loop_2_has_addresses_of_its_own(dialogue):
    pairs = [
        exchange("00 01 00 00 00 06 01 03 85 00 00 02", "00 01 00 00 00 07 01 03 04 41 C8 00 00"),
        exchange("00 02 00 00 00 06 01 03 02 93 00 01", "00 02 00 00 00 05 01 03 02 00 00"),
        exchange("00 03 00 00 00 06 01 03 02 8F 00 01", "00 03 00 00 00 05 01 03 02 00 00"),
        exchange("00 04 00 00 00 06 01 03 AE C4 00 02", "00 04 00 00 00 07 01 03 04 00 00 00 00"),
    ]
    with dialogue(Nanodac, pairs, loop=2) as oven:
        assert oven.temperature_k == pytest.approx(298.15)
        assert oven.ramp_rate_k_s == 0


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("00 02 00 00 00 05 01 03 02 00 00", "transaction number"),
        ("00 01 00 00 00 05 02 03 02 00 00", "reply from unit 2"),
        ("00 01 00 00 00 07 01 03 04 00 00 00 00", "expected 2"),
        ("00 01 00 00 00 03 01 83 02", "no such address"),
    ],
)
def test_a_reply_that_does_not_fit_is_an_error(dialogue, reply, words):
    pair = exchange("00 01 00 00 00 06 01 03 02 01 00 01", reply)
    with dialogue(Nanodac, [pair]) as oven, pytest.raises(InstrumentError, match=words):
        oven.read_word(0x201)


@pytest.mark.parametrize(
    ("attribute", "words"),
    [
        ("inhibited", "inhibited"),
        ("alternative", "alternative set point"),
        ("second", "another set point than SP1"),
        ("tracking", "output follows"),
        ("loop_type", "cascade"),
    ],
)
def test_another_master_is_refused_before_and_after_a_set_point(attribute, words):
    with trial_of() as trial:
        setattr(loop_of(trial), attribute, 1)
        with pytest.raises(InstrumentError):
            trial.driver.prepare()
    with trial_of() as trial:
        trial.driver.prepare()
        setattr(loop_of(trial), attribute, 1)
        with pytest.raises(InstrumentError, match=words):
            trial.driver.setpoint_k = 320.0
        assert words in trial.driver.output_state.problem


def test_a_running_program_is_refused():
    with trial_of() as trial:
        (model,) = trial.rig.instruments.values()
        model.program = 2
        with pytest.raises(InstrumentError, match="program"):
            trial.driver.prepare()


def test_a_trim_of_the_set_point_is_found_by_what_rules():
    with trial_of() as trial:
        trial.driver.prepare()
        loop_of(trial).trim_k = 5.0
        with pytest.raises(InstrumentError, match="the set point that rules is not"):
            trial.driver.setpoint_k = 320.0


def test_an_output_that_follows_another_signal_is_not_off():
    with trial_of() as trial:
        trial.driver.prepare()
        loop_of(trial).tracking = 1
        trial.clock.sleep(2)
        with pytest.raises(InstrumentError, match="still on"):
            trial.driver.make_safe()


def test_the_output_at_a_sensor_break_becomes_zero_and_a_held_one_is_refused():
    with trial_of() as trial:
        loop_of(trial).break_percent = 20.0
        trial.driver.prepare()
        assert loop_of(trial).break_percent == 0
        loop_of(trial).break_mode = 1
        with pytest.raises(InstrumentError, match="held"):
            trial.driver.prepare()


def test_a_broken_sensor_is_no_temperature():
    with trial_of() as trial:
        trial.driver.prepare()
        (model,) = trial.rig.instruments.values()
        model.sensor_fault = 1
        trial.clock.sleep(2)
        with pytest.raises(InstrumentError, match="sensor break"):
            _ = trial.driver.temperature_k
        assert "sensor break" in trial.driver.condition


def test_it_ramps_only_in_a_unit_that_a_person_found():
    with trial_of() as trial:
        trial.driver.prepare()
        with pytest.raises(BeyondInstrument, match=r"needs settings\.rate_per"):
            trial.driver.ramp_rate_k_s = 0.1
        loop_of(trial).rate_k_min = 5.0
        with pytest.raises(InstrumentError, match="give rate_per"):
            trial.driver.prepare()
    with trial_of(rate_per="min") as trial:
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 0.1
        assert loop_of(trial).rate_k_min == pytest.approx(6.0)
        trial.driver.setpoint_k = 320.0
        start_k = trial.driver.setpoint_k
        trial.clock.sleep(60)
        assert trial.driver.setpoint_k - start_k == pytest.approx(6, abs=0.3)
        loop_of(trial).rate_disabled = 1
        with pytest.raises(InstrumentError, match="disabled"):
            trial.driver.ramp_rate_k_s = 0.1


def test_what_is_unconfirmed_is_the_unit_of_the_ramp():
    assert "rate_per" in Nanodac.unconfirmed({})[0]
    assert Nanodac.unconfirmed({"rate_per": "min"}) == ()


@pytest.mark.parametrize(
    "settings", [{"loop": 3}, {"rate_per": "day"}, {"unit": 0}], ids=lambda settings: next(iter(settings))
)
def test_a_setting_that_cannot_be_is_refused(dialogue, settings):
    (key,) = settings
    with pytest.raises(ConfigurationError, match=f"settings.{key}"), dialogue(Nanodac, [], **settings):
        pass
