"""Intervals where limits of error count: drawn errors beside closed formulas."""

import json
import math

import numpy as np
import pytest

from labctl.analysis import Estimate
from labctl.analysis.numerics.budget import propagated
from labctl.analysis.numerics.component import Component
from labctl.analysis.numerics.drawn_interval import half_width, interval_factor
from labctl.analysis.numerics.interval_estimates import LogEstimate, ProfileEstimate

NORMAL = 1.959964


def limit(half: float, cause: str = "") -> Component:
    """A limit of error."""
    return Component("analyser", half / math.sqrt(3), "B", cause=cause, distribution="rectangular")


def known(*components: Component) -> Estimate:
    return Estimate(10.0, 0.0).with_component(*components)


def test_the_interval_of_one_limit_is_95_percent_of_it_and_not_113():
    low, high = known(limit(0.2)).interval()
    assert (low, high) == (pytest.approx(10 - 0.19), pytest.approx(10 + 0.19))
    assert NORMAL * 0.2 / math.sqrt(3) > 0.2


def test_two_equal_limits_add_up_to_a_triangle():
    expected = 2 * (1 - math.sqrt(0.05))
    assert half_width([1.0, 1.0], 0.0, math.inf, 0.95) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("level", [0.5, 0.95])
@pytest.mark.parametrize("rest", [0.1, 0.5, 2.0])
def test_a_limit_beside_noise_is_their_convolution(rest, level):
    """P(|X + U| < h) of a normal X and a U in -1 to 1, by quadrature over U."""
    half = half_width([1.0], rest, math.inf, level)
    u = np.linspace(-1, 1, 4001)
    from scipy.special import ndtr

    inside = float(np.mean(ndtr((half - u) / rest) - ndtr((-half - u) / rest)))
    assert inside == pytest.approx(level, abs=0.005)


def test_without_limits_the_interval_is_student_s():
    parts = (Component("fit and noise", 0.3, degrees_of_freedom=5.0),)
    assert interval_factor(parts, 0.95, 5.0) == pytest.approx(2.570582, rel=1e-6)


def test_a_small_limit_leaves_student_s_interval():
    estimate = Estimate(10.0, 1.0, 8.0, components=(Component("fit and noise", 1.0, degrees_of_freedom=8.0),))
    widened = estimate.with_component(limit(0.05))
    low, high = widened.interval()
    assert (high - low) / 2 / widened.standard_uncertainty == pytest.approx(2.306, rel=1e-3)


def test_few_degrees_of_freedom_beside_a_limit_keep_the_interval_wide():
    few = half_width([0.5], 1.0, 3.0, 0.95)
    assert few > 3.0
    assert few > 1.4 * half_width([0.5], 1.0, math.inf, 0.95)


def test_a_limit_shared_by_two_values_is_one_limit_of_their_sum():
    one, other = known(limit(0.2, "analyser")), known(limit(0.1, "analyser"))
    low, high = propagated(20.0, [(1.0, one), (1.0, other)]).interval()
    assert (high - low) / 2 == pytest.approx(0.95 * 0.3, rel=1e-6)


def test_the_interval_is_repeated_exactly():
    assert half_width([1.0, 0.3], 0.2, 7.0, 0.95) == half_width([1.0, 0.3], 0.2, 7.0, 0.95)


def test_the_interval_of_a_logarithm_takes_the_limit_too():
    estimate = LogEstimate.from_ln(math.log(5.0), 1e-9, math.inf).with_component(limit(0.5))
    low, high = estimate.interval()
    assert math.log(high / 5.0) == pytest.approx(0.95 * 0.1, rel=0.01)
    assert math.log(5.0 / low) == pytest.approx(0.95 * 0.1, rel=0.01)


def test_a_limit_widens_each_side_of_a_profile_by_what_it_can_be():
    profile = ProfileEstimate(10.0, 1e-4, profile=lambda _: (10 - 2e-4, 10 + 1e-4))
    low, high = profile.with_component(limit(0.2)).interval()
    assert (10 - low, high - 10) == (pytest.approx(0.19, rel=0.01), pytest.approx(0.19, rel=0.01))


def test_an_open_profile_stays_open():
    profile = ProfileEstimate(10.0, 1.0, profile=lambda _: (-math.inf, 12.0))
    assert profile.with_component(limit(0.2)).interval()[0] == -math.inf


def test_a_limit_is_kept_as_one_in_json():
    one = limit(0.2, "analyser")
    assert Component.from_dict(json.loads(json.dumps(one.as_dict()))) == one
    older = {"source": "analyser", "change": 0.1, "type": "B", "common": True}
    assert Component.from_dict(older).distribution == "normal"


def test_another_distribution_is_refused():
    with pytest.raises(ValueError, match="distribution must be one of"):
        Component("analyser", 0.1, distribution="triangular")  # type: ignore[arg-type]  # refused at run time


def test_the_stated_interval_of_a_limit_and_noise_covers_as_often_as_it_says():
    rng = np.random.default_rng(3)
    estimate = known(limit(1.0), Component("fit and noise", 0.4))
    errors = rng.uniform(-1, 1, 20_000) + 0.4 * rng.standard_normal(20_000)
    low, high = estimate.interval()
    assert np.mean((low <= 10 + errors) & (10 + errors <= high)) == pytest.approx(0.95, abs=0.006)
