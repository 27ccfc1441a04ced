"""Levenberg-Marquardt for many small bounded problems at once.

One problem costs a Python loop of some dozen array operations, and a thousand cost hardly more, so spectra of
a series, several starts of one spectrum and single fits all go through the same lines. Damping after
Marquardt (10.1137/0111030) with Nielsen's update (Madsen, Nielsen & Tingleff, Methods for Non-Linear Least
Squares Problems, 2004); bounds by projection, a parameter pressed against its bound is held.

A model answers with a table for each problem: the derivatives of its residuals, one row for each parameter,
and the residuals themselves as the last row. The table times itself holds all that a step needs: the normal
matrix, the gradient and, in its last corner, the cost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from labctl.analysis.numerics.arrays import Array, BoolArray, FloatArray, IndexArray

Model = Callable[[FloatArray, IndexArray], FloatArray]

LONGEST_STEP = 3.0  # in logarithms: a factor of 20
LEAST_CURVATURE = 1e-12
FIRST_DAMPING = 1e-3
MOST_DAMPING = 1e12
SAME_BASIN = 0.3  # in logarithms, of every parameter
GROWTH = 2.0  # of the damping after the first step that failed, twice that after the next


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where each problem ended: x (b, p), the model's table there (b, p + 1, m), cost (b,), converged (b,).

    The cost is the sum of the squared residuals.
    """

    x: FloatArray
    table: FloatArray
    cost: FloatArray
    converged: BoolArray

    @property
    def residuals(self) -> FloatArray:
        """(b, m)."""
        return self.table[:, -1]

    @property
    def jacobian(self) -> FloatArray:
        """(b, p, m)."""
        return self.table[:, :-1]

    def of(self, problems: IndexArray) -> "Minimum":
        """Where some problems (k,) ended."""
        return Minimum(self.x[problems], self.table[problems], self.cost[problems], self.converged[problems])

    def replaced_where_better(self, owner: IndexArray, others: "Minimum") -> "Minimum":
        """The lowest of each problem, in this one and in `others` (k), of the problems `owner` (k,)."""
        cost = np.where(np.isnan(others.cost), np.inf, others.cost)
        order = np.lexsort((cost, owner))
        problem, first = np.unique(owner[order], return_index=True)
        best = order[first]
        better = ~(cost[best] >= self.cost[problem])
        return self.replaced(problem[better], others, best[better])

    def replaced(
        self, problems: IndexArray, others: "Minimum", places: IndexArray | slice = slice(None)
    ) -> "Minimum":
        """With what `others` have at `places` (k,) for some problems (k,)."""
        mine = self.x.copy(), self.table.copy(), self.cost.copy(), self.converged.copy()
        theirs = others.x, others.table, others.cost, others.converged
        for own, other in zip(mine, theirs, strict=True):
            own[problems] = other[places]
        return Minimum(*mine)


def minimise(
    model: Model,
    start: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    max_iterations: int = 200,
    tolerance: float = 1e-5,
    known: FloatArray | None = None,
) -> Minimum:
    """Least squares from each start (b, p) within lower and upper (p,) or (b, p).

    `model(x, index)` gives the tables (k, p + 1, m) of the problems `index` (k,). A problem is converged when
    the next step promises to lower its cost by less than the fraction `tolerance`; that last step, a few
    hundredths of a standard deviation, is still taken; the table is that before it.

    With `known` (b, p), minima that other starts have led to, a search that comes within `SAME_BASIN` of its
    own is given up, not converged.
    """
    if len(start) == 1 and known is None:
        return _minimise_one(model, start, lower, upper, max_iterations, tolerance)
    if lower.shape != start.shape:
        lower, upper = np.broadcast_to(lower, start.shape), np.broadcast_to(upper, start.shape)
    search = _Search(model, start, lower, upper)
    for _ in range(max_iterations):
        if not search.step(tolerance, known):
            break
    return search.minimum()


def _minimise_one(
    model: Model,
    start: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    max_iterations: int,
    tolerance: float,
) -> Minimum:
    """What `_Search` does, for a single problem, with plain numbers where that has arrays of them."""
    p, first = start.shape[1], np.zeros(1, np.intp)
    lower, upper = lower.reshape(-1)[-p:], upper.reshape(-1)[-p:]
    x = _between(start[0], lower, upper)
    table = model(x[None], first)[0]
    products, damping, growth, converged = table @ table.T, FIRST_DAMPING, GROWTH, False
    for _ in range(max_iterations):
        delta, promised = _one_step(products, damping, x, lower, upper)
        cost = float(products[p, p])
        trial = _between(x + delta, lower, upper)
        if promised <= tolerance * cost:
            x, converged = trial, True
            break
        new_table = model(trial[None], first)[0]
        new_products = new_table @ new_table.T
        gained = cost - float(new_products[p, p])
        if gained > 0:
            damping *= max(0.1, 1 - (2 * gained / promised - 1) ** 3)
            growth, x, table, products = GROWTH, trial, new_table, new_products
        else:
            damping, growth = min(damping * growth, MOST_DAMPING), 2 * growth
    return Minimum(x[None], table[None], products[None, p, p], np.array([converged]))


