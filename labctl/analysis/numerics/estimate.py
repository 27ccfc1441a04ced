"""A value and how far to believe it."""

import math
from dataclasses import dataclass, field, replace
from typing import Any, Self

from labctl.analysis.numerics.component import (
    Component,
    Distribution,
    Kind,
    combined,
    effective_degrees_of_freedom,
    joined,
)
from labctl.analysis.numerics.drawn_interval import interval_factor

WITHIN = 1e-6
"""Relative difference of a standard uncertainty and its components that rounding explains."""


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
    components : tuple of Component
        The uncertainty by source (keyword). Where given, they add up to `standard_uncertainty`. Two estimates
        with different components are equal.

    Raises
    ------
    ValueError
        The uncertainty is negative, or its components add up to another one.
    """

    value: float
    standard_uncertainty: float
    degrees_of_freedom: float = math.inf
    components: tuple[Component, ...] = field(default=(), kw_only=True, compare=False)

    def __post_init__(self) -> None:
        if self.standard_uncertainty < 0:
            raise ValueError(f"standard_uncertainty must not be negative, got {self.standard_uncertainty!r}")
        if self.components and not _agree(combined(self.components), self.standard_uncertainty):
            raise ValueError(
                f"components add up to {combined(self.components)!r}, but standard_uncertainty is "
                f"{self.standard_uncertainty!r}"
            )

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Two-sided interval that holds the true value with probability `level` (0 to 1).

        Student's; where limits of error are among the components, of the drawn sum of the errors.
        """
        half = self.interval_factor(level) * self.standard_uncertainty
        return self.value - half, self.value + half

    def interval_factor(self, level: float = 0.95) -> float:
        """Half of `interval` over the standard uncertainty."""
        return interval_factor(self.components, level, self.degrees_of_freedom)

    @property
    def relative_uncertainty(self) -> float:
        """`standard_uncertainty / |value|`; infinite for a value of zero."""
        return self.standard_uncertainty / abs(self.value) if self.value else math.inf

    @property
    def parts(self) -> tuple[Component, ...]:
        """The components; where none are given, the whole uncertainty as "fit and noise", type A."""
        if self.components or not self.standard_uncertainty:
            return self.components
        whole = Component(
            "fit and noise", self.standard_uncertainty, degrees_of_freedom=self.degrees_of_freedom
        )
        return (whole,)

    def with_component(self, *more: Component) -> Self:
        """The estimate with more components: uncertainty and degrees of freedom follow (JCGM 100, G.4)."""
        components = joined((*self.parts, *more))
        return replace(
            self,
            standard_uncertainty=combined(components),
            degrees_of_freedom=effective_degrees_of_freedom(components),
            components=components,
        )

    def widened(
        self,
        standard_uncertainty: float,
        source: str,
        kind: Kind = "B",
        *,
        common: bool = False,
        cause: str = "",
        degrees_of_freedom: float | None = None,
        distribution: Distribution = "normal",
    ) -> Self:
        """The estimate with a larger uncertainty, the growth being one component of `source`.

        Without `degrees_of_freedom` those of the estimate stay. An uncertainty that is not larger is kept.
        """
        own = self.standard_uncertainty
        if not standard_uncertainty > own:
            return self
        growth = _beside(own, standard_uncertainty)
        more = Component(source, growth, kind, common, cause, distribution=distribution)
        freedom = self.degrees_of_freedom if degrees_of_freedom is None else degrees_of_freedom
        return replace(
            self,
            standard_uncertainty=standard_uncertainty,
            degrees_of_freedom=freedom,
            components=(*self.parts, more),
        )

    def budget(self) -> list[dict[str, Any]]:
        """Return one entry for each source, largest first: source, standard_uncertainty, type, common.

        Components of one source add up signed within a cause, then in quadrature.
        """
        groups: dict[tuple[str, str, bool], list[Component]] = {}
        for one in self.parts:
            groups.setdefault((one.source, one.kind, one.common), []).append(one)
        entries = [
            {"source": source, "standard_uncertainty": combined(group), "type": kind, "common": common}
            for (source, kind, common), group in groups.items()
        ]
        return sorted(entries, key=lambda entry: -entry["standard_uncertainty"])


def _beside(own: float, whole: float) -> float:
    """What adds up with `own` in quadrature to `whole`."""
    return whole if math.isinf(whole) else math.sqrt((whole - own) * (whole + own))


def _agree(one: float, other: float) -> bool:
    return one == other or math.isclose(one, other, rel_tol=WITHIN)
