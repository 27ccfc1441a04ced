"""Estimates with an interval that is not symmetric about the value."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from labctl.analysis.numerics.distributions import student_quantile
from labctl.analysis.numerics.estimate import Estimate


def coverage_factor(level: float, degrees_of_freedom: float) -> float:
    """Student's two-sided quantile.

    Raises
    ------
    ValueError
        `level` does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level!r}")
    return student_quantile(0.5 + level / 2, degrees_of_freedom)


@dataclass(frozen=True, slots=True)
class LogEstimate(Estimate):
    """A positive quantity known by its logarithm: `interval()` is symmetric in ln, not in the value.

    Attributes
    ----------
    flags : tuple of str
        What limits it, e.g. that it is extrapolated.
    """

    flags: tuple[str, ...] = ()

    @classmethod
    def from_ln(
        cls, ln_value: float, ln_uncertainty: float, degrees_of_freedom: float, flags: tuple[str, ...] = ()
    ) -> "LogEstimate":
        """Make one from ln(value) and the standard uncertainty of it."""
        value = _exp(ln_value)
        return cls(value, value * ln_uncertainty if value else math.inf, degrees_of_freedom, flags)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval that holds the true value with probability `level` (0 to 1)."""
        factor = coverage_factor(level, self.degrees_of_freedom)
        if not 0 < self.value < math.inf:
            return 0.0, math.inf
        half = factor * self.relative_uncertainty
        return self.value * _exp(-half), self.value * _exp(half)


@dataclass(frozen=True, slots=True)
class ProfileEstimate(Estimate):
    """A fitted parameter; its `interval()` is the profile interval, which may be asymmetric or open."""

    profile: Callable[[float], tuple[float, float]] = field(repr=False, compare=False, kw_only=True)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval that holds the true value with probability `level` (0 to 1); its ends may be infinite."""
        return self.profile(level)


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
