"""Start values of a circuit fit, from a dictionary of shapes for each piece that the circuit joins in series.

Each piece is drawn at a grid of its inner parameters (time constants, exponents) with unit size; for every
combination the sizes follow from linear least squares. The combinations with non-negative sizes and the
smallest residual are the starts. No start is ever asked from a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from math import isinf, prod

import numpy as np

from labctl.analysis.circuits.circuit import Circuit, Leaf, Node, parse_circuit
from labctl.analysis.circuits.elements import CAPACITANCE, CPE_ADMITTANCE, EXPONENT, RESISTANCE, TIME, Kind
from labctl.analysis.circuits.piece_order import alike
from labctl.analysis.numerics.arrays import Array, ComplexArray, FloatArray, IndexArray

ARC_EXPONENT = 0.9
SPIKE_EXPONENTS = (0.6, 0.8, 0.95)
TIMES_PER_DECADE = 3
MOST_SHAPES = 200  # of one piece
MOST_COMBINATIONS = 4000
TINY = 1e-30
OWN_PRODUCT = 1 + 1e-9  # of a column of unit length; a little more, so that equal columns can be told apart
CACHED = 60_000  # numbers
CIRCUITS_KEPT = 128  # dictionaries: all candidates with and without cables, at one set of frequencies


@dataclass(frozen=True, eq=False)
class _Dictionary:
    """What does not depend on the measured impedance, kept for the next spectrum with the same frequencies.

    columns (c, 2n): impedance of each shape, real and imaginary in turn; owners: the columns of each piece;
    choices (pieces, k): columns to try together; products: for every two pieces, their columns and where the
    products that are tried (k,) stand among all products of these; powers (p,): of the impedance.
    """

    shapes: list[FloatArray]
    powers: FloatArray
    columns: FloatArray
    owners: tuple[range, ...]
    choices: IndexArray
    products: list[tuple[range, range, IndexArray]]

    @property
    def at_once(self) -> int:
        """Spectra to solve together: what they need stays in the processor's cache."""
        return max(1, CACHED // max(len(self.columns) * self.columns.shape[1], self.choices.size))


def starting_points(
    circuit: Circuit, omega: FloatArray, z: ComplexArray, weight: FloatArray, count: int
) -> list[FloatArray]:
    """Logarithms of the parameters for each of b spectra, (count or fewer, p), best first.

    omega (n,) rad/s and z (b, n), both scaled to about one; weight (b, n) multiplies the residuals.
    """
    known = _dictionary(circuit.description, omega.tobytes())
    found: list[FloatArray] = []
    for begin in range(0, len(z), known.at_once):
        own = slice(begin, begin + known.at_once)
        sizes, cost = _solve(known, z[own], weight[own])
        for of_one, best in zip(sizes, _distinct(cost, known.choices, count), strict=True):
            found.append(_assemble(circuit, known, known.choices[:, best], of_one[:, best]))
    return found


@lru_cache(maxsize=CIRCUITS_KEPT)
def _dictionary(description: str, omega_bytes: bytes) -> _Dictionary:
    circuit, omega = parse_circuit(description), np.frombuffer(omega_bytes)
    shapes = [_shapes(piece, circuit, omega) for piece in circuit.series]
    with np.errstate(all="ignore"):
        columns, owners = _draw(circuit, shapes, omega)
    choices = _combinations(owners)
    products = [
        (a, b, (of_a - a.start) * len(b) + of_b - b.start)
        for (a, of_a), (b, of_b) in combinations(zip(owners, choices, strict=True), 2)
    ]
    powers = np.array([float(kind.impedance_power) for kind in circuit.kinds])
    return _Dictionary(shapes, powers, columns.view(float), owners, choices, products)


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
    """All products of the grids, which are made coarser where these are many."""
    if prod(len(grid) for grid in grids) > MOST_SHAPES:
        most = int(MOST_SHAPES ** (1 / sum(len(grid) > 1 for grid in grids)))
        grids = [
            grid[np.linspace(0, len(grid) - 1, min(most, len(grid))).round().astype(int)] for grid in grids
        ]
    return np.array(list(product(*grids)))


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


@lru_cache(maxsize=CIRCUITS_KEPT)
def _combinations(owners: tuple[range, ...]) -> IndexArray:
    """Columns to try together (pieces, k). Pieces that are alike take different columns, fastest first."""
    members: dict[int, list[int]] = {}
    for i, owner in enumerate(owners):
        members.setdefault(owner.start, []).append(i)
    picks = [
        np.array(list(combinations(owners[places[0]], len(places))) or [(start,) * len(places)])
        for start, places in members.items()
    ]
    order = [place for places in members.values() for place in places]
    rows = _rows([len(of_one) for of_one in picks])
    table = np.concatenate([of_one[row] for of_one, row in zip(picks, rows, strict=True)], axis=1)
    return np.ascontiguousarray(table[:, np.argsort(order)].T, dtype=np.intp)


def _rows(counts: Sequence[int]) -> IndexArray:
    """Every way to take one pick of each group (groups, k), or a seeded sample when there are too many."""
    if prod(counts) <= MOST_COMBINATIONS:
        return np.indices(counts).reshape(len(counts), -1)
    rng = np.random.default_rng(0)
    return np.array([rng.integers(count, size=MOST_COMBINATIONS) for count in counts])


def _solve(known: _Dictionary, z: ComplexArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sizes (b, pieces, k) and residual cost (b, k) of every combination for spectra (b, n).

    Negative sizes are cut and cost.
    """
    columns = known.columns * weight.repeat(2, axis=1)[:, None]
    norm = np.sqrt(np.einsum("bcm,bcm->bc", columns, columns)) + 1e-300
    columns /= norm[:, :, None]
    upper = _products(columns, known)
    target = (z * weight).view(float)
    b = (columns @ target[:, :, None])[:, :, 0].take(known.choices, axis=1).swapaxes(0, 1)
    sizes = _eliminate(upper, b)
    sizes = np.maximum(sizes, 1e-4 * np.abs(sizes).max(axis=0))
    cost = ((OWN_PRODUCT * sizes - 2 * b) * sizes).sum(axis=0)
    for product_of, (i, j) in zip(upper, combinations(range(len(b)), 2), strict=True):
        cost += 2 * product_of * sizes[i] * sizes[j]
    return (sizes / norm.take(known.choices, axis=1).swapaxes(0, 1)).swapaxes(0, 1), cost


def _products(columns: FloatArray, known: _Dictionary) -> list[FloatArray]:
    """Products (b, k) of the columns (b, c, 2n) that are tried together, for every two pieces."""
    blocks: dict[tuple[int, int], FloatArray] = {}
    found: list[FloatArray] = []
    for one, other, places in known.products:
        key = (one.start, other.start)
        if key not in blocks:
            first, second = columns[:, one.start : one.stop], columns[:, other.start : other.stop]
            blocks[key] = (first @ second.swapaxes(1, 2)).reshape(len(columns), -1)
        found.append(blocks[key].take(places, axis=1))
    return found


def _eliminate(upper: Sequence[FloatArray], right: FloatArray) -> FloatArray:
    """Solutions (n, ...) of symmetric systems with a diagonal of `OWN_PRODUCT` and right sides (n, ...).

    upper (n (n - 1) / 2 of shape ...) is the part to the right of the diagonal, row by row.
    """
    n = len(right)
    a = dict(zip(combinations(range(n), 2), upper, strict=True))
    diagonal: list[Array | float] = [OWN_PRODUCT] * n
    x = list(right)
    for i in range(n):
        for j in range(i + 1, n):
            factor = a[i, j] / diagonal[i]
            diagonal[j] = diagonal[j] - factor * a[i, j]
            x[j] = x[j] - factor * x[i]
            for k in range(j + 1, n):
                a[j, k] = a[j, k] - factor * a[i, k]
    for i in reversed(range(n)):
        for j in range(i + 1, n):
            x[i] = x[i] - a[i, j] * x[j]
        x[i] = x[i] / diagonal[i]
    return np.array(x)


def _distinct(cost: FloatArray, choices: IndexArray, count: int) -> list[list[int]]:
    """For each of costs (b, k), the best combinations that differ by more than one grid step somewhere."""
    left = np.where(np.isnan(cost), np.inf, cost)
    best = left.argmin(axis=1)
    chosen = [[place] for place in best.tolist()]
    places, small = np.arange(len(left)), choices.astype(np.int16)
    for _ in range(count - 1):
        last = small[:, best, None]
        near = (np.abs(small[:, None] - last) <= 1).all(axis=0)
        left[near] = np.inf
        best = left.argmin(axis=1)
        for own, place, value in zip(chosen, best.tolist(), left[places, best].tolist(), strict=True):
            if not isinf(value):
                own.append(place)
    return chosen


def _assemble(circuit: Circuit, known: _Dictionary, choices: IndexArray, sizes: FloatArray) -> FloatArray:
    """The logarithmic parameters (k, p) of some combinations, choices and sizes (pieces, k)."""
    x = np.empty((choices.shape[1], len(circuit.names)))
    log_sizes = np.log(np.maximum(sizes, TINY))
    for piece, inner, owner, columns, ln in zip(
        circuit.series, known.shapes, known.owners, choices, log_sizes, strict=True
    ):
        own = slice(piece.first, piece.stop)
        x[:, own] = inner[columns - owner.start] + known.powers[own] * ln[:, None]
    return x
