"""From a resistance to a conductivity."""

import math

from labctl.analysis.numerics.budget import joined, named
from labctl.analysis.numerics.estimate import Estimate


def conductivity(
    resistance_ohm: Estimate | float, thickness_m: Estimate | float, area_m2: Estimate | float
) -> Estimate:
    """Conductivity sigma = L / (R A) in S/m, with u(sigma)^2 / sigma^2 = the sum of the three relative ones.

    First-order propagation of independent quantities (GUM, JCGM 100:2008, 5.1.6); degrees of freedom after
    Welch and Satterthwaite (G.4.1). A plain number counts as known exactly.

    Raises
    ------
    ValueError
        When an argument is not positive and finite; the message names it.
    """
    r = _positive("resistance_ohm", resistance_ohm)
    thickness = _positive("thickness_m", thickness_m)
    area = _positive("area_m2", area_m2)
    value = thickness.value / (r.value * area.value)
    relative = [part.relative_uncertainty for part in (r, thickness, area)]
    total = math.hypot(*relative)
    shares = [u**4 / part.degrees_of_freedom for u, part in zip(relative, (r, thickness, area), strict=True)]
    freedom = total**4 / sum(shares) if sum(shares) > 0 else math.inf
    geometry = (
        (thickness, named(thickness, "thickness", "B", common=True, cause="thickness"), 1.0),
        (area, named(area, "area", "B", common=True, cause="area"), -1.0),
    )
    parts = [part.scaled(-value / r.value) for part in r.parts]
    for estimate, whole, sign in geometry:
        of_it = estimate.components or whole.components
        parts += [part.scaled(sign * value / estimate.value) for part in of_it]
    return Estimate(value, value * total, freedom, components=joined(parts))


def _positive(name: str, quantity: Estimate | float) -> Estimate:
    estimate = quantity if isinstance(quantity, Estimate) else Estimate(float(quantity), 0.0)
    if not (math.isfinite(estimate.value) and estimate.value > 0):
        raise ValueError(f"{name} must be positive and finite, got {estimate.value!r}")
    if not math.isfinite(estimate.standard_uncertainty):
        raise ValueError(f"{name} must have a finite standard uncertainty")
    return estimate
