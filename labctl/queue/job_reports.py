"""Reports at the end of each job, as the side sees them that only wants them: runner and supervisor.

1. When a job has ended, an event says that its report is wanted. Nothing waits for the report.
2. The runner starts one process, `labctl report --ended-jobs`, which makes all reports that are wanted. The
   runner looks whether it lives, between jobs and without waiting.
3. A process that ended and left a report unmade is started again, at most three times for one report; then an
   event says that it failed. Nothing here raises: a job never fails because of a report.
"""

import logging
import subprocess
from collections import Counter
from collections.abc import Callable

from labctl.clock import Clock
from labctl.config.report_settings import read_report
from labctl.config.station import Station
from labctl.errors import ConfigurationError, StoreError
from labctl.queue.job import ENDED, Job
from labctl.store.queries import job_reports
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
MOST_TRIES = 3
Start = Callable[[], "subprocess.Popen[bytes]"]


class JobReports:
    """The reports that a station wants of its jobs.

    Parameters
    ----------
    connection : WriteConnection
    station : Station
        Without a `[report]` table, or with a wrong one, nothing is ever wanted.
    clock : Clock
        Of the times of events.
    start : callable, optional
        Starts the process that makes them; None: another program does.
    """

    def __init__(
        self, connection: WriteConnection, station: Station, clock: Clock, start: Start | None = None
    ) -> None:
        self._connection, self._station, self._clock = connection, station.name, clock
        self._start = start
        self._is_wanted = _is_wanted(station)
        self._child: subprocess.Popen[bytes] | None = None
        self._tries: Counter[int] = Counter()
        self._is_due = True  # a runner before this one may have left some

    def job_ended(self, job: Job, state: str) -> None:
        """Record that the report of a job is wanted, if the job has ended and measured something."""
        if not self._is_wanted or state not in ENDED:
            return
        try:
            if job_reports.has_runs(self._connection, job.id):
                self._tell("info", job.id, "wanted", f"the report of job {job.id} is to be made")
                self._is_due = True
        except StoreError as error:
            log.error("the report of job %d is not asked for: %s", job.id, error)

    def look(self) -> None:
        """Start the process where a report is wanted and none is at work; never waits."""
        if not self._is_wanted or self._start is None or not self._is_due or self._is_at_work():
            return
        try:
            waiting = job_reports.wanted(self._connection, self._station)
            self._is_due = bool(waiting)
            if waiting:
                self._begin(waiting[0])
        except StoreError as error:
            log.error("no reports now: %s", error)

    def _is_at_work(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _begin(self, job_id: int) -> None:
        self._tries[job_id] += 1
        if self._tries[job_id] > MOST_TRIES:
            code = "" if self._child is None else f" (exit code {self._child.returncode})"
            self._give_up(job_id, f"its process ended {MOST_TRIES} times without a result{code}")
            return
        try:
            if self._start is not None:
                self._child = self._start()
        except OSError as error:
            self._give_up(job_id, f"no process could be started: {error.strerror or error}")

    def _give_up(self, job_id: int, reason: str) -> None:
        words = (
            f"the report of job {job_id} was not made: {reason}; `labctl report --of-job {job_id}` makes it"
        )
        log.warning(words)
        self._tell("warning", job_id, "failed", words)

    def _tell(self, level: str, job_id: int, state: str, words: str) -> None:
        about = {"time_s": self._clock.time(), "level": level, "station": self._station, "message": words}
        job_reports.add(self._connection, about, job_id, state)


def _is_wanted(station: Station) -> bool:
    """A wrong table must keep neither a night nor a rescue from going on; `labctl runner` refuses it."""
    try:
        return read_report(station) is not None
    except ConfigurationError as error:
        log.error("no reports: %s", error)
        return False
