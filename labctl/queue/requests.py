"""Requests to a runner about one job, while it measures."""

import json
from dataclasses import dataclass
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.errors import ConfigurationError
from labctl.queue.job import ENDED
from labctl.queue.pauses import LABCTL, MADE_SAFE, MAKE_SAFE, PAUSE_AFTER, Pause, Pauses
from labctl.store.queries import jobs as job_queries
from labctl.store.queries import requests as queries
from labctl.store.transactions import WriteConnection

__all__ = ["LABCTL", "MADE_SAFE", "MAKE_SAFE", "PAUSE_AFTER", "Pause", "Pauses", "Request", "Requests"]

KINDS = ("cancel", "cancel now", "stop", "skip step", "temperatures")
END_THE_JOB = ("cancel", "cancel now", "stop")
CARRIED = ("temperatures",)  # also hold for the attempt that continues one that was cut


@dataclass(frozen=True)
class Request:
    """A request about a job; `claim` is the number of the claim that it is about, None where not known."""

    id: int
    job_id: int
    kind: str
    details: dict[str, Any]
    person: str
    asked_s: float
    claim: int | None = None

    @property
    def ends_as(self) -> str:
        """The state to which a request to end a job brings it."""
        return "failed" if self.kind == "stop" else "cancelled"

    @property
    def words(self) -> str:
        """The reason of a job that this request ends."""
        by = f" by {self.person}" if self.person else ""
        default = "stopped" if self.kind == "stop" else f"cancelled{by}"
        return str(self.details.get("reason", default))

    @property
    def stops_queue(self) -> bool:
        """Whether the queue is to wait for a person as well."""
        return bool(self.details.get("stops_queue"))


class Requests:
    """Requests about jobs, oldest first."""

    def __init__(self, connection: WriteConnection, clock: Clock | None = None) -> None:
        self._connection, self._clock = connection, clock or RealClock()

    def ask(self, job_id: int, kind: str, details: dict[str, Any] | None = None, person: str = "") -> int:
        """Ask something of the runner about a job; return the request's id.

        It is about the attempt under way, or the next one where none is. Raises ConfigurationError for a job
        that has ended, which nothing would answer.
        """
        if kind not in KINDS:
            raise ConfigurationError("queue", "request", f"{kind!r} is not one of {KINDS}")
        row = {
            "job_id": job_id,
            "kind": kind,
            "details": json.dumps(details or {}),
            "person": person,
            "asked_s": self._clock.time(),
        }
        with self._connection.transaction() as connection:
            return queries.add_request(connection, row | {"claim": _claim_meant(connection, job_id, kind)})

    def pending(self, job_id: int, claim: int | None = None) -> list[Request]:
        """Requests about a job that have no outcome yet; with `claim`, only those that are about that one."""
        found = [_request(row) for row in queries.pending_requests(self._connection, job_id)]
        return [request for request in found if claim is None or request.claim in (claim, None)]

    def take(self, request: Request, outcome: str, details: dict[str, Any] | None = None) -> None:
        """Write what became of a request."""
        changed = json.dumps(request.details if details is None else details)
        with self._connection.transaction() as connection:
            queries.answer_request(connection, request.id, self._clock.time(), outcome, changed)


def request_to_end(connection: WriteConnection, job_id: int) -> Request | None:
    """The first pending request to end a job; a request that stops the queue goes before others."""
    pending = [_request(row) for row in queries.pending_requests(connection, job_id)]
    asked = [request for request in pending if request.kind in END_THE_JOB]
    return next((request for request in asked if request.stops_queue), next(iter(asked), None))


def answer_pending(
    connection: WriteConnection,
    job_id: int,
    outcome: str,
    now_s: float,
    *,
    only: int | None = None,
    until_claim: int | None = None,
) -> None:
    """Answer requests that have no outcome yet, in the transaction of the caller.

    All of them, the one with id `only`, or those that are about no later claim than `until_claim`.
    """
    for request in [_request(row) for row in queries.pending_requests(connection, job_id)]:
        meant = only in (None, request.id)
        if meant and (until_claim is None or request.claim is None or request.claim <= until_claim):
            details = json.dumps(request.details)
            queries.answer_request(connection, request.id, now_s, outcome, details)


def carry_pending(connection: WriteConnection, job_id: int, claim: int) -> None:
    """Let the requests that also hold for the next attempt be about that claim. In a transaction."""
    for row in queries.pending_requests(connection, job_id):
        if row["kind"] in CARRIED:
            queries.carry_request(connection, row["id"], claim)


def _claim_meant(connection: WriteConnection, job_id: int, kind: str) -> int:
    job = job_queries.job(connection, job_id)
    if job is None or job["state"] in ENDED:
        problem = "there is no such job" if job is None else f"is {job['state']}: too late for {kind!r}"
        raise ConfigurationError("queue", f"job {job_id}", problem)
    return max(job["claims"], 1) if job["state"] == "running" else job["claims"] + 1


def _request(row: dict[str, Any]) -> Request:
    known: dict[str, Any] = row | {"details": details_of(row["details"])}
    return Request(**known)


def details_of(text: str) -> dict[str, Any]:
    """Return the details of a request as stored; empty where a damaged file has none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
