"""Statements about a run's instruments and its sample's geometry as text."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.derive.geometry import geometry_in_words

MOST_NAMED = 8
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


def analyser_left_out(stated: Mapping[str, Any], conductivities: Sequence[Mapping[str, Any]]) -> str:
    """Return which intervals do not contain the stated error of the analyser; "" where all do."""
    if not isinstance(stated.get("analyser"), Mapping):
        return ""
    silent = [
        str(row.get("spectrum", "?"))
        for row in conductivities
        if row.get("standard_uncertainty_s_m") and not row.get("relative_uncertainty_analyser")
    ]
    if not silent:
        return ""
    more = len(silent) - MOST_NAMED
    named = ", ".join(silent[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    which = "any spectrum" if len(silent) == len(conductivities) else f"spectrum {named}"
    return (
        f"analyser: its error is not in the interval of {which}: points outside its stated ranges "
        "decide more than a tenth of it, its fit does not determine it, or an older labctl derived it"
    )


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
