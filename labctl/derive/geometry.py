"""Geometry of a sample for its conductivity: thickness, and area with the fringe."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labctl.analysis import Estimate

FRINGE_NOT_STATED = "fringe: not stated (pellet_diameter_mm)"
WORTH_WORDS = 1e-4


def geometry_of(sample: Mapping[str, Any]) -> "tuple[Estimate, Estimate]":
    """Return thickness and current-carrying area, with the fringe where the pellet's size is stated."""
    from labctl.analysis import Estimate
    from labctl.analysis.resistance.fringe import effective_area

    thickness_m = Estimate(sample["thickness_m"], sample["thickness_u_m"])
    area_m2 = Estimate(sample["area_m2"], sample["area_u_m2"])
    pellet_m2 = sample.get("pellet_area_m2")
    pellet = None if pellet_m2 is None else Estimate(pellet_m2, sample.get("pellet_area_u_m2") or 0.0)
    return thickness_m, effective_area(thickness_m, area_m2, pellet)


def geometry_in_words(sample: Mapping[str, Any]) -> list[str]:
    """Return lines about the geometry's uncertainty and the fringe, e.g. `fringe: not stated`."""
    silent = [name for name in ("thickness", "area") if not sample[f"{name}_{_UNIT[name]}"]]
    stated = {0: [], 1: [f"{name}: no uncertainty stated" for name in silent]}
    return [*stated.get(len(silent), ["geometry: no uncertainty stated"]), fringe_in_words(sample)]


def geometry_in_intervals(sample: Mapping[str, Any]) -> str:
    """Return whether a conductivity's interval contains the geometry, e.g. `geometry included`."""
    silent = [name for name in ("thickness", "area") if not sample[f"{name}_{_UNIT[name]}"]]
    if not silent:
        return "geometry included"
    return f"{'geometry' if len(silent) == len(_UNIT) else silent[0]} not included"


def fringe_in_words(sample: Mapping[str, Any]) -> str:
    """Return the fringe's share of the area, e.g. `fringe: 9 % of the area`, or that it is not stated."""
    if sample.get("pellet_area_m2") is None:
        return FRINGE_NOT_STATED
    added = geometry_of(sample)[1].value / sample["area_m2"] - 1
    return f"fringe: {100 * added:.2g} % of the area" if added > WORTH_WORDS else "fringe: none"


_UNIT = {"thickness": "u_m", "area": "u_m2"}
