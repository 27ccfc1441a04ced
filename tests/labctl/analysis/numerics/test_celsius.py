"""Degrees Celsius given as kelvin: found by straightness, and no usual law taken for it."""

from pathlib import Path

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius, fit_temperature_law, fit_two_segments, fit_vtf
from labctl.analysis.laws.law_fit import BOLTZMANN_EV_K
from labctl.analysis.numerics.celsius import (
    _clearly_less,
    _residuals,
    straighter_in_celsius,
    straighter_in_kelvin,
    without_a_unit,
)

CASE = Path(__file__).parents[5] / "shared" / "data" / "eis_cases" / "27_celsius_above_200.csv"


def arrhenius(kelvin, ev=0.8):
    return -ev / (BOLTZMANN_EV_K * kelvin) - np.log(kelvin)


def vtf(kelvin, rng):
    return -rng.uniform(500, 2000) / (kelvin - rng.uniform(0.4, 0.85) * kelvin[0]) - 0.5 * np.log(kelvin)


def broken(kelvin, rng):
    at = kelvin[0] + (kelvin[-1] - kelvin[0]) * rng.uniform(0.2, 0.8)
    below, above = rng.uniform(0.2, 0.8, 2)
    jump = rng.choice([0.0, rng.uniform(0.3, 3)])
    distance = (1 / at - 1 / kelvin) / BOLTZMANN_EV_K
    return np.where(kelvin < at, below * distance, above * distance + jump) - np.log(kelvin)


def some_kelvin(rng):
    low = rng.uniform(250, 700)
    return np.linspace(low, low + rng.uniform(40, 400), rng.integers(5, 25))


def noisy(ln_sigma, rng, relative=None):
    relative = 10 ** rng.uniform(-3.5, -1.5) if relative is None else relative
    return ln_sigma + relative * rng.standard_normal(ln_sigma.size)


@pytest.mark.parametrize(("points", "times"), [(11, 188), (21, 188)])
def test_celsius_of_400_to_600_degrees_given_as_kelvin_is_found_at_1_percent_of_noise(points, times):
    rng, celsius = np.random.default_rng(1), np.linspace(400, 600, points)
    found = [
        straighter_in_celsius(celsius, noisy(arrhenius(celsius + 273.15), rng, 0.01)) for _ in range(200)
    ]
    assert np.count_nonzero(found) >= times


@pytest.mark.parametrize("law", [lambda kelvin, rng: arrhenius(kelvin, rng.uniform(0.1, 1.2)), vtf, broken])
def test_kelvin_of_a_usual_law_are_taken_for_celsius_less_than_once_in_500(law):
    rng = np.random.default_rng(2)
    series = [some_kelvin(rng) for _ in range(5000)]
    assert sum(straighter_in_celsius(k, noisy(law(k, rng), rng)) > 0 for k in series) <= 5000 / 500


def test_two_conductivities_in_parallel_are_no_celsius_where_that_would_need_more_than_1_5_ev():
    rng, kelvin = np.random.default_rng(5), np.linspace(300, 400, 11)
    second = arrhenius(kelvin, 1.3) - arrhenius(350.0, 1.3) + arrhenius(350.0, 0.9)
    series = [noisy(np.logaddexp(arrhenius(kelvin, 0.9), second), rng, 0.02) for _ in range(100)]
    assert not any(straighter_in_celsius(kelvin, one) for one in series)
    straighter = [_clearly_less(_residuals(kelvin, y), _residuals(kelvin + 273.15, y)) for y in series]
    assert np.count_nonzero(straighter) > 20  # straightness alone is not enough


def test_four_temperatures_are_too_few_to_tell():
    celsius = np.linspace(400, 600, 4)
    assert straighter_in_celsius(celsius, arrhenius(celsius + 273.15)) == 0


@pytest.mark.parametrize("fit", [fit_arrhenius, fit_vtf, fit_two_segments, fit_temperature_law])
def test_every_fit_refuses_them_in_words_and_takes_them_when_told_that_they_are_kelvin(fit):
    celsius = np.linspace(400, 600, 12)
    sigma = np.exp(noisy(arrhenius(celsius + 273.15), np.random.default_rng(3), 0.003))
    with pytest.raises(ValueError, match=r"273\.15 added the points lie .* which looks like degrees Celsius"):
        fit(celsius, sigma)
    fit(celsius, sigma, are_kelvin=True)
    fit(celsius + 273.15, sigma)


def test_the_case_of_degrees_above_200_is_refused():
    if not CASE.exists():
        pytest.skip(f"{CASE.name} is not here")
    celsius, sigma = np.loadtxt(CASE, delimiter=",", skiprows=1, unpack=True)[:2]
    with pytest.raises(ValueError, match="looks like degrees Celsius"):
        fit_arrhenius(celsius, sigma)
    assert fit_arrhenius(celsius + 273.15, sigma).activation_energy_ev.value == pytest.approx(0.9, abs=0.002)


def _measured(kelvin, noise, rng, t0_k):
    """ln sigma of Arrhenius (T0 0) or VTF with its noise."""
    slope_k = rng.uniform(3000, 12000) if t0_k == 0 else rng.uniform(500, 1800)
    return -slope_k / (kelvin - t0_k) + noise * rng.standard_normal(kelvin.size)


@pytest.mark.parametrize("t0_k", [0.0, 120.0, 180.0, 240.0])
@pytest.mark.parametrize("truth", ["celsius", "kelvin"])
def test_the_unit_of_a_series_is_never_decided_wrongly(t0_k, truth):
    rng = np.random.default_rng([3, int(t0_k)])
    found = []
    for _ in range(60):
        low = rng.uniform(270, 500) if truth == "kelvin" else rng.uniform(120, 350)
        numbers = np.linspace(low, low + rng.uniform(50, 300), 8)
        kelvin = numbers + (273.15 if truth == "celsius" else 0.0)
        ln_sigma = _measured(kelvin, 10 ** rng.uniform(-3, -1.5), rng, t0_k)
        found.append(without_a_unit(numbers, ln_sigma)[0])
    assert set(found) <= {truth, ""}
    assert t0_k or truth in found


def test_fewer_than_five_temperatures_decide_nothing():
    numbers = np.linspace(200, 400, 4)
    assert straighter_in_kelvin(numbers, -9000 / numbers) == 0.0
    assert without_a_unit(numbers, -9000 / numbers)[0] == ""
