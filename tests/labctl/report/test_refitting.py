"""Drawn laws equal the stored laws in form, points and energy."""

import numpy as np
import pytest

from labctl.report.refitting import fitted_again

BOLTZMANN_EV_K = 8.617333262e-5
TEMPERATURE_K = np.linspace(300.0, 400.0, 9)


def point(kelvin, sigma, bound=None):
    return {
        "temperature_k": kelvin,
        "temperature_u_k": 0.0,
        "conductivity_s_m": sigma,
        "relative_uncertainty_resistance": None if bound else 0.01,
        "bound": bound,
    }


@pytest.mark.parametrize(("form", "energy_ev"), [("ln_sigma_t", 0.6), ("ln_sigma", 0.57)])
def test_the_form_is_that_of_the_row(form, energy_ev):
    prefactor = TEMPERATURE_K if form == "ln_sigma_t" else np.ones_like(TEMPERATURE_K)
    sigma = 1e6 / prefactor * np.exp(-energy_ev / BOLTZMANN_EV_K / TEMPERATURE_K)
    fit = fitted_again([*map(point, TEMPERATURE_K, sigma)], {"law": "arrhenius", "form": form})
    assert fit.activation_energy_ev.value == pytest.approx(energy_ev, abs=1e-6)


@pytest.mark.parametrize("bound", ["upper", "lower"])
def test_a_bound_is_no_point_of_the_law(bound):
    sigma = 1e6 / TEMPERATURE_K * np.exp(-0.6 / BOLTZMANN_EV_K / TEMPERATURE_K)
    aside = sigma[0] * (100 if bound == "upper" else 0.01)
    points = [*map(point, TEMPERATURE_K[1:], sigma[1:]), point(TEMPERATURE_K[0], aside, bound)]
    fit = fitted_again(points, {"law": "arrhenius", "form": "ln_sigma_t"})
    assert fit.activation_energy_ev.value == pytest.approx(0.6, abs=1e-6)
