"""What a person asks of a runner while it measures: pauses of the queue, and requests about one job."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.errors import ConfigurationError
from labctl.queue.ledger import Ledger, insert

PAUSE_AFTER = ("point", "step", "job")
LABCTL = "labctl"  # who paused, where it was no person
KINDS = ("cancel", "cancel now", "stop", "skip step", "temperatures")


@dataclass(frozen=True)
class Pause:
    """A pause in force; `after` says where the job under way waits, `person` is "labctl" for an interlock."""

    after: str
    reason: str
    person: str
    paused_s: float


@dataclass(frozen=True)
class Request:
    """A request about a running job."""

    id: int
    job_id: int
    kind: str
    details: dict[str, Any]
    person: str
    asked_s: float


class Pauses:
    """Whether the queue is paused. The last pause asked for is the one in force."""

    def __init__(self, ledger: Ledger, clock: Clock | None = None) -> None:
        self._ledger, self._clock = ledger, clock or RealClock()

    def pause(self, after: str = "step", reason: str = "", person: str = "") -> None:
        """Start no further job; the one under way waits after the point, the step, or not at all (`job`)."""
        if after not in PAUSE_AFTER:
            raise ConfigurationError("queue", "pause", f"after {after!r} is not one of {PAUSE_AFTER}")
        row = {"after": after, "reason": reason, "person": person, "paused_s": self._clock.time()}
        with self._ledger.transaction() as connection:
            connection.execute(
                "UPDATE queue_pauses SET resumed_s = ? WHERE resumed_s IS NULL", (row["paused_s"],)
            )
            insert(connection, "queue_pauses", row)

    def resume(self) -> bool:
        """Lift the pause; return whether there was one."""
        with self._ledger.transaction() as connection:
            query = "UPDATE queue_pauses SET resumed_s = ? WHERE resumed_s IS NULL"
            return connection.execute(query, (self._clock.time(),)).rowcount > 0

    def in_force(self) -> Pause | None:
        """The pause in force, None when the queue runs."""
        query = "SELECT after, reason, person, paused_s FROM queue_pauses WHERE resumed_s IS NULL"
        rows = self._ledger.rows(query + " ORDER BY id DESC LIMIT 1")
        return Pause(**rows[0]) if rows else None


class Requests:
    """Requests about jobs, oldest first."""

    def __init__(self, ledger: Ledger, clock: Clock | None = None) -> None:
        self._ledger, self._clock = ledger, clock or RealClock()

    def ask(self, job_id: int, kind: str, details: dict[str, Any] | None = None, person: str = "") -> int:
        """Ask something of the runner about a job; return the request's id."""
        if kind not in KINDS:
            raise ConfigurationError("queue", "request", f"{kind!r} is not one of {KINDS}")
        row = {
            "job_id": job_id,
            "kind": kind,
            "details": json.dumps(details or {}),
            "person": person,
            "asked_s": self._clock.time(),
        }
        with self._ledger.transaction() as connection:
            return insert(connection, "requests", row)

    def pending(self, job_id: int) -> list[Request]:
        """Requests about a job that nobody has taken yet."""
        query = """SELECT id, job_id, kind, details, person, asked_s FROM requests
                   WHERE job_id = ? AND taken_s IS NULL ORDER BY id"""
        return [_request(row) for row in self._ledger.rows(query, (job_id,))]

    def take(self, request: Request, outcome: str, details: dict[str, Any] | None = None) -> None:
        """Write what became of a request."""
        changed = json.dumps(request.details if details is None else details)
        query = "UPDATE requests SET taken_s = ?, outcome = ?, details = ? WHERE id = ?"
        with self._ledger.transaction() as connection:
            connection.execute(query, (self._clock.time(), outcome, changed, request.id))

    def drop_pending(self, job_id: int, outcome: str, kept: Collection[str] = ()) -> None:
        """Answer what nobody took before the job ended, but for the kinds that are kept."""
        for request in self.pending(job_id):
            if request.kind not in kept:
                self.take(request, outcome)


def _request(row: dict[str, Any]) -> Request:
    return Request(**(row | {"details": json.loads(row["details"])}))
