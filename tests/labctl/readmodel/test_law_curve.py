"""A law that is drawn is the law that is stored: nothing is fitted, and its points are those it names."""

import json

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius, fit_two_segments, fit_vtf
from labctl.analysis.laws.law_function import function_of
from labctl.readmodel.law_curve import (
    NO_BAND_KEPT,
    NO_BAND_KNOWN,
    WIDTH_NOT_KEPT,
    law_curve,
    law_curves,
    on_a_plot,
    points_of,
)

EV_K = 8.617333262e-5
TEMPERATURE_K = np.linspace(300.0, 400.0, 12)
NOISE = np.exp(0.01 * np.random.default_rng(7).standard_normal(12))
SIGMA = 1e8 / TEMPERATURE_K * np.exp(-0.5 / (EV_K * TEMPERATURE_K)) * NOISE
PARAMETERS = {
    "arrhenius": ("activation_energy_ev", "pre_exponential"),
    "vtf": ("pseudo_activation_energy_ev", "vogel_temperature_k", "pre_exponential"),
    "two_segments": (
        "activation_energy_below_ev",
        "activation_energy_above_ev",
        "break_temperature_k",
        "pre_exponential_below",
        "pre_exponential_above",
    ),
}


def point(spectrum_id, kelvin, sigma, **about):
    row = {"spectrum_id": spectrum_id, "temperature_k": kelvin, "conductivity_s_m": sigma, "bound": None}
    return row | about


POINTS = tuple(
    point(n + 1, float(t), float(s)) for n, (t, s) in enumerate(zip(TEMPERATURE_K, SIGMA, strict=True))
)


def older_row(fit, **about):
    """A row as labctl wrote it before laws kept their curve."""
    function = function_of(fit)
    names = {name: name.removesuffix("_ev").removesuffix("_k") for name in PARAMETERS[function.law]}
    parameters = {short: {"value": getattr(fit, name).value} for name, short in names.items()}
    row = {"law": function.law, "form": function.form, "branch": "all", "preferred": 1}
    return row | {"parameters": parameters | {"weight": {"value": 1.0}}} | about


def stored_row(fit, spectra, **about):
    curve = json.loads(json.dumps(function_of(fit).as_dict()))
    return older_row(fit) | {"curve": curve, "spectra": spectra} | about


def _fits(kelvin=TEMPERATURE_K, sigma=SIGMA):
    return [
        fit_arrhenius(kelvin, sigma),
        fit_arrhenius(kelvin, sigma, "ln_sigma"),
        fit_vtf(kelvin, sigma * np.exp(-0.02 * (kelvin - 350) ** 2 / 350)),
        fit_two_segments(kelvin, np.where(kelvin > 350, 2, 1) * sigma, transition="kink"),
    ]


FITS = _fits()


@pytest.fixture
def no_fit(monkeypatch):
    """Fail when anything is fitted."""

    def refuse(*_, **__):
        raise AssertionError("a law was fitted again")

    for module in ("arrhenius", "vtf", "two_segments"):
        monkeypatch.setattr(f"labctl.analysis.laws.{module}.temperature_series", refuse)


@pytest.mark.parametrize("fit", FITS, ids=lambda fit: fit.headline)
def test_the_curve_and_its_95_percent_band_are_those_of_the_stored_fit(fit, no_fit):
    curve = law_curve(stored_row(fit, []), POINTS)
    value, u = fit.ln_conductivity(curve.temperature_k)
    assert curve.ln_sigma == pytest.approx(value, abs=1e-12)
    low, high = fit.conductivity_s_m(float(curve.temperature_k[7])).interval()
    assert curve.ln_half_width[7] == pytest.approx(np.log(high / low) / 2, rel=1e-9)
    assert (curve.ln_half_width > u).all()
    assert curve.has_band
    assert curve.remark == ""
    assert (curve.temperature_k[0], curve.temperature_k[-1]) == (300.0, 400.0)


def test_conductivities_that_came_or_changed_since_do_not_move_the_stored_curve(no_fit):
    row = stored_row(FITS[0], [1, 2, 3])
    more = (*POINTS, point(99, 450.0, 1.0), point(98, 250.0, 1e3))
    assert law_curve(row, more).ln_sigma == pytest.approx(law_curve(row, POINTS).ln_sigma, abs=0)
    assert law_curve(row, ()).temperature_k[-1] == 400.0


