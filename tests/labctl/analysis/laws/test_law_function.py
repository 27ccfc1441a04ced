"""A law kept as a function is the fit: the same curve, the same band, with no points left."""

import json
import math

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius, fit_temperature_law, fit_two_segments, fit_vtf
from labctl.analysis.laws.law_function import (
    function_from_dict,
    function_from_parameters,
    function_of,
    is_sharp_step,
)

EV_K = 8.617333262e-5
TEMPERATURE_K = np.linspace(300.0, 400.0, 12)
BETWEEN_K = np.linspace(290.0, 410.0, 61)


def noisy(ln_sigma):
    return np.exp(ln_sigma + 0.01 * np.random.default_rng(5).standard_normal(TEMPERATURE_K.size))


def line(energy_ev, temperature_k=TEMPERATURE_K):
    return 15.0 - energy_ev / (EV_K * temperature_k)


STEP = np.where(TEMPERATURE_K > 352, line(0.3) + 6.0, line(0.5))
KINK = np.where(TEMPERATURE_K > 352, line(0.3), line(0.5) + 0.2 / (EV_K * 352))
VOGEL = 5.0 - 0.08 / (EV_K * (TEMPERATURE_K - 200.0))
FITS = {
    "arrhenius, ln(sigma T)": lambda **u: fit_arrhenius(TEMPERATURE_K, noisy(line(0.5)), "ln_sigma_t", **u),
    "arrhenius, ln(sigma)": lambda **u: fit_arrhenius(TEMPERATURE_K, noisy(line(0.5)), "ln_sigma", **u),
    "vtf": lambda **u: fit_vtf(TEMPERATURE_K, noisy(VOGEL), **u),
    "vtf, exponent -1": lambda **u: fit_vtf(TEMPERATURE_K, noisy(VOGEL), -1.0, **u),
    "kink": lambda **u: fit_two_segments(TEMPERATURE_K, noisy(KINK), "ln_sigma", "kink", **u),
    "kink, ln(sigma T)": lambda **u: fit_two_segments(TEMPERATURE_K, noisy(KINK), "ln_sigma_t", "kink", **u),
    "step": lambda **u: fit_two_segments(TEMPERATURE_K, noisy(STEP), "ln_sigma", "step", **u),
}


@pytest.fixture(params=FITS)
def fit(request):
    return FITS[request.param]()


def kept(fit):
    """The function after a stay in a file."""
    function = function_of(fit)
    return function_from_dict(function.law, function.form, json.loads(json.dumps(function.as_dict())))


def test_curve_and_band_of_the_kept_function_are_those_of_the_fit(fit):
    value, uncertainty = kept(fit).ln_conductivity(BETWEEN_K)
    expected, expected_u = fit.ln_conductivity(BETWEEN_K)
    assert value == pytest.approx(expected, abs=1e-12)
    assert uncertainty == pytest.approx(expected_u, rel=1e-9, abs=1e-15)
    assert (uncertainty > 0).all()
    assert kept(fit).temperature_range_k == fit.temperature_range_k


def test_the_half_width_is_that_of_the_stated_interval(fit):
    low, high = fit.conductivity_s_m(350.0).interval()
    (half,) = kept(fit).ln_half_width(350.0)
    assert half == pytest.approx(math.log(high / low) / 2, rel=1e-9)


def test_stated_uncertainties_that_hold_leave_the_degrees_of_freedom_infinite():
    sigma = noisy(line(0.5))
    stated = fit_arrhenius(TEMPERATURE_K, sigma, standard_uncertainty_s_m=0.5 * sigma)
    assert function_of(stated).as_dict()["degrees_of_freedom"] is None
    (half,) = kept(stated).ln_half_width(350.0)
    assert half == pytest.approx(1.959964 * stated.ln_conductivity(350.0)[1][0], rel=1e-6)


def test_an_unknown_scatter_gives_no_band():
    two = fit_arrhenius([300.0, 310.0], [1e-4, 2e-4])
    assert function_of(two).covariance is None
    value, uncertainty = kept(two).ln_conductivity([300.0, 310.0])
    assert np.exp(value) == pytest.approx([1e-4, 2e-4])
    assert np.isnan(uncertainty).all()


NAMES = {
    "arrhenius": ("activation_energy", "pre_exponential"),
    "vtf": ("pseudo_activation_energy", "vogel_temperature", "pre_exponential"),
    "two_segments": (
        "activation_energy_below",
        "activation_energy_above",
        "break_temperature",
        "pre_exponential_below",
        "pre_exponential_above",
    ),
}


def published(fit):
    law = function_of(fit).law
    endings = {
        name: "_ev" if "energy" in name else "_k" if "temperature" in name else "" for name in NAMES[law]
    }
    return {name: getattr(fit, name + ending).value for name, ending in endings.items()}


