import math

import numpy as np
import pytest

from labctl.analysis import Estimate, ionicity, nernst_einstein


def test_one_molar_of_a_salt_in_water_at_infinite_dilution_is_near_its_limiting_conductivity():
    # KCl: D = 1.957e-9 and 2.032e-9 m2/s, limiting molar conductivity 149.8e-4 S m2/mol (CRC Handbook)
    found = nernst_einstein([1.957e-9, 2.032e-9], [1.0, 1.0], [1, -1], 298.15)
    assert found.value == pytest.approx(149.8e-4, rel=2e-3)


def test_charge_enters_squared():
    one, two = (nernst_einstein([1e-12], [1000.0], [z], 300.0).value for z in (1, -2))
    assert two == pytest.approx(4 * one)


def test_uncertainty_propagates_as_monte_carlo_says():
    diffusion, concentration = [Estimate(1e-11, 1e-12), Estimate(3e-11, 2e-12)], [Estimate(900.0, 30.0)] * 2
    found = nernst_einstein(diffusion, concentration, [1, -1], Estimate(333.0, 1.0))
    rng = np.random.default_rng(81)
    draw = [
        e.value + e.standard_uncertainty * rng.standard_normal(100_000) for e in (*diffusion, *concentration)
    ]
    temperature = 333.0 + rng.standard_normal(100_000)
    sigma = 96485.33212**2 / (8.314462618 * temperature) * (draw[0] * draw[2] + draw[1] * draw[3])
    assert found.standard_uncertainty == pytest.approx(sigma.std(), rel=0.02)


def test_ionicity_is_the_measured_share():
    found = ionicity(Estimate(0.3, 0.01), Estimate(0.5, 0.02))
    assert found.value == pytest.approx(0.6)
    assert found.relative_uncertainty == pytest.approx(math.hypot(0.01 / 0.3, 0.02 / 0.5))
    with pytest.raises(ValueError, match="measured_s_m must be positive"):
        ionicity(0.0, 0.5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1e-12], [1000.0, 1.0], [1], 300.0), "must name the same ions, got 1, 2 and 1"),
        (([], [], [], 300.0), "must name the same ions, got 0, 0 and 0"),
        (([1e-12], [1000.0], [0], 300.0), "charge must not be zero"),
        (([1e-12], [1000.0], [1], 0.0), "temperature_k must be positive"),
        (([-1e-12], [1000.0], [1], 300.0), r"diffusion_coefficient_m2_s\[0\] must not be negative"),
        (([1e-12], [math.nan], [1], 300.0), r"concentration_mol_m3\[0\] must be finite"),
    ],
)
def test_nonsense_is_refused_in_words(arguments, words):
    with pytest.raises(ValueError, match=words):
        nernst_einstein(*arguments)
