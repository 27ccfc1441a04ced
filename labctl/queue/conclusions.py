"""Conclusion of an attempt at a job, after its end, a request, or the death of its runner.

1. A request to end the job that the attempt did not take in time ends it now: it is cancelled, or fails with
   the reason of the request. It does not wait for the next attempt.
2. A failed attempt counts against the retries of the job, and so does the death of the runner, also where the
   supervisor ended it because it was frozen. A finished step lets the count begin again.
3. New temperatures that were not taken are about the attempt that continues. A request to skip a step is not:
   the next attempt may be in another step.
4. A claim is concluded once, and only for the station that made it. A pause of its queue is part of that.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.errors import ConfigurationError
from labctl.queue.job import ENDED, Claimant, Ending, Job
from labctl.queue.job_changes import JobChanges
from labctl.queue.pauses import LABCTL, put_pause
from labctl.queue.requests import answer_pending, carry_pending, request_to_end
from labctl.store.queries import jobs as queries
from labctl.store.transactions import WriteConnection


@dataclass(frozen=True)
class Fate:
    """State and reason of a job after an attempt.

    Attributes
    ----------
    job : Job
        As it was while it was running.
    stops_queue : str
        Why the queue waits for a person now; `""`: it does not.
    attempts : int
        Failed attempts since the last finished step.
    deaths : int
        Number of them that ended with the death of the runner.
    waits : bool
        Whether the next attempt waits for the delay that the policy of the job asks for.
    """

    job: Job
    state: str
    reason: str
    stops_queue: str = ""
    attempts: int = 0
    deaths: int = 0
    waits: bool = False

    def news(self) -> list[tuple[str, str, str]]:
        """Return level, kind and message of the events about it."""
        reason = f": {self.reason}" if self.reason else ""
        name = f"job {self.job.id} {self.job.title!r}"
        level = {"failed": "error", "interrupted": "warning"}.get(self.state, "info")
        told = [(level, f"job {self.state}", f"{name} {self.state}{reason}")]
        if self.waits:
            told = [("warning", "retry", f"{name}{reason}")]
        if self.stops_queue:
            words = self.stops_queue.removeprefix("interlock: ")
            told.append(("error", "interlock", f"the queue waits for a person: {words}"))
        return told


class Conclusions:
    """Concludes the attempts of one station.

    Parameters
    ----------
    connection : WriteConnection
    station : str
        Its name; the jobs of other stations are not touched.
    clock : Clock, optional
        Clock of the times in the history; real time by default.
    """

    def __init__(self, connection: WriteConnection, station: str, clock: Clock | None = None) -> None:
        self._connection, self._station = connection, station
        self._clock = clock or RealClock()
        self._changes = JobChanges(connection, self._clock)

    def attempt_ended(self, job: Job, ending: Ending, may_retry: bool, stops_queue: str = "") -> Fate:
        """Conclude an attempt that ended in its runner.

        Parameters
        ----------
        job : Job
            As it was claimed.
        ending : Ending
        may_retry : bool
            Whether another attempt makes sense; the policy of the job decides how many.
        stops_queue : str
            Why the queue must wait for a person.

        Raises
        ------
        ConfigurationError
            The claim is not the runner's any more.
        """
        with self._connection.transaction():
            now = self._still_claimed(job)
            if ending.state == "failed" and may_retry and not stops_queue:
                return self._write(_after_failure(now, ending.reason))
            return self._write(_as_it_ended(now, ending.state, ending.reason, stops_queue))

    def runner_died(self, reason: str) -> list[Fate]:
        """Conclude the attempts of a runner that is gone; each counts against the retries of its job."""
        with self._connection.transaction():
            return [self._write(_after_death(job, reason)) for job in self._running()]

    def attempt_broke(self, reason: str, claimant: Claimant, known: Collection[int] = ()) -> list[Fate]:
        """Conclude the attempts of a runner that goes on after an error of its own, or of the file.

        Each counts as failed, once for each runner: the error may be the runner's alone, and a new one does
        better. `known` are the jobs that broke in this runner before.
        """
        with self._connection.transaction():
            broken = [job for job in self._running() if job.claimant == claimant]
            return [self._write(_after_break(job, reason, job.id not in known)) for job in broken]

    def interrupted(self, reason: str) -> list[Fate]:
        """Conclude the attempts of a runner that is gone, without counting them: a person decides next."""
        with self._connection.transaction():
            return [self._write(_as_it_ended(job, "interrupted", reason)) for job in self._running()]

    def _running(self) -> list[Job]:
        """The running jobs of the station, except jobs of a runner process that still exists.

        A row that cannot be read has no retries: it must not keep the others from going on.
        """
        jobs = [Job.shown(row) for row in queries.running_jobs(self._connection, self._station)]
        return [job for job in jobs if not job.claimant.lives_elsewhere]

    def _still_claimed(self, job: Job) -> Job:
        row = queries.job(self._connection, job.id)
        now = job if row is None else Job.of(row)
        if now.state != "running" or now.claims != job.claims:
            problem = f"is {now.state} after claim {now.claims}: claim {job.claims} of this runner is over"
            raise ConfigurationError("queue", f"job {job.id}", problem)
        return now

    def _write(self, fate: Fate) -> Fate:
        """Let a request to end the job decide where the job would go on, and write what becomes of it."""
        job, now_s = fate.job, self._clock.time()
        asked = request_to_end(self._connection, job.id)
        if asked is not None and fate.state != "finished" and (fate.state not in ENDED or asked.stops_queue):
            answer_pending(self._connection, job.id, "obeyed", now_s, only=asked.id)
            stops_queue = asked.words if asked.stops_queue else fate.stops_queue
            fate = replace(fate, state=asked.ends_as, reason=asked.words, stops_queue=stops_queue)
        if fate.state == "failed" and job.policy.then == "stop" and not fate.stops_queue:
            fate = replace(fate, stops_queue=f"job {job.id} failed, and its policy is to stop")
        if fate.state not in ENDED:
            carry_pending(self._connection, job.id, job.claims + 1)
        answer_pending(self._connection, job.id, f"too late: {fate.state}", now_s, until_claim=job.claims)
        changes: dict[str, Any] = {"attempts": fate.attempts, "deaths": fate.deaths}
        changes |= {"not_before_s": now_s + job.policy.delay_s} if fate.waits else {}
        self._changes.come_to(job.id, fate.state, fate.reason, **changes)
        if fate.stops_queue:
            put_pause(self._connection, now_s, self._station, "job", fate.stops_queue, LABCTL)
        return fate


def _as_it_ended(job: Job, state: str, reason: str, stops_queue: str = "") -> Fate:
    return Fate(job, state, reason, stops_queue, job.attempts, job.deaths)


def _after_failure(job: Job, reason: str) -> Fate:
    attempts = job.attempts + 1
    if attempts > job.policy.retries:
        return Fate(job, "failed", reason, attempts=attempts, deaths=job.deaths)
    words = f"attempt {attempts} failed: {reason}"
    return Fate(job, "interrupted", words, attempts=attempts, deaths=job.deaths, waits=True)


def _after_break(job: Job, reason: str, counts: bool) -> Fate:
    if not counts:
        return _as_it_ended(job, "interrupted", reason)
    return replace(_after_failure(job, reason), waits=False)


def _after_death(job: Job, reason: str) -> Fate:
    attempts, deaths = job.attempts + 1, job.deaths + 1
    if attempts <= job.policy.retries:
        return Fate(job, "interrupted", reason, attempts=attempts, deaths=deaths)
    times = "once" if deaths == 1 else f"{deaths} times"
    others = f" and {attempts - deaths} attempt(s) failed" if attempts > deaths else ""
    words = f"ended the runner {times}{others} without a new finished step; the last time {reason}"
    return Fate(job, "failed", words, attempts=attempts, deaths=deaths)
