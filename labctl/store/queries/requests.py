"""Queries about requests to a running job."""

from collections.abc import Mapping
from typing import Any

from labctl.store.transactions import Row, WriteConnection


def add_request(connection: WriteConnection, row: Mapping[str, Any]) -> int:
    """Insert a request; return its id."""
    return connection.insert("requests", row)


def pending_requests(connection: WriteConnection, job_id: int) -> list[Row]:
    """Return the requests about a job that have no outcome yet, oldest first; `details` is JSON."""
    query = """SELECT id, job_id, kind, details, person, asked_s, claim FROM requests
               WHERE job_id = ? AND taken_s IS NULL ORDER BY id"""
    return connection.rows(query, (job_id,))


def carry_request(connection: WriteConnection, request_id: int, claim: int) -> None:
    """Let a request be about that claim of its job. In a transaction."""
    connection.update("requests", request_id, {"claim": claim})


def obeyed_requests(connection: WriteConnection, job_id: int) -> list[Row]:
    """Return kind and details (JSON) of the requests about a job that were obeyed, oldest first."""
    query = "SELECT kind, details FROM requests WHERE job_id = ? AND outcome = 'obeyed' ORDER BY id"
    return connection.rows(query, (job_id,))


def answer_request(
    connection: WriteConnection, request_id: int, taken_s: float, outcome: str, details: str
) -> None:
    """Write when a request was taken, its outcome, and its details (JSON)."""
    connection.update("requests", request_id, {"taken_s": taken_s, "outcome": outcome, "details": details})
