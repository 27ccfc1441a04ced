# ruff: noqa: D100, D103, SIM117
from pathlib import Path

import pytest
from pymeasure.test import expected_protocol

from labctl.config.station import read_station
from labctl.errors import InstrumentError
from labctl.scaffold.temperature_controller import NewInstrument

SAFE = [("HEAT 0", None), ("HEAT?", "0")]


def test_preparing_checks_the_model_and_leaves_the_heater_off():
    pairs = [("*IDN?", "MAKER,NewInstrument,0,1.0"), *SAFE, ("RAMP 0.00", None)]
    with expected_protocol(NewInstrument, pairs) as oven:
        oven.prepare()


def test_another_instrument_is_refused():
    with expected_protocol(NewInstrument, [("*IDN?", "OTHER,MODEL,0,0")]) as oven:
        with pytest.raises(InstrumentError):
            oven.prepare()


def test_a_set_point_is_read_back_before_the_heater_goes_on():
    pairs = [("SETP 50.00", None), ("SETP?", "50.00"), ("HEAT 1", None), ("HEAT?", "1")]
    with expected_protocol(NewInstrument, pairs) as oven:
        oven.setpoint_k = 323.15


def test_a_heater_that_does_not_start_is_an_error():
    pairs = [("SETP 50.00", None), ("SETP?", "50.00"), ("HEAT 1", None), ("HEAT?", "0")]
    with expected_protocol(NewInstrument, pairs) as oven:
        with pytest.raises(InstrumentError, match="did not start"):
            oven.setpoint_k = 323.15


@pytest.mark.parametrize("reply", ["", "warm", "25.0,1", "nan"])
def test_a_reply_that_is_no_temperature_is_an_error(reply):
    with expected_protocol(NewInstrument, [("TEMP?", reply)]) as oven:
        with pytest.raises(InstrumentError):
            _ = oven.temperature_k


@pytest.mark.parametrize("kelvin", [100.0, 1000.0, float("nan")])
def test_a_set_point_out_of_range_is_never_sent(kelvin):
    with expected_protocol(NewInstrument, []) as oven:
        with pytest.raises(ValueError):
            oven.setpoint_k = kelvin


def test_making_safe_may_be_repeated_and_is_read_back():
    with expected_protocol(NewInstrument, SAFE + SAFE) as oven:
        oven.make_safe()
        oven.make_safe()
    with expected_protocol(NewInstrument, [("HEAT 0", None), ("HEAT?", "1")]) as oven:
        with pytest.raises(InstrumentError, match="still on"):
            oven.make_safe()


def test_the_station_file_reaches_the_stand_in(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    with read_station("new_instrument_station.toml").open() as bench:
        bench.oven.setpoint_k = 323.15
        assert bench.oven.setpoint_k == 323.15
        assert bench.oven.temperature_k == pytest.approx(298.15)
