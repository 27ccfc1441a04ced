"""Minimum and interval of a chi-square that depends on one parameter, the others being at their best.

scipy.optimize is loaded by the first call.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

ChiSquare = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def global_minimum(chi_square: ChiSquare, grid: NDArray[np.float64]) -> float:
    """Parameter of the lowest chi-square: every valley of the ascending `grid` (k,) is followed down."""

    from scipy.optimize import minimize_scalar

    def refined(index: int) -> float:
        bounds = grid[max(index - 1, 0)], grid[min(index + 1, grid.size - 1)]
        xatol = 1e-5 * (bounds[1] - bounds[0])
        found: Any = minimize_scalar(at, bounds=bounds, method="bounded", options={"xatol": xatol})
        return min(float(found.x), float(grid[index]), key=at)

    at = _scalar(chi_square)
    return min((refined(int(index)) for index in _valleys(chi_square(grid))), key=at)


def interval_below(
    chi_square: ChiSquare, grid: NDArray[np.float64], best: float, threshold: float
) -> tuple[float, float]:
    """Outermost parameters with chi-square at `threshold`, on either side of `best`.

    `best` must lie within the ascending `grid` (k,); its first or last entry stands for an end that is open.
    """
    inside = chi_square(grid) <= threshold
    below, above = grid < best, grid > best
    return (
        _end(chi_square, best, grid[below][::-1], inside[below][::-1], threshold),
        _end(chi_square, best, grid[above], inside[above], threshold),
    )


def _end(
    chi_square: ChiSquare,
    best: float,
    outward: NDArray[np.float64],
    inside: NDArray[np.bool_],
    threshold: float,
) -> float:
    from scipy.optimize import root_scalar

    within = np.flatnonzero(inside)
    last = int(within[-1]) if within.size else -1
    inner = float(outward[last]) if within.size else best
    if last == outward.size - 1:
        return inner
    excess = _scalar(lambda x: chi_square(x) - threshold)
    if excess(inner) >= 0:
        return inner
    return float(root_scalar(excess, bracket=(inner, float(outward[last + 1]))).root)


def _scalar(function: ChiSquare) -> Callable[[float], float]:
    return lambda x: float(function(np.array([x]))[0])


def _valleys(values: NDArray[np.float64]) -> NDArray[np.intp]:
    padded = np.concatenate([[np.inf], values, [np.inf]])
    return np.flatnonzero((values <= padded[:-2]) & (values <= padded[2:]))
