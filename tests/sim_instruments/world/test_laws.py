import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_instruments.world.laws import BOLTZMANN_EV_K, Arrhenius, TwoRegimes, VogelTammannFulcher, law_from


@given(st.floats(250, 900), st.floats(250, 900), st.floats(0.1, 1.5))
def test_an_arrhenius_slope_is_the_activation_energy(first_k, second_k, energy_ev):
    law = Arrhenius(1e-3, 373.15, energy_ev)
    ratio = law.conductivity_s_m(first_k) * first_k / (law.conductivity_s_m(second_k) * second_k)
    assert math.log(ratio) == pytest.approx(
        energy_ev / BOLTZMANN_EV_K * (1 / second_k - 1 / first_k), abs=1e-9
    )


def test_the_two_forms_differ_by_the_prefactor():
    with_t, without = (Arrhenius(1.0, 300.0, 0.5, form) for form in ("ln_sigma_t", "ln_sigma"))
    assert with_t.conductivity_s_m(600) == pytest.approx(without.conductivity_s_m(600) / 2)


def test_vtf_keeps_its_reference_and_freezes_below_its_vogel_temperature():
    law = VogelTammannFulcher(1e-2, 333.15, 0.09, 210.0)
    assert law.conductivity_s_m(333.15) == pytest.approx(1e-2)
    b_k = 0.09 / BOLTZMANN_EV_K
    expected = 1e-2 * math.sqrt(333.15 / 373.15) * math.exp(b_k * (1 / 123.15 - 1 / 163.15))
    assert law.conductivity_s_m(373.15) == pytest.approx(expected)
    assert 0 < law.conductivity_s_m(190.0) < 1e-12


def test_two_regimes_are_their_own_laws_far_from_the_transition():
    below, above = Arrhenius(1e-4, 333.0, 1.2, "ln_sigma"), Arrhenius(1e-4, 333.0, 0.4, "ln_sigma")
    law = TwoRegimes(below, above, 333.0)
    assert law.conductivity_s_m(313.0) == pytest.approx(below.conductivity_s_m(313.0), rel=1e-6)
    assert law.conductivity_s_m(353.0) == pytest.approx(above.conductivity_s_m(353.0), rel=1e-6)


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"law": "linear"}, "law"),
        ({"conductivity_s_m": 1.0, "temperature_k": 300.0}, "activation_energy_ev"),
        ({"conductivity_s_m": "1", "temperature_k": 300.0, "activation_energy_ev": 1.0}, "conductivity_s_m"),
        ({"form": "ln_rho"}, "form"),
        ({"law": "two_regimes", "below": 3}, "below"),
    ],
)
def test_a_wrong_entry_is_named(entry, named):
    with pytest.raises(ValueError, match=named):
        law_from(entry)
