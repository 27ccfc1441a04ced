"""A straight line through points uncertain in both coordinates."""

import math

import numpy as np
import pytest

from labctl.analysis.numerics.straight_line import fit_straight_line

PEARSON_X = [0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4]
PEARSON_Y = [5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5]
YORK_X_WEIGHTS = [1000.0, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1.0]
YORK_Y_WEIGHTS = [1.0, 1.8, 4, 8, 20, 20, 70, 70, 100, 500]


def test_pearsons_data_with_yorks_weights_give_the_published_line_within_its_uncertainty():
    """York et al. (10.1119/1.1632486): slope -0.4805, intercept 5.4799, before Birge's factor 1.22."""
    x_u, y_u = (1 / np.sqrt(weights) for weights in (YORK_X_WEIGHTS, YORK_Y_WEIGHTS))
    line = fit_straight_line(PEARSON_X, PEARSON_Y, x_u, y_u)
    assert line.slope.value == pytest.approx(-0.4805, abs=0.3 * 0.0706)
    assert line.intercept.value == pytest.approx(5.4799, abs=0.3 * 0.3592)
    assert line.slope.standard_uncertainty == pytest.approx(0.0706, rel=0.1)


def test_without_uncertainty_in_x_it_is_weighted_least_squares():
    x, y, u = np.array([1.0, 2, 3, 5]), np.array([2.1, 3.9, 6.2, 9.8]), np.array([0.3, 0.4, 0.5, 0.6])
    line = fit_straight_line(x, y, np.zeros(4), u)
    (slope, intercept), covariance = np.polyfit(x, y, 1, w=1 / u, cov="unscaled")
    assert line.slope.value == pytest.approx(slope)
    assert line.intercept.value == pytest.approx(intercept)
    assert line.slope.standard_uncertainty == pytest.approx(math.sqrt(covariance[0, 0]))
    assert line.correlation == pytest.approx(
        covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])
    )
    assert not line.scatter_decides


def test_points_that_scatter_more_than_stated_widen_the_interval():
    x, y = np.arange(6.0), np.array([0.0, 1.3, 1.8, 3.4, 3.7, 5.2])
    honest, boasting = (fit_straight_line(x, y, np.zeros(6), np.full(6, u)) for u in (0.25, 0.001))
    assert boasting.scatter_decides
    assert boasting.slope.degrees_of_freedom == 4
    assert boasting.p_value < 1e-6
    assert boasting.slope.standard_uncertainty == pytest.approx(honest.slope.standard_uncertainty, rel=0.3)


def test_stated_intervals_cover_the_truth():
    random, covered = np.random.default_rng(5), []
    x = np.linspace(1.0, 3.0, 5)
    for _ in range(400):
        seen_x, seen_y = x + random.normal(0, 0.03, 5), 0.5 + 2 * x + random.normal(0, 0.05, 5)
        line = fit_straight_line(seen_x, seen_y, np.full(5, 0.03), np.full(5, 0.05))
        low, high = line.intercept.interval()
        covered.append(low <= 0.5 <= high)
    assert 0.92 <= np.mean(covered) <= 0.995


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"y": [1.0, 2.0]}, "y has 2 entries, x has 3"),
        ({"x": [1.0, 1.0, 1.0]}, "at least 2 different"),
        ({"y_u": [0.1, -0.1, 0.1]}, "must not be negative"),
        ({"x_u": [0.0, 0, 0], "y_u": [0.1, 0.0, 0.1]}, "must not both be zero"),
        ({"x": [1.0, math.nan, 2.0]}, "x must be finite"),
    ],
)
def test_what_is_no_series_is_refused_by_name(changed, said):
    data = {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 3.0], "x_u": [0.1] * 3, "y_u": [0.1] * 3}
    with pytest.raises(ValueError, match=said):
        fit_straight_line(**data | changed)


def test_a_level_line_through_exact_y_is_refused_and_not_divided_by_zero():
    with pytest.raises(ValueError, match="level line"):
        fit_straight_line([1.0, 2.0, 3.0], [5.0, 5.0, 5.0], [0.1, 0.1, 0.1], [0.0, 0.0, 0.0])
