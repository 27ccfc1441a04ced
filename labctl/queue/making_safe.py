"""Make safe, now: by the runner where it obeys, without it where it does not.

1. The queue is paused, so that nothing is energised again.
2. A job under way is asked to stop; its runner makes everything safe, and a supervisor ends a runner that
   does not obey within five seconds and makes everything safe itself.
3. Where that has not happened in time, no runner is running, or the database cannot be written, a runner
   that is left is ended for certain and `labctl instruments safe` opens the instruments from here.
"""

import logging
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from labctl.clock import Clock, RealClock
from labctl.config.night import DEFAULT_SILENCE_S
from labctl.errors import ConfigurationError, LabctlError, StoreError
from labctl.queue.boot import power_was_cut
from labctl.queue.heartbeat import Heartbeat, Heartbeats, state_of
from labctl.queue.job import Job
from labctl.queue.jobs import Jobs
from labctl.queue.pauses import request_to_make_safe
from labctl.queue.processes import end_for_certain
from labctl.queue.requests import Pauses, Requests
from labctl.store.queries.notifications import add_event
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
OBEYED_WITHIN_S = 12.0
SAFE_TAKES_S = 60.0
PATIENCE_S = 2.0  # with a file that another program keeps locked
SHORT_PATIENCE_S, LONG_PATIENCE_S = 0.5, 10.0


@dataclass(frozen=True)
class SafeReport:
    """Whether all is safe, and a sentence about it."""

    safe: bool
    words: str


@dataclass(frozen=True)
class SafeRequest:
    """Which station to make safe, and who asks."""

    station_file: Path
    station: str
    db: Path
    person: str
    silence_s: float

    @property
    def words(self) -> str:
        """The reason, for log and queue."""
        return request_to_make_safe(self.person)

    def connection(self, patience_s: float) -> WriteConnection:
        """Open the queue; raises StoreError, also where opening would make an empty one in its place."""
        if not self.db.exists():
            raise StoreError(f"{self.db} is gone")
        return WriteConnection(self.db, patience_s, may_create=False)


def make_safe(
    station_file: Path, station: str, db: Path, person: str, silence_s: float = DEFAULT_SILENCE_S
) -> SafeReport:
    """Make every instrument of a station safe, in any state of runner, supervisor and database.

    Parameters
    ----------
    station_file : Path
    station : str
        Its name.
    db : Path
    person : str
        Who asks, for the log.
    silence_s : float
        `silence_s` of the station's `[night]` table.
    """
    request = SafeRequest(station_file, station, db, person, silence_s)
    try:
        with request.connection(PATIENCE_S) as connection:
            report = _by_the_runner(connection, request) or _directly(station_file, "; the queue is paused")
    except Exception as error:  # whatever is wrong with the way there, the heater goes off
        if not isinstance(error, LabctlError | OSError):
            log.exception("make safe could not go through the queue")
        return _without_queue(request, error)
    _record(request, report)
    if report.safe:
        confirm(request)
    return report


def _without_queue(request: SafeRequest, trouble: Exception) -> SafeReport:
    """A runner that cannot be asked is ended: it would heat again, and a frozen one may hold the lock."""
    ended = _end_runner_unasked(request)
    paused = _paused(request, SHORT_PATIENCE_S)
    report = _directly(request.station_file)
    paused = paused or _paused(request, LONG_PATIENCE_S)
    done = "; its runner was ended" if ended else ""
    done += "; the queue is paused" if paused else ""
    doubt = "" if paused else f" (the queue could not be paused: {trouble})"
    report = SafeReport(report.safe, f"{report.words}{done}{doubt}")
    _record(request, report)
    return report


def _end_runner_unasked(request: SafeRequest) -> bool:
    """End the runner where its heartbeat can still be read; return whether there was one."""
    try:
        with request.connection(SHORT_PATIENCE_S) as connection:
            beat = Heartbeats(connection, "runner", request.station).read()
    except (LabctlError, OSError):
        return False
    return _end(beat, RealClock())


