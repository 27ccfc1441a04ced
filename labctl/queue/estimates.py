"""How long it will take: the plan's own times, corrected by what this station measured before.

A procedure announces its steps with times from manuals and assumed rates. Finished steps of earlier runs say
how much longer or shorter settling and measuring really took here; the medians of those ratios are the pace.
An oven still hot from the job before is not foreseen: `rehearsal` knows it, for it has an oven.
"""

import importlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from labctl.bench import PlannedStep
from labctl.config.protocol import begin_at, plan_of
from labctl.queue.ledger import Ledger

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
        """What a planned step will take; NaN where the plan does not know."""
        if not is_settling(step):
            return step.duration_s * self.measuring
        cools = before is not None and (before.temperature_k or 0.0) > (step.temperature_k or 0.0)
        return step.duration_s * (self.cooling if cools else self.heating)


def is_settling(step: PlannedStep) -> bool:
    """Whether a planned step only waits for a temperature."""
    excited = step.amplitude_v or step.potential_v or step.current_a
    return step.temperature_k is not None and not excited


def duration_s(plan: Sequence[PlannedStep], pace: Pace | None = None) -> float:
    """What a plan will take in all; NaN where a step is not known."""
    pace = pace or Pace()
    settlings: list[PlannedStep | None] = [None]
    total_s = 0.0
    for step in plan:
        total_s += pace.duration_s(step, settlings[-1])
        if is_settling(step):
            settlings.append(step)
    return total_s


def remaining_s(procedure: Any, from_step: int, pace: Pace | None = None) -> float:
    """What the steps of a procedure from `from_step` on will take, those finished left out."""
    plan = plan_of(procedure)
    steps = len(procedure.steps()) if hasattr(procedure, "steps") else 1
    per_step = max(1, len(plan) // max(1, steps))
    finished = getattr(procedure, "finished_steps", frozenset())
    left = [n for n in range(len(plan)) if n // per_step >= from_step and n // per_step not in finished]
    return duration_s([plan[n] for n in left], pace)


def measured_pace(ledger: Ledger, station: str, procedures: Any) -> Pace:
    """The pace of a station's last finished runs; 1 where fewer than three steps are known.

    `procedures` builds a procedure from (reference, parameters), or gives None where it cannot.
    """
    query = """SELECT id, job_id, procedure, parameters, started_s FROM runs
               WHERE station = ? AND status = 'finished' ORDER BY id DESC LIMIT ?"""
    ratios: dict[str, list[float]] = {"heating": [], "cooling": [], "measuring": []}
    left = _Left()
    for run in reversed(ledger.rows(query, (station, MOST_RUNS))):
        procedure = procedures(run["procedure"], json.loads(run["parameters"]))
        found = left if left.belongs_to(run) else _Left()
        left = _Left()
        if procedure is not None:
            begin_at(procedure, found.temperature_k)
            left = _compare(ledger, run, plan_of(procedure), ratios, found)
    return Pace(**{kind: _typical(values) for kind, values in ratios.items()})


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
    ledger: Ledger,
    run: dict[str, Any],
    plan: Sequence[PlannedStep],
    ratios: dict[str, list[float]],
    found: _Left,
) -> _Left:
    """Hold the spectra of a run against a plan that alternates settling and one spectrum."""
    query = """SELECT started_s, ended_s FROM spectra
               WHERE run_id = ? AND status = 'finished' ORDER BY number"""
    spectra = ledger.rows(query, (run["id"],))
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
    module, _, name = reference.partition(":")
    try:
        procedure = getattr(importlib.import_module(module), name)()
        procedure.set_parameters(parameters)
    except (ImportError, AttributeError, ValueError, TypeError):
        return None
    return procedure
