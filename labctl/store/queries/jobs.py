"""Queries about jobs and their history."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.store.transactions import Row, WriteConnection

_ORDER = """CASE state WHEN 'running' THEN 0 WHEN 'interrupted' THEN 1 WHEN 'queued' THEN 2 WHEN 'held' THEN 2
            ELSE 3 END, CASE WHEN state IN ('queued', 'held') THEN -priority END,
            CASE WHEN state IN ('queued', 'held') THEN position END, id"""
_OF_STATION = "(owner = :station OR (owner = '' AND station IN (:station, '')))"
_COPIED = """protocol_text, sample_text, title, source, station, priority, failure_policy, duration_s,
             CASE WHEN rehearsal IN ('', 'declined') THEN rehearsal ELSE 'wanted' END AS rehearsal,
             CASE WHEN rehearsal = 'declined' THEN rehearsal_reason ELSE '' END AS rehearsal_reason"""


def listed_jobs(connection: WriteConnection, cleared: bool = False) -> list[Row]:
    """Return all jobs in the order they will run, ended ones last; cleared ones only with `cleared`."""
    return connection.rows(f"SELECT * FROM jobs WHERE cleared = 0 OR ? ORDER BY {_ORDER}", (cleared,))


def startable_jobs(connection: WriteConnection, station: str) -> list[Row]:
    """Return the interrupted and queued jobs that a station may begin or continue, in the order they will
    run: its own, and those without an owner that are for it or for any station.
    """
    query = f"""SELECT * FROM jobs WHERE state IN ('interrupted', 'queued') AND {_OF_STATION}
                ORDER BY {_ORDER}"""
    return connection.rows(query, {"station": station})


def waiting_jobs(connection: WriteConnection) -> list[Row]:
    """Return id and priority of the queued and held jobs, in the order they will run."""
    query = (
        f"SELECT id, priority FROM jobs WHERE state IN ('queued', 'held') AND cleared = 0 ORDER BY {_ORDER}"
    )
    return connection.rows(query)


def jobs_under_rehearsal(connection: WriteConnection) -> list[Row]:
    """Return the jobs with a rehearsal under way, as far as the file says."""
    return connection.rows("SELECT * FROM jobs WHERE rehearsal = 'running' ORDER BY id")


def job(connection: WriteConnection, job_id: int) -> Row | None:
    """Return one job; None where there is none of that id."""
    return next(iter(connection.rows("SELECT * FROM jobs WHERE id = ?", (job_id,))), None)


def copied_columns(connection: WriteConnection, job_id: int) -> Row:
    """Return the columns of a job that a copy of it begins with; the job must exist."""
    return connection.rows(f"SELECT {_COPIED} FROM jobs WHERE id = ?", (job_id,))[0]


def running_jobs(connection: WriteConnection, station: str) -> list[Row]:
    """Return the running jobs of a station, oldest first."""
    query = f"SELECT * FROM jobs WHERE state = 'running' AND {_OF_STATION} ORDER BY id"
    return connection.rows(query, {"station": station})


def state_before_hold(connection: WriteConnection, job_id: int) -> str | None:
    """Return the state from which a held job was held; None where it was never in another."""
    query = "SELECT state FROM job_history WHERE job_id = ? AND state <> 'held' ORDER BY id DESC LIMIT 1"
    return connection.value(query, (job_id,))


def forget_failures(connection: WriteConnection, job_id: int) -> None:
    """Count failed attempts anew: a step of the job was finished. In a transaction."""
    connection.update("jobs", job_id, {"attempts": 0, "deaths": 0})


def history(connection: WriteConnection, job_id: int) -> list[Row]:
    """Return time_s, state, reason of every change of a job, oldest first."""
    query = "SELECT time_s, state, reason FROM job_history WHERE job_id = ? ORDER BY id"
    return connection.rows(query, (job_id,))


def last_change(connection: WriteConnection) -> int:
    """Return the id of the newest row of the history, 0 where there is none."""
    return connection.value("SELECT coalesce(max(id), 0) FROM job_history")


def last_change_of(connection: WriteConnection, job_id: int) -> int:
    """Return the id of the newest row in the history of a job, 0 where there is none."""
    return connection.value("SELECT coalesce(max(id), 0) FROM job_history WHERE job_id = ?", (job_id,))


def runs_of_job(connection: WriteConnection, job_id: int) -> list[Row]:
    """Return id, status, reason of the runs of a job, oldest first."""
    return connection.rows("SELECT id, status, reason FROM runs WHERE job_id = ? ORDER BY id", (job_id,))


def add_job(connection: WriteConnection, row: Mapping[str, Any]) -> int:
    """Insert a job behind all others; return its id. In a transaction."""
    position = connection.value("SELECT coalesce(max(position), 0) + 1 FROM jobs")
    return connection.insert("jobs", {**row, "position": position})


def change_job(connection: WriteConnection, job_id: int, changes: Mapping[str, Any]) -> None:
    """Change columns of a job. In a transaction, together with its row in the history."""
    connection.update("jobs", job_id, changes)


def add_history(connection: WriteConnection, job_id: int, time_s: float, state: str, reason: str) -> None:
    """Insert a row of the history of a job. In a transaction, together with the change itself."""
    row = {"job_id": job_id, "time_s": time_s, "state": state, "reason": reason}
    connection.insert("job_history", row)


def number_jobs(connection: WriteConnection, job_ids: Sequence[int]) -> None:
    """Give jobs the positions 0, 1, 2 ... in the order of the ids. In a transaction."""
    for position, job_id in enumerate(job_ids):
        connection.update("jobs", job_id, {"position": position})


def clear_jobs(connection: WriteConnection, states: Sequence[str]) -> int:
    """Mark the jobs in these states as cleared; return how many were not yet."""
    marks = ", ".join("?" * len(states))
    statement = f"UPDATE jobs SET cleared = 1 WHERE cleared = 0 AND state IN ({marks})"
    return connection.execute(statement, states)
