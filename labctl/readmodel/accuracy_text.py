"""Statements about a run's instruments and its sample's geometry as text."""

import math
from collections.abc import Mapping
from typing import Any

from labctl.derive.geometry import geometry_in_words

ROLES = ("thermometer", "analyser", "potentiostat")


def stated_in_words(stated: Mapping[str, Any], sample: Mapping[str, Any], present: set[str]) -> str:
    """Return one line about instruments and geometry, e.g. `analyser: 0.1 %, 0.1 deg (source)`.

    Parameters
    ----------
    stated : mapping
        As the run keeps it, by role; empty for a run of an older labctl.
    sample : mapping
        Values of the sample in force.
    present : set of str
        Roles of `[accuracy]` that the instruments of the run served.
    """
    instruments = [f"{role}: {_in_words(stated.get(role))}" for role in ROLES if role in present]
    return "; ".join([*instruments, *geometry_in_words(sample)])


def roles_of(instruments: list[dict[str, Any]]) -> set[str]:
    """Return the roles of `[accuracy]` that the instruments of a run serve."""
    means = {"oven": "thermometer", "thermometer": "thermometer", "fra": "analyser"}
    served = {means.get(row["role"], row["role"]) for row in instruments}
    return {role for role in ROLES if role in served}


def _in_words(one: Any) -> str:
    if not isinstance(one, Mapping):
        return "not stated"
    source = f" ({one.get('source')})"
    if "class" in one:
        return f"{one['class']}{source}"
    if "ranges" in one:
        return "; ".join(_range_in_words(each) for each in one["ranges"]) + source
    return f"stated{source}"


def _range_in_words(one: Mapping[str, Any]) -> str:
    phase = one.get("phase_rad")
    angle = "phase not stated" if phase is None else f"{math.degrees(phase):.3g} deg"
    ends = (
        _ends_in_words(one[name], unit) for name, unit in (("frequency_hz", "Hz"), ("impedance_ohm", "ohm"))
    )
    return ", ".join([f"{100 * one['gain']:.3g} %", angle, *filter(None, ends)])


def _ends_in_words(ends: Any, unit: str) -> str:
    low, high = ends
    if high is None:
        return f"from {low:g} {unit}" if low else ""
    return f"{low:g} to {high:g} {unit}"
