"""Both polarities, and two heights of the step."""

import math

import pytest

from labctl.analysis import Estimate
from labctl.analysis.numerics.budget import estimate_of
from labctl.analysis.numerics.component import Component
from labctl.analysis.transport.pairs_of_steps import mean_of_polarities, steps_disagree, with_smaller_step

NOISE = Component("steady current", 0.001)


def with_zero(value, change):
    zero = Component("zero of the current", change, "B", cause="zero of the current, not measured")
    return estimate_of(value, [NOISE, zero])


def test_a_zero_of_the_current_cancels_in_the_mean_of_both_polarities():
    mean = mean_of_polarities(with_zero(0.31, 0.01), with_zero(0.29, -0.01))
    assert mean.value == pytest.approx(0.30)
    assert mean.standard_uncertainty == pytest.approx(0.001 / math.sqrt(2), rel=1e-6)


def test_a_wrong_scale_does_not_cancel():
    mean = mean_of_polarities(with_zero(0.31, 0.01), with_zero(0.31, 0.01))
    assert mean.standard_uncertainty > 0.0099


def test_what_the_polarities_disagree_by_beyond_noise_is_carried():
    one, other = Estimate(0.32, 0.001), Estimate(0.30, 0.001)
    mean = mean_of_polarities(one, other)
    assert mean.value == pytest.approx(0.31)
    assert mean.standard_uncertainty == pytest.approx(0.01 / math.sqrt(3), rel=0.02)
    assert {part.source for part in mean.components} >= {"polarity"}


def test_two_steps_disagree_beyond_twice_their_uncertainty():
    assert not steps_disagree(Estimate(0.300, 0.001), Estimate(0.2975, 0.001))
    assert steps_disagree(Estimate(0.300, 0.001), Estimate(0.29, 0.001))


def test_the_smaller_step_is_off_by_its_part_of_the_square():
    widened = with_smaller_step(Estimate(0.300, 1e-6), Estimate(0.276, 1e-6), 5.0)
    assert widened.value == 0.300
    assert widened.standard_uncertainty == pytest.approx(0.024 / 24, rel=1e-3)
