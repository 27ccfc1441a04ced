"""Estimates with an interval that is not symmetric about the value."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from labctl.analysis.numerics.component import Component, limits_and_rest
from labctl.analysis.numerics.distributions import student_quantile
from labctl.analysis.numerics.drawn_interval import half_width
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
        factor = self.interval_factor(level)
        if not 0 < self.value < math.inf:
            return 0.0, math.inf
        half = factor * self.relative_uncertainty
        return self.value * _exp(-half), self.value * _exp(half)


@dataclass(frozen=True, slots=True)
class ProfileEstimate(Estimate):
    """A fitted parameter; its `interval()` is the profile interval, which may be asymmetric or open.

    Components that were added to the fit widen each side of the profile in quadrature.
    """

    profile: Callable[[float], tuple[float, float]] = field(repr=False, compare=False, kw_only=True)
    added_uncertainty: float = field(default=0.0, compare=False, kw_only=True)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval that holds the true value with probability `level` (0 to 1); its ends may be infinite."""
        low, high = self.profile(level)
        if not self.added_uncertainty:
            return low, high
        return self.value - self._side(self.value - low, level), self.value + self._side(
            high - self.value, level
        )

    def _side(self, own: float, level: float) -> float:
        """One side of the profile, with the components that were added."""
        limits, _, _ = limits_and_rest(self.components)
        normal_factor = coverage_factor(level, math.inf)
        if not limits or not math.isfinite(own):
            return math.hypot(own, normal_factor * self.added_uncertainty)
        limited = sum(limit**2 for limit in limits) / 3
        added = math.sqrt(max(self.added_uncertainty**2 - limited, 0.0))
        return half_width(limits, math.hypot(own / normal_factor, added), math.inf, level)

    def with_component(self, *more: Component) -> "ProfileEstimate":
        """The estimate with more components; the interval grows by what they add to the uncertainty."""
        whole = super(ProfileEstimate, self).with_component(*more)
        grown = whole.standard_uncertainty**2 - self.standard_uncertainty**2
        added = math.sqrt(max(grown, 0.0)) if math.isfinite(grown) else 0.0
        return replace(whole, added_uncertainty=math.hypot(self.added_uncertainty, added))


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
