"""Changes of state of a job, each with its row in the history, in the transaction of the caller."""

from typing import Any

from labctl.clock import Clock
from labctl.store.queries import jobs as queries
from labctl.store.transactions import WriteConnection


class JobChanges:
    """Writes changes of jobs; `clock` gives the times of the history."""

    def __init__(self, connection: WriteConnection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    def come_to(self, job_id: int, state: str, reason: str, **changes: Any) -> None:
        """Change the state of a job, and other columns with it."""
        queries.change_job(self._connection, job_id, {"state": state, "reason": reason, **changes})
        self.note(job_id, state, reason)

    def note(self, job_id: int, state: str, reason: str) -> None:
        """Add a row to the history of a job."""
        queries.add_history(self._connection, job_id, self._clock.time(), state, reason)
