"""Change of a sample during a series, from temperatures that were measured again.

1. With `repeat_first` the first temperature is measured again at the end. This spectrum is compared with the
   first one and enters no law: a law through both would hide the change, or count one temperature twice.
2. Consecutive spectra at one set point give a rate. They enter the law as before.
3. Where the first temperature has changed, each parameter of a law gets a component "change of the sample":
   by how much it moves when every point is corrected for a change that is linear in time. The true course is
   not known: the change may have come at once.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from labctl.analysis.laws.law_fit import BOLTZMANN_EV_K, LawFit
from labctl.analysis.laws.repeated_temperatures import NO_CAUSE, Change, change_between
from labctl.analysis.laws.temperature_series import distinct_temperatures_k
from labctl.derive.budgets import with_components
from labctl.derive.lag import is_moving
from labctl.derive.law_points import LawPoint
from labctl.derive.point_errors import own_relative_u
from labctl.store import Database

COMPARED = "the first temperature again: compared, not fitted"
SAME_SETPOINT_WITHIN_K = 0.01
FIRST_AGAIN = "change_of_the_sample"
SOURCE = "change of the sample"
NOT_LOOKED_FOR = f"{SOURCE} (no temperature was measured twice)"
SHARED_95 = NormalDist().inv_cdf(0.975)

Points = Sequence[Mapping[str, Any]]


def with_repetition(db: Database, run_id: int, points: list[LawPoint]) -> list[LawPoint]:
    """Say of each point of a run, in place, whether it `is_repetition` of the first temperature."""
    last = _repetition_place(points) if _repeats_first(db, run_id) else None
    for place, point in enumerate(points):
        point["is_repetition"] = place == last
    return points


def _repeats_first(db: Database, run_id: int) -> bool:
    parameters = db.run(run_id)["parameters"]
    return isinstance(parameters, Mapping) and parameters.get("repeat_first") is True


def _repetition_place(points: Points) -> int | None:
    """Place of the last point where it has the set point of the first and others lie between; else None."""
    standing = [place for place, point in enumerate(points) if not point["repeated"]]
    if len(standing) < 2:
        return None
    first, last = points[standing[0]], points[standing[-1]]
    between = [points[place] for place in standing[1:-1]]
    is_again = _same_setpoint(first, last) and any(not _same_setpoint(first, p) for p in between)
    return standing[-1] if is_again else None


def _same_setpoint(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if one["setpoint_k"] is None or other["setpoint_k"] is None:
        return False
    return abs(one["setpoint_k"] - other["setpoint_k"]) < SAME_SETPOINT_WITHIN_K


def first_again(points: Points, fit: LawFit) -> Change | None:
    """Compare the repetition with the first point; None where one of them gave no number to compare.

    Parameters
    ----------
    points : sequence of mapping
        All points of the run in the order measured.
    fit : LawFit
        Law of the other points; it corrects for the small difference of the two temperatures.
    """
    again = next((p for p in points if p["is_repetition"] and p["left_out"] == COMPARED), None)
    if again is None:
        return None
    first = next((p for p in points if _same_setpoint(p, again) and not p["repeated"]), None)
    return None if first is None or first["left_out"] else _change(first, again, fit)


def changes_while_held(points: Points, fit: LawFit) -> list[Change]:
    """Compare first and last of each group of consecutive points of the law at one set point.

    Points on the way to a set point are not held at it.
    """
    used = [p for p in points if not (p["left_out"] or is_moving(p))]
    groups: list[list[Mapping[str, Any]]] = []
    for point in used:
        if groups and _same_setpoint(groups[-1][-1], point):
            groups[-1].append(point)
        else:
            groups.append([point])
    return [_change(group[0], group[-1], fit) for group in groups if len(group) > 1]


def is_looked_for(points: Points) -> bool:
    """Whether a change of the sample would show: a temperature was measured twice, or the way back."""
    known = [p for p in points if p["conductivity_s_m"] is not None and p["temperature_k"] is not None]
    if {"heating", "cooling"} <= {p["branch"] for p in known if not p["bound"]}:
        return True
    kelvin = np.array([p["temperature_k"] for p in known if not (p["repeated"] or p["excluded"])])
    return distinct_temperatures_k(kelvin).size < kelvin.size


def change_flags(first: Change | None, held: Sequence[Change], points: Points) -> list[str]:
    """Say what changed, by which factor, in what time, and that a cause is not known."""
    flags = []
    if first is not None and first.is_significant:
        flags.append(
            f"the sample changed, or its temperature did: {first.words}; {NO_CAUSE}; the repetition is not "
            "in the law"
        )
    if first is None and any(p["is_repetition"] for p in points):
        flags.append(
            "a change of the sample was not looked for: the first temperature, or its repetition, gave no "
            "number"
        )
    flags += [
        f"the conductivity changed while held: {one.words}{_rate(one)}" for one in held if one.is_significant
    ]
    return flags


def described_change(change: Change) -> dict[str, Any]:
    """Return a change as a parameter of a law: the factor with its uncertainty, and the time between."""
    low, high = (math.exp(end) for end in change.ln_ratio.interval())
    u = change.factor * change.ln_ratio.standard_uncertainty
    return {
        "value": change.factor,
        "standard_uncertainty": _finite(u),
        "low_95": _finite(low),
        "high_95": _finite(high),
        "unit": "1",
        "elapsed_s": _finite(change.elapsed_s),
    }


def corrected(points: Points, change: Change) -> list[dict[str, Any]]:
    """Return the points with conductivities as they were at the first, for a change linear in time."""
    start_s, rate = _middle_s(points[0]), change.ln_ratio.value / change.elapsed_s
    return [
        dict(p) | {"conductivity_s_m": p["conductivity_s_m"] * math.exp(-rate * (_middle_s(p) - start_s))}
        for p in points
    ]


def with_change(row: dict[str, Any], moved: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a law with a component for how far each parameter moves with the correction.

    `moved` is the row of the same law through the corrected points.
    """
    parameters = {
        name: _widened(described, moved["parameters"].get(name, {}).get("value"))
        for name, described in row["parameters"].items()
    }
    energy = next(
        (parameters[n] for n in ("activation_energy", "pseudo_activation_energy") if n in parameters), None
    )
    u_ev = row["standard_uncertainty_ev"] if energy is None else energy["standard_uncertainty"]
    shifts = {name: _shift(described, moved, name) for name, described in row["parameters"].items()}
    budget = with_components(row["budget"], SOURCE, shifts)
    return row | {"parameters": parameters, "standard_uncertainty_ev": u_ev, "budget": budget}


