"""Start values of a circuit fit, from a dictionary of shapes for each piece that the circuit joins in series.

Each piece is drawn at a grid of its inner parameters (time constants, exponents) with unit size; for every
combination the sizes follow from linear least squares. The combinations with non-negative sizes and the
smallest residual are the starts. No start is ever asked from a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import numpy as np

from labctl.analysis.circuits.circuit import Circuit, Leaf, Node, parse_circuit
from labctl.analysis.circuits.elements import CAPACITANCE, CPE_ADMITTANCE, EXPONENT, RESISTANCE, TIME, Kind
from labctl.analysis.circuits.piece_order import alike
from labctl.analysis.numerics.arrays import ComplexArray, FloatArray, IndexArray

ARC_EXPONENT = 0.9
SPIKE_EXPONENTS = (0.6, 0.8, 0.95)
TIMES_PER_DECADE = 3
MOST_COMBINATIONS = 4000
TINY = 1e-30


@dataclass(frozen=True, eq=False)
class _Dictionary:
    """What does not depend on the measured impedance, kept for the next spectrum with the same frequencies.

    columns (c, 2n): impedance of each shape, real and imaginary in turn; owners: the columns of each piece;
    choices (pieces, k): columns to try together; pairs (pieces, pieces, k): where their products stand among
    c * c.
    """

    shapes: list[FloatArray]
    columns: FloatArray
    owners: tuple[range, ...]
    choices: IndexArray
    pairs: IndexArray


def starting_points(
    circuit: Circuit, omega: FloatArray, z: ComplexArray, weight: FloatArray, count: int
) -> FloatArray:
    """Logarithms of the parameters, (count or fewer, p), best first.

    omega (n,) rad/s and z (n,), both scaled to about one; weight (n,) multiplies the residuals.
    """
    known = _dictionary(circuit.description, omega.tobytes())
    columns = known.columns * np.repeat(weight, 2)
    sizes, cost = _solve(columns, (z * weight).view(float), known)
    best = _distinct(cost, known.choices, count)
    return _assemble(circuit, known, known.choices[:, best], sizes[:, best])


@lru_cache(maxsize=64)
def _dictionary(description: str, omega_bytes: bytes) -> _Dictionary:
    circuit, omega = parse_circuit(description), np.frombuffer(omega_bytes)
    shapes = [_shapes(piece, circuit, omega) for piece in circuit.series]
    with np.errstate(all="ignore"):
        columns, owners = _draw(circuit, shapes, omega)
    choices = _combinations(owners)
    pairs = choices[:, None] * len(columns) + choices
    return _Dictionary(shapes, columns.view(float), owners, choices, pairs)


def _shapes(piece: Node, circuit: Circuit, omega: FloatArray) -> FloatArray:
    """Inner parameters to try, as logarithms (m, parameters of the piece); every resistance is one."""
    kinds = circuit.kinds[piece.first : piece.stop]
    if isinstance(piece, Leaf) and not _has_own_time(kinds):
        exponents = SPIKE_EXPONENTS if EXPONENT in kinds else (1.0,)
        return np.array([[np.log(n) if kind is EXPONENT else 0.0 for kind in kinds] for n in exponents])
    times = _time_grid(omega)
    slow = [kind in (CAPACITANCE, CPE_ADMITTANCE, TIME) for kind in kinds]
    grids = [times if is_slow else np.zeros(1) for is_slow in slow]
    chosen = _thin(grids)
    for i, kind in enumerate(kinds):
        if kind is EXPONENT:
            chosen[:, i] = np.log(ARC_EXPONENT)
            if kinds[i - 1] is CPE_ADMITTANCE:
                chosen[:, i - 1] *= ARC_EXPONENT  # Q R = tau^n
    return chosen


def _has_own_time(kinds: tuple[Kind, ...]) -> bool:
    """A time constant is a parameter, or follows from a resistance and an admittance."""
    return TIME in kinds or (RESISTANCE in kinds and CPE_ADMITTANCE in kinds)


def _time_grid(omega: FloatArray) -> FloatArray:
    low, high = -np.log(omega.max()) - 0.7, -np.log(omega.min()) + 0.7
    return np.linspace(low, high, max(3, int(TIMES_PER_DECADE * (high - low) / np.log(10)) + 1))


def _thin(grids: list[FloatArray]) -> FloatArray:
    """All products of the grids while they are few, else a seeded sample of them."""
    if np.prod([len(grid) for grid in grids]) <= 400:
        return np.array(list(product(*grids)))
    rng = np.random.default_rng(0)
    return np.column_stack([rng.choice(grid, 400) for grid in grids])


def _draw(
    circuit: Circuit, shapes: list[FloatArray], omega: FloatArray
) -> tuple[ComplexArray, tuple[range, ...]]:
    """Every shape of every piece (c, n) and the columns of each piece; pieces that are alike share theirs."""
    columns: list[ComplexArray] = []
    owners: list[range] = []
    first, ln_w = 0, np.log(omega)
    for piece, inner in zip(circuit.series, shapes, strict=True):
        twin = next((j for j, other in enumerate(circuit.series[: len(owners)]) if alike(piece, other)), None)
        if twin is not None:
            owners.append(owners[twin])
            continue
        p = np.ones((len(inner), len(circuit.names)))
        p[:, piece.first : piece.stop] = np.exp(inner)
        dz = np.empty((*p.shape, omega.size), complex)
        z = piece.evaluate(ln_w, p[..., None], dz)
        columns.append(np.broadcast_to(z, (len(inner), omega.size)).astype(complex))
        owners.append(range(first, first + len(inner)))
        first += len(inner)
    return np.concatenate(columns), tuple(owners)


@lru_cache(maxsize=64)
def _combinations(owners: tuple[range, ...]) -> IndexArray:
    """Columns to try together (pieces, k). Pieces that are alike take different columns, fastest first."""
    members: dict[int, list[int]] = {}
    for i, owner in enumerate(owners):
        members.setdefault(owner.start, []).append(i)
    picks = [
        list(combinations(owners[places[0]], len(places))) or [(start,) * len(places)]
        for start, places in members.items()
    ]
    order = [place for places in members.values() for place in places]
    table = np.array([[column for pick in row for column in pick] for row in _rows(picks)], dtype=np.intp)
    return np.ascontiguousarray(table[:, np.argsort(order)].T)


def _rows(groups: list[list[tuple[int, ...]]]) -> Iterable[tuple[tuple[int, ...], ...]]:
    """Every way to take one pick from each group, or a seeded sample when there are too many."""
    if np.prod([len(picks) for picks in groups]) <= MOST_COMBINATIONS:
        return product(*groups)
    rng = np.random.default_rng(0)
    drawn = [rng.integers(len(picks), size=MOST_COMBINATIONS) for picks in groups]
    return (tuple(picks[i] for picks, i in zip(groups, row, strict=True)) for row in zip(*drawn, strict=True))


def _solve(columns: FloatArray, target: FloatArray, known: _Dictionary) -> tuple[FloatArray, FloatArray]:
    """Sizes (pieces, k) and residual cost (k,) of every combination; negative sizes are cut and cost."""
    gram = columns @ columns.T
    norm = np.sqrt(gram.diagonal()) + 1e-300
    gram /= norm * norm[:, None]
    gram.ravel()[:: len(gram) + 1] += 1e-9
    g = gram.ravel().take(known.pairs)
    b = (columns @ target / norm)[known.choices]
    sizes = _eliminate(g, b)
    sizes = np.maximum(sizes, 1e-4 * np.abs(sizes).max(axis=0))
    cost = (((g * sizes).sum(axis=1) - 2 * b) * sizes).sum(axis=0)
    return sizes / norm[known.choices], cost


def _eliminate(matrices: FloatArray, right: FloatArray) -> FloatArray:
    """Solutions (n, k) of k small positive definite systems, matrices (n, n, k) and right (n, k)."""
    a, x, n = matrices.copy(), right.copy(), len(right)
    for i in range(n):
        for j in range(i + 1, n):
            factor = a[i, j] / a[i, i]
            a[j, j:] -= factor * a[i, j:]
            x[j] -= factor * x[i]
    for i in reversed(range(n)):
        for j in range(i + 1, n):
            x[i] -= a[i, j] * x[j]
        x[i] /= a[i, i]
    return x


def _distinct(cost: FloatArray, choices: IndexArray, count: int) -> list[int]:
    """The best combinations that differ by more than one grid step somewhere."""
    left = np.where(np.isnan(cost), np.inf, cost)
    chosen = [int(np.argmin(left))]
    while len(chosen) < count:
        last = choices[:, chosen[-1], None]
        left[(np.abs(choices - last) <= 1).all(axis=0)] = np.inf
        best = int(np.argmin(left))
        if np.isinf(left[best]):
            break
        chosen.append(best)
    return chosen


def _assemble(circuit: Circuit, known: _Dictionary, choices: IndexArray, sizes: FloatArray) -> FloatArray:
    """The logarithmic parameters (k, p) of some combinations, choices and sizes (pieces, k)."""
    x = np.empty((choices.shape[1], len(circuit.names)))
    powers = np.array([float(kind.impedance_power) for kind in circuit.kinds])
    log_sizes = np.log(np.maximum(sizes, TINY))
    for piece, inner, owner, columns, ln in zip(
        circuit.series, known.shapes, known.owners, choices, log_sizes, strict=True
    ):
        own = slice(piece.first, piece.stop)
        x[:, own] = inner[columns - owner.start] + powers[own] * ln[:, None]
    return x
