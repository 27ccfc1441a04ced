"""The laws beside a general least-squares program that knows none of their short cuts."""

import math

import numpy as np
import pytest
from scipy.optimize import curve_fit, least_squares
from scipy.stats import t as student

from labctl.analysis import fit_two_segments, fit_vtf

KB = 8.617333262e-5
KELVIN = np.array([280.0, 288.0, 295.0, 303.0, 312.0, 320.0, 331.0, 340.0, 348.0, 357.0])
SCATTER = np.array([0.5, -1.0, 1.2, -0.4, 0.3, -1.1, 0.9, 0.2, -0.8, 0.6])


def vogel(kelvin, ln_a, b_ev, t0_k):
    return ln_a - 0.5 * np.log(kelvin) - b_ev / (KB * (kelvin - t0_k))


def vtf_sigma(noise=0.02):
    return np.exp(vogel(KELVIN, 3.0, 0.08, 205.0) + noise * SCATTER)


def reference(model, y, start, u=None):
    """Parameters and covariance; without uncertainties the scatter scales them."""
    found, covariance = curve_fit(
        model, KELVIN, y, p0=start, sigma=u, absolute_sigma=False, xtol=1e-14, ftol=1e-14, maxfev=20000
    )
    return found, covariance


def profiled(residuals, start, index, value):
    """Least sum of squares with one parameter held."""
    free = np.delete(np.asarray(start, float), index)
    found = least_squares(
        lambda p: residuals(np.insert(p, index, value)), free, x_scale="jac", xtol=1e-15, ftol=1e-15
    )
    return 2 * found.cost


def test_vtf_has_the_parameters_and_uncertainties_of_a_general_fit():
    fit = fit_vtf(KELVIN, vtf_sigma())
    (ln_a, b_ev, t0_k), covariance = reference(vogel, np.log(vtf_sigma()), [3.0, 0.08, 205.0])
    u = np.sqrt(np.diag(covariance))
    assert fit.pseudo_activation_energy_ev.value == pytest.approx(b_ev, rel=1e-5)
    assert fit.vogel_temperature_k.value == pytest.approx(t0_k, rel=1e-5)
    assert fit.pre_exponential.value == pytest.approx(math.exp(ln_a), rel=1e-3)
    assert fit.pseudo_activation_energy_ev.standard_uncertainty == pytest.approx(u[1], rel=1e-3)
    assert fit.vogel_temperature_k.standard_uncertainty == pytest.approx(u[2], rel=1e-3)
    assert fit.pre_exponential.relative_uncertainty == pytest.approx(u[0], rel=1e-3)
    assert fit.pseudo_activation_energy_ev.degrees_of_freedom == 7.0
    for name, index in (("pseudo_activation_energy_ev", 1), ("vogel_temperature_k", 2)):
        gradient = fit.gradients[name]
        variance = gradient @ fit.solution.covariance @ gradient
        assert math.sqrt(variance) == pytest.approx(u[index], rel=1e-3)
    assert fit.strength == pytest.approx(b_ev / (KB * t0_k), rel=1e-5)
    mole = fit.pseudo_activation_energy_kj_mol
    assert mole.value == pytest.approx(96.485 * b_ev, rel=1e-4)
    assert mole.standard_uncertainty == pytest.approx(96.485 * u[1], rel=1e-3)
    assert fit.r_squared == pytest.approx(
        1
        - np.sum((np.log(vtf_sigma()) - vogel(KELVIN, ln_a, b_ev, t0_k)) ** 2)
        / np.sum((np.log(vtf_sigma()) - np.log(vtf_sigma()).mean()) ** 2)
    )