def _one_step(
    products: FloatArray, damping: float, x: FloatArray, lower: FloatArray, upper: FloatArray
) -> tuple[Array, float]:
    """The damped step (p,), and by how much it would lower the cost if the model were linear."""
    p = x.size
    hessian, downhill = products[:p, :p].copy(), -products[:p, p]
    diagonal = hessian.reshape(-1)[:: p + 1]
    diagonal *= 1 + damping
    diagonal += LEAST_CURVATURE
    held = (x <= lower) & (downhill < 0) | (x >= upper) & (downhill > 0)
    if held.any():
        downhill[held] = 0.0
        hessian[held] = 0.0
        hessian[:, held] = 0.0
        diagonal[held] = 1.0
    _, delta, failed = _positive_definite_solver()(hessian, downhill)
    if failed:
        delta = np.linalg.solve(hessian, downhill)
    return _between(delta, -LONGEST_STEP, LONGEST_STEP), float(downhill @ delta)


@cache
def _positive_definite_solver() -> Callable[..., tuple[Array, Array, int]]:
    """LAPACK's own: numpy's checks take four times as long as the solution of so small a system."""
    from scipy.linalg.lapack import dposv  # pyright: ignore[reportAttributeAccessIssue]

    return dposv


class _Search:
    """The running problems, packed; those that have ended are written out and left."""

    def __init__(self, model: Model, start: FloatArray, lower: FloatArray, upper: FloatArray) -> None:
        self.model = model
        self.index = np.arange(len(start))
        self.lower, self.upper = lower, upper
        self.x = _between(start, lower, upper)
        self.table = model(self.x, self.index)
        self.products = _products(self.table)
        self.growth = np.ones(len(start)) * GROWTH
        self.damping = self.growth * (FIRST_DAMPING / GROWTH)
        self.out_x, self.out_table = np.empty_like(self.x), np.empty_like(self.table)
        self.out_cost = np.empty(len(start))
        self.converged = np.zeros(len(start), bool)

    def step(self, tolerance: float, known: FloatArray | None) -> bool:
        delta, promised = self._propose()
        ended = promised <= tolerance * self.products[:, -1, -1]
        done = np.flatnonzero(ended)
        if done.size:
            self.x[done] = _between(self.x[done] + delta[done], self.lower[done], self.upper[done])
            self.converged[self.index[done]] = True
        if known is not None:
            ended |= (np.abs(self.x - known[self.index]) < SAME_BASIN).all(axis=1)
        if ended.any():
            self._leave(ended)
            if not self.index.size:
                return False
            delta, promised = delta[~ended], promised[~ended]
        self._judge(_between(self.x + delta, self.lower, self.upper), promised)
        return True

    def _propose(self) -> tuple[Array, Array]:
        """The damped steps (b, p), and by how much each would lower the cost if the model were linear."""
        p = self.x.shape[1]
        hessian, downhill = self.products[:, :p, :p].copy(), -self.products[:, :p, p]
        diagonal = hessian.reshape(-1, p * p)[:, :: p + 1]
        diagonal *= 1 + self.damping[:, None]
        diagonal += LEAST_CURVATURE
        low, high = self.x <= self.lower, self.x >= self.upper
        if (low | high).any():
            held = low & (downhill < 0) | high & (downhill > 0)
            downhill = np.where(held, 0.0, downhill)
            hessian[held[:, :, None] | held[:, None, :]] = 0.0
            diagonal[held] = 1.0
        delta: Array = np.linalg.solve(hessian, downhill[..., None])[..., 0]
        promised = np.einsum("bp,bp->b", downhill, delta)
        return _between(delta, -LONGEST_STEP, LONGEST_STEP), promised

    def _judge(self, trial: FloatArray, promised: FloatArray) -> None:
        """Go where the cost is lower, and trust the linear model more there; elsewhere trust it less."""
        table = self.model(trial, self.index)
        products = _products(table)
        before, cost = self.products[:, -1, -1], products[:, -1, -1]
        gain = np.maximum((before - cost) / promised, -10.0)
        damping = self.damping * np.maximum(0.1, 1 - (2 * gain - 1) ** 3)
        better = cost < before
        if better.all():
            self.growth[:] = GROWTH
        else:
            worse = np.flatnonzero(~better)
            damping[worse] = np.minimum(self.damping * self.growth, MOST_DAMPING)[worse]
            self.growth = np.where(better, GROWTH, 2 * self.growth)
            trial[worse], table[worse] = self.x[worse], self.table[worse]
            products[worse] = self.products[worse]
        self.damping, self.x, self.table, self.products = damping, trial, table, products

    def _leave(self, done: BoolArray) -> None:
        self._write_out(done)
        stay = np.flatnonzero(~done)
        self.index = self.index[stay]
        if not stay.size:
            return
        self.lower, self.upper = self.lower[stay], self.upper[stay]
        self.x, self.table, self.products = self.x[stay], self.table[stay], self.products[stay]
        self.damping, self.growth = self.damping[stay], self.growth[stay]

    def _write_out(self, which: BoolArray) -> None:
        place = self.index[which]
        self.out_x[place], self.out_table[place] = self.x[which], self.table[which]
        self.out_cost[place] = self.products[which, -1, -1]

    def minimum(self) -> Minimum:
        if self.index.size:
            self._write_out(np.ones(self.index.size, bool))
        return Minimum(self.out_x, self.out_table, self.out_cost, self.converged)


def _products(table: FloatArray) -> FloatArray:
    return table @ table.swapaxes(-1, -2)


def _between(x: Array, lower: FloatArray | float, upper: FloatArray | float) -> FloatArray:
    return np.minimum(np.maximum(x, lower), upper)
