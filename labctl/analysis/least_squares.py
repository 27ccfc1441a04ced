"""Levenberg-Marquardt for many small bounded problems at once.

One problem costs a Python loop of a dozen array operations, and a thousand cost hardly more, so spectra of
a series, several starts of one spectrum and single fits all go through the same lines. Damping after
Marquardt (10.1137/0111030) with Nielsen's update (Madsen, Nielsen & Tingleff, Methods for Non-Linear Least
Squares Problems, 2004); bounds by projection, a parameter pressed against its bound is held.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.spectrum import BoolArray, FloatArray

IndexArray = NDArray[np.intp]
Model = Callable[[FloatArray, IndexArray], tuple[FloatArray, FloatArray]]

LONGEST_STEP = 3.0  # in logarithms: a factor of 20


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where each problem ended: x (b, p), residuals (b, m), jacobian (b, p, m), converged (b,)."""

    x: FloatArray
    residuals: FloatArray
    jacobian: FloatArray
    converged: BoolArray

    @property
    def cost(self) -> FloatArray:
        """(b,) sum of squared residuals."""
        return np.einsum("bm,bm->b", self.residuals, self.residuals)


def minimise(
    model: Model,
    start: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    max_iterations: int = 200,
    tolerance: float = 1e-5,
) -> Minimum:
    """Least squares from each start (b, p) within lower and upper (p,) or (b, p).

    `model(x, index)` gives residuals (k, m) and jacobian (k, p, m) of the problems `index` (k,). A problem
    is converged when the next step promises to lower its cost by less than the fraction `tolerance`; that
    last step, a few hundredths of a standard deviation, is still taken; the residuals are those before it.
    """
    search = _Search(model, start, np.broadcast_to(lower, start.shape), np.broadcast_to(upper, start.shape))
    for _ in range(max_iterations):
        if not search.step(tolerance):
            break
    return search.minimum()


class _Search:
    """The running problems, packed; those that have ended are written out and left."""

    def __init__(self, model: Model, start: FloatArray, lower: FloatArray, upper: FloatArray) -> None:
        self.model = model
        self.index = np.arange(len(start))
        self.lower, self.upper = lower, upper
        self.x = np.clip(start, lower, upper)
        self.r, self.jacobian = model(self.x, self.index)
        self.cost = np.einsum("bm,bm->b", self.r, self.r)
        self.damping = np.full(len(start), 1e-3)
        self.growth = np.full(len(start), 2.0)
        self.out_x, self.out_r, self.out_jacobian = self.x.copy(), self.r.copy(), self.jacobian.copy()
        self.converged = np.zeros(len(start), bool)

    def step(self, tolerance: float) -> bool:
        delta, promised = self._propose()
        done = promised <= tolerance * self.cost
        if done.any():
            delta = self._leave(done, delta)
            promised = promised[~done]
        if not self.index.size:
            return False
        trial = np.minimum(np.maximum(self.x + delta, self.lower), self.upper)
        r, jacobian = self.model(trial, self.index)
        cost = np.einsum("bm,bm->b", r, r)
        self._judge(trial, r, jacobian, cost, promised)
        return True

    def _propose(self) -> tuple[np.ndarray, np.ndarray]:
        gradient = (self.jacobian @ self.r[..., None])[..., 0]
        hessian = self.jacobian @ self.jacobian.swapaxes(-1, -2)
        held = (self.x <= self.lower) & (gradient > 0) | (self.x >= self.upper) & (gradient < 0)
        diagonal = np.einsum("bii->bi", hessian)
        diagonal += self.damping[:, None] * diagonal + 1e-12 * (1 + diagonal)
        if held.any():
            gradient = np.where(held, 0.0, gradient)
            hessian = np.where(held[:, :, None] | held[:, None, :], 0.0, hessian)
            np.einsum("bii->bi", hessian)[held] = 1.0
        delta = -np.linalg.solve(hessian, gradient[..., None])[..., 0]
        promised = -np.einsum("bp,bp->b", gradient, delta)
        return np.minimum(np.maximum(delta, -LONGEST_STEP), LONGEST_STEP), promised

    def _judge(
        self, trial: FloatArray, r: FloatArray, jacobian: FloatArray, cost: FloatArray, promised: FloatArray
    ) -> None:
        better = cost < self.cost
        gain = np.maximum((self.cost - cost) / promised, -10.0)
        damped = self.damping * np.maximum(0.1, 1 - (2 * gain - 1) ** 3)
        if better.all():
            self.damping, self.growth = np.maximum(damped, 1e-12), np.full(len(cost), 2.0)
            self.x, self.r, self.jacobian, self.cost = trial, r, jacobian, cost
            return
        damping = np.where(better, damped, self.damping * self.growth)
        self.damping = np.minimum(np.maximum(damping, 1e-12), 1e12)
        self.growth = np.where(better, 2.0, self.growth * 2)
        self.x = np.where(better[:, None], trial, self.x)
        self.r = np.where(better[:, None], r, self.r)
        self.jacobian = np.where(better[:, None, None], jacobian, self.jacobian)
        self.cost = np.where(better, cost, self.cost)

    def _leave(self, done: BoolArray, delta: FloatArray) -> FloatArray:
        self.x = np.where(done[:, None], np.clip(self.x + delta, self.lower, self.upper), self.x)
        self._write_out(done)
        self.converged[self.index[done]] = True
        stay = ~done
        self.index, self.lower, self.upper = self.index[stay], self.lower[stay], self.upper[stay]
        self.x, self.r, self.jacobian = self.x[stay], self.r[stay], self.jacobian[stay]
        self.cost, self.damping, self.growth = self.cost[stay], self.damping[stay], self.growth[stay]
        return delta[stay]

    def _write_out(self, which: BoolArray) -> None:
        place = self.index[which]
        self.out_x[place], self.out_r[place] = self.x[which], self.r[which]
        self.out_jacobian[place] = self.jacobian[which]

    def minimum(self) -> Minimum:
        if self.index.size:
            self._write_out(np.ones(self.index.size, bool))
        return Minimum(self.out_x, self.out_r, self.out_jacobian, self.converged)
