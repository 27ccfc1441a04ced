"""Geometry of a sample for its conductivity: thickness, and area with the fringe."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labctl.analysis import Estimate

NOT_STATED = "geometry: not stated"
FRINGE_NOT_STATED = "fringe: not stated (pellet_diameter_mm)"
WORTH_WORDS = 1e-4


def geometry_of(sample: Mapping[str, Any]) -> "tuple[Estimate, Estimate]":
    """Return thickness and current-carrying area, with the fringe where the pellet's size is stated.

    The thickness is that between the measurements before and after the run, where there are two.
    """
    from labctl.analysis import Estimate
    from labctl.analysis.resistance.fringe import effective_area
    from labctl.analysis.resistance.sample_geometry import thickness_before_and_after

    thickness_m = thickness_before_and_after(*_thicknesses(sample))
    area_m2 = Estimate(sample["area_m2"], sample["area_u_m2"])
    pellet_m2 = sample.get("pellet_area_m2")
    pellet = None if pellet_m2 is None else Estimate(pellet_m2, sample.get("pellet_area_u_m2") or 0.0)
    return thickness_m, effective_area(thickness_m, area_m2, pellet)


def expansion_of(sample: Mapping[str, Any], temperature_k: float | None) -> "Estimate | None":
    """Return the factor of L/A at a temperature; None where expansion or temperature are not known."""
    from labctl.analysis import Estimate
    from labctl.analysis.resistance.sample_geometry import expansion_factor

    alpha = sample.get("thermal_expansion_per_k")
    if alpha is None or temperature_k is None:
        return None
    stated = Estimate(alpha, sample.get("thermal_expansion_u_per_k") or 0.0)
    return expansion_factor(stated, temperature_k)


def geometry_not_stated(sample: Mapping[str, Any]) -> list[str]:
    """Return which of thickness and area have no uncertainty: `["geometry"]` where neither has."""
    silent = [name for name in ("thickness", "area") if not _has_uncertainty(sample, name)]
    return ["geometry"] if len(silent) == 2 else silent


def geometry_in_words(sample: Mapping[str, Any]) -> list[str]:
    """Return lines about the geometry's uncertainty and the fringe, e.g. `geometry: not stated`."""
    lines = [f"{name}: not stated" for name in geometry_not_stated(sample)]
    return [*lines, *thickness_changed(sample), fringe_in_words(sample)]


def geometry_in_intervals(sample: Mapping[str, Any]) -> str:
    """Return whether a conductivity's interval contains the geometry, e.g. `geometry included`."""
    silent = geometry_not_stated(sample)
    return f"{silent[0]} not included" if silent else "geometry included"


def thickness_changed(sample: Mapping[str, Any]) -> list[str]:
    """Return a line where the thickness after the run is another one; its interval holds both."""
    from labctl.analysis.resistance.sample_geometry import disagree

    before_m, after_m = _thicknesses(sample)
    if after_m is None or not disagree(before_m, after_m):
        return []
    sizes = f"{before_m.value * 1e3:.4g} mm before and {after_m.value * 1e3:.4g} mm after the run"
    return [f"thickness changed: {sizes}; the interval holds both"]


def fringe_in_words(sample: Mapping[str, Any]) -> str:
    """Return the fringe's share of the area, e.g. `fringe: 9 % of the area`, or that it is not stated."""
    if sample.get("pellet_area_m2") is None:
        return FRINGE_NOT_STATED
    added = geometry_of(sample)[1].value / sample["area_m2"] - 1
    return f"fringe: {100 * added:.2g} % of the area" if added > WORTH_WORDS else "fringe: none"


def _thicknesses(sample: Mapping[str, Any]) -> "tuple[Estimate, Estimate | None]":
    """Return the thickness before and after the run; None where it was not measured again."""
    from labctl.analysis import Estimate

    before_m = Estimate(sample["thickness_m"], sample["thickness_u_m"])
    after = sample.get("thickness_after_m")
    return before_m, None if after is None else Estimate(after, sample.get("thickness_after_u_m") or 0.0)


def _has_uncertainty(sample: Mapping[str, Any], name: str) -> bool:
    """Return whether one is stated for a thickness before or after the run, or for an area."""
    stated = {"thickness": ("thickness_u_m", "thickness_after_u_m"), "area": ("area_u_m2",)}
    return any(sample.get(key) for key in stated[name])
