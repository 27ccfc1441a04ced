"""Conductivity against temperature, checked before any law is laid through it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.laws.repeated_temperatures import SAME_TEMPERATURE_WITHIN_K
from labctl.analysis.numerics.celsius import celsius_words, straighter_in_celsius

CELSIUS_SUSPECTED_BELOW_K = 200.0


@dataclass(frozen=True, slots=True)
class TemperatureSeries:
    """Points that enter a fit, and the bounds that do not.

    Attributes
    ----------
    temperature_k, conductivity_s_m : (n,)
    ln_uncertainty : (n,) or None
        Stated standard uncertainty of ln sigma; None where nothing was stated.
    temperature_u_k : (n,) or None
        Stated standard uncertainty of each temperature; 0 only where ln sigma has its own.
    weight : (n,)
        1 for an ordinary point, less for an outlier.
    bound_temperature_k, bound_s_m : (m,)
        Points of which only "sigma < x" is known.
    """

    temperature_k: NDArray[np.float64]
    conductivity_s_m: NDArray[np.float64]
    ln_uncertainty: NDArray[np.float64] | None
    temperature_u_k: NDArray[np.float64] | None
    weight: NDArray[np.float64]
    bound_temperature_k: NDArray[np.float64]
    bound_s_m: NDArray[np.float64]

    def __len__(self) -> int:
        return self.temperature_k.size

    @property
    def stated(self) -> bool:
        """Whether the caller stated any uncertainty."""
        return self.ln_uncertainty is not None or self.temperature_u_k is not None

    @property
    def full_points(self) -> int:
        """Number of points that are not down-weighted."""
        return int(np.count_nonzero(self.weight >= 1))

    def select(self, mask: NDArray[np.bool_]) -> "TemperatureSeries":
        """The points where `mask` (n,) is True, with all the bounds."""
        return replace(
            self,
            temperature_k=self.temperature_k[mask],
            conductivity_s_m=self.conductivity_s_m[mask],
            ln_uncertainty=None if self.ln_uncertainty is None else self.ln_uncertainty[mask],
            temperature_u_k=None if self.temperature_u_k is None else self.temperature_u_k[mask],
            weight=self.weight[mask],
        )

    def ln_sigma(self) -> NDArray[np.float64]:
        """Natural logarithm of the conductivity in S/m, (n,)."""
        return np.log(self.conductivity_s_m)

    def uncertainty(self, slope_per_k: NDArray[np.float64]) -> NDArray[np.float64]:
        """Effective standard uncertainty of ln sigma, (n,): stated, temperature through the slope, weight.

        All ones (before weighting) when nothing was stated.
        """
        variance = np.zeros(len(self))
        if self.ln_uncertainty is not None:
            variance += self.ln_uncertainty**2
        if self.temperature_u_k is not None:
            variance += (np.maximum(np.abs(slope_per_k), 1e-6) * self.temperature_u_k) ** 2
        return np.sqrt((variance if self.stated else 1.0) / self.weight)

    def flags(self) -> tuple[str, ...]:
        """Reservations about the points, to be read before any fit of them."""
        count = self.bound_s_m.size
        return (f"{count} upper bound{'s' * (count > 1)} left out of the fit",) if count else ()


def temperature_series(
    temperature_k: ArrayLike,
    conductivity_s_m: ArrayLike,
    *,
    distinct: int,
    standard_uncertainty_s_m: ArrayLike | None = None,
    temperature_u_k: ArrayLike | None = None,
    upper_bound: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    cryogenic: bool = False,
    are_kelvin: bool = False,
) -> TemperatureSeries:
    """Check a series; `distinct` is how many different temperatures the law needs.

    Raises
    ------
    ValueError
        Naming the argument and the first entry at fault.
    """
    temperature = _positive("temperature_k", temperature_k)
    conductivity = _positive("conductivity_s_m", conductivity_s_m)
    _same_length(temperature, "conductivity_s_m", conductivity)
    bound = _flags_of("upper_bound", upper_bound, temperature)
    measured = ~bound
    if not are_kelvin:
        _refuse_celsius(temperature, conductivity, measured, cryogenic)
    _enough_temperatures(temperature[measured], distinct)
    u_sigma = _positive_like("standard_uncertainty_s_m", standard_uncertainty_s_m, temperature, measured)
    exact_allowed = u_sigma is not None  # a thermometer may not move by its last digit
    u_temperature = _positive_like("temperature_u_k", temperature_u_k, temperature, measured, exact_allowed)
    weights = _positive_like("weight", weight, temperature, measured)
    return TemperatureSeries(
        temperature[measured],
        conductivity[measured],
        None if u_sigma is None else u_sigma / conductivity[measured],
        u_temperature,
        np.ones(measured.sum()) if weights is None else weights,
        temperature[bound],
        conductivity[bound],
    )


def distinct_temperatures_k(temperature_k: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ascending temperatures (m,), at least 0.5 K apart: a setpoint that is reached twice counts once."""
    kept: list[float] = []
    for temperature in np.sort(temperature_k):
        if not kept or temperature - kept[-1] >= SAME_TEMPERATURE_WITHIN_K:
            kept.append(float(temperature))
    return np.array(kept)