def test_vtf_predicts_with_the_uncertainty_of_a_general_fit():
    fit = fit_vtf(KELVIN, vtf_sigma())
    found, covariance = reference(vogel, np.log(vtf_sigma()), [3.0, 0.08, 205.0])
    at = 270.0
    _, b_ev, t0_k = found
    gradient = np.array([1.0, -1 / (KB * (at - t0_k)), -b_ev / (KB * (at - t0_k) ** 2)])
    value, u = fit.ln_conductivity([at])
    assert value[0] == pytest.approx(vogel(at, *found), rel=1e-6)
    assert u[0] == pytest.approx(math.sqrt(gradient @ covariance @ gradient), rel=1e-3)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(("name", "index"), [("pseudo_activation_energy_ev", 1), ("vogel_temperature_k", 2)])
def test_the_ends_of_a_profile_interval_are_where_chi_square_has_grown_by_t_squared(level, name, index):
    fit = fit_vtf(KELVIN, vtf_sigma())
    y = np.log(vtf_sigma())
    found, _ = reference(vogel, y, [3.0, 0.08, 205.0])
    least = np.sum((y - vogel(KELVIN, *found)) ** 2)
    threshold = least + student.ppf(0.5 + level / 2, 7) ** 2 * least / 7
    low, high = getattr(fit, name).interval(level)
    assert low < found[index] < high
    for end in (low, high):
        grown = profiled(lambda p: y - vogel(KELVIN, *p), found, index, end)
        assert grown == pytest.approx(threshold, rel=2e-3)


def test_vtf_on_the_conductivity_itself_is_the_fit_of_the_conductivity_relative_to_each_point():
    sigma = vtf_sigma(0.05)
    fit = fit_vtf(KELVIN, sigma, residuals="sigma")

    def conductivity(kelvin, ln_a, b_ev, t0_k):
        return np.exp(vogel(kelvin, ln_a, b_ev, t0_k))

    found, covariance = reference(conductivity, sigma, [3.0, 0.08, 205.0], np.ones(10))
    assert fit.pseudo_activation_energy_ev.value == pytest.approx(found[1], rel=1e-4)
    assert fit.vogel_temperature_k.value == pytest.approx(found[2], rel=1e-4)
    assert fit.vogel_temperature_k.standard_uncertainty == pytest.approx(
        math.sqrt(covariance[2, 2]), rel=1e-2
    )


def test_temperature_errors_weigh_the_points_of_a_vtf_law_through_its_slope():
    u_kelvin = np.linspace(0.05, 0.8, 10)
    sigma = vtf_sigma()
    fit = fit_vtf(KELVIN, sigma, standard_uncertainty_s_m=0.01 * sigma, temperature_u_k=u_kelvin)
    b_ev, t0_k = fit.pseudo_activation_energy_ev.value, fit.vogel_temperature_k.value
    slope = b_ev / (KB * (KELVIN - t0_k) ** 2) - 0.5 / KELVIN
    u = np.sqrt(0.01**2 + (slope * u_kelvin) ** 2)
    assert fit.solution.uncertainty == pytest.approx(u, rel=0.01)
    found, _ = reference(vogel, np.log(sigma), [3.0, 0.08, 205.0], u)
    assert b_ev == pytest.approx(found[1], rel=2e-3)
    assert t0_k == pytest.approx(found[2], rel=1e-3)


def kink(kelvin, level, above_ev, below_ev, break_k):
    x = 1 / (KB * kelvin) - 1 / (KB * break_k)
    return level - np.where(kelvin > break_k, above_ev, below_ev) * x


def step(kelvin, level_above, above_ev, level_below, below_ev, break_k, ln_width):
    x = 1 / (KB * kelvin) - 1 / (KB * 318.0)
    f = 1 / (1 + np.exp(-(kelvin - break_k) / math.exp(ln_width)))
    return f * (level_above - above_ev * x) + (1 - f) * (level_below - below_ev * x)


KINK = (-8.0, 0.35, 0.7, 316.0)


