"""What other possible laws say about the parameters of the chosen one."""

import math

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius, fit_two_segments, fit_vtf
from labctl.analysis.laws.parameter_spread import ABOVE, BELOW, T0, B, parameter_spreads, vogel_of

KB = 8.617333262e-5
KELVIN = np.linspace(300.0, 390.0, 12)


def vogel(b_ev: float, t0_k: float) -> np.ndarray:
    return 30 / np.sqrt(KELVIN) * np.exp(-b_ev / (KB * (KELVIN - t0_k)))


def kink(below_ev: float, above_ev: float, at_k: float) -> np.ndarray:
    energy = np.where(at_k > KELVIN, below_ev, above_ev)
    return np.exp(-energy * (1 / KELVIN - 1 / at_k) / KB) / KELVIN


def test_a_vogel_law_says_its_own_b_and_t0():
    fit = fit_vtf(KELVIN, vogel(0.09, 220.0))
    said = vogel_of(fit, fit)
    assert said[B] == pytest.approx(0.09, rel=1e-3)
    assert said[T0] == pytest.approx(220.0, abs=0.2)


def test_a_law_whose_energy_grows_with_temperature_says_nothing_of_vogel():
    sigma = kink(0.3, 0.6, 345.0)
    assert vogel_of(fit_vtf(KELVIN, vogel(0.09, 220.0)), fit_two_segments(KELVIN, sigma)) == {}


def test_a_break_that_remains_possible_widens_b_and_t0_by_its_weight():
    sigma = vogel(0.09, 220.0) * (1 + 0.01 * np.random.default_rng(1).standard_normal(12))
    possible = {"vtf": fit_vtf(KELVIN, sigma), "two_segments": fit_two_segments(KELVIN, sigma)}
    weights = {"vtf": 0.9, "two_segments": 0.1}
    said = vogel_of(possible["vtf"], possible["two_segments"])
    spreads = parameter_spreads("vtf", possible, weights)
    own = possible["vtf"].vogel_temperature_k.value
    assert spreads[T0] == pytest.approx(math.sqrt(0.1) * abs(said[T0] - own), rel=1e-9)
    assert spreads[B] > 0


def test_arrhenius_says_nothing_of_b_and_t0_since_their_profile_weighs_it():
    sigma = vogel(0.09, 220.0)
    possible = {"vtf": fit_vtf(KELVIN, sigma), "arrhenius": fit_arrhenius(KELVIN, sigma)}
    assert parameter_spreads("vtf", possible, {"vtf": 0.95, "arrhenius": 0.05}) == {}


def test_both_energies_of_a_break_carry_what_a_curve_says_of_them():
    sigma = kink(0.6, 0.4, 345.0)
    possible = {"two_segments": fit_two_segments(KELVIN, sigma), "vtf": fit_vtf(KELVIN, sigma)}
    spreads = parameter_spreads("two_segments", possible, {"two_segments": 0.97, "vtf": 0.03})
    assert set(spreads) == {BELOW, ABOVE}
    assert all(1e-4 < one < 0.1 for one in spreads.values())


def test_a_law_without_rivals_has_no_spread():
    sigma = vogel(0.09, 220.0)
    assert parameter_spreads("vtf", {"vtf": fit_vtf(KELVIN, sigma)}, {"vtf": 1.0}) == {}