def _shift(described: Mapping[str, Any], moved: Mapping[str, Any], name: str) -> float | None:
    value, other = described.get("value"), moved["parameters"].get(name, {}).get("value")
    return None if value is None or other is None else other - value


def _widened(described: Mapping[str, Any], moved: float | None) -> dict[str, Any]:
    value, u = described.get("value"), described.get("standard_uncertainty")
    if value is None or u is None or moved is None:
        return dict(described)
    shift = moved - value
    ends = {
        name: None
        if described[name] is None
        else value + math.copysign(math.hypot(described[name] - value, SHARED_95 * shift), sign)
        for name, sign in (("low_95", -1), ("high_95", 1))
    }
    return {**described, "standard_uncertainty": math.hypot(u, shift), **ends}


def _change(first: Mapping[str, Any], again: Mapping[str, Any], fit: LawFit) -> Change:
    kelvin = np.array([first["temperature_k"], again["temperature_k"]])
    measured = [math.log(p["conductivity_s_m"]) for p in (first, again)]
    law, _ = fit.ln_conductivity(kelvin)
    u = [_u_ln_sigma(p, fit) for p in (first, again)]
    elapsed_s = _middle_s(again) - _middle_s(first)
    freedom = math.inf if fit.series.stated else fit.solution.degrees_of_freedom
    slope_per_k = _slope_per_k(float(kelvin[0]), fit)
    return change_between(measured, law.tolist(), u, float(kelvin[0]), elapsed_s, freedom, slope_per_k)


def _u_ln_sigma(point: Mapping[str, Any], fit: LawFit) -> float:
    """What two points do not share, as stated: a law that fits badly says nothing about two of its points.

    Where nothing is stated, the scatter about the law.
    """
    if not fit.series.stated:
        return math.sqrt(fit.solution.variance_factor)
    slope_per_k = _slope_per_k(point["temperature_k"], fit)
    return math.hypot(own_relative_u(point) or math.nan, slope_per_k * point["temperature_u_k"])


def _slope_per_k(kelvin: float, fit: LawFit) -> float:
    return fit.apparent_activation_energy_ev(kelvin).value / (BOLTZMANN_EV_K * kelvin**2)


def _middle_s(point: Mapping[str, Any]) -> float:
    started_s, ended_s = point["started_s"], point["ended_s"]
    return started_s if ended_s is None else (started_s + ended_s) / 2


def _rate(change: Change) -> str:
    if not change.elapsed_s > 0:
        return ""
    rate = change.per_hour
    return f", {100 * rate.value:+.2g} ± {100 * rate.standard_uncertainty:.1g} % per hour"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
