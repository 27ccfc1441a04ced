"""A change of the circuit along a series enters the uncertainty of the law that it bends."""

import numpy as np
import pytest

from labctl.analysis import fit_arrhenius
from labctl.analysis.laws.circuit_changes import circuit_errors
from labctl.analysis.laws.common_errors import Responses

KELVIN = np.linspace(300.0, 390.0, 10)
ENERGY_EV = 0.4
LINE, CPE = "p(R1,CPE1)-TLM2", "p(R1,CPE1)-CPE2"
BOTH = [LINE] * 7 + [CPE] * 3


def fitted(step=0.0, noise=1e-3, stated=True, seed=1):
    """Arrhenius' law through points of which the last three are off by a relative step."""
    rng = np.random.default_rng(seed)
    sigma = np.exp(5.0 - ENERGY_EV / 8.617333262e-5 / KELVIN) / KELVIN
    sigma = sigma * np.where(np.arange(10) < 7, 1.0, 1 + step) * np.exp(noise * rng.standard_normal(10))
    uncertainty = noise * sigma if stated else None
    return fit_arrhenius(KELVIN, sigma, standard_uncertainty_s_m=uncertainty, are_kelvin=True)


def energy_ev(fit, circuits):
    return Responses.of(fit, circuit_errors(fit, circuits)).parameters()["activation_energy_ev"]


@pytest.mark.parametrize("stated", [True, False])
def test_a_step_at_the_change_widens_the_energy_until_it_holds_the_truth(stated):
    fit = fitted(step=0.02, stated=stated)
    plain, found = fit.activation_energy_ev, energy_ev(fit, BOTH)
    assert abs(plain.value - ENERGY_EV) > 2 * abs(found.value - plain.value)
    assert found.value == plain.value
    assert abs(found.value - ENERGY_EV) < 2 * found.standard_uncertainty
    assert "circuit" in {one.source for one in found.components}


def test_the_energy_moves_as_far_as_the_law_without_the_other_circuit_lies_from_it():
    fit = fitted(step=0.02)
    (one,) = (c for c in energy_ev(fit, BOTH).components if c.source == "circuit")
    alone = fit_arrhenius(KELVIN[:7], np.exp(fit.series.ln_sigma())[:7], are_kelvin=True)
    moved_ev = fit.activation_energy_ev.value - alone.activation_energy_ev.value
    assert abs(one.change) == pytest.approx(abs(moved_ev), rel=0.5)


def test_circuits_that_agree_change_nothing():
    kept = [circuit_errors(fitted(seed=seed), BOTH) for seed in range(200)]
    assert 2 <= sum(bool(errors) for errors in kept) <= 22  # 5 % by chance


@pytest.mark.parametrize(
    "circuits", [[CPE] * 10, [""] * 10, [LINE] * 9 + [CPE], [LINE] * 8 + [CPE, "R0-p(R1,CPE1)-CPE2"]]
)
def test_one_circuit_and_single_points_of_another_say_nothing_about_a_step(circuits):
    assert circuit_errors(fitted(step=0.05), circuits) == []


def test_a_point_without_a_circuit_takes_part_in_no_step():
    (error,) = circuit_errors(fitted(step=0.02), [*BOTH[:-1], ""])
    assert error.ln_sigma[0, -1] == 0.0
    assert error.ln_sigma[0, 7] == error.ln_sigma[0, 8] > 0.005


def test_another_number_of_circuits_than_points_is_refused():
    with pytest.raises(ValueError, match="one circuit for each of 10 points, got 2"):
        circuit_errors(fitted(), [LINE, CPE])
