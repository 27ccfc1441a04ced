"""The fringe of electrodes that are smaller than the pellet: the current also flows beside them.

Two equal electrodes on the faces of a plate of thickness L have a straight edge; the plate goes on beyond
them by m and ends there. The current equals that of electrodes which are wider by

    delta = m - (L / pi) ln cosh(pi m / L)

(conformal map of the half plate with the middle plane as an equipotential; delta -> m for a narrow margin,
-> L ln 2 / pi = 0.22 L for a wide one). A round electrode has the effective radius r + delta, to first order
in L / r.
"""

import math

from labctl.analysis.numerics.estimate import Estimate

TRUSTED_TO = 0.1
"""Standard uncertainty of the correction, as a share of it: curved edges, displaced electrodes."""


def fringe_m(thickness_m: float, margin_m: float) -> float:
    """Width that a margin of the pellet beyond its electrodes adds to them; 0 without a margin."""
    if margin_m <= 0:
        return 0.0
    turns = math.pi * margin_m / thickness_m
    ln_cosh = turns + math.log1p(math.exp(-2 * turns)) - math.log(2)
    return margin_m - thickness_m / math.pi * ln_cosh


def effective_area(thickness_m: Estimate, area_m2: Estimate, pellet_area_m2: Estimate | None) -> Estimate:
    """Area that carries the current between round electrodes, in m2.

    Without a stated pellet it is the area of the electrodes: a fringe is then not known, and not in the
    uncertainty.
    """
    if pellet_area_m2 is None:
        return area_m2
    radius, edge = (math.sqrt(area.value / math.pi) for area in (area_m2, pellet_area_m2))
    margin = edge - radius
    delta = fringe_m(thickness_m.value, margin)
    if delta == 0:
        return area_m2
    kept = math.tanh(math.pi * margin / thickness_m.value)  # of a wider electrode, not lost at the edge
    effective = math.pi * (radius + delta) ** 2
    around = 2 * math.pi * (radius + delta)
    radius_u, edge_u = (
        area.standard_uncertainty / (2 * math.pi * r)
        for area, r in ((area_m2, radius), (pellet_area_m2, edge))
    )
    correction_u = TRUSTED_TO * (effective - area_m2.value)
    u = math.hypot(around * kept * radius_u, around * (1 - kept) * edge_u, correction_u)
    return Estimate(effective, u, area_m2.degrees_of_freedom)
