from dataclasses import replace
from functools import partial

import pytest

from drivers.modbus import framed, read_request, signed_word, word_request, write_block_request
from drivers.modbus_oven import ModbusOven
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instrument import NO_RAMP
from labctl.testing.measurement import TARGET_K, energise
from labctl.testing.trial import QUIET_CELL, find_candidate
from sim_instruments.rig import build
from sim_instruments.stand_ins import MODELS

EXAMPLE = MODELS["modbus_oven"].settings
ADDRESS = "TCPIP0::192.168.0.50::502::SOCKET"
FLOATS = {
    "unit": 7,
    "framing": "tcp",
    "temperature_unit": "degF",
    "word_order": "low_first",
    "single_writes": False,
    "set_points": [32, 900],
    "temperature": {"address": 0, "type": "float32", "function": 4},
    "target": {"address": 0x20, "type": "float32"},
    "rules": {"address": 0x22, "type": "float32"},
    "ramp": {"address": 0x24, "type": "float32", "per": "h", "no_limit": -1},
    "on": [{"address": 0x30, "value": 1}, {"address": 0x31, "value": 0, "read_back": False}],
    "off": [{"address": 0x30, "value": 0}],
    "is_off": [{"address": 0x40, "type": "uint32", "bit": 24}],
    "errors": [{"address": 0x40, "type": "uint32", "bit": 6, "words": "input error"}],
}
KELVIN = EXAMPLE | {
    "temperature_unit": "K",
    "set_points": [273.1, 600],
    "temperature": {"address": 0x10, "type": "int32", "scale": 0.01},
}
DESCRIPTIONS = {"words": EXAMPLE, "floats": FLOATS, "kelvin": KELVIN}


def candidate_of(settings, driver_settings=None):
    """The driver with settings, at a controller that is described by the same settings or by others."""
    instruments = {ADDRESS: {"stand_in": "modbus_oven", "settings": settings}}
    return replace(
        find_candidate("drivers.modbus_oven:ModbusOven"),
        build=partial(build, instruments=instruments, **QUIET_CELL),
        address=ADDRESS,
        settings=driver_settings or settings,
    )


def connected(settings, **changes):
    return candidate_of(settings, {**settings, **changes} if changes else None).connected()


def model_of(trial):
    (model,) = trial.rig.instruments.values()
    return model


