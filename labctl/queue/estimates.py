"""Estimated durations: the times of the plan, corrected by earlier runs of this station.

A procedure announces its steps with times from manuals and assumed rates. Finished steps of earlier runs say
how much longer or shorter settling and measuring really took here; the medians of those ratios are the pace.
An oven still hot from the job before is not foreseen: `rehearsal` knows it, for it has an oven.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from statistics import median
from typing import Any

from labctl.bench import PlannedStep
from labctl.config.loading import loaded_class
from labctl.config.protocol import begin_at, is_settling, plan_of
from labctl.store.queries.durations import finished_spectra_times, last_finished_runs
from labctl.store.transactions import WriteConnection

FEWEST = 3
MOST_RUNS = 20
AT_ONCE_S = 60.0


@dataclass(frozen=True)
class Pace:
    """Real over planned time, for settling upwards and downwards and for measuring."""

    heating: float = 1.0
    cooling: float = 1.0
    measuring: float = 1.0

    def duration_s(self, step: PlannedStep, before: PlannedStep | None = None) -> float:
        """Return the duration of a planned step; NaN where the plan does not know it."""
        if not is_settling(step):
            return step.duration_s * self.measuring
        cools = before is not None and (before.temperature_k or 0.0) > (step.temperature_k or 0.0)
        return step.duration_s * (self.cooling if cools else self.heating)


def paced(plan: Sequence[PlannedStep], pace: Pace) -> list[PlannedStep]:
    """Return the steps of a plan with the durations that this station needs, in s of its clock."""
    steps: list[PlannedStep] = []
    settling: PlannedStep | None = None
    for step in plan:
        steps.append(replace(step, duration_s=pace.duration_s(step, settling)))
        settling = step if is_settling(step) else settling
    return steps


def duration_s(plan: Sequence[PlannedStep], pace: Pace | None = None) -> float:
    """Return the duration of a plan; NaN where a step has none."""
    return sum(step.duration_s for step in paced(plan, pace or Pace()))


def remaining_s(procedure: Any, from_step: int, pace: Pace | None = None) -> float:
    """Return the duration of the steps of a procedure from `from_step` on, without finished ones."""
    return TimeLeft(procedure, pace or Pace()).from_step(from_step)


class TimeLeft:
    """Time that the steps of a procedure still take; planned again only after a person changed them.

    A plan of many steps is long, and asked for at each step: it is made once. `of_all` plans a procedure with
    all samples that share the oven.
    """

    def __init__(
        self,
        procedure: Any,
        pace: Pace,
        of_all: Callable[[Any], list[PlannedStep]] = plan_of,
    ) -> None:
        self._procedure, self._pace, self._of_all = procedure, pace, of_all
        self._planned_for: tuple[Any, int] | None = None
        self._from_step_s: list[float] = []

    def from_step(self, step: int) -> float:
        """Return the duration of the steps from this one on, without finished ones."""
        steps = len(self._procedure.steps()) if hasattr(self._procedure, "steps") else 1
        planned_for = (getattr(self._procedure, "revisions", None), steps)
        if planned_for != self._planned_for:
            self._planned_for, self._from_step_s = planned_for, self._sums(steps)
        return self._from_step_s[step] if step < len(self._from_step_s) else 0.0

    def _sums(self, steps: int) -> list[float]:
        """Duration from each step to the end."""
        plan = self._of_all(self._procedure)
        per_step = max(1, len(plan) // max(1, steps))
        finished = getattr(self._procedure, "finished_steps", frozenset())
        left = [n for n in range(len(plan)) if n // per_step not in finished]
        each_s = dict.fromkeys(range(-(-len(plan) // per_step)), 0.0)
        for n, step in zip(left, paced([plan[n] for n in left], self._pace), strict=True):
            each_s[n // per_step] += step.duration_s
        return [*accumulate(reversed(each_s.values()))][::-1]


def measured_pace(connection: WriteConnection, station: str, procedures: Any) -> Pace:
    """The pace of a station's last finished runs; 1 where fewer than three steps are known.

    `procedures` builds a procedure from (reference, parameters), or gives None where it cannot. A run with
    parameters that a damaged file has lost shows no pace.
    """
    ratios: dict[str, list[float]] = {"heating": [], "cooling": [], "measuring": []}
    left = _Left()
    for run in reversed(last_finished_runs(connection, station, MOST_RUNS)):
        procedure = _procedure_of_run(run, procedures)
        found = left if left.belongs_to(run) else _Left()
        left = _Left()
        if procedure is not None:
            begin_at(procedure, found.temperature_k)
            left = _compare(connection, run, plan_of(procedure), ratios, found)
    return Pace(**{kind: _typical(values) for kind, values in ratios.items()})


def _procedure_of_run(run: dict[str, Any], procedures: Any) -> Any:
    try:
        parameters = json.loads(run["parameters"])
    except (RecursionError, TypeError, ValueError):
        return None
    return procedures(run["procedure"], parameters)


@dataclass(frozen=True)
class _Left:
    """Where and when a run left the oven; NaN: that is not known."""

    time_s: float = math.nan
    temperature_k: float = math.nan
    job_id: int | None = None

    def belongs_to(self, run: dict[str, Any]) -> bool:
        """Whether a run followed at once, as the next procedure of the same job does."""
        same_job = self.job_id is not None and run["job_id"] == self.job_id
        return same_job and 0 <= run["started_s"] - self.time_s < AT_ONCE_S


def _compare(
    connection: WriteConnection,
    run: dict[str, Any],
    plan: Sequence[PlannedStep],
    ratios: dict[str, list[float]],
    found: _Left,
) -> _Left:
    """Hold the spectra of a run against a plan that alternates settling and one spectrum."""
    spectra = finished_spectra_times(connection, run["id"])
    pairs = list(zip(plan[::2], plan[1::2], strict=False))
    if len(spectra) != len(pairs) or not all(is_settling(s) and not is_settling(m) for s, m in pairs):
        return _Left()
    before_s, before_k = found.time_s, found.temperature_k
    for (settling, measuring), spectrum in zip(pairs, spectra, strict=True):
        direction = "cooling" if before_k > (settling.temperature_k or 0.0) else "heating"
        ratios[direction].append((spectrum["started_s"] - before_s) / settling.duration_s)
        ratios["measuring"].append((spectrum["ended_s"] - spectrum["started_s"]) / measuring.duration_s)
        before_s, before_k = spectrum["ended_s"], settling.temperature_k or 0.0
    return _Left(before_s, before_k, run["job_id"])


def _typical(ratios: Iterable[float]) -> float:
    known = [ratio for ratio in ratios if math.isfinite(ratio) and ratio > 0]
    return median(known) if len(known) >= FEWEST else 1.0


def procedure_of(reference: str, parameters: dict[str, Any]) -> Any:
    """Build the procedure of an earlier run; None where its class is gone or refuses the parameters."""
    procedure_class = loaded_class(reference)
    if procedure_class is None:
        return None
    try:
        procedure = procedure_class()
        procedure.set_parameters(parameters)
    except Exception:  # noqa: BLE001 - the procedure may be the laboratory's own; only an estimate fails
        return None
    return procedure
