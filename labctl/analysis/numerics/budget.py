"""Uncertainty by source, and its propagation (JCGM 100:2008, 5.1, 5.2 and G.4).

A component names its cause. Components with the same cause are one error and are added with their signs;
different causes are independent and are added in quadrature. What has no stated uncertainty is no component:
its name is in a tuple `not_stated` beside the budget, and is never taken for zero.
"""

from collections.abc import Iterable

from labctl.analysis.numerics.component import (
    SOURCES,
    Component,
    Kind,
    combined,
    effective_degrees_of_freedom,
    joined,
)
from labctl.analysis.numerics.estimate import Estimate

__all__ = [
    "SOURCES",
    "Component",
    "combined",
    "effective_degrees_of_freedom",
    "estimate_of",
    "joined",
    "named",
    "propagated",
    "scaled",
]


def estimate_of(value: float, components: Iterable[Component]) -> Estimate:
    """The estimate with these components."""
    parts = joined(components)
    return Estimate(value, combined(parts), effective_degrees_of_freedom(parts), components=parts)


def named(
    estimate: Estimate, source: str, kind: Kind = "A", *, common: bool = False, cause: str = ""
) -> Estimate:
    """The estimate with its whole uncertainty as one component of this source."""
    u, freedom = estimate.standard_uncertainty, estimate.degrees_of_freedom
    parts = (Component(source, u, kind, common, cause, freedom),) if u else ()
    return Estimate(estimate.value, u, freedom, components=parts)


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """`factor` times the estimate."""
    return propagated(factor * estimate.value, [(factor, estimate)])


def propagated(value: float, sensitivities: Iterable[tuple[float, Estimate]]) -> Estimate:
    """A function of estimates, to first order, with the components of each and their causes.

    Parameters
    ----------
    value : float
        Of the function.
    sensitivities : iterable of (derivative of the function, Estimate)
        An estimate without components counts as one independent component "fit and noise", type A.
    """
    parts = (part.scaled(slope) for slope, estimate in sensitivities for part in estimate.parts)
    return estimate_of(value, parts)
