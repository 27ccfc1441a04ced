"""What of a job is measured already, read from the measured rows themselves: there is no second book.

A job runs its procedures in order, each in one run or in several that continue one another. A procedure is
finished when a run of it is; a step, when the row that ends it (a spectrum, a polarisation) is finished.
"""

import json
from dataclasses import dataclass
from typing import Any

from labctl.queue.ledger import Ledger


@dataclass(frozen=True)
class Progress:
    """Where a job stands.

    Attributes
    ----------
    procedure : int
        Index of the procedure to run next.
    finished_steps : frozenset of int
        Steps of it that are measured, or were skipped at a person's wish.
    cut : dict
        Step to the id of the last spectrum that was begun in it and not finished.
    revisions : tuple
        (from_step, temperatures_degc) of the changes a person made, oldest first.
    """

    procedure: int
    finished_steps: frozenset[int]
    cut: dict[int, int]
    revisions: tuple[tuple[int, list[float]], ...]


def procedures_finished(ledger: Ledger, job_id: int) -> int:
    """How many procedures of a job are finished."""
    query = "SELECT count(*) AS n FROM runs WHERE job_id = ? AND status = 'finished'"
    return ledger.rows(query, (job_id,))[0]["n"]


def progress_of(
    ledger: Ledger, job_id: int, step_ends_with: str = "spectra", rows_per_step: int = 1
) -> Progress:
    """Where a job stands.

    `step_ends_with` is the table whose finished rows end a step of its procedure, `rows_per_step` how many of
    them do. A step with fewer is finished too once a later one has begun.
    """
    procedure = procedures_finished(ledger, job_id)
    runs = _open_runs(ledger, job_id)
    rows = _steps(ledger, step_ends_with, runs, finished=True)
    cut = {step: row_id for step, (_, row_id) in _steps(ledger, "spectra", runs, finished=False).items()}
    last = max([*rows, *cut], default=0)
    measured = {step for step, (count, _) in rows.items() if count >= rows_per_step or step < last}
    wishes = _wishes(ledger, job_id, procedure)
    skipped = {wish["step"] for kind, wish in wishes if kind == "skip step"}
    return Progress(
        procedure,
        frozenset(measured | skipped),
        {step: row_id for step, row_id in cut.items() if step not in measured},
        tuple((w["from_step"], w["temperatures_degc"]) for kind, w in wishes if kind == "temperatures"),
    )


def _open_runs(ledger: Ledger, job_id: int) -> list[int]:
    """Runs of the procedure under way: those after the last finished one."""
    query = """SELECT id FROM runs WHERE job_id = :job AND id > coalesce(
               (SELECT max(id) FROM runs WHERE job_id = :job AND status = 'finished'), 0) ORDER BY id"""
    return [row["id"] for row in ledger.rows(query, {"job": job_id})]


def _steps(ledger: Ledger, table: str, runs: list[int], finished: bool) -> dict[int, tuple[int, int]]:
    """Step to how many rows it has, finished or not, and the id of the last."""
    if table not in ("spectra", "polarisations"):
        raise ValueError(f"step_ends_with must be 'spectra' or 'polarisations', got {table!r}")
    marks = ", ".join("?" * len(runs))
    comparison = "=" if finished else "<>"
    query = f"""SELECT step, count(*) AS n, max(id) AS id FROM {table}
                WHERE run_id IN ({marks}) AND status {comparison} 'finished' GROUP BY step"""
    return {row["step"]: (row["n"], row["id"]) for row in ledger.rows(query, runs)}


def _wishes(ledger: Ledger, job_id: int, procedure: int) -> list[tuple[str, dict[str, Any]]]:
    query = "SELECT kind, details FROM requests WHERE job_id = ? AND outcome = 'obeyed' ORDER BY id"
    wishes = [(row["kind"], json.loads(row["details"])) for row in ledger.rows(query, (job_id,))]
    return [(kind, wish) for kind, wish in wishes if wish.get("procedure") == procedure]
