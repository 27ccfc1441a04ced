"""Electromotive forces and charges that runs have measured, as the verdict on carriers needs them.

1. A run of `procedures.electromotive_force` has rows with the phase `counted` for each step; a step that
   ended otherwise than `end of step` has a reason in place of a number.
2. A run with a parameter `charge_c` is an electrolysis. All of its holds count, those cut short too: from the
   last point to the time when the cell was off, the current is anything between the last one and zero.
3. Without a stated accuracy of the potentiostat, in station or procedure, an uncertainty is not known.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.accuracy import CurrentRange
from labctl.analysis import Estimate
from labctl.analysis.numerics.budget import estimate_of, propagated
from labctl.analysis.numerics.component import Component
from labctl.analysis.transport.settled_potential import FEWEST, settled_potential_v
from labctl.analysis.transport.tubandt import charge_passed_c
from labctl.derive.in_force import in_force
from labctl.derive.inputs import inputs_of
from labctl.derive.potentiostat_doubts import LIMIT_TO_STANDARD
from labctl.measure.events import COUNTED, END_OF_STEP, ENDS
from labctl.store import Database
from labctl.store.cells import stated_accuracy
from labctl.store.queries import polarisations, records, runs

Row = Mapping[str, Any]
NOT_COUNTED = {
    "not settled": "the potential of the open cell did not get steady",
    "not connected": "no current answers a step of potential: a lead may be open",
}


@dataclass(frozen=True, kw_only=True)
class MeasuredEmf:
    """Electromotive force of one step of a run.

    Attributes
    ----------
    value_v : float or None
        None where `reason` says why there is none.
    standard_uncertainty_v : float or None
        None where the accuracy of the voltmeter is not stated.
    ion : str
        That the electrodes exchange.
    """

    run: int
    ion: str
    temperature_k: float
    value_v: float | None
    standard_uncertainty_v: float | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasuredCharge:
    """Charge of all electrolyses of a sample.

    Attributes
    ----------
    value_c : float
        Without a sign.
    standard_uncertainty_c : float or None
        None where it is not known, see `reason`.
    temperature_k : float or None
    """

    runs: tuple[int, ...]
    value_c: float
    standard_uncertainty_c: float | None
    temperature_k: float | None
    reason: str = ""


def emfs_of(db: Database, run_ids: Sequence[int]) -> list[MeasuredEmf]:
    """Return the electromotive forces of the runs, oldest run first."""
    return [emf for run_id in sorted(run_ids) for emf in _of_run(db, run_id)]


def _of_run(db: Database, run_id: int) -> list[MeasuredEmf]:
    rows = [row["data"] for row in records.open_cell_steps(db, run_id)]
    if not rows:
        return []
    given = _parameters(db, run_id)
    ion = str(given.get("ion") or in_force(db, run_id).sample["cation"] or "")
    correction_k = inputs_of(db, run_id).correction_k
    return [
        _emf_of_step(db, run_id, ion, given, [row for row in rows if row["step"] == step], correction_k)
        for step in dict.fromkeys(row["step"] for row in rows)
    ]


def _parameters(db: Database, run_id: int) -> Row:
    return json.loads(runs.parameters_after(db, run_id - 1)[run_id])


def _emf_of_step(
    db: Database, run_id: int, ion: str, given: Row, rows: Sequence[Row], correction_k: float
) -> MeasuredEmf:
    kelvin = [row["temperature_k"] for row in rows if row.get("temperature_k") is not None]
    counted = [row for row in rows if row["phase"] == COUNTED and row["status"] == "ok"]
    about: dict[str, Any] = {
        "run": run_id,
        "ion": ion,
        "temperature_k": math.fsum(kelvin) / len(kelvin) + correction_k if kelvin else math.nan,
    }
    end = next((row["phase"] for row in reversed(rows) if row["phase"] in ENDS), "")
    if end != END_OF_STEP or len(counted) < FEWEST:
        reason = NOT_COUNTED.get(end, "the step did not come to its end")
        return MeasuredEmf(**about, value_v=None, standard_uncertainty_v=None, reason=reason)
    potentials_v = [row["potential_v"] for row in counted]
    mean_v = math.fsum(potentials_v) / len(potentials_v)
    voltmeter_u_v = given.get("voltmeter_u_v") or _voltmeter_u_v(db, run_id, mean_v)
    found = settled_potential_v([row["elapsed_s"] for row in counted], potentials_v, voltmeter_u_v)
    u_v = None if found is None else found.standard_uncertainty
    return MeasuredEmf(**about, value_v=mean_v, standard_uncertainty_v=u_v)


def _voltmeter_u_v(db: Database, run_id: int, potential_v: float) -> float | None:
    """Standard uncertainty of a potential by the accuracy that the station stated; None for none."""
    stated = stated_accuracy(db, run_id).get("potentiostat")
    if not isinstance(stated, Mapping):
        return None
    gain, zero_v = stated.get("potential_gain"), stated.get("potential_zero_v")
    if gain is None or zero_v is None:
        return None
    return LIMIT_TO_STANDARD * math.hypot(gain * potential_v, zero_v)


def electrolysis_charge(db: Database, run_ids: Sequence[int]) -> MeasuredCharge | None:
    """Return the charge of all electrolyses among the runs; None where no charge passed."""
    given = {run_id: _parameters(db, run_id) for run_id in sorted(run_ids)}
    starts_s = [db.run(run_id)["started_s"] for run_id in given]
    holds = [
        _hold(db, row, given[run_id], starts_s)
        for run_id in given
        if given[run_id].get("charge_c")
        for row in polarisations.of_parts(db, [run_id])
    ]
    passed = [hold for hold in holds if hold is not None]
    if not passed:
        return None
    total = propagated(
        math.fsum(hold.charge_c.value for hold in passed), [(1.0, hold.charge_c) for hold in passed]
    )
    reason = next((hold.reason for hold in passed if hold.reason), "")
    kelvin = [hold.temperature_k for hold in passed if hold.temperature_k is not None]
    return MeasuredCharge(
        runs=tuple(dict.fromkeys(hold.run for hold in passed)),
        value_c=abs(total.value),
        standard_uncertainty_c=None if reason else total.standard_uncertainty,
        temperature_k=math.fsum(kelvin) / len(kelvin) if kelvin else None,
        reason=reason,
    )


@dataclass(frozen=True)
class _Hold:
    run: int
    charge_c: Estimate
    temperature_k: float | None
    reason: str


def _hold(db: Database, row: Row, given: Row, starts_s: Sequence[float]) -> _Hold | None:
    """Charge of one hold, with what flowed after its last point; None with fewer than two points."""
    points = [point for point in polarisations.points(db, row["id"]) if point["status"] == "ok"]
    points = [one for one, after in zip(points, [*points[1:], None], strict=True) if _rises(one, after)]
    if len(points) < 2:
        return None
    time_s, current_a = ([point[name] for point in points] for name in ("elapsed_s", "current_a"))
    largest_a = max(map(abs, current_a))
    gain_u, zero_u_a = _ammeter(db, row["run_id"], given, largest_a)
    reason = "" if gain_u else "the accuracy of the ammeter is not stated"
    charge = charge_passed_c(time_s, current_a, gain_u=gain_u, zero_u_a=zero_u_a)
    kelvin = [point["temperature_k"] for point in points if point["temperature_k"] is not None]
    offset_k = inputs_of(db, row["run_id"]).correction_k
    off_s = _off_by_s(row, points[-1], starts_s)
    if off_s is None:
        reason = f"when the cell of run {row['run_id']} was switched off is not recorded"
    return _Hold(
        row["run_id"],
        _with_tail(charge, off_s, points[-1]),
        math.fsum(kelvin) / len(kelvin) + offset_k if kelvin else None,
        reason,
    )


def _off_by_s(row: Row, last: Row, starts_s: Sequence[float]) -> float | None:
    """Time by which the cell was off; None where it is not known.

    The end of an interrupted hold is its last point: the cell was switched off by another program, at the
    latest when the next run of the sample began.
    """
    if row["status"] != "interrupted":
        return row["ended_s"]
    return min((start_s for start_s in starts_s if start_s > last["time_s"]), default=None)


def _rises(one: Row, after: Row | None) -> bool:
    return after is None or after["elapsed_s"] > one["elapsed_s"]


def _with_tail(charge: Estimate, off_s: float | None, last: Row) -> Estimate:
    """Return the charge with that after the last point: half of it at the last current, as a mean."""
    tail_s = max((off_s or last["time_s"]) - last["time_s"], 0.0)
    tail_c = last["current_a"] * tail_s
    doubt = Component("charge passed", abs(tail_c) / math.sqrt(12), "B", distribution="rectangular")
    parts = [*charge.parts, *([doubt] if doubt.change else [])]
    return estimate_of(charge.value + tail_c / 2, parts)


def _ammeter(db: Database, run_id: int, given: Row, current_a: float) -> tuple[float, float]:
    """Standard uncertainties of gain (relative) and zero (A); zeros where nothing is stated."""
    if given.get("gain_u_percent"):
        return given["gain_u_percent"] / 100, given.get("zero_u_a") or 0.0
    stated = stated_accuracy(db, run_id).get("potentiostat")
    for one in stated.get("currents", ()) if isinstance(stated, Mapping) else ():
        up_to_a = math.inf if one["up_to_a"] is None else one["up_to_a"]
        if abs(current_a) <= up_to_a:
            held = CurrentRange(up_to_a, one["gain"], one["zero_a"])
            return LIMIT_TO_STANDARD * held.gain, LIMIT_TO_STANDARD * held.zero_a
    return 0.0, 0.0