def test_a_kink_has_the_parameters_and_uncertainties_of_a_general_fit():
    y = kink(KELVIN, *KINK) + 0.02 * SCATTER
    fit = fit_two_segments(KELVIN, np.exp(y), "ln_sigma", "kink")
    found, covariance = reference(kink, y, KINK)
    u = np.sqrt(np.diag(covariance))
    told = (fit.activation_energy_above_ev, fit.activation_energy_below_ev, fit.break_temperature_k)
    for estimate, index in zip(told, (1, 2, 3), strict=True):
        assert estimate.value == pytest.approx(found[index], rel=1e-4)
        assert estimate.standard_uncertainty == pytest.approx(u[index], rel=1e-2)
        assert estimate.degrees_of_freedom == 6.0
    for estimate, slope in ((fit.pre_exponential_above, 1), (fit.pre_exponential_below, 2)):
        x = 1 / (KB * found[3])
        gradient = np.zeros(4)
        gradient[0], gradient[slope], gradient[3] = 1.0, x, -found[slope] * x / found[3]
        assert estimate.value == pytest.approx(math.exp(found[0] + found[slope] * x), rel=1e-3)
        assert estimate.relative_uncertainty == pytest.approx(
            math.sqrt(gradient @ covariance @ gradient), rel=1e-2
        )
    assert (fit.width_k, fit.transition) == (0.0, "kink")


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_the_interval_of_a_break_ends_where_chi_square_has_grown_by_t_squared(level):
    y = kink(KELVIN, *KINK) + 0.02 * SCATTER
    fit = fit_two_segments(KELVIN, np.exp(y), "ln_sigma", "kink")
    least = fit.solution.chi_square
    threshold = least + student.ppf(0.5 + level / 2, 6) ** 2 * least / 6
    low, high = fit.break_temperature_k.interval(level)
    for end in (low, high):
        grown = profiled(lambda p: y - kink(KELVIN, *p), KINK, 3, end)
        assert grown == pytest.approx(threshold, rel=5e-3)


def test_a_step_has_the_parameters_and_uncertainties_of_a_general_fit():
    truth = (-9.0, 0.4, -11.0, 0.6, 317.0, math.log(6.0))
    y = step(KELVIN, *truth) + 0.01 * SCATTER
    fit = fit_two_segments(KELVIN, np.exp(y), "ln_sigma", "step")
    found, covariance = reference(step, y, truth)
    u = np.sqrt(np.diag(covariance))
    told = (fit.activation_energy_above_ev, fit.activation_energy_below_ev, fit.break_temperature_k)
    for estimate, index in zip(told, (1, 3, 4), strict=True):
        assert estimate.value == pytest.approx(found[index], rel=5e-3)
        assert estimate.standard_uncertainty == pytest.approx(u[index], rel=0.05)
        assert estimate.degrees_of_freedom == 4.0
    assert fit.width_k == pytest.approx(math.exp(found[5]), rel=0.01)
    for estimate, (level, slope) in (
        (fit.pre_exponential_above, (0, 1)),
        (fit.pre_exponential_below, (2, 3)),
    ):
        x = 1 / (KB * 318.0)
        gradient = np.zeros(6)
        gradient[level], gradient[slope] = 1.0, x
        assert estimate.value == pytest.approx(math.exp(found[level] + found[slope] * x), rel=0.2)
        assert estimate.relative_uncertainty == pytest.approx(
            math.sqrt(gradient @ covariance @ gradient), rel=0.05
        )
    value, u_value = fit.ln_conductivity([300.0, 317.0])
    assert value == pytest.approx(step(np.array([300.0, 317.0]), *found), rel=1e-3)
    steps = 1e-5 * np.eye(6)
    for place, kelvin in enumerate((300.0, 317.0)):
        at = np.array([kelvin])
        gradient = np.array([(step(at, *(found + d)) - step(at, *(found - d)))[0] / 2e-5 for d in steps])
        assert u_value[place] == pytest.approx(math.sqrt(gradient @ covariance @ gradient), rel=0.05)
