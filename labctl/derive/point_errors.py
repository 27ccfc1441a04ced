"""Errors of the points of a temperature law: each point's own, and those that the points share."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.analysis.laws.common_errors import CommonError, common_errors, ranges_of_analyser
from labctl.analysis.numerics.budget import Component, combined
from labctl.analysis.numerics.thermometer import thermometer_components
from labctl.analysis.resistance.analyser_share import BEGINNINGS
from labctl.derive.budgets import CONDUCTIVITY, components_in, not_stated_in

Point = Mapping[str, Any]
FLAGS = ("poor fit", "circuit incomplete")
TIMES = 3.0
"""Factor on the uncertainty of a point whose circuit does not describe its spectrum."""


def own_relative_u(point: Point) -> float | None:
    """Return the relative standard uncertainty of a point without what it shares with other points.

    None where it is not known, or where nothing is left.
    """
    total, analyser = point["relative_uncertainty_resistance"], point["relative_uncertainty_analyser"]
    if total is None:
        return None
    components = components_in(point.get("budget"), CONDUCTIVITY)
    if components:
        return combined(one for one in components if not one.common) / point["conductivity_s_m"] or None
    return total if analyser is None else math.sqrt(max(total**2 - analyser**2, 0.0))


def times_of_flagged(points: Sequence[Point]) -> np.ndarray:
    """Return the factor (n,) on the uncertainty of each point; 1 for all where all are flagged."""
    flagged = np.array([_is_flagged(point) for point in points], dtype=bool)
    return np.where(flagged, TIMES, 1.0) if not flagged.all() else np.ones(len(points))


def flagged_in_words(points: Sequence[Point]) -> list[str]:
    """Return a remark where points count less because their circuit does not describe their spectrum."""
    count = sum(map(_is_flagged, points))
    if not count:
        return []
    if count == len(points):
        return ["every point is flagged as poor fit or circuit incomplete: all count alike"]
    return [
        f"{count} of {len(points)} points flagged as poor fit or circuit incomplete: 1/{TIMES**2:g} weight"
    ]


def errors_of_points(points: Sequence[Point], thermometer: Any) -> tuple[list[CommonError], list[str]]:
    """Return the errors that the points of a law share, and what is not stated.

    Parameters
    ----------
    points : sequence
        Points that the law stands on, in its order: rows of conductivities.
    thermometer : mapping or None
        What the run keeps of `[accuracy.thermometer]`.
    """
    if not points:
        return [], []
    shared = [_shared(point) for point in points]
    analyser = [one.pop("analyser", None) for one in shared]
    kelvin = np.array([point["temperature_k"] for point in points])
    statement = thermometer if isinstance(thermometer, Mapping) else None
    temperature, silent = thermometer_components(statement, kelvin)
    errors = [*common_errors(shared), *_of_analyser(points, analyser)]
    errors += [CommonError.of_temperature(one) for one in temperature]
    return errors, _not_stated(points, silent)


def _is_flagged(point: Point) -> bool:
    return any(str(flag).startswith(FLAGS) for flag in point.get("flags") or ())


def _shared(point: Point) -> dict[str, Component]:
    """Return the components of a point that others share, relative to its conductivity, by their cause."""
    sigma = point["conductivity_s_m"]
    found = components_in(point.get("budget"), CONDUCTIVITY)
    return {
        one.cause: one.scaled(1 / sigma)
        for one in found
        if one.common and one.cause and math.isfinite(one.change)
    }


def _of_analyser(points: Sequence[Point], found: Sequence[Component | None]) -> list[CommonError]:
    known = next((one for one in found if one is not None), None)
    if known is None:
        return []
    relative = np.array([0.0 if one is None else one.standard_uncertainty for one in found])
    resistance_ohm = np.array([point["total_resistance_ohm"] for point in points])
    moves, ranges = ranges_of_analyser(relative, resistance_ohm, BEGINNINGS)
    return [CommonError(known.source, known.cause, moves, rows=ranges)]


def _not_stated(points: Sequence[Point], thermometer: Sequence[str]) -> list[str]:
    """Return what is not stated of any point, with the number of points where it is not that of all."""
    counts: dict[str, int] = {}
    for point in points:
        for name in not_stated_in(point.get("budget")):
            counts[name] = counts.get(name, 0) + 1
    named = [
        name if count == len(points) else f"{name} ({count} of {len(points)} points)"
        for name, count in counts.items()
    ]
    return [*thermometer, *named]
