"""Thickness before and after a run, and thermal expansion."""

import math

import pytest

from labctl.analysis import Estimate
from labctl.analysis.resistance.sample_geometry import (
    ROOM_K,
    disagree,
    expansion_factor,
    thickness_before_and_after,
)


def mm(value: float, u: float = 0.0) -> Estimate:
    return Estimate(value * 1e-3, u * 1e-3)


def test_a_thickness_measured_once_is_used_as_it_is():
    assert thickness_before_and_after(mm(1.0, 0.01), None) == mm(1.0, 0.01)


def test_two_measurements_that_agree_are_no_more_certain_than_the_better_one():
    found = thickness_before_and_after(mm(1.0, 0.02), mm(1.01, 0.01))
    assert found.value == pytest.approx(1.005e-3)
    assert found.standard_uncertainty == pytest.approx(1e-5)


def test_two_measurements_that_disagree_are_the_ends_of_a_rectangle():
    found = thickness_before_and_after(mm(1.0, 0.005), mm(0.9, 0.005))
    assert found.value == pytest.approx(0.95e-3)
    assert found.standard_uncertainty == pytest.approx(math.hypot(0.005, 0.1 / math.sqrt(12)) * 1e-3)


def test_any_difference_disagrees_where_no_uncertainty_is_stated():
    assert disagree(mm(1.0), mm(1.001))
    assert not disagree(mm(1.0), mm(1.0))


def test_a_sample_that_expands_alike_in_every_direction_has_a_smaller_ratio_of_length_to_area():
    alpha, away_k = Estimate(1.2e-5, 2e-6), 600.0
    found = expansion_factor(alpha, ROOM_K + away_k)
    length, area = 1 + alpha.value * away_k, (1 + alpha.value * away_k) ** 2
    assert found.value == pytest.approx(length / area)
    expected = math.hypot(2e-6 * away_k, 1.2e-5 * 5 / math.sqrt(3)) * found.value**2
    assert found.standard_uncertainty == pytest.approx(expected)


def test_an_expansion_that_leaves_no_sample_is_refused():
    with pytest.raises(ValueError, match="leaves nothing"):
        expansion_factor(Estimate(-1e-3, 0.0), ROOM_K + 2000.0)
