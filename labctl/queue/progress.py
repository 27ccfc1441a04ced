"""Progress of a job, read from the measured rows themselves: no second record is kept.

A job runs its procedures in order, each in one run or in several that continue one another. A procedure is
finished when a run of it is; a step, when the row that ends it (a spectrum, a polarisation) is finished.
"""

from dataclasses import dataclass
from typing import Any

from labctl.config.protocol import Protocol
from labctl.measure.events import ENDS
from labctl.queue.requests import details_of
from labctl.store.queries import progress as queries
from labctl.store.queries.requests import obeyed_requests
from labctl.store.transactions import WriteConnection


@dataclass(frozen=True)
class Progress:
    """Where a job stands.

    Attributes
    ----------
    procedure : int
        Index of the procedure.
    finished_steps : frozenset of int
        Steps of it that are measured, or were skipped by a person's request.
    cut : dict
        Step to the id of the last spectrum that was begun in it and not finished.
    revisions : tuple
        (from_step, temperatures_degc) of the changes a person made, oldest first.
    finished_history : frozenset of int
        Steps of the thermal history that are finished.
    """

    procedure: int
    finished_steps: frozenset[int]
    cut: dict[int, int]
    revisions: tuple[tuple[int, list[float]], ...]
    finished_history: frozenset[int] = frozenset()


def procedures_finished(connection: WriteConnection, job_id: int, cell: str | None = None) -> int:
    """How many procedures of a job are finished, for the sample in one cell where it has several."""
    return queries.finished_run_count(connection, job_id, cell)


def cells_due(connection: WriteConnection, job_id: int, protocol: Protocol, index: int) -> list[str]:
    """Return the cells of the samples that one procedure of a job still has to measure, in their order.

    A sample that failed while another one went on and finished is left out: it is not tried again.
    """
    cells = protocol.procedures[index].cells
    before = {cell: sum(cell in entry.cells for entry in protocol.procedures[:index]) for cell in cells}
    finished = {cell: procedures_finished(connection, job_id, cell) for cell in cells}
    is_done = any(finished[cell] > before[cell] for cell in cells)
    return [
        cell
        for cell in cells
        if finished[cell] == before[cell]
        and not (is_done and queries.last_status(connection, job_id, cell) == "failed")
    ]


def progress_of(
    connection: WriteConnection,
    job_id: int,
    step_ends_with: str = "spectra",
    rows_per_step: int = 1,
    cell: str | None = None,
    procedure: int | None = None,
) -> Progress:
    """Where a job stands; for the sample in one cell, and the index of the procedure, where it has several.

    A step ends with `rows_per_step` finished rows of the table `step_ends_with`. A step with fewer is
    finished too once a later one has begun.
    """
    if procedure is None:
        procedure = procedures_finished(connection, job_id, cell)
    runs = queries.open_run_ids(connection, job_id, cell)
    rows = _steps(connection, step_ends_with, runs, finished=True)
    cut = {step: row_id for step, (_, row_id) in _steps(connection, "spectra", runs, finished=False).items()}
    last = max([*rows, *cut], default=0)
    measured = {step for step, (count, _) in rows.items() if count >= rows_per_step or step < last}
    requests = _obeyed(connection, job_id, procedure)
    skipped = {
        details["step"]
        for kind, details in requests
        if kind == "skip step" and "step" in details and details.get("cell") == cell
    }
    return Progress(
        procedure,
        frozenset(measured | skipped),
        {step: row_id for step, row_id in cut.items() if step not in measured},
        tuple(
            (details["from_step"], details["temperatures_degc"])
            for kind, details in requests
            if kind == "temperatures" and {"from_step", "temperatures_degc"} <= details.keys()
        ),
        frozenset(queries.finished_thermal_steps(connection, runs)),
    )


def _steps(
    connection: WriteConnection, table: str, runs: list[int], finished: bool
) -> dict[int, tuple[int, int]]:
    """Step to how many rows it has, finished or not, and the id of the last."""
    rows = queries.rows_by_step(connection, table, runs, finished, ENDS)
    return {row["step"]: (row["n"], row["id"]) for row in rows}


def _obeyed(connection: WriteConnection, job_id: int, procedure: int) -> list[tuple[str, dict[str, Any]]]:
    """Kind and details of the obeyed requests about one procedure of a job, oldest first."""
    rows = obeyed_requests(connection, job_id)
    requests = [(row["kind"], details_of(row["details"])) for row in rows]
    return [(kind, details) for kind, details in requests if details.get("procedure") == procedure]
