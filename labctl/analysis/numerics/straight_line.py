"""A straight line through points that are uncertain in both coordinates."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.numerics.distributions import chi_square_tail
from labctl.analysis.numerics.estimate import Estimate

Array = NDArray[np.float64]
FEWEST_POINTS = 2
MOST_ROUNDS = 100
CONVERGED = 1e-12
SMALLEST_SHARE = 1e-12  # of the largest variance: a slope of zero leaves none to a point exact in y


@dataclass(frozen=True, kw_only=True)
class StraightLine:
    """y = intercept + slope x.

    Attributes
    ----------
    intercept, slope : Estimate
        Degrees of freedom n - 2 where the scatter of the points decides, else infinite.
    correlation : float
        Of intercept and slope.
    chi_square : float
        Sum of the squared residuals, each divided by its stated uncertainty.
    p_value : float
        Of scatter this large about a true line with the stated uncertainties; NaN with two points.
    scatter_decides : bool
        Whether the points scatter more than stated, so that the uncertainties follow from the scatter.
    """

    intercept: Estimate
    slope: Estimate
    correlation: float
    chi_square: float
    p_value: float
    scatter_decides: bool


def fit_straight_line(x: ArrayLike, y: ArrayLike, x_u: ArrayLike, y_u: ArrayLike) -> StraightLine:
    """Fit a line to points (n,), weighted by the effective variance u(y)^2 + slope^2 u(x)^2.

    Effective variance after Orear (10.1119/1.12972), repeated until the slope stays. Where chi-square
    exceeds n - 2, the covariance is multiplied by chi-square / (n - 2) (Birge ratio).

    Parameters
    ----------
    x, y : (n,)
        At least two different x.
    x_u, y_u : (n,)
        Standard uncertainties, independent from point to point; together not all zero at any point.

    Raises
    ------
    ValueError
        Naming the argument: of another length, not finite, negative, or fewer than two different x; or y_u
        zero at all points of a level line, where u(x) says nothing.
    """
    data = [np.atleast_1d(np.asarray(values, dtype=float)) for values in (x, y, x_u, y_u)]
    _check(*data)
    x_, y_, x_u_, y_u_ = data
    slope = _slope_by_ends(x_, y_)
    fitted = _weighted(x_, y_, y_u_**2 + slope**2 * x_u_**2)
    for _ in range(MOST_ROUNDS):
        slope, fitted = fitted.slope, _weighted(x_, y_, y_u_**2 + fitted.slope**2 * x_u_**2)
        if abs(fitted.slope - slope) <= CONVERGED * abs(slope):
            break
    residuals = (y_ - fitted.intercept - fitted.slope * x_) ** 2
    return _line(fitted, float(np.sum(residuals / fitted.variance)), x_.size - 2)


def _check(x: Array, y: Array, x_u: Array, y_u: Array) -> None:
    for name, values in (("y", y), ("x_u", x_u), ("y_u", y_u)):
        if values.shape != x.shape:
            raise ValueError(f"{name} has {values.size} entries, x has {x.size}")
    for name, values in (("x", x), ("y", y), ("x_u", x_u), ("y_u", y_u)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite")
    if (x_u < 0).any() or (y_u < 0).any():
        raise ValueError("x_u and y_u must not be negative")
    if ((x_u == 0) & (y_u == 0)).any():
        raise ValueError("x_u and y_u must not both be zero at a point")
    if np.unique(x).size < FEWEST_POINTS:
        raise ValueError(f"x needs at least {FEWEST_POINTS} different values")


def _slope_by_ends(x: Array, y: Array) -> float:
    low, high = int(np.argmin(x)), int(np.argmax(x))
    return float((y[high] - y[low]) / (x[high] - x[low]))


class _Fitted(NamedTuple):
    """A weighted line, its covariance (2, 2), and the variances (n,) that weighted it."""

    intercept: float
    slope: float
    covariance: Array
    variance: Array


def _weighted(x: Array, y: Array, variance: Array) -> _Fitted:
    """Fit a line with these variances, computed about the weighted middle of x."""
    if not variance.any():
        raise ValueError(
            "y_u must not be zero at all points of a level line: x_u is no uncertainty of y there"
        )
    variance = np.maximum(variance, SMALLEST_SHARE * variance.max())
    weight = 1 / variance
    total = weight.sum()
    middle = float((weight * x).sum() / total)
    moment = float((weight * (x - middle) ** 2).sum())
    slope = float((weight * (x - middle) * y).sum() / moment)
    intercept = float((weight * y).sum() / total) - slope * middle
    both = -middle / moment
    covariance = np.array([[1 / total + middle**2 / moment, both], [both, 1 / moment]])
    return _Fitted(intercept, slope, covariance, variance)


def _line(fitted: _Fitted, chi_square: float, spare: int) -> StraightLine:
    scatter_decides = spare > 0 and chi_square > spare
    freedom = float(spare) if scatter_decides else math.inf
    covariance = fitted.covariance
    u = np.sqrt(np.diag(covariance) * (chi_square / spare if scatter_decides else 1.0))
    return StraightLine(
        intercept=Estimate(fitted.intercept, float(u[0]), freedom),
        slope=Estimate(fitted.slope, float(u[1]), freedom),
        correlation=float(covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])),
        chi_square=chi_square,
        p_value=chi_square_tail(chi_square, spare) if spare > 0 else math.nan,
        scatter_decides=scatter_decides,
    )
