"""The error of an impedance analyser: gain and phase, by frequency and impedance.

A data sheet states limits of error. Inside the limits every value is equally probable, so that the standard
uncertainty is the limit divided by sqrt(3) (type B, JCGM 100:2008, 4.3.7).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from labctl.accuracy import AccuracyRange
from labctl.analysis.numerics.arrays import BoolArray, FloatArray

__all__ = ["LIMIT_TO_STANDARD", "AccuracyRange", "AnalyserAccuracy"]

LIMIT_TO_STANDARD = 1 / math.sqrt(3.0)


@dataclass(frozen=True)
class AnalyserAccuracy:
    """Limits of error of an impedance analyser.

    Within one range the error is common to the points: it does not average out over a spectrum.

    Attributes
    ----------
    ranges : tuple of AccuracyRange
        The first that holds a point counts. A point in none of them has no stated accuracy.
    """

    ranges: tuple[AccuracyRange, ...]

    def __post_init__(self) -> None:
        if not self.ranges:
            raise ValueError("an accuracy needs at least one range; None says that it is not stated")

    def range_of(self, frequency_hz: FloatArray, z_ohm: np.ndarray) -> np.ndarray:
        """(n,) int: number of the range that holds each point; -1 where none does."""
        frequency = np.atleast_1d(np.asarray(frequency_hz, float))
        modulus = np.abs(np.atleast_1d(np.asarray(z_ohm)))
        found = np.full(frequency.shape, -1)
        for number, one in enumerate(self.ranges):
            inside = _inside(frequency, one.frequency_hz) & _inside(modulus, one.impedance_ohm)
            found[inside & (found < 0)] = number
        return found

    def relative_uncertainty(
        self, frequency_hz: FloatArray, z_ohm: np.ndarray
    ) -> tuple[FloatArray, FloatArray]:
        """Standard uncertainties of gain (relative) and phase (rad), each (n,); nan where not stated.

        Type B, fully correlated between the points of one range.
        """
        gain = np.array([one.gain for one in self.ranges] + [np.nan])
        phase = np.array([_or_nan(one.phase_rad) for one in self.ranges] + [np.nan])
        number = self.range_of(frequency_hz, z_ohm)
        return gain[number] * LIMIT_TO_STANDARD, phase[number] * LIMIT_TO_STANDARD

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources of the ranges, each once."""
        return tuple(dict.fromkeys(one.source for one in self.ranges))

    def described(self) -> list[dict[str, Any]]:
        """Return the ranges as a run keeps them (JSON); no upper end is None."""
        return [
            asdict(one) | {name: _finite(getattr(one, name)) for name in ("frequency_hz", "impedance_ohm")}
            for one in self.ranges
        ]

    @classmethod
    def of(cls, described: Iterable[Mapping[str, Any]]) -> "AnalyserAccuracy":
        """Return the accuracy that `described` gave; raises ValueError, KeyError or TypeError otherwise."""
        return cls(
            tuple(
                AccuracyRange(
                    float(one["gain"]),
                    None if one["phase_rad"] is None else float(one["phase_rad"]),
                    str(one["source"]),
                    _range(one["frequency_hz"]),
                    _range(one["impedance_ohm"]),
                )
                for one in described
            )
        )


def _inside(values: FloatArray, ends: tuple[float, float]) -> BoolArray:
    return (values >= ends[0]) & (values <= ends[1])


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _finite(ends: tuple[float, float]) -> list[float | None]:
    return [ends[0], ends[1] if math.isfinite(ends[1]) else None]


def _range(ends: Any) -> tuple[float, float]:
    low, high = ends
    return float(low), math.inf if high is None else float(high)
