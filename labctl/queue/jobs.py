"""The queue: jobs in order, each change of state with its history, safe for several programs at once.

1. Every method is one transaction: two people at once never lose or double a job.
2. A change of state that is not allowed (to hold a finished job) raises ConfigurationError, changes nothing.
3. Jobs are never deleted. `clear_finished()` only stops listing them.
4. Interrupted jobs go first, then higher priority, then position.
5. A job belongs to the station that claimed it first, for good: no other continues or interrupts it.
6. A deadline is about the first claim. A job that was begun goes on after it.
7. `cancel` and `retry` answer the requests about a job that are still pending.
8. A job that waits for its rehearsal keeps its place: the jobs behind it do not overtake it.
"""

import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from labctl.clock import Clock, RealClock
from labctl.errors import ConfigurationError, StoreError
from labctl.plain_text import shown
from labctl.queue.job import ENDED, STARTABLE, WAITING, Claimant, FailurePolicy, Job
from labctl.queue.job_changes import JobChanges
from labctl.queue.pauses import LABCTL, put_pause
from labctl.queue.requests import answer_pending, request_to_end
from labctl.queue.retry_delays import RetryDelays
from labctl.store.queries import jobs as queries
from labctl.store.queries.runs import LARGEST_ID
from labctl.store.transactions import Row, WriteConnection

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol


