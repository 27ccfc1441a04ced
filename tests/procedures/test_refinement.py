import numpy as np
import pytest

from labctl.bench import ImpedancePoint
from procedures.refinement import SeriesSoFar, is_consistent

BOLTZMANN_EV_K = 8.617333262e-5
FREQUENCIES_HZ = np.geomspace(1e6, 1, 40)


def spectrum(resistance_ohm, seed=0):
    """A blocking cell: arc of 10 pF, then a spike of 1 uF, with 0.2 % noise."""
    rng = np.random.default_rng(seed)
    omega = 2j * np.pi * FREQUENCIES_HZ
    z_ohm = resistance_ohm / (1 + omega * resistance_ohm * 1e-11) + 1 / (omega * 1e-6)
    z_ohm = z_ohm * (1 + 0.002 * (rng.normal(size=40) + 1j * rng.normal(size=40)))
    return [ImpedancePoint(f, z.real, z.imag, 0.0) for f, z in zip(FREQUENCIES_HZ, z_ohm, strict=True)]


def series_at(temperatures_k, spread_k=0.01):
    series = SeriesSoFar()
    for seed, kelvin in enumerate(temperatures_k):
        resistance_ohm = 1e4 * np.exp(0.5 / BOLTZMANN_EV_K * (1 / kelvin - 1 / 333.15))
        series.add([kelvin - spread_k, kelvin + spread_k], spectrum(resistance_ohm, seed))
    return series


def test_nothing_is_known_below_five_temperatures_and_the_widest_gap_comes_next():
    series = series_at([310.0, 320.0, 370.0])
    assert series.law() is None
    assert not series.is_known("activation_energy_ev", 100.0)
    assert series.next_degc("activation_energy_ev", 310.0, 370.0) == pytest.approx(345 - 273.15, abs=0.1)


def test_a_narrow_interval_is_known_and_a_narrower_one_is_not():
    series = series_at([310.0, 320.0, 335.0, 350.0, 370.0])
    assert series.is_known("activation_energy_ev", 0.05)
    assert not series.is_known("activation_energy_ev", 1e-6)


def test_a_temperature_that_moved_makes_less_known():
    temperatures_k = [310.0, 320.0, 335.0, 350.0, 370.0]
    assert series_at(temperatures_k, 0.001).is_known("activation_energy_ev", 0.006)
    assert not series_at(temperatures_k, 1.0).is_known("activation_energy_ev", 0.006)


def test_a_thermometer_that_does_not_move_by_its_last_digit_is_no_obstacle():
    series = series_at([310.0, 320.0, 335.0, 350.0, 370.0], spread_k=0.0)
    assert series.is_known("activation_energy_ev", 0.05)


def test_the_next_temperature_lies_within_the_limits():
    next_degc = series_at([310.0, 320.0, 335.0, 350.0, 370.0]).next_degc("activation_energy_ev", 310.0, 370.0)
    assert 310.0 <= next_degc + 273.15 <= 370.0


def test_a_spectrum_is_consistent_until_it_drifts():
    steady, later = spectrum(1e5), spectrum(2e5)
    assert is_consistent(steady)
    assert not is_consistent(steady[:20] + later[20:])
    assert is_consistent(steady[:3])


def test_an_unknown_spread_of_a_temperature_counts_as_nothing_stated():
    series, known = SeriesSoFar(), series_at([310.0, 320.0, 335.0, 350.0, 370.0], spread_k=0.0)
    for seed, kelvin in enumerate([310.0, 320.0, 335.0, 350.0, 370.0]):
        resistance_ohm = 1e4 * np.exp(0.5 / BOLTZMANN_EV_K * (1 / kelvin - 1 / 333.15))
        series.add([kelvin], spectrum(resistance_ohm, seed))
    assert known.law().preferred.series.stated
    assert not series.law().preferred.series.stated
    assert len(series.law().preferred.series) == 5


@pytest.mark.parametrize("readings_k", [[], [np.nan, np.nan]])
def test_a_spectrum_without_a_temperature_is_no_point_of_the_law(readings_k):
    series = series_at([310.0, 320.0, 335.0, 350.0, 370.0])
    series.add(readings_k, spectrum(1e6))
    assert len(series.law().preferred.series) == 5
