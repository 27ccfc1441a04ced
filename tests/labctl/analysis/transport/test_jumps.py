"""From jumps to diffusion, from carriers to a conductivity."""

import pytest

from labctl.analysis import Estimate, carrier_conductivity, jump_diffusion, nernst_einstein

KT_J = 1.380649e-23 * 300.0
CHARGE_C = 1.602176634e-19


def test_a_jump_of_three_angstroms_each_nanosecond_is_a_sixth_of_its_square_over_its_time():
    assert jump_diffusion(3e-10, 1e-9).value == pytest.approx(1.5e-11)
    assert jump_diffusion(3e-10, 1e-9, dimensions=1).value == pytest.approx(4.5e-11)


def test_the_uncertainty_of_a_jump_length_counts_twice():
    found = jump_diffusion(Estimate(3e-10, 3e-12), Estimate(1e-9, 1e-11))
    assert found.standard_uncertainty / found.value == pytest.approx((0.02**2 + 0.01**2) ** 0.5)


def test_carriers_conduct_as_nernst_and_einstein_say_where_their_mobility_is_that_of_their_diffusion():
    diffusion, mol_m3 = 1e-12, 1000.0
    mobility = 2 * CHARGE_C * diffusion / KT_J
    found = carrier_conductivity(mol_m3 * 6.02214076e23, -2, mobility)
    assert found.value == pytest.approx(nernst_einstein([diffusion], [mol_m3], [-2], 300.0).value, rel=1e-6)


def test_the_uncertainties_of_density_and_mobility_add_in_squares():
    found = carrier_conductivity(Estimate(1e26, 3e24), 1, Estimate(1e-11, 4e-13))
    assert found.standard_uncertainty / found.value == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: jump_diffusion(0.0, 1e-9), "jump_length_m must be positive"),
        (lambda: jump_diffusion(3e-10, -1.0), "jump_time_s must be positive"),
        (lambda: jump_diffusion(3e-10, 1e-9, 4), "dimensions must be 1, 2 or 3"),
        (lambda: carrier_conductivity(1e26, 0, 1e-11), "neutral"),
        (lambda: carrier_conductivity(1e26, 1, float("nan")), "mobility_m2_v_s"),
    ],
)
def test_impossible_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
