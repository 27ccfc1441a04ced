"""Statements about the accuracy of instruments as text, from the form that a run keeps."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from labctl.accuracy import CLASSES

ROLES = {"thermometer": ("thermometer", "oven"), "analyser": ("fra",), "potentiostat": ("potentiostat",)}
"""Tables of `[accuracy]`: the roles that they are about, the first that a station has."""
SAMPLE_TEMPERATURE = "sample_temperature"
SENSOR_TO_SAMPLE = "sensor to sample"


NOT_STATED = "not stated"


def accuracy_lines(stated: Mapping[str, Any], present: Collection[str]) -> list[str]:
    """Return a line for each role that has an instrument, e.g. `analyser: 0.1 %, 0.1 deg (data sheet)`.

    Parameters
    ----------
    stated : mapping
        As `StationAccuracy.described` gives it and a run keeps it; empty for a run of an older labctl.
    present : collection of str
        Roles of the instruments, such as `oven` and `fra`.
    """
    lines = [
        f"{role}: {_as_text(stated.get(role))}"
        for role, served in ROLES.items()
        if set(served) & set(present)
    ]
    if set(ROLES["thermometer"]) & set(present):
        lines.insert(1, f"{SENSOR_TO_SAMPLE}: {_as_text(stated.get(SAMPLE_TEMPERATURE))}")
    return lines


def roles_not_stated(stated: Mapping[str, Any], present: Collection[str]) -> list[str]:
    """Return the roles with an instrument whose accuracy is not stated, and "sensor to sample"."""
    lines = accuracy_lines(stated, present)
    return [line.removesuffix(f": {NOT_STATED}") for line in lines if line.endswith(f": {NOT_STATED}")]


def _as_text(one: Any) -> str:
    if not isinstance(one, Mapping):
        return NOT_STATED
    return f"{_figures(one)} ({one.get('source')})"


def _figures(one: Mapping[str, Any]) -> str:
    if "class" in one:
        return _class(one["class"])
    if "ranges" in one:
        return "; ".join(_analyser_range(each) for each in one["ranges"])
    if "currents" in one:
        return _potentiostat(one["currents"], one.get("potential_gain"))
    if "offset_u_k" in one:
        return f"calibrated, u = {one['offset_u_k']:g} K at 0 degC{_valid(one)}"
    if "offset_k" in one:
        return f"sample {one['offset_k']:+g} K from the sensor, u = {one['uncertainty_k']:g} K"
    return "stated"


def _valid(one: Mapping[str, Any]) -> str:
    return f", valid until {one['valid_until']}" if one.get("valid_until") else ""


def _class(name: str) -> str:
    if name not in CLASSES:  # of a newer labctl
        return name
    low, high = CLASSES[name].range_degc
    return f"{name}, {low:g} to {high:g} degC"


def _analyser_range(one: Mapping[str, Any]) -> str:
    phase = one.get("phase_rad")
    angle = "phase not stated" if phase is None else f"{math.degrees(phase):.3g} deg"
    ends = (_ends(one[name], unit) for name, unit in (("frequency_hz", "Hz"), ("impedance_ohm", "ohm")))
    return ", ".join([f"{100 * one['gain']:.3g} %", angle, *filter(None, ends)])


def _ends(ends: Sequence[float | None], unit: str) -> str:
    """Return a range as text, empty where it has no ends; an upper end of None is none."""
    low, high = ends
    if high is None:
        return f"from {low:g} {unit}" if low else ""
    return f"{low:g} to {high:g} {unit}"


def _potentiostat(currents: Sequence[Mapping[str, Any]], potential_gain: float | None) -> str:
    gains = [f"{100 * gain:.3g}" for gain in sorted({one["gain"] for one in currents})]
    current = f"current {' to '.join(dict.fromkeys((gains[0], gains[-1])))} %" if gains else ""
    potential = "" if potential_gain is None else f"potential {100 * potential_gain:.3g} %"
    return f"{current or 'current not stated'}, {potential or 'potential not stated'}"
