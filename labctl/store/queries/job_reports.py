"""Events about the reports of jobs: wanted when a job has ended, then made or failed.

`details` of such an event is `{"job": 7, "state": "wanted"}`.
"""

import json
from typing import Any

from labctl.store.queries.source import Row, Rows
from labctl.store.transactions import WriteConnection

KIND = "report"
STATES = ("wanted", "made", "failed")


def add(connection: WriteConnection, about: dict[str, Any], job_id: int, state: str) -> None:
    """Insert an event about the report of a job; `about` holds time_s, level, station, message."""
    details = json.dumps({"job": job_id, "state": state})
    connection.insert("events", about | {"kind": KIND, "details": details})


def has_runs(connection: WriteConnection, job_id: int) -> bool:
    """Return whether a job has measured something."""
    return bool(connection.value("SELECT EXISTS (SELECT 1 FROM runs WHERE job_id = ?)", (job_id,)))


def wanted(connection: WriteConnection, station: str) -> list[int]:
    """Return the jobs of a station with a report that is wanted, neither made nor failed; oldest first."""
    query = """SELECT json_extract(details, '$.job') AS job FROM events
               WHERE kind = ? AND station = ? AND typeof(json_extract(details, '$.job')) = 'integer'
               GROUP BY job HAVING max(json_extract(details, '$.state') <> 'wanted') = 0 ORDER BY min(id)"""
    return [row["job"] for row in connection.rows(query, (KIND, station))]


def told_since(db: Rows, since_s: float) -> dict[int, Row]:
    """Return the last of these events of each job since a moment: time_s, state, message."""
    query = """SELECT time_s, message, json_extract(details, '$.job') AS job,
               json_extract(details, '$.state') AS state FROM events
               WHERE kind = ? AND time_s >= ? AND typeof(json_extract(details, '$.job')) = 'integer'
               ORDER BY id"""
    return {row["job"]: row for row in db.rows(query, (KIND, since_s))}
