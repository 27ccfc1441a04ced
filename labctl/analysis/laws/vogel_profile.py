"""Chi-square of the VTF law along its one non-linear parameter: minima and intervals are read from it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.laws.law_fit import BOLTZMANN_EV_K, Solution
from labctl.analysis.numerics.in_parts import in_parts
from labctl.analysis.numerics.interval_estimates import coverage_factor
from labctl.analysis.numerics.likelihood_profile import global_minimum, interval_below

HIGHEST_T0_BELOW_DATA_K = 1.0
LOWEST_T0_BELOW_DATA_K = 1e4
SCANNED = 96
T0_BELOW_DATA_K = np.geomspace(LOWEST_T0_BELOW_DATA_K, HIGHEST_T0_BELOW_DATA_K, SCANNED)


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
    """

    d_k: NDArray[np.float64]
    y: NDArray[np.float64]
    uncertainty: NDArray[np.float64]
    reference_k: float

    @classmethod
    def of(
        cls, temperature_k: NDArray[np.float64], y: NDArray[np.float64], uncertainty: NDArray[np.float64]
    ) -> "ShapeProfile":
        """Set the reference amid 1/T."""
        reference = 1 / float(np.mean(1 / temperature_k))
        return cls(temperature_k - reference, y, uncertainty, reference)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest s that are searched, 1/K, by the T0 that are admitted."""
        s = self.grid()
        return float(s[0]), float(s[-1])

    def grid(self) -> NDArray[np.float64]:
        """Shapes to scan, from the lowest to the highest T0, dense near the data: (SCANNED,)."""
        return _shapes(float(self.d_k.min()))

    def line(self, s: ArrayLike) -> tuple[NDArray[np.float64], ...]:
        """Best line through (d / (1 + s d), y) for each s (k,): chi-square, a, c, 1 / var(c); all (k,)."""
        return in_parts(self._line, np.atleast_1d(np.asarray(s, dtype=float)), self.y.size)

    def _line(self, s: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        weight = self.uncertainty**-2
        weight_sum = weight.sum()
        g = self.d_k / (1 + s[:, None] * self.d_k)
        g_mean = (g @ weight) / weight_sum
        y_mean = float(self.y @ weight) / weight_sum
        g_centred, y_centred = g - g_mean[:, None], self.y - y_mean
        norm = (g_centred**2) @ weight
        c = (g_centred @ (weight * y_centred)) / norm
        chi_square = ((y_centred - c[:, None] * g_centred) ** 2) @ weight
        return chi_square, y_mean - c * g_mean, c, norm

    def chi_square(self, s: ArrayLike) -> NDArray[np.float64]:
        """Of the best line for each shape s (k,)."""
        return self.line(s)[0]

    def minimum(self) -> NDArray[np.float64]:
        """Return (a, c, s) of the global minimum within the bounds."""
        best = global_minimum(self.chi_square, self.grid())
        _, a, c, _ = self.line(best)
        return np.array([a[0], c[0], best])

    def interval(self, threshold: float, best: float) -> tuple[float, float]:
        """Ends of the region around `best` where chi-square <= `threshold`; a bound if it is open."""
        return interval_below(self.chi_square, self.grid(), best, threshold)


def vogel_designs(temperature_k: NDArray[np.float64], part: slice = slice(None)) -> NDArray[np.float64]:
    """Columns 1 and d / (1 + s d) at every shape of the scan, (SCANNED, n, 2), or at a `part` of them."""
    d = temperature_k - 1 / float(np.mean(1 / temperature_k))
    g = d / (1 + _shapes(float(d.min()))[part, None] * d)
    return np.stack([np.ones_like(g), g], axis=-1)


def _shapes(lowest_d_k: float) -> NDArray[np.float64]:
    return 1 / (T0_BELOW_DATA_K - lowest_d_k)


def vogel_model(
    d_k: NDArray[np.float64], parameters: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a + c d / (1 + s d) (n,) for `parameters` (a, c, s), and its Jacobian (n, 3)."""
    a, c, s = parameters
    g = d_k / (1 + s * d_k)
    return a + c * g, np.column_stack([np.ones_like(g), g, -c * g**2])


@dataclass(frozen=True, eq=False)
class LikelihoodRegion:
    """All (a, c, s) with a chi-square no worse than the best by more than a confidence level allows.

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
        threshold = float(self.shape.chi_square(best)[0]) + factor**2 * self.solution.variance_factor
        return self.shape.interval(threshold, best), threshold
