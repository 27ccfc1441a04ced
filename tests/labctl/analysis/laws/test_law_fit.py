import math

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius, fit_vtf
from labctl.analysis.laws.law_fit import Solution, common_flags, r_squared, solution_from, variance_factor
from labctl.analysis.laws.temperature_series import distinct_temperatures_k, temperature_series
from labctl.analysis.numerics.distributions import student_quantile

KB = 8.617333262e-5
KELVIN = np.array([300.0, 315.0, 330.0, 350.0, 360.0, 375.0, 390.0])
SCATTER = np.array([1.0, -2.0, 1.5, 0.5, -1.0, 1.0, -1.0])


def sigma(noise=0.01, energy=0.5):
    return np.exp(12.0 - energy / (KB * KELVIN) + noise * SCATTER)


def a_solution(factor=4.0, freedom=5.0):
    covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
    return Solution(np.array([1.0, 2.0]), covariance, np.zeros(3), np.ones(3), 1.0, factor, freedom)


def test_the_uncertainty_of_a_function_is_that_of_its_gradient():
    solution = a_solution()
    estimate = solution.estimate(7.0, [1.0, -2.0])
    assert estimate.value == 7.0
    assert estimate.standard_uncertainty == pytest.approx(math.sqrt(4.0 * (2.0 - 2 * 2 * 0.5 + 4 * 1.0)))
    assert estimate.degrees_of_freedom == 5.0
    assert solution.covariance.tolist() == [[8.0, 2.0], [2.0, 4.0]]


def test_nothing_is_known_where_the_scatter_is_unknown():
    solution = a_solution(math.inf, math.inf)
    assert solution.estimate(7.0, [1.0, -2.0]).standard_uncertainty == math.inf
    assert np.isinf(solution.covariance).all()
    assert solution.standard_uncertainty(np.ones((3, 2))).shape == (3,)


@pytest.mark.parametrize(
    ("chi_square", "spare", "stated", "expected"),
    [
        (10.0, 5, False, (2.0, 5.0)),
        (4.0, 5, False, (0.8, 5.0)),
        (10.0, 5, True, (2.0, 5.0)),
        (7.5, 5, True, (1.5, 5.0)),  # by chance in 19 of 100 series
        (7.2, 5, True, (1.0, math.inf)),  # by chance in 21 of 100
        (5.0, 5, True, (1.0, math.inf)),
        (4.0, 5, True, (1.0, math.inf)),
        (0.0, 0, True, (1.0, math.inf)),
        (0.0, 0, False, (math.inf, math.inf)),
        (3.0, 1, False, (3.0, 1.0)),
    ],
)
def test_scatter_enlarges_what_was_stated_and_replaces_what_was_not(chi_square, spare, stated, expected):
    assert variance_factor(chi_square, spare, stated) == expected


@pytest.mark.parametrize(
    ("spare", "too_small", "least", "most"),
    [
        (4, 1.0, 0.95, 0.97),
        (7, 1.0, 0.95, 0.97),
        (4, 2.0, 0.92, 0.94),
        (7, 2.0, 0.93, 0.955),
        (1, 2.0, 0.82, 0.87),
    ],
)
def test_the_rule_covers_the_truth_as_often_as_its_module_says(spare, too_small, least, most):
    """Errors and scatter are those of uncertainties that are stated as `too_small` times smaller."""
    rng = np.random.default_rng(5)
    errors = too_small * np.abs(rng.standard_normal(6000))
    squares = too_small**2 * rng.chisquare(spare, 6000)
    rules = [variance_factor(float(square), spare, stated=True) for square in squares]
    reach = [math.sqrt(factor) * student_quantile(0.975, freedom) for factor, freedom in rules]
    assert least < np.mean(errors <= reach) < most


def test_a_line_has_the_covariance_of_the_textbook():
    series = temperature_series(KELVIN, sigma(), distinct=2)
    design = np.column_stack([np.ones(7), KELVIN])
    residuals = np.array([1.0, -1.0, 2.0, 0.0, -2.0, 1.0, -1.0])
    solution = solution_from(np.zeros(2), design, residuals, np.full(7, 2.0), series)
    assert solution.unit_covariance == pytest.approx(np.linalg.inv(design.T @ design / 4.0), rel=1e-6)
    assert solution.chi_square == pytest.approx(12.0 / 4.0)
    assert (solution.variance_factor, solution.degrees_of_freedom) == (pytest.approx(3.0 / 5), 5.0)


