"""Slope of the conductivity against a partial pressure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.analysis import Estimate
from labctl.analysis.numerics.component import Component
from labctl.analysis.transport.partial_pressure import pressure_slope

PRESSURES_PA = [1e1, 1e2, 1e3, 1e4, 2.1e4]


def series(exponent, u=0.01, rng=None, scale=1e-3):
    noise = rng.standard_normal(len(PRESSURES_PA)) if rng else np.zeros(len(PRESSURES_PA))
    values = [scale * (p / 1e3) ** exponent * (1 + u * e) for p, e in zip(PRESSURES_PA, noise, strict=True)]
    return [Estimate(p, 0.0) for p in PRESSURES_PA], [Estimate(v, u * v) for v in values]


@given(st.floats(-1, 1))
@settings(max_examples=30, deadline=None)
def test_the_exponent_of_a_power_law_comes_back(exponent):
    assert pressure_slope(*series(exponent), "O2").slope.value == pytest.approx(exponent, abs=1e-9)


def test_a_quarter_excludes_ions_and_names_holes():
    found = pressure_slope(*series(0.25), "O2")
    assert any("holes beside" in words for words in found.not_excluded)
    assert any("ions with a number fixed" in words for words in found.excluded)


def test_a_wide_interval_excludes_nothing():
    pressures, sigmas = (each[:2] for each in series(0.2, u=0.5))
    found = pressure_slope(pressures, sigmas, "O2")
    assert not found.excluded
    assert any("two pressures" in flag for flag in found.flags)


def test_a_conductivity_of_two_carriers_is_no_single_power():
    pressures, _ = series(0.0)
    sums = [1e-3 + 1e-3 * (p.value / 1e3) ** 0.25 for p in pressures]
    found = pressure_slope(pressures, [Estimate(v, 0.002 * v) for v in sums], "O2")
    assert any("several carriers" in flag for flag in found.flags)


def test_protons_in_humid_gas_have_a_half():
    found = pressure_slope(*series(0.5), "H2O")
    assert found.not_excluded == ("protons from H2O, few beside the vacancies",)


def test_a_geometry_that_all_share_does_not_widen_the_slope():
    pressures, sigmas = series(0.25)
    shared = [
        one.with_component(Component("area", 0.1 * one.value, "B", True, "area of the pellet"))
        for one in sigmas
    ]
    alone, together = (pressure_slope(pressures, several, "O2").slope for several in (sigmas, shared))
    assert together.standard_uncertainty == pytest.approx(alone.standard_uncertainty)


def test_the_stated_interval_covers_the_truth_as_often_as_it_says():
    rng, within = np.random.default_rng(5), 0
    for _ in range(300):
        low, high = pressure_slope(*series(0.25, 0.02, rng), "O2").slope.interval()
        within += low <= 0.25 <= high
    assert within >= 0.91 * 300


@pytest.mark.parametrize(
    ("pressures", "sigmas", "gas", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], "N2", "gas must be one of"),
        ([1.0, 2.0], [1.0], "O2", "conductivity_s_m has 1"),
        ([0.0, 2.0], [1.0, 2.0], "O2", "pressure_pa must be positive"),
        ([1.0, 1.0], [1.0, 2.0], "O2", "different values"),
    ],
)
def test_impossible_input_is_named(pressures, sigmas, gas, message):
    with pytest.raises(ValueError, match=message):
        pressure_slope([Estimate(p, 0.1) for p in pressures], [Estimate(s, 0.1) for s in sigmas], gas)
