"""The rehearsals of jobs in the results file: claimed by one process at a time, each with its result.

1. One process at a time rehearses a job of a rig: claiming is a transaction, and names the process.
2. A rehearsal without a result, because its process has ended, is claimed again, at most three times. Then
   it has failed. It has passed only where a process has written that.
3. When a rehearsal fails, the job is held with the reason in the same transaction. A job that was begun or
   has ended keeps its state.
4. Only the process that claimed a rehearsal writes its result.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.clock import Clock, RealClock
from labctl.queue.job import WAITING, Claimant, Job
from labctl.queue.job_changes import JobChanges
from labctl.store.queries import jobs as queries
from labctl.store.queries.notifications import add_event
from labctl.store.transactions import WriteConnection

MOST_TRIES = 3
NO_RESULT = f"it ended {MOST_TRIES} times without a result"


@dataclass(frozen=True)
class RehearsalResult:
    """`state` is `"passed"`, `"failed"` or `"impossible"`; `reason` in words; `inputs` the hash of these."""

    state: str
    reason: str
    inputs: str = ""


class RehearsalRecords:
    """The rehearsals of one file.

    Parameters
    ----------
    connection : WriteConnection
    claimant : Claimant
        The process that rehearses, or watches.
    clock : Clock, optional
        Clock of the times in the file; real time by default.
    """

    def __init__(self, connection: WriteConnection, claimant: Claimant, clock: Clock | None = None) -> None:
        self._connection, self._claimant, self._clock = connection, claimant, clock or RealClock()
        self._changes = JobChanges(connection, self._clock)

    def are_wanted(self, job_ids: Sequence[int]) -> bool:
        """Whether one of these jobs needs a rehearsal that no process does."""
        return any(needs_rehearsal(job) for job in map(self._job, job_ids) if job is not None)

    def claim(self, job_ids: Sequence[int]) -> Job | None:
        """Begin the rehearsal of the first of these jobs that needs one.

        None: no job does, or another process rehearses a job of the same rig now.
        """
        with self._connection.transaction():
            going_on = [job for job in self.under_way() if job.rehearser.lives_elsewhere]
            for job in filter(None, map(self._job, job_ids)):
                if not needs_rehearsal(job) or any(job.shares_rig(other) for other in going_on):
                    continue
                if job.rehearsal_tries < MOST_TRIES:
                    return self._begin(job)
                self._write(job, RehearsalResult("failed", NO_RESULT))
        return None

    def under_way(self) -> list[Job]:
        """Return the jobs that a process rehearses, as far as the file says."""
        return [Job.shown(row) for row in queries.jobs_under_rehearsal(self._connection)]

    def record(self, job_id: int, result: RehearsalResult) -> bool:
        """Write the result of a rehearsal that this process claimed; return whether it still had it."""
        with self._connection.transaction():
            job = self._job(job_id)
            if job is None or job.rehearsal != "running" or job.rehearser != self._claimant:
                return False
            self._write(job, result)
        return True

    def give_up(self, job_id: int, reason: str) -> None:
        """Let the rehearsal of a waiting job fail that no process carries out."""
        with self._connection.transaction():
            job = self._job(job_id)
            if job is not None and job.waits_for_rehearsal:
                self._write(job, RehearsalResult("failed", reason))

    def ask_again(self, job_id: int, reason: str) -> None:
        """Let a waiting job be rehearsed once more, because what it will do has changed."""
        with self._connection.transaction():
            job = self._job(job_id)
            if job is not None and job.state in WAITING and not job.was_begun:
                self._set(job.id, rehearsal="wanted", rehearsal_reason="", rehearsal_tries=0)
                self._changes.note(job.id, job.state, reason)

    def _begin(self, job: Job) -> Job:
        who = self._claimant
        self._set(
            job.id,
            rehearsal="running",
            rehearsal_host=who.host,
            rehearsal_pid=who.pid,
            rehearsal_birth=who.birth,
            rehearsal_tries=job.rehearsal_tries + 1,
        )
        return job

    def _write(self, job: Job, result: RehearsalResult) -> None:
        self._set(
            job.id,
            rehearsal=result.state,
            rehearsal_reason=result.reason,
            rehearsal_of=result.inputs,
            rehearsal_tries=0,
        )
        waits = job.state in WAITING and not job.was_begun
        words = {"passed": "rehearsed", "impossible": "not rehearsed"}.get(result.state, "rehearsal failed")
        told = f"{words}: {result.reason}"
        if result.state == "failed" and waits:
            self._changes.come_to(job.id, "held", told)
            self._announce(job, told)
        else:
            self._changes.note(job.id, job.state, told)

    def _announce(self, job: Job, told: str) -> None:
        message = f"job {job.id} {job.title!r} is held: {told}"
        row = {"time_s": self._clock.time(), "level": "error", "kind": "job held", "message": message}
        add_event(self._connection, row | {"station": job.rig})

    def _set(self, job_id: int, **changes: object) -> None:
        queries.change_job(self._connection, job_id, changes | {"rehearsal_s": self._clock.time()})

    def _job(self, job_id: int) -> Job | None:
        row = queries.job(self._connection, job_id)
        return None if row is None else Job.shown(row)


def needs_rehearsal(job: Job) -> bool:
    """Whether a job waits for a rehearsal that no process does."""
    waits = job.state in WAITING and job.waits_for_rehearsal
    return waits and not (job.rehearsal == "running" and job.rehearser.lives_elsewhere)
