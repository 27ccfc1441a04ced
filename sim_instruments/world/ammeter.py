"""Digital meter with ranges, autoranging, resolution, noise and overload."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MeterReading:
    """A reading, its full scale and its overload flag."""

    value: float
    full_scale: float
    overloaded: bool


@dataclass(frozen=True)
class Meter:
    """A meter of several full scales, rising; it reads up to `headroom` of a full scale.

    Noise has a standard deviation of `noise` of full scale; readings are whole multiples of `resolution` of
    full scale.
    """

    full_scales: tuple[float, ...]
    noise: float = 2e-5
    resolution: float = 5e-6
    headroom: float = 1.05

    def read(self, true: float, chance: np.random.Generator, full_scale: float | None = None) -> MeterReading:
        """Read once, on the given full scale or the smallest that fits."""
        scale = self.choose(true) if full_scale is None else full_scale
        limit = scale * self.headroom
        seen = true + self.noise * scale * chance.standard_normal()
        step = self.resolution * scale
        value = max(-limit, min(limit, round(seen / step) * step))
        return MeterReading(value, scale, abs(true) > limit)

    def choose(self, true: float) -> float:
        """The smallest full scale that fits, or the largest."""
        return next((s for s in self.full_scales if abs(true) <= s * self.headroom), self.full_scales[-1])
