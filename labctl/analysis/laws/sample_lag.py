"""Lag of a sample behind its sensor while the temperature moves, from impedance at rest and on the way.

1. The sample follows its sensor to first order: dT/dt = (T_sensor - T) / tau. The readings are filtered with
   a time constant, and ln(sigma T) of all spectra, at rest and moving, must then lie on one smooth curve
   against 1/T: tau is what makes it so.
2. Spectra at rest beside moving ones determine tau, and so do two ways. Spectra that all move alike do not:
   a lag then looks like another law.
3. A spectrum belongs to the temperature at which its resistance shows: the mean over its points, weighted by
   the square of the share of the resistance in the impedance, |Z|/R above the arc and R/|Z| below it.
4. A time constant below zero says that the resistance shows later than this mean.
5. A sample that changes during the run looks like a lag. Nothing here separates the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.numerics.estimate import Estimate

Array = NDArray[np.float64]
LONGEST_SHARE = 0.25
"""Longest time constant looked for, as a share of the time from the first to the last spectrum."""
GRID = 61
STEP_S = 1.0
SHORTEST_STEP_S = 1.0
MOST_STEPS = 20_000
UNLIKE = 0.5
"""Difference of two rates, as a share of the largest, from which spectra do not move alike."""
WITHOUT_U = 0.01
"""Relative uncertainty that weighs the points where none is known; their scatter then decides."""


@dataclass(frozen=True)
class MovingSpectrum:
    """One spectrum among others of a run.

    Attributes
    ----------
    time_s, weight : (k,)
        Time of each point, and how far the resistance shows in it.
    conductivity_s_m, relative_u : float
        NaN where the uncertainty is not known.
    """

    time_s: Array
    weight: Array
    conductivity_s_m: float
    relative_u: float = np.nan


@dataclass(frozen=True)
class SampleLag:
    """Time constant of a sample behind its sensor, and the sample's temperature during each spectrum.

    Attributes
    ----------
    time_constant_s : Estimate
    sensor_k, sample_k : (n,)
        Weighted means over the points of each spectrum.
    slope_k_s : (n,)
        Change of `sample_k` with the time constant.
    """

    time_constant_s: Estimate
    sensor_k: Array
    sample_k: Array
    slope_k_s: Array

    @property
    def lag_u_k(self) -> Array:
        """Standard uncertainty of each temperature that the time constant leaves; one error of all."""
        return self.slope_k_s * self.time_constant_s.standard_uncertainty


def followed(time_s: Array, sensor_k: Array, tau_s: float) -> Array:
    """Return the temperature of a sample that follows readings (n,), at equal steps, with a time constant.

    Exact for a sensor that moves in straight lines between readings; the sample begins at the first reading.
    A time constant below zero looks ahead of the sensor by as much, to first order.
    """
    from scipy.signal import lfilter

    if tau_s <= 0:
        return np.interp(time_s - tau_s, time_s, sensor_k)
    step_s = time_s[1] - time_s[0]
    kept = np.exp(-step_s / tau_s)
    share = tau_s / step_s * (1 - kept)
    from_rest_k = sensor_k - sensor_k[0]
    return sensor_k[0] + lfilter([1 - share, share - kept], [1.0, -kept], from_rest_k)


def resistance_shows(z_ohm: NDArray[np.complex128], total_ohm: float) -> Array:
    """Return how far a resistance shows in the points of its spectrum: the squared share, 0 to 1."""
    ratio = np.abs(z_ohm) / total_ohm
    return np.minimum(ratio, 1 / np.maximum(ratio, 1e-300)) ** 2


def sample_lag(time_s: Array, sensor_k: Array, spectra: Sequence[MovingSpectrum]) -> SampleLag | None:
    """Return the lag of a sample in a run; None where its spectra do not determine it.

    Parameters
    ----------
    time_s, sensor_k : (m,)
        All readings of the run, rising in time.
    spectra : sequence of MovingSpectrum
        At rest and moving, at least five.
    """
    if len(spectra) < 5 or time_s.size < 2 or not _move_unlike(time_s, sensor_k, spectra):
        return None
    temperatures = _Temperatures(time_s, sensor_k, spectra)
    longest_s = LONGEST_SHARE * (spectra[-1].time_s[-1] - spectra[0].time_s[0])
    shortest_s = -max(float(np.ptp(one.time_s)) for one in spectra)
    misfit = partial(_misfit, spectra, temperatures)
    best_s = _lowest(misfit, shortest_s, longest_s)
    if best_s is None:
        return None
    step_s = STEP_S
    middle, freedom = misfit(best_s), len(spectra) - 4
    bend = (misfit(best_s + step_s) - 2 * middle + misfit(best_s - step_s)) / step_s**2
    if not bend > 0:
        return None
    u_s = float(np.sqrt(2 / bend * max(middle / freedom, 1.0)))
    sample_k = temperatures(best_s)
    slope = (temperatures(best_s + step_s) - temperatures(best_s - step_s)) / (2 * step_s)
    return SampleLag(Estimate(best_s, u_s, freedom), temperatures(0.0), sample_k, slope)


def _move_unlike(time_s: Array, sensor_k: Array, spectra: Sequence[MovingSpectrum]) -> bool:
    rates = np.array([rate_k_s(one.time_s, np.interp(one.time_s, time_s, sensor_k)) for one in spectra])
    return bool(np.ptp(rates) > UNLIKE * np.abs(rates).max())


def rate_k_s(time_s: Array, temperature_k: Array) -> float:
    """Return the least-squares slope of temperatures; 0 where the times do not differ."""
    away_s = time_s - time_s.mean()
    spread = float(away_s @ away_s)
    return float(away_s @ (temperature_k - temperature_k.mean())) / spread if spread else 0.0


class _Temperatures:
    """Mean temperature of each spectrum for a time constant."""

    def __init__(self, time_s: Array, sensor_k: Array, spectra: Sequence[MovingSpectrum]) -> None:
        steps = int(np.ptp(time_s) / max(np.ptp(time_s) / MOST_STEPS, SHORTEST_STEP_S)) + 2
        self._grid_s = np.linspace(time_s[0], time_s[-1], steps)
        self._sensor_k = np.interp(self._grid_s, time_s, sensor_k)
        self._point_s = np.concatenate([one.time_s for one in spectra])
        self._weight = np.concatenate([one.weight / one.weight.sum() for one in spectra])
        self._begins = np.cumsum([0, *(one.time_s.size for one in spectra[:-1])])

    def __call__(self, tau_s: float) -> Array:
        sample_k = followed(self._grid_s, self._sensor_k, tau_s)
        weighted = self._weight * np.interp(self._point_s, self._grid_s, sample_k)
        return np.add.reduceat(weighted, self._begins)


def _misfit(spectra: Sequence[MovingSpectrum], temperatures: _Temperatures, tau_s: float) -> float:
    """Sum of squares of ln(sigma T) about a parabola in 1/T, in standard uncertainties."""
    kelvin = temperatures(tau_s)
    u = np.array([one.relative_u for one in spectra])
    u = np.where(np.isfinite(u) & (u > 0), u, WITHOUT_U)
    y = np.log(kelvin * np.array([one.conductivity_s_m for one in spectra]))
    x = 1000 / kelvin
    powers = np.vander(x - x.mean(), 3) / u[:, None]
    left = y / u - powers @ np.linalg.lstsq(powers, y / u, rcond=None)[0]
    return float(left @ left)


def _lowest(misfit: Callable[[float], float], shortest_s: float, longest_s: float) -> float | None:
    """Return where a function is lowest; None at an end of the range."""
    from scipy.optimize import minimize_scalar

    grid = np.linspace(shortest_s, longest_s, GRID)
    place = int(np.argmin([misfit(one) for one in grid]))
    if place in (0, GRID - 1):
        return None
    ends = (float(grid[place - 1]), float(grid[place + 1]))
    found: Any = minimize_scalar(misfit, bounds=ends, method="bounded", options={"xatol": 0.01})
    return float(found.x)