@pytest.fixture(params=DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def settings(request):
    return request.param


def test_it_measures_controls_ramps_and_switches_off(settings):
    with connected(settings) as trial:
        oven = trial.driver
        oven.prepare()
        assert not trial.energised
        oven.ramp_rate_k_s = 6 / 60
        assert oven.ramp_rate_k_s == pytest.approx(0.1, rel=0.02)
        oven.setpoint_k = TARGET_K
        assert trial.energised
        assert model_of(trial).target_k == pytest.approx(TARGET_K, abs=0.06)
        start_k = oven.setpoint_k
        trial.clock.sleep(60)
        assert oven.setpoint_k - start_k == pytest.approx(6, abs=0.3)
        oven.ramp_rate_k_s = 0.0
        trial.clock.sleep(600)
        assert oven.temperature_k == pytest.approx(TARGET_K, abs=1)
        assert oven.output_state.is_on
        oven.make_safe()
        assert not trial.energised
        assert not oven.output_state.is_on


def test_the_stand_in_reads_and_writes_as_the_driver_does_for_any_place(settings):
    with connected(settings) as trial:
        trial.driver.prepare()
        model = model_of(trial)
        for target_k in (300.0, 333.3, 400.0):
            trial.driver.setpoint_k = target_k
            assert model.target_k == pytest.approx(target_k, abs=0.06)
            model.rules_k = model.ruled_elsewhere_k = 350.0
            assert trial.driver.setpoint_k == pytest.approx(350.0, abs=0.06)
            model.ruled_elsewhere_k = None


def test_a_set_point_that_another_master_gives_is_refused(settings):
    with connected(settings) as trial:
        trial.driver.prepare()
        model_of(trial).ruled_elsewhere_k = 390.0
        trial.clock.sleep(1)
        with pytest.raises(InstrumentError, match="the set point that rules is not"):
            trial.driver.setpoint_k = TARGET_K
        assert "another set point rules" in trial.driver.output_state.problem


@pytest.mark.parametrize("words", ["a program rules", "it is in manual mode"])
def test_another_master_is_refused_before_the_output_is_on(words):
    with connected(EXAMPLE) as trial:
        model_of(trial).holding = {words}
        with pytest.raises(InstrumentError, match=words):
            trial.driver.prepare()
        with pytest.raises(InstrumentError, match=words):
            trial.driver.setpoint_k = TARGET_K
        assert not trial.energised
        assert trial.driver.output_state.problem == words


def test_an_error_hides_the_temperature_and_an_alarm_does_not():
    with connected(EXAMPLE) as trial:
        trial.driver.prepare()
        model_of(trial).holding = {"alarm 1"}
        assert trial.driver.temperature_k > 0
        assert trial.driver.condition == "alarm 1, set points 0 to 300 degC"
        model_of(trial).holding = {"heater open"}
        with pytest.raises(InstrumentError, match="heater open"):
            _ = trial.driver.temperature_k


def test_a_controller_without_the_identity_of_the_settings_is_refused():
    other = {"address": 0x107, "values": [5]}
    with (
        connected(EXAMPLE, identity=other) as trial,
        pytest.raises(InstrumentError, match="not the controll"),
    ):
        trial.driver.prepare()


@pytest.mark.parametrize("key", ["temperature", "target", "rules", "output", "ramp", "identity"])
def test_a_register_that_the_controller_does_not_have_is_an_error_and_nothing_heats(key):
    with connected(EXAMPLE, **{key: {**EXAMPLE[key], "address": 0x500}}) as trial:
        with pytest.raises(InstrumentError, match="no such address"):
            use(trial.driver)
        trial.driver.make_safe()
        assert not trial.energised


def use(oven):
    oven.prepare()
    oven.setpoint_k = TARGET_K
    return oven.temperature_k, oven.output_state


def test_off_that_is_read_back_in_another_register_is_not_confirmed():
    is_off = [{"address": 0x107, "values": [0]}]
    with connected(EXAMPLE, is_off=is_off) as trial, pytest.raises(InstrumentError, match="still on"):
        trial.driver.make_safe()


def test_an_off_that_does_not_switch_off_is_noticed():
    with connected(EXAMPLE, off=[{"address": 0x103, "value": 1}]) as trial:
        energise(replace(trial, driver=connected_driver(trial)))
        with pytest.raises(InstrumentError, match="still on"):
            trial.driver.make_safe()


def connected_driver(trial):
    """The same controller with the right settings, to start it."""
    return ModbusOven(trial.connections[0], **EXAMPLE)


@pytest.mark.parametrize("value_k", [273.0, 573.3])
def test_a_set_point_outside_the_range_of_the_settings_is_not_sent(value_k):
    with connected(EXAMPLE) as trial:
        trial.driver.prepare()
        sent = len(trial.sent)
        with pytest.raises(ValueError, match="degC is not possible"):
            trial.driver.setpoint_k = value_k
        assert len(trial.sent) == sent


def test_without_a_ramp_in_the_settings_there_is_none():
    settings = {key: value for key, value in EXAMPLE.items() if key != "ramp"}
    with connected(settings) as trial:
        trial.driver.prepare()
        trial.driver.ramp_rate_k_s = 0.0
        assert trial.driver.ramp_rate_k_s == 0.0
        with pytest.raises(ValueError, match=r"needs settings\.ramp$"):
            trial.driver.ramp_rate_k_s = 0.1
    assert ModbusOven.capabilities(settings).ramp_rate_k_s == NO_RAMP


def test_a_ramp_that_the_registers_round_is_refused():
    with connected(EXAMPLE) as trial:
        trial.driver.prepare()
        with pytest.raises(InstrumentError, match="rounded"):
            trial.driver.ramp_rate_k_s = 0.25 / 60


def answered(data):
    return framed(1, 3, bytes((len(data),)) + data)


def test_what_is_written_to_switch_on_is_read_back(dialogue):
    write = word_request(1, 0x103, 1)
    pairs = [(write, write), (read_request(1, 0x103), answered(signed_word(0)))]
    with dialogue(ModbusOven, pairs, **EXAMPLE) as oven, pytest.raises(InstrumentError, match="not accepted"):
        oven._write_and_read_back(oven.map.on[0])


def test_a_controller_without_function_6_gets_function_16(dialogue):
    frame = write_block_request(1, 0x103, [0])
    settings = EXAMPLE | {"single_writes": False}
    with dialogue(ModbusOven, [(frame, framed(1, 16, frame[2:6]))], **settings) as oven:
        oven.switch_off()


def test_what_the_settings_leave_unnoticed_is_unconfirmed():
    assert len(ModbusOven.unconfirmed(EXAMPLE)) == 1
    bare = {k: v for k, v in EXAMPLE.items() if k not in ("errors", "other_masters")}
    found = " ".join(ModbusOven.unconfirmed(bare | {"rules": EXAMPLE["target"]}))
    for words in ("bench checks", "is not noticed", "a broken sensor", "manual mode or a program"):
        assert words in found


def test_the_range_of_the_settings_is_declared():
    can = ModbusOven.capabilities(EXAMPLE | {"unit": 5})
    assert (can.temperature_k.low, can.temperature_k.high) == pytest.approx((273.15, 573.15))
    assert can.ramp_rate_k_s is None


def test_wrong_settings_are_refused_when_the_driver_is_made(dialogue):
    wrong = EXAMPLE | {"rules": {"address": -1}}
    with (
        pytest.raises(ConfigurationError, match=r"settings\.rules\.address"),
        dialogue(ModbusOven, [], **wrong),
    ):
        pass
