import math
from types import SimpleNamespace

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius
from labctl.analysis.laws.criterion import criterion, criterion_weights


def a_fit(n, parameters, chi_square, *, searched=0, stated=False, uncertainty=1.0):
    return SimpleNamespace(
        series=Points(n, stated),
        paid_parameters=(parameters, searched),
        solution=SimpleNamespace(chi_square=chi_square, uncertainty=np.full(n, uncertainty)),
    )


class Points:
    def __init__(self, n, stated):
        self.n, self.stated = n, stated

    def __len__(self):
        return self.n


def likelihood(n, variance, chi_square, uncertainty=1.0):
    """-2 ln of the normal density of n residuals, worked out by the definition."""
    return n * math.log(2 * math.pi * variance) + chi_square / variance + 2 * n * math.log(uncertainty)


def test_without_stated_uncertainty_the_scatter_is_that_of_greatest_likelihood():
    assert criterion(a_fit(10, 2, 0.4)) == pytest.approx(
        likelihood(10, 0.04, 0.4) + math.log(10) * 2 * 10 / (10 - 2 - 2)
    )


@pytest.mark.parametrize(("chi_square", "variance"), [(9.0, 1.0), (11.0, 1.1)])
def test_stated_uncertainties_are_only_ever_enlarged(chi_square, variance):
    fit = a_fit(10, 2, chi_square, stated=True, uncertainty=0.03)
    assert criterion(fit) == pytest.approx(
        likelihood(10, variance, chi_square, 0.03) + math.log(10) * 2 * 10 / 6
    )


def test_points_without_any_scatter_count_as_known_to_a_millionth():
    assert criterion(a_fit(10, 2, 0.0)) == pytest.approx(likelihood(10, 1e-12, 0.0) + math.log(10) * 20 / 6)


def test_a_searched_parameter_costs_a_ln_n_without_the_small_sample_term():
    assert criterion(a_fit(12, 4, 0.4, searched=2)) - criterion(a_fit(12, 4, 0.4)) == pytest.approx(
        2 * math.log(12)
    )


@pytest.mark.parametrize("n", [3, 4])
def test_hardly_more_points_than_parameters_cost_a_bounded_price(n):
    assert criterion(a_fit(n, 2, 0.4)) == pytest.approx(
        likelihood(n, 0.4 / n, 0.4) + math.log(n) * 2 * n / 0.5
    )


def test_an_outlier_costs_a_draw_from_a_factor_of_a_hundred_either_way_in_one_of_twenty_points():
    each = -2 * math.log(1 / 20 / (2 * math.log(100)))
    for count in (1, 3):
        assert criterion(a_fit(10, 2, 0.4), count) - criterion(a_fit(10, 2, 0.4)) == pytest.approx(
            count * each
        )


def test_weights_fall_with_half_the_difference_and_sum_to_one():
    weights = criterion_weights({"a": 10.0, "b": 10.0 + 2 * math.log(3), "c": math.inf})
    assert weights == {"a": pytest.approx(0.75), "b": pytest.approx(0.25), "c": 0.0}


def test_a_fit_is_worth_the_likelihood_of_its_residuals():
    kelvin = np.array([300.0, 320.0, 340.0, 360.0, 380.0, 400.0])
    sigma = np.exp(-0.5 / (8.617333262e-5 * kelvin) + 0.01 * np.array([1, -1, 1, 1, -1, 1]))
    fit = fit_arrhenius(kelvin, sigma, "ln_sigma")
    chi_square = float(np.sum(fit.solution.residuals**2))
    assert criterion(fit) == pytest.approx(
        likelihood(6, chi_square / 6, chi_square) + math.log(6) * 2 * 6 / 2
    )
