# ruff: noqa: D100, D103, SIM117
import math
from pathlib import Path

import pytest
from pymeasure.test import expected_protocol

from labctl.config.station import read_station
from labctl.errors import InstrumentError, LimitExceeded
from labctl.scaffold.atmosphere import NewInstrument


def test_preparing_checks_the_model_and_changes_nothing():
    with expected_protocol(NewInstrument, [("*IDN?", "MAKER,NewInstrument,0,1.0")]) as gas:
        gas.prepare()


def test_another_instrument_is_refused():
    with expected_protocol(NewInstrument, [("*IDN?", "OTHER,MODEL,0,0")]) as gas:
        with pytest.raises(InstrumentError):
            gas.prepare()


def test_the_set_point_is_read_back():
    with expected_protocol(NewInstrument, [("DEWP:SET 10.00", None), ("DEWP:SET?", "10.00")]) as gas:
        gas.setpoint = 283.15


def test_a_set_point_that_it_does_not_take_is_an_error():
    with expected_protocol(NewInstrument, [("DEWP:SET 10.00", None), ("DEWP:SET?", "-20.00")]) as gas:
        with pytest.raises(InstrumentError, match="not 10"):
            gas.setpoint = 283.15


@pytest.mark.parametrize("kelvin", [math.nan, 0.0, 1000.0])
def test_a_set_point_out_of_range_is_never_sent(kelvin):
    with expected_protocol(NewInstrument, []) as gas:
        with pytest.raises(LimitExceeded):
            gas.setpoint = kelvin


def test_the_dew_point_is_in_kelvin():
    with expected_protocol(NewInstrument, [("DEWP?", "10.00")]) as gas:
        assert gas.readings == {"dew_point_k": pytest.approx(283.15)}


def test_making_safe_leaves_the_gas_or_sets_what_the_station_says():
    with expected_protocol(NewInstrument, [("DEWP:SET?", "10.00")]) as gas:
        gas.make_safe()
    dry = [("DEWP:SET -30.00", None), ("DEWP:SET?", "-30.00"), ("DEWP:SET?", "-30.00")]
    with expected_protocol(NewInstrument, dry, when_safe_degc=-30.0) as gas:
        gas.make_safe()


def test_the_station_file_reaches_the_stand_in(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    with read_station("new_instrument_station.toml").open() as bench:
        bench.atmosphere.setpoint = 283.15
        assert bench.atmosphere.setpoint == pytest.approx(283.15)
