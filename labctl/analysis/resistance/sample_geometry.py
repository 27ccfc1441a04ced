"""Thickness of a sample that was measured before and after a run, and its thermal expansion.

1. Two measurements that agree are averaged. They are of one micrometer, so the average is not more certain
   than the better one. Where they differ by more than twice the uncertainty of their difference, the sample
   changed at an unknown time: the thickness lies anywhere between them (rectangular, JCGM 100:2008, 4.3.7).
2. Dimensions are measured in a room. A sample that expands alike in every direction has L/A smaller by
   1 + alpha (T - T_room) at a temperature T.
"""

import math

from labctl.analysis.numerics.budget import Component, estimate_of
from labctl.analysis.numerics.estimate import Estimate

EXPANSION = "thermal expansion"
ROOM_K = 296.15
ROOM_LIMIT_K = 5.0
"""Dimensions are taken as measured at 23 degC +- 5 K."""
AGREE_WITHIN = 2.0
"""Standard uncertainties of the difference."""


def thickness_before_and_after(before_m: Estimate, after_m: Estimate | None) -> Estimate:
    """Return the thickness during a run in m; without a second measurement the first one."""
    if after_m is None:
        return before_m
    middle = (before_m.value + after_m.value) / 2
    u_m = min(before_m.standard_uncertainty, after_m.standard_uncertainty)
    if disagree(before_m, after_m):
        u_m = math.hypot(u_m, abs(after_m.value - before_m.value) / math.sqrt(12))
    return Estimate(middle, u_m, before_m.degrees_of_freedom)


def disagree(before_m: Estimate, after_m: Estimate) -> bool:
    """Return whether two measurements differ by more than twice the uncertainty of their difference.

    Where neither has an uncertainty, any difference is a disagreement.
    """
    u_m = math.hypot(before_m.standard_uncertainty, after_m.standard_uncertainty)
    return abs(after_m.value - before_m.value) > AGREE_WITHIN * u_m + 1e-9 * before_m.value


def expansion_factor(alpha_per_k: Estimate, temperature_k: float) -> Estimate:
    """Return the factor of L/A at a temperature in K, 1 / (1 + alpha (T - T_room)).

    Parameters
    ----------
    alpha_per_k : Estimate
        Mean linear expansion between the room and the temperature, 1/K.

    Raises
    ------
    ValueError
        The sample would have no size left.
    """
    away_k = temperature_k - ROOM_K
    stretch = 1 + alpha_per_k.value * away_k
    if not stretch > 0:
        raise ValueError(
            f"thermal expansion of {alpha_per_k.value:g} /K leaves nothing at {temperature_k:g} K"
        )
    of_alpha = Component(
        EXPANSION, -alpha_per_k.standard_uncertainty * away_k / stretch**2, "B", True, EXPANSION
    )
    room_k = alpha_per_k.value * ROOM_LIMIT_K / math.sqrt(3)
    of_room = Component(EXPANSION, room_k / stretch**2, "B", True, "temperature of the room")
    return estimate_of(1 / stretch, (of_alpha, of_room))