def _positive(name: str, values: ArrayLike, zero_allowed: bool = False) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be a non-empty one-dimensional array, got shape {array.shape}")
    wrong = ~(np.isfinite(array) & ((array >= 0) if zero_allowed else (array > 0)))
    if wrong.any():
        index = int(np.argmax(wrong))
        asked = "not be negative, and be finite" if zero_allowed else "be positive and finite"
        raise ValueError(f"{name} must {asked}, got {array[index]:g} at index {index}")
    return array


def _same_length(temperature: NDArray[np.float64], name: str, other: NDArray) -> None:
    if other.shape != temperature.shape:
        raise ValueError(f"{name} has {other.size} entries, temperature_k has {temperature.size}")


def _refuse_celsius(
    temperature_k: NDArray[np.float64],
    conductivity_s_m: NDArray[np.float64],
    measured: NDArray[np.bool_],
    cryogenic: bool,
) -> None:
    if not cryogenic and temperature_k.max() < CELSIUS_SUSPECTED_BELOW_K:
        raise ValueError(
            f"temperature_k: every value is below {CELSIUS_SUSPECTED_BELOW_K:g} K, which looks like degrees "
            "Celsius; add 273.15, or pass cryogenic=True if these are kelvin"
        )
    ratio = straighter_in_celsius(temperature_k[measured], np.log(conductivity_s_m[measured]))
    if ratio:
        raise ValueError(
            f"temperature_k: {celsius_words(ratio)}; add 273.15, or pass are_kelvin=True if these are kelvin"
        )


def _flags_of(name: str, values: ArrayLike | None, like: NDArray) -> NDArray[np.bool_]:
    array = np.zeros(like.size, dtype=bool) if values is None else np.asarray(values, dtype=bool)
    _same_length(like, name, array)
    return array


def _enough_temperatures(temperature_k: NDArray[np.float64], distinct: int) -> None:
    found = distinct_temperatures_k(temperature_k).size
    if found < distinct:
        raise ValueError(f"temperature_k must hold at least {distinct} different temperatures, got {found}")


def _positive_like(
    name: str,
    values: ArrayLike | None,
    like: NDArray,
    measured: NDArray[np.bool_],
    zero_allowed: bool = False,
) -> NDArray[np.float64] | None:
    if values is None:
        return None
    array = np.broadcast_to(np.asarray(values, dtype=float), like.shape) if np.ndim(values) == 0 else values
    array = np.asarray(array, dtype=float)
    _same_length(like, name, array)
    return _positive(name, array[measured], zero_allowed)
