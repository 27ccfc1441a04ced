"""The runner's side of rehearsals: no job begins before its rehearsal has passed, and none waits for ever.

1. A rehearsal that no process does is started by the runner, also for jobs further down while it is idle.
2. A process that lives a minute beyond its deadline is killed, and the rehearsal has failed. A process that
   gives no result is started again, at most three times.
3. Where protocol, station file or own code have changed since the rehearsal, the job is rehearsed once more:
   once for each content, because a runner goes on with the station file that it has read.
4. A job that a person released after a failed rehearsal begins, unless its content has changed since.
"""

import logging
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress

from labctl.clock import Clock
from labctl.config.station import Station
from labctl.errors import LabctlError
from labctl.queue.job import Claimant, Job
from labctl.queue.jobs import Jobs
from labctl.queue.rehearsal_inputs import hash_of_inputs
from labctl.queue.rehearsal_records import MOST_TRIES, NO_RESULT, RehearsalRecords, needs_rehearsal
from labctl.queue.submission import protocol_of_job
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
STARTED_BY_OTHERS_S = 5.0  # the program that queued the job starts a process for it
ENDS_ITSELF_S = 60.0  # after its deadline
CHANGED = "to be rehearsed again: protocol, station file or own code are not those that were rehearsed"


class OpenGate:
    """Lets every job begin, rehearsed or not."""

    def look(self) -> str:
        """Return that nothing keeps the next job from beginning."""
        return ""

    def allows(self, job: Job) -> bool:
        """Return that the job may begin."""
        return True


class RehearsalGate:
    """Decides which job a runner may begin.

    Parameters
    ----------
    connection : WriteConnection
    station : Station
        As the runner has read it.
    clock : Clock
        For the time that a rehearsal takes.
    longest_s : float
        `longest_rehearsal_s` of the station's `[night]` table.
    start : callable
        Starts the process that rehearses a job, by its number; raises OSError where it cannot.
    """

    def __init__(
        self,
        connection: WriteConnection,
        station: Station,
        clock: Clock,
        longest_s: float,
        start: Callable[[int], subprocess.Popen[bytes]],
    ) -> None:
        self._station, self._clock, self._longest_s, self._start = station, clock, longest_s, start
        self._jobs = Jobs(connection, clock)
        self._records = RehearsalRecords(connection, Claimant.this_process(), clock)
        self._child: subprocess.Popen[bytes] | None = None
        self._started_s = 0.0
        self._starts: dict[int, int] = {}
        self._since: dict[tuple[int, Claimant], float] = {}
        self._asked_again: set[tuple[int, str]] = set()
        self._may_begin: int | None = None

    def look(self) -> str:
        """See that rehearsals go on; return why the next job does not begin yet, `""`: it may, or none is."""
        self._see_to_rehearsals()
        job, self._may_begin = self._jobs.next_to_start(self._station.name), None
        if job is None:
            return ""
        if job.waits_for_rehearsal or self._is_changed(job):
            return f"waiting: job {job.id} {job.title!r} is rehearsed"
        self._may_begin = job.id
        return ""

    def allows(self, job: Job) -> bool:
        """Whether a job may begin: only the job that `look` found ready."""
        return job.id == self._may_begin and not job.waits_for_rehearsal

    def _see_to_rehearsals(self) -> None:
        """Start the rehearsal of the first job that waits for it; end a rehearsal that takes too long."""
        for job in self._records.under_way():
            if job.is_of(self._station.name) and job.rehearser.lives_elsewhere:
                self._end_if_late(job)
                return  # one at a time
        for job in self._jobs.startable(self._station.name):
            if needs_rehearsal(job) and self._waits_s(job, Claimant()) >= STARTED_BY_OTHERS_S:
                self._have_rehearsed(job)
                return

    def _have_rehearsed(self, job: Job) -> None:
        if self._child_lives():
            return
        starts = self._starts[job.id] = self._starts.get(job.id, 0) + 1
        if starts > MOST_TRIES:
            self._records.give_up(job.id, NO_RESULT)
            return
        log.info("job %d %r is rehearsed", job.id, job.title)
        try:
            self._child, self._started_s = self._start(job.id), self._clock.monotonic()
        except OSError as error:
            log.error("the rehearsal of job %d cannot be started: %s", job.id, error)

    def _child_lives(self) -> bool:
        """Whether the process started last lives; it is killed where it does not claim the job in time."""
        if self._child is None or self._child.poll() is not None:
            return False
        if self._clock.monotonic() - self._started_s >= self._longest_s + ENDS_ITSELF_S:
            self._child.kill()
        return True

    def _end_if_late(self, job: Job) -> None:
        if self._waits_s(job, job.rehearser) < self._longest_s + ENDS_ITSELF_S:
            return
        log.error("the rehearsal of job %d (pid %s) does not end and is killed", job.id, job.rehearsal_pid)
        if job.rehearsal_pid is not None and job.rehearsal_pid > 0:
            with suppress(OSError):
                os.kill(job.rehearsal_pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        minutes = self._longest_s / 60
        self._records.give_up(job.id, f"it did not end within {minutes:g} min, and its process was killed")

    def _waits_s(self, job: Job, rehearser: Claimant) -> float:
        """Return for how long this runner has seen the job with that process, in s."""
        now_s = self._clock.monotonic()
        return now_s - self._since.setdefault((job.id, rehearser), now_s)

    def _is_changed(self, job: Job) -> bool:
        """Ask for another rehearsal where the job differs from its rehearsal; return whether it was asked."""
        if job.was_begun or not job.rehearsal_of:
            return False
        try:
            inputs = hash_of_inputs(job, protocol_of_job(job), self._station)
        except LabctlError:
            return False  # the attempt fails with the reason
        if inputs == job.rehearsal_of or (job.id, inputs) in self._asked_again:
            return False
        self._asked_again.add((job.id, inputs))
        self._since.pop((job.id, Claimant()), None)
        self._starts.pop(job.id, None)
        self._records.ask_again(job.id, CHANGED)
        return True