@pytest.mark.parametrize("fit", FITS, ids=lambda fit: fit.headline)
@pytest.mark.parametrize("missing", [{}, {"curve": None, "spectra": None}], ids=["no column", "NULL"])
def test_a_row_of_an_older_labctl_is_drawn_from_its_parameters_without_a_band(fit, missing, no_fit):
    row = older_row(fit, **missing)
    curve = law_curve(row, POINTS)
    assert curve.ln_sigma == pytest.approx(fit.ln_conductivity(curve.temperature_k)[0], abs=1e-6)
    assert not curve.has_band
    assert curve.remark == NO_BAND_KEPT
    assert (curve.temperature_k[0], curve.temperature_k[-1]) == (300.0, 400.0)
    assert points_of(row, POINTS) == ()


def test_an_older_step_is_drawn_sharp_and_says_so(no_fit):
    values = {"activation_energy_below": 0.5, "activation_energy_above": 0.3, "break_temperature": 350.0}
    values |= {"pre_exponential_below": 1e8, "pre_exponential_above": 1e6}
    row = {"law": "two_segments", "form": "ln_sigma", "branch": "all", "preferred": 1}
    row["parameters"] = {name: {"value": value} for name, value in values.items()}
    curve = law_curve(row, POINTS)
    assert curve.remark == f"{NO_BAND_KEPT}; {WIDTH_NOT_KEPT}"
    assert curve.ln_sigma[0] == pytest.approx(np.log(1e8) - 0.5 / (EV_K * 300.0))
    assert curve.ln_sigma[-1] == pytest.approx(np.log(1e6) - 0.3 / (EV_K * 400.0))


def test_a_law_whose_scatter_is_not_known_has_no_band_and_says_so():
    two = fit_arrhenius(TEMPERATURE_K[:2], SIGMA[:2])
    curve = law_curve(stored_row(two, [1, 2]), POINTS)
    assert not curve.has_band
    assert curve.remark == NO_BAND_KNOWN


def test_the_range_of_an_older_law_is_that_of_the_numbers_with_a_temperature(no_fit):
    odd = (point(20, None, 1.0), point(21, 200.0, 1.0, bound="upper"), point(22, 500.0, 1.0, bound="lower"))
    curve = law_curve(older_row(FITS[0]), (*POINTS, *odd))
    assert (curve.temperature_k[0], curve.temperature_k[-1]) == (300.0, 400.0)
    assert law_curve(older_row(FITS[0]), odd) is None


def test_a_law_without_a_value_of_a_parameter_is_not_drawn():
    row = older_row(FITS[0])
    row["parameters"]["pre_exponential"] = {"value": None}
    assert law_curve(row, POINTS) is None
    assert law_curves([row], POINTS) == ()


def test_the_points_of_a_law_are_those_that_it_names_in_its_order():
    row = stored_row(FITS[0], [5, 3, 77, 20])
    silent = point(20, None, 1.0)
    assert [found["spectrum_id"] for found in points_of(row, (*POINTS, silent))] == [5, 3]


def test_a_deviation_is_the_logarithm_of_measured_over_stored():
    fit = FITS[0]
    curve = law_curve(stored_row(fit, [4]), POINTS)
    assert curve.ln_deviation(POINTS[3]) == pytest.approx(fit.solution.residuals[3], abs=1e-12)


def test_each_law_of_all_points_is_drawn_once_with_the_preferred_last():
    arrhenius, other, vtf, _ = FITS
    rows = [
        stored_row(arrhenius, []),
        stored_row(other, [], preferred=0),
        stored_row(vtf, [], preferred=0),
        stored_row(arrhenius, [], branch="heating"),
    ]
    drawn = [(curve.row["law"], curve.row["form"]) for curve in law_curves(rows, POINTS)]
    assert drawn == [("vtf", "T^-0.5"), ("arrhenius", "ln_sigma_t")]


def test_a_conductivity_without_temperature_has_no_place_on_a_plot():
    assert on_a_plot([point(1, None, 1.0), *POINTS]) == list(POINTS)
