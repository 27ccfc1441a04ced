"""Errors of the points of a temperature law: each point's own, and those that the points share."""

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from labctl.analysis.laws.common_errors import CommonError, common_errors, ranges_of_analyser
from labctl.analysis.numerics.budget import Component
from labctl.analysis.numerics.thermometer import (
    SENSOR_TO_SAMPLE,
    TemperatureError,
    sensor_to_sample,
    thermometer_components,
)
from labctl.analysis.resistance.analyser_share import BEGINNINGS
from labctl.analysis.resistance.series_choice import OF_ITS_OWN
from labctl.derive.lag import is_moving
from labctl.derive.law_points import Point, parts_of
from labctl.store import Database
from labctl.store.cells import stated_accuracy

SharedErrors = Callable[[Sequence[Point]], tuple[list[CommonError], list[str]]]
FLAGS = ("poor fit", "circuit incomplete")
LAG_NOT_STATED = f"{SENSOR_TO_SAMPLE} (lag of a moving temperature)"
TIMES = 3.0
"""Factor on the uncertainty of a point whose circuit does not describe its spectrum."""


def own_relative_u(point: Point) -> float | None:
    """Return the relative standard uncertainty of a point without what it shares with other points.

    None where it is not known, or where nothing is left.
    """
    return parts_of(point).own_relative_u


def times_of_flagged(points: Sequence[Point]) -> np.ndarray:
    """Return the factor (n,) on the uncertainty of each point; 1 for all where all are flagged."""
    flagged = np.array([_is_flagged(point) for point in points], dtype=bool)
    numbers = np.array([point.get("bound") is None for point in points], dtype=bool)
    return np.ones(len(points)) if flagged[numbers].all() else np.where(flagged, TIMES, 1.0)


def flagged_in_words(points: Sequence[Point], stated: bool) -> list[str]:
    """Return a remark where the circuit of points does not describe their spectrum, and how they count.

    `stated`: the points have uncertainties. Without any, all count alike.
    """
    count = sum(map(_is_flagged, points))
    if not count:
        return []
    if count == len(points) or not stated:
        which = "every point is" if count == len(points) else f"{count} of {len(points)} points are"
        return [f"{which} flagged as poor fit or circuit incomplete: all count alike"]
    return [
        f"{count} of {len(points)} points flagged as poor fit or circuit incomplete: 1/{TIMES**2:g} weight"
    ]


def left_out_arcs_in_words(points: Sequence[Point]) -> list[str]:
    """Return a remark where an arc with an energy of its own was taken as electrode: it may be a boundary."""
    count = sum(
        any(str(flag).startswith(OF_ITS_OWN) for flag in point.get("flags") or ()) for point in points
    )
    if not count:
        return []
    return [
        f"{count} of {len(points)} points leave out an arc with an activation energy of its own, taken as "
        "electrode: if it is a grain boundary, bulk and grain boundary have activation energies of their "
        "own, and the law is that of the bulk"
    ]


def errors_of_run(db: Database, run_id: int) -> SharedErrors:
    """Return `errors_of_points` with the `[accuracy]` and the day of a run."""
    measured = datetime.datetime.fromtimestamp(db.run(run_id)["started_s"], datetime.UTC).date()
    return partial(errors_of_points, stated=stated_accuracy(db, run_id), measured=measured)


def errors_of_points(
    points: Sequence[Point], stated: Mapping[str, Any], measured: datetime.date | None = None
) -> tuple[list[CommonError], list[str]]:
    """Return the errors that the points of a law share, and what is not stated.

    Parameters
    ----------
    points : sequence
        Points that the law stands on, in its order: rows of conductivities.
    stated : mapping
        What the run keeps of `[accuracy]`; empty for a run of an older labctl.
    measured : date, optional
        Day of the run.
    """
    if not points:
        return [], []
    shared = [parts_of(point).shared() for point in points]
    analyser = [one.pop("analyser", None) for one in shared]
    kelvin = np.array([point["temperature_k"] for point in points])
    thermometer, silent = thermometer_components(_table(stated, "thermometer"), kelvin, measured)
    offset, not_stated = sensor_to_sample(_table(stated, "sample_temperature"), kelvin)
    lags, lag_not_stated = _lags(points)
    temperature, silent = [*thermometer, *offset, *lags], (*silent, *not_stated, *lag_not_stated)
    errors = [*common_errors(shared), *_of_analyser(points, analyser)]
    errors += [CommonError.of_temperature(one) for one in temperature]
    return errors, _not_stated(points, silent)


def lag_in_words(points: Sequence[Point]) -> list[str]:
    """Return a remark where points were measured on the way, and what is known of the lag of the sample."""
    unknown = sum(_has_unknown_lag(point) for point in points)
    lags_k = [abs(point["lag_k"]) for point in points if point.get("lag_k") and is_moving(point)]
    if not unknown and lags_k:
        return [
            f"{len(lags_k)} of {len(points)} points were measured while the temperature moved: a lag of the "
            f"sample of up to {max(lags_k):.2g} K was measured and taken off"
        ]
    if not unknown:
        return []
    return [
        f"{unknown} of {len(points)} points were measured while the temperature moved, and how far the "
        "sample lagged its sensor is not known: temperatures are those of the sensor, and this error is not "
        "in the interval"
    ]


def _lags(points: Sequence[Point]) -> tuple[list[TemperatureError], tuple[str, ...]]:
    """Return the error of the lag that was taken off in each part of a run, and whether one is unknown."""
    if any(map(_has_unknown_lag, points)):
        return [], (LAG_NOT_STATED,)
    errors = []
    for part in dict.fromkeys(point.get("part_id") for point in points):
        change_k = np.array(
            [_lag_change_k(point) if point.get("part_id") == part else 0.0 for point in points]
        )
        if change_k.any():
            errors.append(TemperatureError(SENSOR_TO_SAMPLE, f"lag of run {part}", change_k, "A"))
    return errors, ()


def _lag_change_k(point: Point) -> float:
    """Return the change of a temperature for one standard uncertainty of the time constant of the lag."""
    u_k, rate = point.get("lag_u_k"), point.get("temperature_rate_k_s")
    return 0.0 if not u_k or not rate else -math.copysign(u_k, rate)


def _has_unknown_lag(point: Point) -> bool:
    return point.get("lag_k") is None and is_moving(point)


def _table(stated: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    found = stated.get(name)
    return found if isinstance(found, Mapping) else None


def _is_flagged(point: Point) -> bool:
    return any(str(flag).startswith(FLAGS) for flag in point.get("flags") or ())


def _of_analyser(points: Sequence[Point], found: Sequence[Component | None]) -> list[CommonError]:
    known = next((one for one in found if one is not None), None)
    if known is None:
        return []
    relative = np.array([0.0 if one is None else one.standard_uncertainty for one in found])
    resistance_ohm = np.array([point["total_resistance_ohm"] for point in points])
    moves, ranges = ranges_of_analyser(relative, resistance_ohm, BEGINNINGS)
    return [CommonError(known.source, known.cause, moves, rows=ranges)]


def _not_stated(points: Sequence[Point], thermometer: Sequence[str]) -> list[str]:
    """Return the parts not stated of any point, with the number of points where it is not every one."""
    counts: dict[str, int] = {}
    for point in points:
        for name in parts_of(point).not_stated:
            counts[name] = counts.get(name, 0) + 1
    named = [
        name if count == len(points) else f"{name} ({count} of {len(points)} points)"
        for name, count in counts.items()
    ]
    return [*thermometer, *named]