def test_r_squared_is_the_share_of_the_spread_of_ln_sigma_that_is_explained():
    series = temperature_series([300.0, 320.0, 340.0], np.exp([1.0, 2.0, 3.0]), distinct=2)
    assert r_squared(series, np.array([0.1, -0.2, 0.1])) == pytest.approx(1 - 0.06 / 2.0)
    flat = temperature_series([300.0, 320.0, 340.0], [1.0, 1.0, 1.0], distinct=2)
    assert r_squared(flat, np.zeros(3)) == 0.0


@pytest.mark.parametrize(("ratio", "told"), [(0.9, False), (1.15, False), (1.3, True), (3.0, True)])
def test_more_scatter_than_chance_gives_is_told(ratio, told):
    chi_square = fit_arrhenius(KELVIN, sigma(), "ln_sigma").solution.chi_square
    stated = math.sqrt(chi_square / 5) / ratio
    fit = fit_arrhenius(KELVIN, sigma(), "ln_sigma", standard_uncertainty_s_m=stated * sigma())
    words = f"points scatter {ratio:.2g} times more than stated: uncertainties enlarged"
    assert [flag for flag in fit.flags if "scatter" in flag] == [words] * told


@pytest.mark.parametrize(("points", "told"), [(2, True), (3, False)])
def test_points_that_only_just_determine_a_law_are_told(points, told):
    fit = fit_arrhenius(KELVIN[:points], sigma()[:points])
    words = "2 points determine 2 parameters: the scatter is unknown"
    assert (words in fit.flags) is told
    assert (words in common_flags(fit, 2)) is told


@pytest.mark.parametrize(("uncertainties", "told"), [(2.2, True), (1.8, False), (-2.2, False)])
def test_a_bound_is_contradicted_by_a_law_two_standard_uncertainties_above_it(uncertainties, told):
    value, u = fit_arrhenius(KELVIN, sigma()).ln_conductivity([280.0])
    bound = math.exp(float(value[0]) - uncertainties * float(u[0]))
    kelvin, measured = [*KELVIN, 280.0], [*sigma(), bound]
    found = fit_arrhenius(kelvin, measured, upper_bound=[False] * 7 + [True])
    words = f"the law lies above the bound sigma < {bound:.3g} S/m at 280.00 K"
    assert (words in found.flags) is told
    assert "1 upper bound left out of the fit" in found.flags


def test_bounds_are_counted():
    fit = fit_arrhenius([*KELVIN, 280.0, 285.0], [*sigma(), 1.0, 1.0], upper_bound=[False] * 7 + [True] * 2)
    assert "2 upper bounds left out of the fit" in fit.flags
    assert len(fit.series) == 7


def test_conductivity_beyond_the_range_says_how_far():
    fit = fit_arrhenius(KELVIN, sigma())
    assert fit.conductivity_s_m(300.0).flags == fit.conductivity_s_m(390.0).flags == ()
    assert fit.conductivity_s_m(298.15).flags == ("extrapolated: 298.15 K is 1.9 K below the measured range",)
    assert fit.conductivity_s_m(400.0).flags == ("extrapolated: 400.00 K is 10.0 K above the measured range",)


@pytest.mark.parametrize("kelvin", [0.0, -1.0, math.nan, math.inf])
def test_conductivity_is_refused_where_there_is_no_temperature(kelvin):
    with pytest.raises(ValueError, match="temperature_k must be positive and finite"):
        fit_arrhenius(KELVIN, sigma()).conductivity_s_m(kelvin)


