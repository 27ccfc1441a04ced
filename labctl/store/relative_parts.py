"""Relative uncertainty of conductivities in two columns: the own part of each point, and the shared part.

A fit weighs points by their own part. What they share does not average out, and is added after the fit.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

INDEPENDENT = "relative_uncertainty_independent"
COMMON = "relative_uncertainty_common"


def with_relative_parts(conductivities: "pd.DataFrame") -> "pd.DataFrame":
    """Return a frame of conductivities with both columns; NaN where a row keeps no budget."""
    budgets, sigma = conductivities["budget"], conductivities["conductivity_s_m"]
    parts = [_parts(budget, value) for budget, value in zip(budgets, sigma, strict=True)]
    return conductivities.assign(
        **{INDEPENDENT: [own for own, _ in parts], COMMON: [common for _, common in parts]}
    ).astype({INDEPENDENT: float, COMMON: float})


def _parts(budget: Any, conductivity_s_m: Any) -> tuple[float, float]:
    from labctl.analysis.numerics.component import Component, combined

    listed = budget.get("components") if isinstance(budget, Mapping) else None
    try:
        components = [Component.from_dict(one) for one in listed["conductivity"]] if listed else []
        sides = [combined(one for one in components if one.common is side) for side in (False, True)]
        own, common = (u / conductivity_s_m for u in sides)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):  # of a file that other people made
        return math.nan, math.nan
    return (own, common) if components else (math.nan, math.nan)