class Jobs:
    """The jobs of one file.

    Parameters
    ----------
    connection : WriteConnection
    clock : Clock, optional
        Clock of the times in the history; real time by default.
    claimant : Claimant, optional
        The process that claims jobs; None: not known.
    """

    def __init__(
        self, connection: WriteConnection, clock: Clock | None = None, claimant: Claimant | None = None
    ) -> None:
        self._connection, self._clock = connection, clock or RealClock()
        self._claimant = claimant or Claimant()
        self._changes = JobChanges(connection, self._clock)
        self._delays = RetryDelays(self._clock)

    def add(self, protocol: "Protocol", *, duration_s: float | None = None, **options: Any) -> int:
        """Queue one checked protocol, with the options of `add_all`; return its id once it is on disk."""
        return self.add_all([(protocol, duration_s)], **options)[0]

    def add_all(
        self,
        protocols: "Sequence[tuple[Protocol, float | None]]",
        *,
        station: str = "",
        person: str = "",
        priority: int = 0,
        not_before_s: float | None = None,
        deadline_s: float | None = None,
        policy: FailurePolicy | None = None,
        held: bool = False,
        rehearsal: str = "",
        rehearsal_reason: str = "",
    ) -> list[int]:
        """Queue checked protocols, each with its estimate in s, behind their priority; all or none.

        `rehearsal`: `"wanted"`, or `"declined"` with a reason; `""`: the jobs begin without one.
        """
        options = {
            "station": station,
            "person": person,
            "priority": priority,
            "not_before_s": not_before_s,
            "deadline_s": deadline_s,
            "failure_policy": (policy or FailurePolicy()).as_json(),
            "state": "held" if held else "queued",
            "rehearsal": rehearsal,
            "rehearsal_reason": rehearsal_reason,
        }
        rows = [_row(protocol) | options | {"duration_s": duration_s} for protocol, duration_s in protocols]
        with self._connection.transaction():
            return [self._insert(row, f"queued{_by(person)}") for row in rows]

    def listed(self, *, cleared: bool = False, states: Iterable[str] = ()) -> list[Job]:
        """Jobs in the order they will run, ended ones last; those cleared only where asked for."""
        wanted = tuple(states)
        rows = queries.listed_jobs(self._connection, cleared)
        return [Job.shown(row) for row in rows if not wanted or row["state"] in wanted]

    def get(self, job_id: int) -> Job:
        """One job; raises ConfigurationError when there is none of that number."""
        row = queries.job(self._connection, job_id) if 0 < job_id <= LARGEST_ID else None
        if row is None:
            raise _wrong(job_id, "there is no such job; `labctl queue list` shows those there are")
        return Job.shown(row)

    def history(self, job_id: int) -> list[Row]:
        """Every state the job came to, oldest first: time_s, state, reason."""
        self.get(job_id)
        return queries.history(self._connection, job_id)

    def runs(self, job_id: int) -> list[Row]:
        """The runs of a job, oldest first: id, status, reason."""
        return queries.runs_of_job(self._connection, job_id)

    def move(self, job_id: int, place: int, person: str = "") -> None:
        """Put a waiting job at a place among the queued and held ones, 1 = next; beyond the end = last.

        Where it passes a job of another priority it takes a priority that fits its new place.
        """
        if place < 1:
            raise _wrong(job_id, f"place {place} is not 1 or more")
        with self._connection.transaction() as connection:
            job = self._in_state(job_id, ("queued", "held"), "moved")
            others = [other for other in queries.waiting_jobs(connection) if other["id"] != job_id]
            index = min(place - 1, len(others))
            priority = _fitting(job.priority, others[:index], others[index:])
            queries.change_job(connection, job_id, {"priority": priority})
            ids = [other["id"] for other in others]
            queries.number_jobs(connection, [*ids[:index], job_id, *ids[index:]])
            self._changes.note(job_id, job.state, f"moved to place {index + 1}{_by(person)}")

    def hold(self, job_id: int, person: str = "", reason: str = "") -> None:
        """Let a waiting job wait until it is released."""
        words = reason or f"held{_by(person)}"
        self._change(job_id, STARTABLE, "held", words, "held")

    def release(self, job_id: int, person: str = "") -> None:
        """Let a held job run when its turn comes; a job that was interrupted goes first again."""
        with self._connection.transaction() as connection:
            self._in_state(job_id, ("held",), "released")
            state = queries.state_before_hold(connection, job_id) or "queued"
            self._changes.come_to(job_id, state, f"released{_by(person)}")

    def cancel(self, job_id: int, person: str = "") -> None:
        """Take a waiting job out of the queue; a running one is cancelled by a request to the runner."""
        with self._connection.transaction() as connection:
            self._in_state(job_id, WAITING, "cancelled")
            answer_pending(connection, job_id, "too late: cancelled", self._clock.time())
            self._changes.come_to(job_id, "cancelled", f"cancelled{_by(person)}")

    def cancel_waiting(self, job_ids: Iterable[int], person: str = "") -> tuple[list[int], list[int]]:
        """Cancel the waiting jobs among these; return their ids, and the ids of the others, which stay."""
        ids = list(job_ids)
        waiting = [job_id for job_id in ids if self.get(job_id).state in WAITING]
        for job_id in waiting:
            self.cancel(job_id, person)
        return waiting, [job_id for job_id in ids if job_id not in waiting]

    def take_back_cancel(self, job: Job, person: str = "") -> None:
        """Let a cancelled job wait again as it did before; `job` is the job as it was then."""
        if job.state not in WAITING:
            raise _wrong(job.id, f"was {job.state} when it was cancelled")
        with self._connection.transaction():
            self._in_state(job.id, ("cancelled",), "taken back")
            changes = {"not_before_s": job.not_before_s, "cleared": 0}
            self._changes.come_to(job.id, job.state, f"cancelling undone{_by(person)}", **changes)

    def retry(self, job_id: int, person: str = "", from_start: bool = False) -> int:
        """Queue a failed or cancelled job again, from its last finished step; return the job's id.

        With `from_start` a new job is queued that measures everything again, also for a finished one.
        """
        if from_start:
            return self._copy(job_id, person)
        with self._connection.transaction() as connection:
            self._in_state(job_id, ("failed", "cancelled"), "retried")
            answer_pending(connection, job_id, "too late: queued again", self._clock.time())
            changes = {"attempts": 0, "deaths": 0, "not_before_s": None, "cleared": 0}
            self._changes.come_to(job_id, "queued", f"queued again{_by(person)}", **changes)
        return job_id

    def clear_finished(self) -> int:
        """Stop listing the jobs that have ended; return how many. They and their results stay."""
        with self._connection.transaction() as connection:
            return queries.clear_jobs(connection, ENDED)

    def claim(self, station: str, allows: Callable[[Job], bool] = lambda job: True) -> Job | None:
        """Make the next job that may start now the running one; None when there is none.

        The station owns the job from now on. On the way a job not begun before its deadline is cancelled, and
        a job that a person asked to end while no runner had it is ended. Where `allows` refuses the next job,
        none is claimed.
        """
        with self._connection.transaction():
            for job in self._startable(station):
                if not self._end_unbegun(job, station) and self._may_start(job):
                    return self._begin(job, station) if allows(job) else None
        return None

    def startable(self, station: str) -> list[Job]:
        """Return the jobs that a station may begin or continue, in order; some wait for their hour."""
        return self._startable(station)

    def next_to_start(self, station: str) -> Job | None:
        """Return the job that `claim` would take now, if it does not end it first; None: no job may start."""
        return next((job for job in self._startable(station) if self._may_start(job)), None)

    def _may_start(self, job: Job) -> bool:
        return self._clock.time() >= self._delays.start_s(job)

    def _end_unbegun(self, job: Job, station: str) -> bool:
        """End a job that must not be claimed any more; return whether it was one."""
        now_s = self._clock.time()
        if (asked := request_to_end(self._connection, job.id)) is not None:
            answer_pending(self._connection, job.id, "obeyed", now_s, only=asked.id)
            self._changes.come_to(job.id, asked.ends_as, asked.words)
            if asked.stops_queue:
                put_pause(self._connection, now_s, station, "job", asked.words, LABCTL)
        elif job.deadline_s is not None and now_s > job.deadline_s and not job.was_begun:
            self._changes.come_to(job.id, "cancelled", "its deadline passed before it could begin")
        else:
            return False
        answer_pending(self._connection, job.id, "too late: the job has ended", now_s)
        return True

    def _begin(self, job: Job, station: str) -> Job:
        now_s, claimant = self._clock.time(), self._claimant
        late = "too late: another attempt began"
        answer_pending(self._connection, job.id, late, now_s, until_claim=job.claims)
        changes = {
            "owner": station,
            "runner_host": claimant.host,
            "runner_pid": claimant.pid,
            "runner_birth": claimant.birth,
            "claims": job.claims + 1,
            "claimed_s": now_s,
            "begun_s": now_s if job.begun_s is None else job.begun_s,
        }
        self._changes.come_to(job.id, "running", "claimed by the runner", **changes)
        return replace(job, **changes)

    def next_start_s(self, station: str) -> float | None:
        """When the earliest job that waits for its hour may start; None when none waits."""
        with self._connection.transaction():
            hours = [self._delays.start_s(job) for job in self._startable(station)]
        return min(hours, default=None)

    def end(self, job_id: int, state: str, reason: str) -> None:
        """Write how the attempt at a running job ended."""
        self._change(job_id, ("running",), state, reason, state)

    def step_finished(self, job_id: int) -> None:
        """Count failed attempts anew, because a step was finished since the last one."""
        with self._connection.transaction() as connection:
            queries.forget_failures(connection, job_id)

    def last_change(self) -> int:
        """Return the number of the newest change of a job; numbers, unlike times, only grow."""
        return queries.last_change(self._connection)

    def give_up(self, station: str, since: int, reason: str) -> list[Job]:
        """Fail the jobs that could start and have not changed since that change; return them."""
        given_up = []
        with self._connection.transaction() as connection:
            for job in self._startable(station):
                if queries.last_change_of(connection, job.id) <= since:
                    begun = "not continued" if job.was_begun else "not begun"
                    self._changes.come_to(job.id, "failed", f"{begun}: {reason}")
                    given_up.append(job)
        return given_up

    def _copy(self, job_id: int, person: str) -> int:
        job = self.get(job_id)
        with self._connection.transaction() as connection:
            copied = queries.copied_columns(connection, job.id) | {"person": person or job.person}
            return self._insert(copied, f"queued as a copy of job {job_id}{_by(person)}")

    def _startable(self, station: str) -> list[Job]:
        """The jobs that may start; a row that cannot be read waits, and `queue list` gives the reason."""
        found = []
        for row in queries.startable_jobs(self._connection, station):
            with suppress(StoreError):
                found.append(Job.of(row))
        return found

    def _insert(self, row: Row, reason: str) -> int:
        given = {"uuid": str(uuid.uuid4()), "created_s": self._clock.time()}
        job_id = queries.add_job(self._connection, {**row, **given, "reason": reason})
        self._changes.note(job_id, row.get("state", "queued"), reason)
        return job_id

    def _change(self, job_id: int, allowed: tuple[str, ...], state: str, reason: str, verb: str) -> None:
        with self._connection.transaction():
            self._in_state(job_id, allowed, verb)
            self._changes.come_to(job_id, state, reason)

    def _in_state(self, job_id: int, allowed: tuple[str, ...], verb: str) -> Job:
        job = self.get(job_id)
        if job.state not in allowed:
            raise _wrong(
                job_id, f"is {job.state} and cannot be {verb} (only {' or '.join(allowed)} jobs can)"
            )
        return job


def _wrong(job_id: int, problem: str) -> ConfigurationError:
    return ConfigurationError("queue", f"job {job_id if job_id <= LARGEST_ID else shown(job_id)}", problem)


def _row(protocol: "Protocol") -> Row:
    return {
        "protocol_text": protocol.text,
        "sample_text": _samples(protocol),
        "title": protocol.title,
        "source": protocol.source,
    }


def _samples(protocol: "Protocol") -> str:
    """Return the sample of a protocol as JSON, with those of several cells under `in_cells`."""
    of_cells = {cell: asdict(sample) for cell, sample in protocol.in_cells.items()}
    return json.dumps(asdict(protocol.sample) | ({"in_cells": of_cells} if of_cells else {}))


def _by(person: str) -> str:
    return f" by {person}" if person else ""


def _fitting(priority: int, before: list[Row], after: list[Row]) -> int:
    """The nearest priority that sorts between the neighbours."""
    if before:
        priority = min(priority, before[-1]["priority"])
    if after:
        priority = max(priority, after[0]["priority"])
    return priority