def _paused(request: SafeRequest, patience_s: float) -> bool:
    try:
        with request.connection(patience_s) as connection:
            Pauses(connection, station=request.station).ask_to_make_safe(request.person)
    except (LabctlError, OSError):
        return False
    return True


def _by_the_runner(connection: WriteConnection, request: SafeRequest) -> SafeReport | None:
    """Return the report where runner or supervisor acted in time; None when this process must act."""
    clock = RealClock()
    Pauses(connection, station=request.station).ask_to_make_safe(request.person)
    runner = Heartbeats(connection, "runner", request.station).read()
    job = running_job(connection, request)
    if job is not None and state_of(runner, request.silence_s) == "running":
        details = {"reason": request.words, "stops_queue": True}
        with suppress(ConfigurationError):  # it has ended since
            Requests(connection).ask(job.id, "stop", details, request.person)
        waited_s = 0.0
        while waited_s < OBEYED_WITHIN_S and state_of(runner, request.silence_s) == "running":
            clock.sleep(0.2)
            waited_s += 0.2
            runner = Heartbeats(connection, "runner", request.station).read()
            is_safe = runner is not None and not runner.unsafe
            alive = state_of(runner, request.silence_s) == "running"
            if alive and is_safe and running_job(connection, request) is None:
                words = f"job {job.id} was stopped and every instrument made safe; the queue is paused"
                return SafeReport(True, words)
    _end(runner, clock)
    return None


def running_job(connection: WriteConnection, request: SafeRequest) -> Job | None:
    """Return the job under way on the station; None where none is."""
    jobs = Jobs(connection).listed(states=("running",))
    return next((job for job in jobs if job.is_of(request.station)), None)


def _end(runner: Heartbeat | None, clock: Clock) -> bool:
    """A runner that is left keeps the instruments from us: end it. Return whether one was ended."""
    if runner is None or runner.state != "alive" or runner.gone:
        return False
    return end_for_certain(runner, clock)


def _directly(station_file: Path, done_before: str = "") -> SafeReport:
    command = [sys.executable, "-m", "labctl", "instruments", "safe", "--force", str(station_file)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SAFE_TAKES_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return SafeReport(False, f"NOT SAFE: {error}. Switch the instruments off by hand.")
    answer = "; ".join(
        " ".join(line.split()) for line in (done.stdout + done.stderr).splitlines() if line.strip()
    )
    if done.returncode == 0:
        return SafeReport(True, f"every instrument was made safe from here ({answer}){done_before}")
    return SafeReport(False, f"NOT SAFE: {answer}. Switch the instruments off by hand.")


def confirm(request: SafeRequest) -> None:
    """Record that outputs left on by an earlier program are off now.

    A runner that died is left to its supervisor, where there is one: it starts the next runner.
    """
    try:
        with request.connection(PATIENCE_S) as connection:
            heartbeats = Heartbeats(connection, "runner", request.station)
            beat = heartbeats.read()
            if beat is not None and beat.state in ("unsafe", "dismissed"):
                mark = heartbeats.mark_dead if power_was_cut(beat.boot) else heartbeats.mark_confirmed
                mark(beat)
            elif beat is not None and beat.state == "alive" and beat.gone:
                supervisor = Heartbeats(connection, "supervisor", request.station).read()
                if state_of(supervisor, request.silence_s) != "running":
                    heartbeats.mark_dead(beat)
    except (LabctlError, OSError) as error:
        log.warning("that everything is off could not be recorded: %s", error)


def _record(request: SafeRequest, report: SafeReport) -> None:
    """Keep request and outcome as an event, where that can be kept."""
    row = {
        "time_s": RealClock().time(),
        "level": "warning" if report.safe else "error",
        "kind": "person",
        "message": f"{request.words}: {report.words}",
        "station": request.station,
    }
    try:
        with request.connection(PATIENCE_S) as connection, connection.transaction():
            add_event(connection, row)
    except (LabctlError, OSError) as error:
        log.warning("make safe is not in the log of the database: %s", error)
