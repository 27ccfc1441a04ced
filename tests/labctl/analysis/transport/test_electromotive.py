"""Ionic share from the electromotive force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labctl.analysis import Estimate
from labctl.analysis.transport.electromotive import (
    against_temperature,
    nernst_emf_v,
    share_of_emf,
    share_of_ratios,
)


@pytest.mark.parametrize(("kelvin", "ratio", "mv"), [(1000.0, 10.0, 49.6), (1073.15, 100.0, 106.5)])
def test_an_oxygen_cell_gives_the_49_6_millivolt_a_decade_at_1000_kelvin_of_textbooks(kelvin, ratio, mv):
    emf = nernst_emf_v(math.sqrt(ratio), -2, kelvin)
    assert 1e3 * emf.value == pytest.approx(mv, abs=0.06)


def test_a_monovalent_ion_has_59_16_millivolt_a_decade_at_25_degc():
    assert 1e3 * nernst_emf_v(10.0, 1, 298.15).value == pytest.approx(59.16, abs=0.005)


@given(st.floats(0.01, 100), st.integers(1, 3), st.floats(250, 1500))
def test_exchanged_activities_change_the_sign(ratio, charge, kelvin):
    forth, back = nernst_emf_v(ratio, charge, kelvin).value, nernst_emf_v(1 / ratio, charge, kelvin).value
    assert forth == pytest.approx(-back, abs=1e-12)


def test_uncertain_activities_and_temperature_enter_the_theory():
    emf = nernst_emf_v(Estimate(10.0, 0.1), 1, Estimate(300.0, 1.0))
    unit = 8.617333262e-5
    expected = math.hypot(unit * 300 * 0.01, unit * math.log(10))
    assert emf.standard_uncertainty == pytest.approx(expected)


@given(st.floats(0.05, 1.0), st.floats(0.01, 2.0))
def test_the_share_is_the_ratio_of_measured_and_theoretical(share, theory):
    found = share_of_emf(Estimate(share * theory, 1e-3 * theory), Estimate(theory, 1e-3 * theory)).share
    assert found.value == pytest.approx(share)
    assert found.standard_uncertainty == pytest.approx(1e-3 * math.hypot(1, share))
    assert {entry["source"] for entry in found.budget()} == {"electromotive force", "theory of the emf"}


def test_an_emf_beyond_the_theoretical_one_is_a_contradiction():
    found = share_of_emf(Estimate(1.05, 0.005), Estimate(1.0, 0.005))
    assert any("exceeds" in flag for flag in found.flags)


def test_a_share_below_one_does_not_say_electrons_alone():
    found = share_of_emf(Estimate(0.8, 0.005), Estimate(1.0, 0.005))
    assert any("a second ion" in flag and "a leak" in flag for flag in found.flags)


def test_a_theory_near_zero_gives_no_share():
    with pytest.raises(ValueError, match="theory_v must differ from zero"):
        share_of_emf(Estimate(0.01, 0.001), Estimate(0.01, 0.01))


def test_an_offset_is_told_from_a_share_by_several_ratios():
    theory = [Estimate(v, 1e-4) for v in (0.05, 0.1, 0.15, 0.2)]
    emf = [Estimate(0.9 * one.value + 0.004, 1e-4) for one in theory]
    found = share_of_ratios(emf, theory)
    assert found.share.value == pytest.approx(0.9, abs=1e-6)
    assert found.offset_v is not None
    assert found.offset_v.value == pytest.approx(0.004, abs=1e-6)
    assert any("offset" in flag for flag in found.flags)


def test_the_interval_over_ratios_covers_the_truth_as_often_as_it_says():
    rng, within = np.random.default_rng(4), 0
    for _ in range(300):
        theory = np.array([0.03, 0.06, 0.09, 0.12])
        emf = 0.95 * theory + 0.001 + 3e-4 * rng.standard_normal(4)
        found = share_of_ratios([Estimate(v, 3e-4) for v in emf], [Estimate(v, 0.0) for v in theory])
        low, high = found.share.interval()
        within += low <= 0.95 <= high
    assert within >= 0.91 * 300


def test_electrons_of_a_higher_activation_energy_show_as_a_falling_share():
    kelvin = [800.0, 900.0, 1000.0, 1100.0]
    theory = [Estimate(0.05 * t / 1000, 1e-6) for t in kelvin]
    shares = [1 / (1 + 0.1 * math.exp(-6000 * (1 / t - 1 / 1000))) for t in kelvin]
    emf = [Estimate(s * one.value, 1e-4 * one.value) for s, one in zip(shares, theory, strict=True)]
    found = against_temperature(kelvin, emf, theory)
    assert [one.share.value for one in found.shares] == pytest.approx(shares)
    assert any("falls" in flag for flag in found.flags)


def test_unequal_numbers_are_refused():
    with pytest.raises(ValueError, match="emf_v has 1"):
        against_temperature([300.0, 310.0], [Estimate(1, 0.1)], [Estimate(1, 0.1)])
    with pytest.raises(ValueError, match="at least 2 different"):
        share_of_ratios([Estimate(1, 0.1)] * 2, [Estimate(1, 0.1)] * 2)
