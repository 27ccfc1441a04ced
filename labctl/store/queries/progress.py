"""Queries about what of a job is measured already."""

from collections.abc import Sequence

from labctl.store.queries.source import Rows
from labctl.store.transactions import Row, WriteConnection


def finished_run_count(connection: WriteConnection, job_id: int, cell: str | None = None) -> int:
    """Return how many runs of a job, of those in one cell, are finished."""
    query = "SELECT count(*) FROM runs WHERE job_id = ? AND cell IS ? AND status = 'finished'"
    return connection.value(query, (job_id, cell))


def last_status(connection: WriteConnection, job_id: int, cell: str | None) -> str:
    """Return the status of the last run of a job in one cell; `""` without one."""
    query = "SELECT status FROM runs WHERE job_id = ? AND cell IS ? ORDER BY id DESC LIMIT 1"
    found = connection.rows(query, (job_id, cell))
    return found[0]["status"] if found else ""


def open_run_ids(connection: WriteConnection, job_id: int, cell: str | None = None) -> list[int]:
    """Return the runs of a job, of those in one cell, after its last finished one there, oldest first."""
    query = """SELECT id FROM runs WHERE job_id = :job AND cell IS :cell AND id > coalesce(
               (SELECT max(id) FROM runs WHERE job_id = :job AND cell IS :cell AND status = 'finished'), 0)
               ORDER BY id"""
    return [row["id"] for row in connection.rows(query, {"job": job_id, "cell": cell})]


def rows_by_step(
    connection: WriteConnection, table: str, run_ids: Sequence[int], finished: bool, ends: Sequence[str] = ()
) -> list[Row]:
    """Return step, n (how many), id (the last) of the rows of `spectra` or `polarisations` of some runs.

    Those with status finished, or all others. Of `records` those count as finished that have one of the
    phases `ends`, and none as unfinished.
    """
    marks = ", ".join("?" * len(run_ids))
    if table == "records":
        return step_ends(connection, run_ids, ends) if finished else []
    if table not in ("spectra", "polarisations"):
        raise ValueError(f"step_ends_with must be 'spectra', 'polarisations' or 'records', got {table!r}")
    comparison = "=" if finished else "<>"
    query = f"""SELECT step, count(*) AS n, max(id) AS id FROM {table}
                WHERE run_id IN ({marks}) AND status {comparison} 'finished' GROUP BY step"""
    return connection.rows(query, run_ids)


def finished_thermal_steps(connection: WriteConnection, run_ids: Sequence[int]) -> list[int]:
    """Return the numbers of the finished steps of thermal history of some runs."""
    marks = ", ".join("?" * len(run_ids))
    query = f"SELECT number FROM thermal_steps WHERE run_id IN ({marks}) AND state = 'finished'"
    return [row["number"] for row in connection.rows(query, run_ids)]


def step_ends(connection: WriteConnection, run_ids: Sequence[int], ends: Sequence[str]) -> list[Row]:
    """Return step, n, id (the last number) of the records with one of the phases `ends`."""
    marks, phases = (", ".join("?" * len(several)) for several in (run_ids, ends))
    query = f"""SELECT json_extract(data, '$.step') AS step, count(*) AS n, max(number) AS id FROM records
                WHERE run_id IN ({marks}) AND json_extract(data, '$.phase') IN ({phases})
                AND json_extract(data, '$.step') IS NOT NULL GROUP BY json_extract(data, '$.step')"""
    return connection.rows(query, (*run_ids, *ends))


def underived_spectrum_ids(database: Rows, run_id: int) -> list[int]:
    """Return the finished spectra of a run that have no resistance."""
    query = """SELECT s.id FROM spectra s WHERE s.run_id = ? AND s.status = 'finished'
               AND NOT EXISTS (SELECT 1 FROM resistances r WHERE r.spectrum_id = s.id) ORDER BY s.id"""
    return [row["id"] for row in database.rows(query, (run_id,))]


def running_run_ids(connection: WriteConnection, pid: int, host: str) -> list[int]:
    """Return the runs that this process still calls running."""
    query = "SELECT id FROM runs WHERE status = 'running' AND pid = ? AND host = ?"
    return [row["id"] for row in connection.rows(query, (pid, host))]
