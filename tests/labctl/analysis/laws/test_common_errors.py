"""Errors common to the points of a law, carried into its parameters."""

import math

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius, fit_two_segments, fit_vtf
from labctl.analysis.laws.common_errors import CommonError, Responses, common_errors, ranges_of_analyser
from labctl.analysis.numerics.budget import Component
from labctl.analysis.numerics.thermometer import TemperatureError, thermometer_components

KELVIN = 273.15 + np.linspace(50, 110, 7)
KB = 8.617333262e-5
ARRHENIUS = 1e7 / KELVIN * np.exp(-0.84 / (KB * KELVIN))
VTF = 30 / np.sqrt(KELVIN) * np.exp(-0.1 / (KB * (KELVIN - 200)))
MANY = 273.15 + np.linspace(20, 140, 13)
BROKEN = np.exp(-np.where(MANY < 353, 0.6, 0.4) * (1 / (KB * MANY) - 1 / (KB * 353)))


def of_arrhenius(kelvin, sigma):
    return fit_arrhenius(kelvin, sigma, "ln_sigma_t", standard_uncertainty_s_m=0.01 * sigma)


def of_vtf(kelvin, sigma):
    return fit_vtf(kelvin, sigma, standard_uncertainty_s_m=0.01 * sigma)


def of_two_segments(kelvin, sigma):
    return fit_two_segments(kelvin, sigma, "ln_sigma", "kink", standard_uncertainty_s_m=0.01 * sigma)


LAWS = {
    "arrhenius": (of_arrhenius, KELVIN, ARRHENIUS),
    "vtf": (of_vtf, KELVIN, VTF),
    "two_segments": (of_two_segments, MANY, BROKEN),
}


def changed(fit, estimates, name, source):
    return sum(one.change for one in estimates[name].components if one.source == source)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("gain", [0.0, 1e-3])
def test_an_error_of_all_temperatures_changes_every_parameter_as_a_fit_with_them_does(law, gain):
    fitted, kelvin, sigma = LAWS[law]
    shift_k = 0.1 + gain * (kelvin - 273.15)
    fit, shifted = fitted(kelvin, sigma), fitted(kelvin + shift_k, sigma)
    error = CommonError.of_temperature(TemperatureError("thermometer", "thermometer offset", shift_k))
    estimates = Responses.of(fit, [error]).parameters()
    assert len(estimates) >= 2
    for name in estimates:
        found, expected = getattr(fit, name).value, getattr(shifted, name).value
        change = changed(fit, estimates, name, "thermometer")
        if name.startswith("pre_exponential"):
            change, found, expected = change / found, math.log(found), math.log(expected)
        assert change == pytest.approx(expected - found, rel=0.03, abs=2e-5 * abs(found)), name


@pytest.mark.parametrize("law", LAWS)
def test_a_factor_common_to_all_points_changes_pre_exponentials_alone(law):
    fitted, kelvin, sigma = LAWS[law]
    error = CommonError("thickness", "thickness", np.full((1, kelvin.size), 0.02))
    estimates = Responses.of(fitted(kelvin, sigma), [error]).parameters()
    for name, estimate in estimates.items():
        part = sum(one.change for one in estimate.components if one.source == "thickness") / estimate.value
        assert part == pytest.approx(0.02 if name.startswith("pre_exponential") else 0.0, abs=1e-9), name


@pytest.mark.parametrize(("name", "mev"), [("PT100 A wire", 0.68), ("PT100 B wire", 1.6)])
def test_the_class_of_a_resistance_thermometer_limits_an_activation_energy(name, mev):
    errors, _ = thermometer_components({"class": name}, KELVIN)
    fit = of_arrhenius(KELVIN, ARRHENIUS)
    estimates = Responses.of(fit, map(CommonError.of_temperature, errors)).parameters()
    (entry,) = [e for e in estimates["activation_energy_ev"].budget() if e["source"] == "thermometer"]
    assert 1e3 * entry["standard_uncertainty"] == pytest.approx(mev, rel=0.05)
    assert (entry["type"], entry["common"]) == ("B", True)


def test_a_conductivity_at_another_temperature_has_the_parts_of_all_errors():
    fit = of_arrhenius(KELVIN, ARRHENIUS)
    errors = [CommonError("area", "area", np.full((1, 7), 0.03))]
    at_room = Responses.of(fit, errors).conductivity_s_m(298.15, fit.conductivity_s_m(298.15))
    noise = fit.conductivity_s_m(298.15).relative_uncertainty
    assert at_room.relative_uncertainty == pytest.approx(math.hypot(0.03, noise))
    assert at_room.interval()[0] * at_room.interval()[1] == pytest.approx(at_room.value**2)


def test_linear_propagation_into_a_vtf_law_agrees_with_drawn_thermometers():
    rng = np.random.default_rng(20)
    fit = of_vtf(KELVIN, VTF)
    errors, _ = thermometer_components({"class": "PT100 B wire"}, KELVIN)
    estimates = Responses.of(fit, map(CommonError.of_temperature, errors)).parameters()
    drawn = [
        of_vtf(KELVIN + sum(e.change_k * rng.uniform(-1, 1) * math.sqrt(3) for e in errors), VTF)
        for _ in range(60)
    ]
    for name in ("vogel_temperature_k", "pseudo_activation_energy_ev"):
        part = math.hypot(*(c.change for c in estimates[name].components if c.source == "thermometer"))
        assert part == pytest.approx(np.std([getattr(one, name).value for one in drawn]), rel=0.3)


def test_points_of_one_current_range_share_their_gain_and_keep_the_activation_energy():
    fit = of_arrhenius(KELVIN, ARRHENIUS)
    rows, _ = ranges_of_analyser(np.full(7, 0.003), np.full(7, 2e4), (0.0, 0.5))
    estimates = Responses.of(fit, [CommonError("analyser", "analyser", rows)]).parameters()
    parts = {name: [c for c in e.components if c.source == "analyser"] for name, e in estimates.items()}
    assert sum(abs(c.change) for c in parts["activation_energy_ev"]) < 1e-12
    assert parts["pre_exponential"][0].change == pytest.approx(
        0.003 * estimates["pre_exponential"].value, rel=1e-6
    )


def test_a_change_of_the_current_range_within_a_series_tilts_the_law():
    fit = of_arrhenius(KELVIN, ARRHENIUS)
    resistance = 1e4 * ARRHENIUS[3] / ARRHENIUS
    rows, _ = ranges_of_analyser(np.full(7, 0.003), resistance, (0.0, 0.2, 0.4, 0.6, 0.8))
    estimate = Responses.of(fit, [CommonError("analyser", "analyser", rows)]).parameters()
    (part,) = [c for c in estimate["activation_energy_ev"].components if c.source == "analyser"]
    assert 0.2e-3 < part.change < 2e-3


def test_the_errors_of_points_are_gathered_by_their_cause():
    thickness = Component("thickness", 0.01, "B", True, "thickness")
    leads = Component("leads", -0.002, "B", True, "leads")
    found = common_errors([{"thickness": thickness}, {"thickness": thickness, "leads": leads}])
    assert [(one.source, one.ln_sigma.tolist()) for one in found] == [
        ("thickness", [[0.01, 0.01]]),
        ("leads", [[0.0, -0.002]]),
    ]
