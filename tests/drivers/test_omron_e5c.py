from dataclasses import replace

import pytest

from drivers.modbus import framed, long_words, read_request, signed_long, write_block_request, write_request
from drivers.omron_e5c import OmronE5C
from labctl.errors import BeyondInstrument, ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

STOPPED = 1 << 24
BITS = [
    ("manual", "manual mode"),
    ("remote", "remote set point"),
    ("tuning", "auto-tuning"),
    ("setup_area", "setup area 1"),
    ("program_pattern", "simple program"),
]


def trial_of(**settings):
    return replace(find_candidate("drivers.omron_e5c:OmronE5C"), settings=settings).connected()


def model_of(trial):
    (model,) = trial.rig.instruments.values()
    return model


def test_the_frames_of_the_manual_are_ours():
    """H175 pages 4-12 (alarm values 1000 and -1000 in 4-byte mode) and 4-14 (the stop command)."""
    words = [*long_words(1000), *long_words(-1000)]
    written = "01 10 01 0A 00 04 08 00 00 03 E8 FF FF FC 18 8D E9"
    assert write_block_request(1, 0x010A, words) == bytes.fromhex(written)
    assert write_request(1, 0x0000, 0x0101) == bytes.fromhex("01 06 00 00 01 01 49 9A")
    assert signed_long(bytes.fromhex("FF FF FC 18")) == -1000
    with pytest.raises(ValueError, match="two registers"):
        long_words(1 << 31)


def test_stopping_enables_writing_first():
    with trial_of() as trial:
        trial.driver.switch_off()
        assert model_of(trial).writing
        assert [message[:17] for message in trial.sent] == ["01 06 00 00 00 01", "01 06 00 00 01 01"]


@pytest.mark.parametrize("decimals", [0, 1])
def test_temperatures_are_scaled_by_the_displayed_decimals(decimals):
    with trial_of() as trial:
        model_of(trial).decimals = decimals
        trial.driver.prepare()
        trial.driver.setpoint_k = 320.15
        assert model_of(trial).setpoint == 47 * 10**decimals
        assert trial.driver.setpoint_k == pytest.approx(320.15)
        assert trial.driver.temperature_k == pytest.approx(trial.rig.world.oven.sensor_k, abs=1)


@pytest.mark.parametrize(("attribute", "words"), BITS)
def test_another_master_is_refused_before_and_after_a_set_point(attribute, words):
    with trial_of() as trial:
        setattr(model_of(trial), attribute, 1)
        with pytest.raises(InstrumentError, match=words):
            trial.driver.prepare()
        assert not trial.energised
    with trial_of() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = 320.0
        setattr(model_of(trial), attribute, 1)
        assert words in trial.driver.output_state.problem
        with pytest.raises(InstrumentError, match=words):
            trial.driver.setpoint_k = 320.0


@pytest.mark.parametrize(("attribute", "words"), [("at_stop", "MV at Stop"), ("at_error", "MV at PV Error")])
def test_an_output_while_stopped_or_without_sensor_is_refused(attribute, words):
    with trial_of() as trial:
        setattr(model_of(trial), attribute, 200)
        with pytest.raises(InstrumentError) as refusal:
            trial.driver.prepare()
        assert words in str(refusal.value) or "still on" in str(refusal.value)
        with pytest.raises(InstrumentError, match=words):
            trial.driver._refuse_outputs()


def test_a_controller_that_is_stopped_with_an_output_is_not_off():
    with trial_of() as trial:
        model_of(trial).at_stop = 200
        with pytest.raises(InstrumentError, match=r"still on.*20 %"):
            trial.driver.make_safe()


def test_a_display_in_fahrenheit_is_refused():
    with trial_of() as trial:
        model_of(trial).fahrenheit = 1
        with pytest.raises(InstrumentError, match="degrees Celsius"):
            trial.driver.prepare()


def test_a_broken_sensor_is_no_temperature_and_a_burnt_heater_is_a_problem():
    with trial_of() as trial:
        trial.driver.prepare()
        trial.driver.setpoint_k = 320.0
        model_of(trial).heater_burnout = True
        assert trial.driver.output_state.problem == "heater burnout"
        assert trial.driver.condition == "heater burnout"
        model_of(trial).sensor_fault = 1
        with pytest.raises(InstrumentError, match="input error"):
            _ = trial.driver.temperature_k


def test_it_ramps_only_with_decimals_that_a_person_found():
    with trial_of() as trial:
        trial.driver.prepare()
        with pytest.raises(BeyondInstrument, match=r"needs settings\.rate_decimals"):
            trial.driver.ramp_rate_k_s = 0.1
        trial.driver.ramp_rate_k_s = 0.0
        model_of(trial).ramp = 50
        with pytest.raises(InstrumentError, match="give rate_decimals"):
            trial.driver.prepare()
        assert not trial.energised


@pytest.mark.parametrize(("unit", "sent"), [(0, 1), (1, 60), (2, 3600)])
def test_a_ramp_takes_as_long_in_any_unit(unit, sent):
    with trial_of(rate_decimals=1) as trial:
        model_of(trial).ramp_unit = unit
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 6 / 60
        assert model_of(trial).ramp == sent
        assert trial.driver.ramp_rate_k_s == pytest.approx(0.1)
        trial.driver.setpoint_k = 320.0
        start_k = trial.driver.setpoint_k
        trial.clock.sleep(60)
        assert trial.driver.setpoint_k - start_k == pytest.approx(6, abs=0.3)


def test_a_ramp_that_would_be_rounded_and_another_ramp_for_cooling_are_refused():
    with trial_of(rate_decimals=0) as trial:
        trial.driver.prepare()
        with pytest.raises(InstrumentError, match="rounded"):
            trial.driver.ramp_rate_k_s = 1.4 / 60
        model_of(trial).ramp_fall = 5
        with pytest.raises(InstrumentError, match="falling set points"):
            trial.driver.prepare()


def test_what_is_no_e5c_is_refused(dialogue):
    def answered(address, value):
        high, low = long_words(value)
        data = high.to_bytes(2, "big") + low.to_bytes(2, "big")
        return read_request(1, address, 2), framed(1, 3, b"\x04" + data)

    with (
        dialogue(OmronE5C, [answered(0x0420, 7)]) as oven,
        pytest.raises(InstrumentError, match="expected the displayed decimals"),
    ):
        _ = oven.identity
    pairs = [answered(0x0420, 1), answered(0x0002, STOPPED), answered(0x040C, 0)]
    with dialogue(OmronE5C, pairs) as oven, pytest.raises(InstrumentError, match="this is not an Omron"):
        oven.prepare()


@pytest.mark.parametrize("settings", [{"unit": 100}, {"rate_decimals": 4}, {"rate_decimals": True}])
def test_a_setting_that_cannot_be_is_refused(dialogue, settings):
    (key,) = settings
    with pytest.raises(ConfigurationError, match=f"settings.{key}"), dialogue(OmronE5C, [], **settings):
        pass


def test_what_is_unconfirmed_are_the_decimals_of_the_ramp():
    assert "rate_decimals" in OmronE5C.unconfirmed({})[0]
    assert OmronE5C.unconfirmed({"rate_decimals": 1}) == ()
