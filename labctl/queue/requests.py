"""Requests to a runner while it measures: pauses of the queue, and requests about one job."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.errors import ConfigurationError
from labctl.store.queries import pauses as pause_queries
from labctl.store.queries import requests as queries
from labctl.store.transactions import WriteConnection

PAUSE_AFTER = ("point", "step", "job")
LABCTL = "labctl"  # who paused, where it was no person
MAKE_SAFE = "make safe"
"""How the reason of a pause begins that asks the runner to make safe as well."""
MADE_SAFE = "every instrument was made safe"
"""How the event of a runner or supervisor ends that has confirmed it."""
KINDS = ("cancel", "cancel now", "stop", "skip step", "temperatures")


@dataclass(frozen=True)
class Pause:
    """A pause in force; `after` says where the job under way waits, `person` is "labctl" for an interlock."""

    after: str
    reason: str
    person: str
    paused_s: float

    @property
    def words(self) -> str:
        """The reason, or who paused where none is given."""
        return self.reason or f"by {self.person or 'user'}"

    @property
    def asks_safe(self) -> bool:
        """Whether every instrument is to be made safe, too."""
        return self.reason.startswith(MAKE_SAFE)


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

    def __init__(self, connection: WriteConnection, clock: Clock | None = None) -> None:
        self._connection, self._clock = connection, clock or RealClock()

    def pause(self, after: str = "step", reason: str = "", person: str = "") -> None:
        """Start no further job; the one under way waits after the point, the step, or not at all (`job`)."""
        if after not in PAUSE_AFTER:
            raise ConfigurationError("queue", "pause", f"after {after!r} is not one of {PAUSE_AFTER}")
        row = {"after": after, "reason": reason, "person": person, "paused_s": self._clock.time()}
        with self._connection.transaction() as connection:
            pause_queries.lift_pauses(connection, row["paused_s"])
            pause_queries.add_pause(connection, row)

    def resume(self) -> bool:
        """Lift the pause; return whether there was one."""
        with self._connection.transaction() as connection:
            return pause_queries.lift_pauses(connection, self._clock.time()) > 0

    def in_force(self) -> Pause | None:
        """The pause in force, None when the queue runs."""
        row = pause_queries.pause_in_force(self._connection)
        return None if row is None else Pause(**row)


class Requests:
    """Requests about jobs, oldest first."""

    def __init__(self, connection: WriteConnection, clock: Clock | None = None) -> None:
        self._connection, self._clock = connection, clock or RealClock()

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
        with self._connection.transaction() as connection:
            return queries.add_request(connection, row)

    def pending(self, job_id: int) -> list[Request]:
        """Requests about a job that have no outcome yet."""
        return [_request(row) for row in queries.pending_requests(self._connection, job_id)]

    def take(self, request: Request, outcome: str, details: dict[str, Any] | None = None) -> None:
        """Write what became of a request."""
        changed = json.dumps(request.details if details is None else details)
        with self._connection.transaction() as connection:
            queries.answer_request(connection, request.id, self._clock.time(), outcome, changed)

    def drop_pending(self, job_id: int, outcome: str, kept: Collection[str] = ()) -> None:
        """Answer the requests left when the job ended, except the kinds in `kept`."""
        for request in self.pending(job_id):
            if request.kind not in kept:
                self.take(request, outcome)


def _request(row: dict[str, Any]) -> Request:
    return Request(**(row | {"details": json.loads(row["details"])}))
