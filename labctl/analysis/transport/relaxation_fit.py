"""Least squares of a measured transient by the exact relaxation."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.transport.relaxation import relaxation_current_a

RATIOS = np.geomspace(0.03, 30, 9)
SCANNED_SAMPLES = 60
SLOWER_TIMES = 9
SLOWEST_TIME = 30.0  # over the time of the samples
ADMITTED_DEVIATIONS = 3.0
LN_RATIO_BOUNDS = (math.log(1e-4), math.log(1e3))


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """The fitted law; all currents positive.

    Attributes
    ----------
    parameters : (3,)
        ln Iss, ln(I0 / Iss - 1), ln tau.
    covariance : (3, 3)
        From the scatter and its correlation.
    time_s, current_a, model_a : (n,)
    weight_a : (n,)
        The noise of each sample up to a common factor.
    scale : float
        That factor.
    inflation : float
        By which correlation multiplies the variance; 1 for independent residuals.
    at_bound : bool
        Whether the decay, or its end, is not in the samples.
    """

    parameters: NDArray[np.float64]
    covariance: NDArray[np.float64]
    time_s: NDArray[np.float64]
    current_a: NDArray[np.float64]
    model_a: NDArray[np.float64]
    weight_a: NDArray[np.float64]
    scale: float
    inflation: float
    at_bound: bool

    @property
    def standardised(self) -> NDArray[np.float64]:
        """Residuals over their noise, (n,)."""
        return (self.current_a - self.model_a) / (self.weight_a * self.scale)

    @property
    def degrees_of_freedom(self) -> float:
        """Behind the scatter, after correlation."""
        return max(1.0, (self.time_s.size - 3) / self.inflation)

    def noise_at(self, current_a: float) -> float:
        """Standard deviation of one sample at a current."""
        return self.scale * float(np.interp(current_a, *self._noise_curve()))

    def _noise_curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        order = np.argsort(self.model_a)
        return self.model_a[order], self.weight_a[order]

    def steady_current_a(self) -> Estimate:
        """Iss."""
        return self._estimate(math.exp(self.parameters[0]), [1.0, 0.0, 0.0])

    def initial_current_a(self) -> Estimate:
        """I0."""
        ratio = math.exp(self.parameters[1])
        value = math.exp(self.parameters[0]) * (1 + ratio)
        return self._estimate(value, [1.0, ratio / (1 + ratio), 0.0])

    def time_constant_s(self) -> Estimate:
        """tau."""
        return self._estimate(math.exp(self.parameters[2]), [0.0, 0.0, 1.0])

    def _estimate(self, value: float, ln_gradient: list[float]) -> Estimate:
        gradient = np.array(ln_gradient)
        relative = math.sqrt(max(float(gradient @ self.covariance @ gradient), 0.0))
        return Estimate(value, value * relative, self.degrees_of_freedom)


def fit_relaxation(time_s: NDArray[np.float64], current_a: NDArray[np.float64]) -> Relaxed:
    """Fit positive currents (n,); the noise is constant or proportional, whichever is the more likely."""
    constant = _fit(time_s, current_a, np.full(current_a.size, current_a.max()))
    proportional = _fit(time_s, current_a, np.maximum(constant.model_a, 1e-3 * current_a.max()), constant)
    return max(constant, proportional, key=_ln_likelihood)


def slower_steady_currents_a(fit: Relaxed) -> list[tuple[float, float]]:
    """Iss of slower relaxations that the samples do not rule out, and by how many deviations they fit worse.

    The profile of chi-square over tau, up to ADMITTED_DEVIATIONS; correlation of the residuals lowers it.
    """
    from scipy.optimize import fminbound

    target = fit.current_a / fit.weight_a
    best_square = float(np.sum((target - fit.model_a / fit.weight_a) ** 2))
    one = fit.scale**2 * fit.inflation
    admitted = []
    for tau in np.geomspace(1.5 * math.exp(fit.parameters[2]), SLOWEST_TIME * fit.time_s[-1], SLOWER_TIMES):

        def misfit(ln_ratio: float, tau: float = tau) -> tuple[float, float]:
            shape = relaxation_current_a(fit.time_s, 1 + math.exp(ln_ratio), 1.0, tau) / fit.weight_a
            steady = float(shape @ target) / float(shape @ shape)
            return float(np.sum((target - steady * shape) ** 2)), steady

        best = np.asarray(fminbound(lambda r: misfit(r)[0], -6, 6, xtol=1e-3)).item()
        square, steady = misfit(best)
        deviations = math.sqrt(max(square - best_square, 0.0) / one)
        if deviations <= ADMITTED_DEVIATIONS:
            admitted.append((steady, deviations))
    return admitted


def refit_until(fit: Relaxed, end_s: float) -> Relaxed:
    """Fit the samples up to a time again, with the noise that all of them showed."""
    kept = fit.time_s <= end_s
    return _fit(fit.time_s[kept], fit.current_a[kept], fit.weight_a[kept], fit)


def lag_one(residuals: NDArray[np.float64]) -> float:
    """Autocorrelation of successive residuals."""
    total = float(residuals @ residuals)
    return float(residuals[1:] @ residuals[:-1]) / total if total else 0.0


def _fit(
    time: NDArray[np.float64],
    current: NDArray[np.float64],
    weight: NDArray[np.float64],
    start: Relaxed | None = None,
) -> Relaxed:
    from scipy.optimize import least_squares

    bounds = np.array([_around(current), LN_RATIO_BOUNDS, _time_bounds(time)]).T
    first = _scan(time, current, weight) if start is None else start.parameters
    found = least_squares(
        lambda p: (_law(time, p) - current) / weight,
        np.clip(first, bounds[0] + 1e-6, bounds[1] - 1e-6),
        bounds=(bounds[0], bounds[1]),
        x_scale=0.1,
        xtol=1e-9,
        ftol=1e-10,
        gtol=1e-10,
    )
    model = _law(time, found.x)
    residual = (current - model) / weight
    scale = math.sqrt(float(residual @ residual) / (time.size - 3))
    correlation = min(max(lag_one(residual), 0.0), 0.95)
    correlation = correlation if correlation > 2 / math.sqrt(time.size) else 0.0
    inflation = (1 + correlation) / (1 - correlation)
    free = found.active_mask == 0
    covariance = np.zeros((3, 3))
    information = found.jac[:, free].T @ found.jac[:, free]
    covariance[np.ix_(free, free)] = _inverse(information) * scale**2 * inflation
    return Relaxed(
        parameters=found.x,
        covariance=covariance,
        time_s=time,
        current_a=current,
        model_a=model,
        weight_a=weight,
        scale=max(scale, np.finfo(float).tiny),
        inflation=inflation,
        at_bound=bool((~free).any()),
    )


def _inverse(information: NDArray[np.float64]) -> NDArray[np.float64]:
    """A parameter that the samples do not determine gets a large variance, not none."""
    values, vectors = np.linalg.eigh(information)
    return (vectors / np.maximum(values, 1e-12 * values.max())) @ vectors.T


def _law(time: NDArray[np.float64], parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    steady = math.exp(parameters[0])
    return relaxation_current_a(time, steady * (1 + math.exp(parameters[1])), steady, math.exp(parameters[2]))


def _around(current: NDArray[np.float64]) -> tuple[float, float]:
    return math.log(current.max() * 1e-4), math.log(current.max() * 2)


def _time_bounds(time: NDArray[np.float64]) -> tuple[float, float]:
    return math.log(time[time > 0][0]), math.log(30 * time[-1])


def _scan(
    time: NDArray[np.float64], current: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Best of a net of ratios and time constants; the steady current is linear."""
    best, parameters = math.inf, np.zeros(3)
    few = np.unique(
        np.searchsorted(time, np.geomspace(max(time[0], 1e-4 * time[-1]), time[-1], SCANNED_SAMPLES))
    )
    time, current, weight = time[few], current[few], weight[few]
    for tau in np.geomspace(time[-1] / 100, 10 * time[-1], 13):
        for ratio in RATIOS:
            shape = relaxation_current_a(time, 1 + ratio, 1.0, tau) / weight
            steady = float(shape @ (current / weight)) / float(shape @ shape)
            misfit = float(np.sum((current / weight - steady * shape) ** 2))
            if misfit < best and steady > 0:
                best, parameters = misfit, np.log([steady, ratio, tau])
    return parameters


def _ln_likelihood(fit: Relaxed) -> float:
    return -fit.time_s.size * math.log(fit.scale) - float(np.sum(np.log(fit.weight_a)))