def test_the_published_parameters_give_the_curve_but_no_band(fit):
    function = function_of(fit)
    again = function_from_parameters(function.law, function.form, published(fit), fit.temperature_range_k)
    beside = np.abs(BETWEEN_K - 352) > (20 if function.transition == "step" else -1)
    value, uncertainty = again.ln_conductivity(BETWEEN_K[beside])
    assert value == pytest.approx(fit.ln_conductivity(BETWEEN_K[beside])[0], abs=1e-6)
    assert np.isnan(uncertainty).all()
    assert is_sharp_step(again) == (function.transition == "step")


def test_a_step_that_was_fitted_is_not_called_sharp():
    assert not is_sharp_step(function_of(FITS["step"]()))


def test_a_law_has_no_value_at_or_below_its_vogel_temperature():
    fit = FITS["vtf"]()
    with pytest.raises(ValueError, match="above T0 ="):
        kept(fit).ln_conductivity([fit.vogel_temperature_k.value])


@pytest.mark.parametrize("temperature_k", [0.0, -5.0, math.nan, math.inf])
def test_a_temperature_that_is_none_is_refused(temperature_k):
    with pytest.raises(ValueError, match="temperature_k"):
        kept(FITS["vtf"]()).ln_conductivity(temperature_k)


GOOD = {"activation_energy": 0.5, "pre_exponential": 1e8}


@pytest.mark.parametrize(
    ("law", "values"),
    [
        ("arrhenius", {"activation_energy": 0.5}),
        ("arrhenius", GOOD | {"pre_exponential": None}),
        ("arrhenius", GOOD | {"activation_energy": None}),
        ("arrhenius", GOOD | {"pre_exponential": math.inf}),
        ("arrhenius", GOOD | {"pre_exponential": -1.0}),
        ("vtf", {"pseudo_activation_energy": 0.1, "vogel_temperature": 350.0, "pre_exponential": 1.0}),
        ("two_segments", GOOD),
        ("power law", GOOD),
    ],
)
def test_parameters_that_are_no_law_are_refused(law, values):
    with pytest.raises(ValueError, match=r"law|domain"):
        function_from_parameters(law, "ln_sigma", values, (300.0, 400.0))


@pytest.mark.parametrize("missing", ["reference", "parameters", "covariance", "temperature_range_k"])
def test_a_description_that_lacks_something_is_refused(missing):
    described = function_of(FITS["vtf"]()).as_dict()
    del described[missing]
    with pytest.raises(ValueError, match=f"does not describe a law.*{missing}"):
        function_from_dict("vtf", "T^-0.5", described)


@pytest.mark.parametrize(("law", "form"), [("power", "ln_sigma"), ("arrhenius", "T^-0.5")])
def test_a_law_or_form_that_is_not_known_is_refused(law, form):
    described = function_of(FITS["arrhenius, ln(sigma)"]()).as_dict()
    with pytest.raises(ValueError, match="must be"):
        function_from_dict(law, form, described).ln_conductivity(300.0)


@pytest.mark.parametrize("temperature_k", [250.0, 298.15, 350.0, 420.0])
def test_a_kept_function_knows_the_spread_over_the_laws_that_remain_possible(temperature_k):
    kelvin = 333.15 + 10.0 * np.arange(6)
    exact = 30 / np.sqrt(kelvin) * np.exp(-0.1 / (8.617333262e-5 * (kelvin - 200)))
    sigma = exact * (1 + 0.02 * np.random.default_rng(3).standard_normal(6))
    choice = fit_temperature_law(kelvin, sigma, standard_uncertainty_s_m=0.02 * sigma)
    others = {law: fit for law, fit in choice.possible.items() if fit is not choice.preferred}
    assert others, "the choice is decided, so that nothing is shown"
    rivals = [function_of(fit, None, choice.weights[law]) for law, fit in others.items()]
    made = function_of(choice.preferred, None, choice.weights[choice.law], rivals)
    kept = function_from_dict(made.law, made.form, json.loads(json.dumps(made.as_dict())))
    alone = kept.ln_conductivity([temperature_k])[1][0]
    spread = math.hypot(alone, *(one.change for one in kept.law_components(temperature_k)))
    assert spread == pytest.approx(choice.conductivity_s_m(temperature_k).relative_uncertainty, rel=1e-6)


def test_a_law_without_rivals_has_no_spread():
    kelvin = np.linspace(300, 380, 9)
    sigma = 1e5 / kelvin * np.exp(-0.5 / (8.617333262e-5 * kelvin))
    made = function_of(fit_arrhenius(kelvin, sigma, standard_uncertainty_s_m=0.01 * sigma))
    assert made.law_components(250.0) == []
    assert "rivals" not in made.as_dict()