def test_the_conductivity_of_a_law_has_the_uncertainty_of_prediction():
    fit = fit_arrhenius(KELVIN, sigma(), "ln_sigma")
    x, y = 1 / (KB * KELVIN), np.log(sigma())
    at = 1 / (KB * 345.0)
    slope, intercept = np.polyfit(x, y, 1)
    s2 = np.sum((y - slope * x - intercept) ** 2) / 5
    u = math.sqrt(s2 * (1 / 7 + (at - x.mean()) ** 2 / np.sum((x - x.mean()) ** 2)))
    found = fit.conductivity_s_m(345.0)
    assert found.value == pytest.approx(math.exp(intercept + slope * at))
    assert found.relative_uncertainty == pytest.approx(u, rel=1e-6)
    assert found.degrees_of_freedom == 5.0
    low, high = found.interval()
    assert (low, high) == (
        pytest.approx(found.value * math.exp(-2.5706 * u), rel=1e-4),
        pytest.approx(found.value * math.exp(2.5706 * u), rel=1e-4),
    )
    value, variance = fit.unit_prediction(np.array([345.0]))
    assert value[0] == pytest.approx(math.log(found.value))
    assert variance[0] * s2 == pytest.approx(u**2)


def test_the_apparent_energy_carries_the_uncertainty_of_the_slope():
    fit = fit_arrhenius(KELVIN, sigma(), "ln_sigma")
    apparent = fit.apparent_activation_energy_ev(345.0)
    assert apparent.value == pytest.approx(fit.activation_energy_ev.value, rel=1e-6)
    assert apparent.standard_uncertainty == pytest.approx(
        fit.activation_energy_ev.standard_uncertainty, rel=1e-4
    )


def test_the_uncertainty_of_a_temperature_acts_through_the_slope():
    """Weights 1 / (u_ln^2 + (E / (kB T^2) u_T)^2), at the slope that these weights give."""
    u_sigma, u_kelvin = 0.01 * sigma(), np.linspace(0.1, 1.5, 7)
    fit = fit_arrhenius(
        KELVIN, sigma(), "ln_sigma", standard_uncertainty_s_m=u_sigma, temperature_u_k=u_kelvin
    )
    energy = fit.activation_energy_ev.value
    u = np.sqrt(0.01**2 + (energy / (KB * KELVIN**2) * u_kelvin) ** 2)
    assert fit.solution.uncertainty == pytest.approx(u, rel=1e-3)
    slope, _ = np.polyfit(1 / (KB * KELVIN), np.log(sigma()), 1, w=1 / u)
    assert energy == pytest.approx(-slope, rel=1e-5)


def test_temperatures_half_a_kelvin_apart_are_different():
    assert distinct_temperatures_k(np.array([300.45, 300.0, 310.0, 300.5, 310.55])).tolist() == [
        300.0,
        300.5,
        310.0,
        310.55,
    ]


def test_the_wrong_entry_is_named_with_its_place():
    for values, words in (
        ([300.0, 310.0, 0.0], r"temperature_k must be positive and finite, got 0 at index 2"),
        ([300.0, math.inf, 310.0], r"temperature_k must be positive and finite, got inf at index 1"),
        ([], r"temperature_k must be a non-empty one-dimensional array, got shape \(0,\)"),
        ([[300.0, 310.0]], r"one-dimensional array, got shape \(1, 2\)"),
    ):
        with pytest.raises(ValueError, match=words):
            temperature_series(values, [1.0] * len(values), distinct=1)
    with pytest.raises(ValueError, match="conductivity_s_m has 2 entries, temperature_k has 3"):
        temperature_series([300.0, 310.0, 320.0], [1.0, 1.0], distinct=1)
    with pytest.raises(ValueError, match="at least 3 different temperatures, got 2"):
        temperature_series([300.0, 300.4, 310.0], [1.0] * 3, distinct=3)


def test_a_series_below_two_hundred_kelvin_throughout_is_taken_for_celsius():
    with pytest.raises(ValueError, match="looks like degrees Celsius"):
        temperature_series([25.0, 199.0], [1.0, 2.0], distinct=2)
    assert len(temperature_series([25.0, 201.0], [1.0, 2.0], distinct=2)) == 2
    assert len(temperature_series([25.0, 199.0], [1.0, 2.0], distinct=2, cryogenic=True)) == 2


def test_a_vtf_law_has_the_apparent_energy_of_its_formula():
    kelvin = np.linspace(280.0, 360.0, 9)
    fit = fit_vtf(kelvin, 10.0 * kelvin**-0.5 * np.exp(-0.08 / (KB * (kelvin - 210.0))))
    at = 320.0
    expected = 0.08 * at**2 / (at - 210.0) ** 2 - 0.5 * KB * at
    assert fit.apparent_activation_energy_ev(at).value == pytest.approx(expected, rel=1e-5)
