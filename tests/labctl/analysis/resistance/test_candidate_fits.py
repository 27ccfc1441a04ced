import numpy as np
import pytest

from labctl.analysis import Spectrum, ionic_resistance, parse_circuit
from labctl.analysis.resistance.candidates import ARCS, BLOCKING, REVERSIBLE

SEVEN_POINTS = np.logspace(5, -1, 7)


@pytest.fixture
def of_few_points() -> Spectrum:
    """Points too far apart and too noisy for any circuit to describe them well."""
    z = parse_circuit("R0-p(R1,CPE1)-CPE2").impedance([40, 5e3, 2e-9, 0.95, 3e-6, 0.9], SEVEN_POINTS)
    rng = np.random.default_rng(3)
    return Spectrum(SEVEN_POINTS, z * (1 + 0.1 * rng.standard_normal(7) + 0.1j * rng.standard_normal(7)))


@pytest.mark.parametrize("electrodes", ["blocking", "reversible"])
def test_a_richer_electrode_is_asked_for_no_more_parameters_than_half_the_numbers(of_few_points, electrodes):
    found = ionic_resistance(of_few_points, electrodes)

    usual = {*REVERSIBLE, *BLOCKING, *ARCS}
    richer = [c.circuit for c in found.candidates if c.circuit.removeprefix("L0-") not in usual]
    assert richer
    assert max(len(parse_circuit(circuit).names) for circuit in richer) <= 7
