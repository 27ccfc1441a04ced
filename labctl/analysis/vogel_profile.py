"""Chi-square of the VTF law along its one non-linear parameter: minima and intervals are read from it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar, root_scalar

from labctl.analysis.law_fit import BOLTZMANN_EV_K, Solution, coverage_factor

HIGHEST_T0_BELOW_DATA_K = 1.0
LOWEST_T0_BELOW_DATA_K = 1e4
SCANNED = 96


@dataclass(frozen=True, eq=False)
class ShapeProfile:
    """Chi-square of the best straight line for each shape s: the scan, its minimum and its intervals.

    Attributes
    ----------
    d_k : (n,)
        T - reference_k.
    y, uncertainty : (n,)
        ln(sigma T^-m) and its standard uncertainty.
    reference_k : float
    bounds : tuple of float
        Lowest and highest s that are searched, 1/K.
    """

    d_k: NDArray[np.float64]
    y: NDArray[np.float64]
    uncertainty: NDArray[np.float64]
    reference_k: float
    bounds: tuple[float, float]

    @classmethod
    def of(
        cls, temperature_k: NDArray[np.float64], y: NDArray[np.float64], uncertainty: NDArray[np.float64]
    ) -> "ShapeProfile":
        """Set the reference amid 1/T and the bounds by the T0 that are admitted."""
        reference, lowest = 1 / float(np.mean(1 / temperature_k)), float(temperature_k.min())
        bounds = [1 / (reference - lowest + gap) for gap in (LOWEST_T0_BELOW_DATA_K, HIGHEST_T0_BELOW_DATA_K)]
        return cls(temperature_k - reference, y, uncertainty, reference, (bounds[0], bounds[1]))

    def grid(self) -> NDArray[np.float64]:
        """Shapes to scan, from the lowest to the highest T0, dense near the data: (SCANNED,)."""
        lowest = float(self.d_k.min())
        return 1 / (np.geomspace(LOWEST_T0_BELOW_DATA_K, HIGHEST_T0_BELOW_DATA_K, SCANNED) - lowest)

    def line(self, s: ArrayLike) -> tuple[NDArray[np.float64], ...]:
        """Best line through (d / (1 + s d), y) for each s (k,): chi-square, a, c, 1 / var(c); all (k,)."""
        weight = self.uncertainty**-2
        weight_sum = weight.sum()
        g = self.d_k / (1 + np.atleast_1d(np.asarray(s, dtype=float))[:, None] * self.d_k)
        g_mean = (g @ weight) / weight_sum
        y_mean = float(self.y @ weight) / weight_sum
        g_centred, y_centred = g - g_mean[:, None], self.y - y_mean
        norm = (g_centred**2) @ weight
        c = (g_centred @ (weight * y_centred)) / norm
        chi_square = ((y_centred - c[:, None] * g_centred) ** 2) @ weight
        return chi_square, y_mean - c * g_mean, c, norm

    def chi_square(self, s: float) -> float:
        """Of the best line for the shape s."""
        return float(self.line(s)[0][0])

    def minimum(self) -> NDArray[np.float64]:
        """Return (a, c, s) of the global minimum within the bounds."""
        s = self.grid()
        chi_square = self.line(s)[0]
        best = min((self._refined(s, k) for k in _valleys(chi_square)), key=self.chi_square)
        _, a, c, _ = self.line(best)
        return np.array([a[0], c[0], best])

    def interval(self, threshold: float, best: float) -> tuple[float, float]:
        """Ends of the region around `best` where chi-square <= `threshold`; a bound if it is open."""
        s = self.grid()
        open_ = self.line(s)[0] <= threshold
        return self._end(
            s[s < best][::-1], open_[s < best][::-1], best, threshold, self.bounds[0]
        ), self._end(s[s > best], open_[s > best], best, threshold, self.bounds[1])

    def _refined(self, s: NDArray[np.float64], index: int) -> float:
        low, high = s[max(index - 1, 0)], s[min(index + 1, s.size - 1)]
        found = minimize_scalar(
            self.chi_square, bounds=(low, high), method="bounded", options={"xatol": 1e-9}
        )
        return min((float(found.x), float(s[index])), key=self.chi_square)

    def _end(
        self,
        outward: NDArray[np.float64],
        open_: NDArray[np.bool_],
        best: float,
        threshold: float,
        bound: float,
    ) -> float:
        closed = np.flatnonzero(~open_)
        if not closed.size:
            return bound
        inner = best if closed[0] == 0 else float(outward[closed[0] - 1])
        if self.chi_square(inner) >= threshold:
            return inner
        bracket = (inner, float(outward[closed[0]]))
        return float(root_scalar(lambda s: self.chi_square(s) - threshold, bracket=bracket).root)


def _valleys(values: NDArray[np.float64]) -> NDArray[np.intp]:
    padded = np.concatenate([[np.inf], values, [np.inf]])
    return np.flatnonzero((values <= padded[:-2]) & (values <= padded[2:]))


def vogel_model(
    d_k: NDArray[np.float64], parameters: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a + c d / (1 + s d) (n,) for `parameters` (a, c, s), and its Jacobian (n, 3)."""
    a, c, s = parameters
    g = d_k / (1 + s * d_k)
    return a + c * g, np.column_stack([np.ones_like(g), g, -c * g**2])


@dataclass(frozen=True, eq=False)
class LikelihoodRegion:
    """All (a, c, s) whose chi-square is not worse than the best by more than a confidence level allows.

    Attributes
    ----------
    shape : ShapeProfile
    solution : Solution
    """

    shape: ShapeProfile
    solution: Solution

    def vogel_temperature_k(self, level: float) -> tuple[float, float]:
        """Profile interval of T0; its lower end is -inf when the data do not close it."""
        (low, high), _ = self._shapes(level)
        t0_low = -math.inf if low <= self.shape.bounds[0] else self.shape.reference_k - 1 / low
        return t0_low, self.shape.reference_k - 1 / high

    def pseudo_activation_energy_ev(self, level: float) -> tuple[float, float]:
        """Profile interval of B; its upper end is inf when T0 has no lower end."""
        (low, high), threshold = self._shapes(level)
        if math.isinf(threshold):
            return -math.inf, math.inf
        s = (low + high) / 2 + (high - low) / 2 * np.cos(np.linspace(0, np.pi, 129))
        chi_square, _, c, norm = self.shape.line(s)
        half = np.sqrt(np.maximum(threshold - chi_square, 0) / norm)
        b_low, b_high = BOLTZMANN_EV_K * (c - half) / s**2, BOLTZMANN_EV_K * (c + half) / s**2
        return float(b_low.min()), math.inf if low <= self.shape.bounds[0] else float(b_high.max())

    def _shapes(self, level: float) -> tuple[tuple[float, float], float]:
        best = float(self.solution.parameters[2])
        factor = coverage_factor(level, self.solution.degrees_of_freedom)
        threshold = self.shape.chi_square(best) + factor**2 * self.solution.variance_factor
        return self.shape.interval(threshold, best), threshold
