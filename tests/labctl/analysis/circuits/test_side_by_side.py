import numpy as np
import pytest

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.side_by_side import SideBySide
from labctl.analysis.resistance.candidates import BLOCKING, REVERSIBLE, RICHER, RICHEST

EVERY_CANDIDATE = tuple(
    dict.fromkeys((*BLOCKING, *REVERSIBLE, *(c for of_kind in RICHER.values() for c in of_kind), *RICHEST))
)


def test_circuits_side_by_side_have_the_impedance_and_derivatives_of_each_alone():
    rng = np.random.default_rng(1)
    circuits = [parse_circuit(description) for description in EVERY_CANDIDATE]
    circuit_of = rng.permutation(np.repeat(np.arange(len(circuits)), 3))
    width = max(len(circuit.names) for circuit in circuits)
    x = rng.uniform(-2, 0, (circuit_of.size, width))
    ln_w = np.sort(rng.uniform(-8, 8, (circuit_of.size, 20)))
    dz = np.zeros((circuit_of.size, width, 20), complex)

    z = SideBySide.of(circuits, circuit_of).evaluate(x, ln_w, dz)

    for row, which in enumerate(circuit_of):
        circuit = circuits[which]
        p = len(circuit.names)
        alone = np.empty((p, 20), complex)
        np.testing.assert_allclose(z[row], circuit.evaluate(x[row, :p], ln_w[row], alone), rtol=1e-12)
        np.testing.assert_allclose(dz[row, :p], alone, rtol=1e-9, atol=1e-12)
        assert not dz[row, p:].any()


@pytest.mark.parametrize("gone", [(0,), (1, 2)])
def test_a_circuit_without_a_row_is_left_out(gone):
    circuits = [parse_circuit(description) for description in ("R0-CPE1", "R0-p(R1,CPE1)-CPE2", "R0-TLM4")]
    left = np.array([which for which in range(3) if which not in gone])
    x, ln_w = np.full((left.size, 6), -0.5), np.zeros((left.size, 4))

    z = SideBySide.of(circuits, left).evaluate(x, ln_w, np.zeros((left.size, 6, 4), complex))

    for row, which in enumerate(left):
        p = len(circuits[which].names)
        alone = circuits[which].evaluate(x[row, :p], ln_w[row], np.empty((p, 4), complex))
        np.testing.assert_allclose(z[row], alone)
