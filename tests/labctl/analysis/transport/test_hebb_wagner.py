"""Wagner's curve between a blocking and a reversible electrode."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from labctl.analysis import Estimate
from labctl.analysis.transport.hebb_wagner import hebb_wagner, hebb_wagner_current_a

KELVIN, LENGTH_M, AREA_M2 = 700.0, 2e-3, 1e-4
UNIT_V = 8.617333262e-5 * KELVIN
STEPS_V = np.array([-0.15, -0.1, -0.05, 0.05, 0.1, 0.15, 0.2, 0.25])


def currents(electrons, holes, *, noise=0.0, leak=0.0, rng=None, steps=STEPS_V):
    """Currents by the integral of the local conductivity, which is not the formula under test."""

    def local(v):
        return electrons * math.exp(-v / UNIT_V) + holes * math.exp(v / UNIT_V) + leak

    exact = np.array([AREA_M2 / LENGTH_M * quad(local, 0, v, epsabs=0, epsrel=1e-12)[0] for v in steps])
    u = np.maximum(noise * np.abs(exact), 1e-14)
    return exact + (u * rng.standard_normal(exact.size) if rng else 0.0), u


def fitted(electrons, holes, noise=0.01, seed=1, **more):
    current, u = currents(electrons, holes, noise=noise, rng=np.random.default_rng(seed), **more)
    return hebb_wagner(more.get("steps", STEPS_V), current, u, KELVIN, LENGTH_M, AREA_M2)


@given(st.floats(-9, -3), st.floats(-9, -3))
@settings(max_examples=30, deadline=None)
def test_the_closed_form_is_the_integral_of_the_local_conductivity(log_n, log_p):
    n, p = 10**log_n, 10**log_p
    closed = hebb_wagner_current_a(STEPS_V, n, p, KELVIN, AREA_M2 / LENGTH_M)
    assert closed == pytest.approx(currents(n, p)[0], rel=1e-9)


@given(st.floats(-8, -4), st.floats(-8, -4))
@settings(max_examples=30, deadline=None)
def test_both_branches_come_back_from_exact_currents(log_n, log_p):
    n, p = 10**log_n, 10**log_p
    current, u = currents(n, p, noise=1e-3)
    found = hebb_wagner(STEPS_V, current, u, KELVIN, LENGTH_M, AREA_M2)
    assert found.electrons_s_m.value == pytest.approx(n, rel=1e-6, abs=1e-6 * p)
    assert found.holes_s_m.value == pytest.approx(p, rel=1e-6, abs=1e-6 * n)
    assert found.electronic_s_m.value == pytest.approx(n + p, rel=1e-6)


def test_the_sum_is_the_slope_at_zero_potential():
    found = fitted(3e-6, 1e-6, noise=1e-6)
    step = 1e-7
    current = hebb_wagner_current_a([-step, step], 3e-6, 1e-6, KELVIN, AREA_M2 / LENGTH_M)
    slope = (current[1] - current[0]) / (2 * step) * LENGTH_M / AREA_M2
    assert found.electronic_s_m.value == pytest.approx(slope, rel=1e-4)
    assert found.conductivity_at(0.0, KELVIN) == pytest.approx(found.electronic_s_m.value)


def test_the_electron_branch_saturates_at_rt_over_f():
    """Patterson, Bogren & Rapp: the plateau of the current is sigma_n A R T / (L F)."""
    current = hebb_wagner_current_a([1.0], 1e-6, 0.0, KELVIN, AREA_M2 / LENGTH_M)
    assert current[0] == pytest.approx(1e-6 * AREA_M2 / LENGTH_M * UNIT_V, rel=1e-6)


def test_the_stated_intervals_cover_the_truth_as_often_as_they_say():
    within = sum(
        low <= truth <= high
        for seed in range(150)
        for truth, one in zip((3e-6, 1e-7), both(seed), strict=True)
        for low, high in [one.interval()]
    )
    assert 0.91 * 300 <= within <= 0.99 * 300


def both(seed):
    found = fitted(3e-6, 1e-7, noise=0.02, seed=seed)
    return found.electrons_s_m, found.holes_s_m


def test_a_branch_that_zero_does_not_contradict_has_a_bound():
    found = fitted(1e-6, 0.0, noise=0.02, steps=np.array([-0.15, -0.1, -0.05, 0.05]), seed=3)
    assert "electrons" not in found.bounds_s_m
    assert 0 < found.bounds_s_m["holes"] < 1e-5


def test_a_current_proportional_to_the_potential_breaks_the_presumption():
    alarms = [
        any("proportional" in f for f in fitted(1e-7, 1e-9, leak=1e-6, seed=s).flags) for s in range(40)
    ]
    assert all(alarms)
    quiet = [any("proportional" in f for f in fitted(1e-6, 1e-7, seed=s).flags) for s in range(100)]
    assert sum(quiet) <= 5


def test_geometry_is_common_and_named_in_the_budget():
    current, u = currents(3e-6, 1e-6, noise=1e-4)
    found = hebb_wagner(
        STEPS_V, current, u, Estimate(KELVIN, 2.0), Estimate(LENGTH_M, 2e-5), Estimate(AREA_M2, 3e-6)
    )
    budget = {entry["source"]: entry for entry in found.electronic_s_m.budget()}
    assert budget["area"]["standard_uncertainty"] == pytest.approx(0.03 * 4e-6, rel=1e-3)
    assert budget["thickness"]["standard_uncertainty"] == pytest.approx(0.01 * 4e-6, rel=1e-3)
    assert budget["thermometer"]["common"]


def test_the_thermometer_enters_through_the_exponents():
    current, u = currents(3e-6, 1e-6, noise=1e-4)
    at = [hebb_wagner(STEPS_V, current, u, t, LENGTH_M, AREA_M2).holes_s_m.value for t in (698.0, 702.0)]
    found = hebb_wagner(STEPS_V, current, u, Estimate(KELVIN, 2.0), LENGTH_M, AREA_M2).holes_s_m
    (part,) = [one for one in found.components if one.source == "thermometer"]
    assert part.change == pytest.approx((at[1] - at[0]) / 2, rel=0.02)


def test_potentials_beyond_decomposition_are_flagged():
    current, u = currents(1e-6, 1e-7, noise=0.01)
    found = hebb_wagner(STEPS_V, current, u, KELVIN, LENGTH_M, AREA_M2, decomposition_v=0.25)
    assert any("decomposition" in flag for flag in found.flags)


def test_an_uncertain_potential_widens_the_interval():
    current, u = currents(3e-6, 1e-7, noise=0.001)
    narrow, wide = (
        hebb_wagner(STEPS_V, current, u, KELVIN, LENGTH_M, AREA_M2, potential_u_v=of).holes_s_m
        for of in (0.0, 2e-3)
    )
    assert wide.standard_uncertainty > 3 * narrow.standard_uncertainty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"current_u_a": np.zeros(8)}, "current_u_a must be positive"),
        ({"current_a": np.zeros(7)}, "current_a has shape"),
        ({"potential_v": np.repeat([0.1, 0.2], 4)}, "3 different potentials"),
        ({"temperature_k": -1.0}, "temperature_k must be positive"),
        ({"potential_v": 10 * STEPS_V * 10}, "60 RT/F"),
    ],
)
def test_impossible_input_is_named(change, message):
    given_ = {
        "potential_v": STEPS_V,
        "current_a": STEPS_V,
        "current_u_a": np.ones(8),
        "temperature_k": KELVIN,
    }
    with pytest.raises(ValueError, match=message):
        hebb_wagner(**(given_ | change), thickness_m=LENGTH_M, area_m2=AREA_M2)
