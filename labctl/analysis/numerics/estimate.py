"""A value and how far to believe it."""

import math
from dataclasses import dataclass

from labctl.analysis.numerics.distributions import student_quantile


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured or fitted quantity in SI units, with its standard uncertainty (GUM, JCGM 100:2008).

    Attributes
    ----------
    value : float
    standard_uncertainty : float
        One standard deviation, same unit as `value`; not negative.
    degrees_of_freedom : float
        Behind the standard uncertainty; infinite when it is known rather than estimated.
    """

    value: float
    standard_uncertainty: float
    degrees_of_freedom: float = math.inf

    def __post_init__(self) -> None:
        if self.standard_uncertainty < 0:
            raise ValueError(f"standard_uncertainty must not be negative, got {self.standard_uncertainty!r}")

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Two-sided Student interval that holds the true value with probability `level` (0 to 1)."""
        if not 0 < level < 1:
            raise ValueError(f"level must lie between 0 and 1, got {level!r}")
        half = student_quantile(0.5 + level / 2, self.degrees_of_freedom) * self.standard_uncertainty
        return self.value - half, self.value + half

    @property
    def relative_uncertainty(self) -> float:
        """`standard_uncertainty / |value|`; infinite for a value of zero."""
        return self.standard_uncertainty / abs(self.value) if self.value else math.inf
