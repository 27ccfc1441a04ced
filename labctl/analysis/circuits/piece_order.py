"""Order of the pieces of a circuit that are alike: by their time constant, fastest first."""

from functools import lru_cache

import numpy as np

from labctl.analysis.circuits.circuit import Circuit, Join, Leaf, Node, parse_circuit
from labctl.analysis.circuits.elements import CAPACITANCE, CPE_ADMITTANCE, RESISTANCE, TIME
from labctl.analysis.numerics.arrays import Array, FloatArray, IndexArray


def alike(a: Node, b: Node) -> bool:
    """The same elements joined in the same way."""
    if isinstance(a, Leaf) and isinstance(b, Leaf):
        return a.element is b.element
    if isinstance(a, Join) and isinstance(b, Join) and a.parallel == b.parallel:
        return len(a.branches) == len(b.branches) and all(map(alike, a.branches, b.branches))
    return False


@lru_cache(maxsize=256)
def groups(description: str) -> list[list[Node]]:
    """The pieces a circuit joins in series, those that are alike together."""
    circuit = parse_circuit(description)
    found: list[list[Node]] = []
    for piece in circuit.series:
        twins = next((group for group in found if alike(group[0], piece)), None)
        if twins is None:
            found.append([piece])
        else:
            twins.append(piece)
    return found


def fastest_first(circuit: Circuit, x: FloatArray) -> IndexArray | None:
    """Order (..., p) of logarithmic parameters x (..., p) that sorts pieces that are alike by their time.

    None where no two pieces are alike.
    """
    twins = [group for group in groups(circuit.description) if len(group) > 1]
    if not twins:
        return None
    order = np.zeros(x.shape, np.intp) + np.arange(x.shape[-1])
    for group in twins:
        times = np.array([_log_time(circuit, piece, x) for piece in group])
        firsts = np.array([piece.first for piece in group])
        for place, first in zip(group, firsts[np.argsort(times, axis=0, kind="stable")], strict=True):
            order[..., place.first : place.stop] = first[..., None] + np.arange(place.stop - place.first)
    return order


def _log_time(circuit: Circuit, piece: Node, x: FloatArray) -> Array:
    """Logarithm (...) of tau, of R C or of (R Q)^(1/n); 0 for a piece without a time."""
    places = range(piece.first, piece.stop)
    resistances = [x[..., i] for i in places if circuit.kinds[i] is RESISTANCE]
    for i in places:
        if circuit.kinds[i] is TIME:
            return x[..., i]
        if circuit.kinds[i] in (CAPACITANCE, CPE_ADMITTANCE) and resistances:
            exponent = np.exp(x[..., i + 1]) if circuit.kinds[i] is CPE_ADMITTANCE else 1.0
            return (resistances[0] + x[..., i]) / exponent
    return np.zeros(x.shape[:-1])
