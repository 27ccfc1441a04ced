"""Cellkraft P10: three registers, the pressure of water from two of them, and what making safe does."""

from functools import partial

import pytest

from drivers.cellkraft import CellkraftP10, saturated_pa
from labctl.errors import InstrumentError, LimitExceeded
from labctl.testing.trial import Candidate
from sim_instruments.instruments.cellkraft_p10 import saturated_pa as by_magnus
from sim_instruments.rig import build

ADDRESS = "ASRL9::INSTR"
SETTINGS = {"total_pressure_pa": 101325.0, "highest_pa": 15000.0}


def candidate(**settings):
    rig = partial(build, instruments={ADDRESS: "cellkraft_p10"})
    return Candidate("drivers.cellkraft:CellkraftP10", CellkraftP10, rig, ADDRESS, SETTINGS | settings)


@pytest.mark.parametrize(
    ("celsius", "pascal"), [(0.01, 611.657), (25.0, 3169.9), (60.0, 19946.0), (100.0, 101418.0)]
)
def test_saturation_is_that_of_the_tables_of_steam(celsius, pascal):
    """IAPWS-IF97, as tabulated."""
    assert saturated_pa(celsius) == pytest.approx(pascal, rel=2e-3)
    assert celsius > 60 or by_magnus(celsius) == pytest.approx(pascal, rel=4e-3)


def test_a_set_point_is_hundredths_of_a_percent_by_volume():
    with candidate().connected() as trial:
        trial.driver.setpoint = 2026.5
        (humidifier,) = trial.rig.instruments.values()
        assert humidifier.word == 200
        trial.clock.sleep(600.0)
        assert trial.driver.value == pytest.approx(2026.5, rel=0.01)
        assert trial.driver.readings["gas_temperature_k"] == pytest.approx(333.15)


@pytest.mark.parametrize("pascal", [50.0, -1.0, 15001.0])
def test_what_condenses_or_cannot_be_resolved_is_refused(pascal):
    with candidate().connected() as trial, pytest.raises(LimitExceeded):
        trial.driver.setpoint = pascal


def test_a_set_point_in_another_unit_is_seen_by_the_humidity():
    with candidate().connected() as trial:
        (humidifier,) = trial.rig.instruments.values()
        humidifier.in_dew_point = True
        trial.driver.setpoint = 2026.5
        trial.clock.sleep(600.0)
        assert trial.driver.setpoint == pytest.approx(2026.5, rel=0.01)
        assert trial.driver.value != pytest.approx(2026.5, rel=0.3)


def test_a_broken_sensor_is_an_error_and_no_humidity():
    with candidate().connected() as trial:
        (humidifier,) = trial.rig.instruments.values()
        humidifier.sensor_fault = 1
        with pytest.raises(InstrumentError, match="sensor may be broken"):
            _ = trial.driver.value


@pytest.mark.parametrize(("when_safe", "word"), [("leave", 200), ("dry", 0)])
def test_making_safe_leaves_the_humidity_or_makes_the_gas_dry(when_safe, word):
    with candidate(when_safe=when_safe).connected() as trial:
        trial.driver.setpoint = 2026.5
        trial.driver.make_safe()
        (humidifier,) = trial.rig.instruments.values()
        assert humidifier.word == word
