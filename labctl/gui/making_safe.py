"""Make safe, now: through the runner where it obeys, past it where it does not.

1. The queue is paused, so that nothing is energised again.
2. A job under way is asked to stop; its runner makes everything safe, and a supervisor ends a runner that
   does not obey within five seconds and makes everything safe itself.
3. Where that has not happened in time, no runner is alive, or the database cannot be written, a runner
   that is left is ended for certain and `labctl instruments safe` opens the instruments from here.
"""

import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from labctl.clock import Clock, RealClock
from labctl.errors import LabctlError, StoreError
from labctl.queue.heartbeat import Heartbeat, Heartbeats
from labctl.queue.ledger import Ledger, insert
from labctl.queue.processes import end_for_certain
from labctl.queue.requests import Pauses, Requests
from labctl.readmodel.station_view import read_station_view

log = logging.getLogger(__name__)
OBEYED_WITHIN_S = 12.0
SAFE_TAKES_S = 60.0
PATIENCE_S = 2.0  # with a file that somebody keeps locked
SHORT_PATIENCE_S, LONG_PATIENCE_S = 0.5, 10.0


@dataclass(frozen=True)
class SafeReport:
    """Whether all is safe, and a sentence about it."""

    safe: bool
    words: str


@dataclass(frozen=True)
class Wish:
    """Which station is to be made safe, and who asks."""

    station_file: Path
    station: str
    db: Path
    person: str

    @property
    def words(self) -> str:
        """What the log and the queue say about it."""
        return f"make safe, asked for by {self.person or 'somebody'}"

    def ledger(self, patience_s: float) -> Ledger:
        """Open the queue; raises StoreError, also where opening would make an empty one in its place."""
        if not self.db.exists():
            raise StoreError(f"{self.db} is gone")
        return Ledger(self.db, patience_s, may_create=False)


def make_safe(station_file: Path, station: str, db: Path, person: str) -> SafeReport:
    """Make every instrument of a station safe, whatever state runner, supervisor and database are in."""
    wish = Wish(station_file, station, db, person)
    try:
        with wish.ledger(PATIENCE_S) as ledger:
            report = _through_the_runner(ledger, wish) or _directly(station_file, "; the queue is paused")
    except Exception as error:  # whatever is wrong with the way there, the heater goes off
        if not isinstance(error, LabctlError | OSError):
            log.exception("make safe could not go through the queue")
        return _past_the_queue(wish, error)
    _record(wish, report)
    return report


def _past_the_queue(wish: Wish, trouble: Exception) -> SafeReport:
    """A runner that cannot be told is ended: it would heat again, and a frozen one may hold the lock."""
    ended = _end_untold(wish)
    paused = _paused(wish, SHORT_PATIENCE_S)
    report = _directly(wish.station_file)
    paused = paused or _paused(wish, LONG_PATIENCE_S)
    told = "; its runner was ended" if ended else ""
    told += "; the queue is paused" if paused else ""
    doubt = "" if paused else f" (the queue could not be paused: {trouble})"
    report = SafeReport(report.safe, f"{report.words}{told}{doubt}")
    _record(wish, report)
    return report


def _end_untold(wish: Wish) -> bool:
    """End the runner whose sign of life can still be read; return whether there was one."""
    try:
        with wish.ledger(SHORT_PATIENCE_S) as ledger:
            beat = Heartbeats(ledger, "runner", wish.station).read()
    except (LabctlError, OSError):
        return False
    return _end(beat, RealClock())


def _paused(wish: Wish, patience_s: float) -> bool:
    try:
        with wish.ledger(patience_s) as ledger:
            Pauses(ledger).pause("job", wish.words, wish.person)
    except (LabctlError, OSError):
        return False
    return True


def _through_the_runner(ledger: Ledger, wish: Wish) -> SafeReport | None:
    """What the runner or the supervisor did in time; None when it must be done from here."""
    clock = RealClock()
    Pauses(ledger).pause("job", wish.words, wish.person)
    view = read_station_view(ledger, wish.station, clock.time())
    job = view.running_job
    if view.runner_state == "running" and job is not None:
        Requests(ledger).ask(job.id, "stop", {"reason": wish.words, "stops_queue": True}, wish.person)
        waited_s = 0.0
        while waited_s < OBEYED_WITHIN_S and view.runner_state == "running":
            clock.sleep(0.2)
            waited_s += 0.2
            view = read_station_view(ledger, wish.station, clock.time())
            if view.running_job is None and view.runner_state == "running":
                words = f"job {job.id} was stopped and every instrument made safe; the queue is paused"
                return SafeReport(True, words)
    _end(view.runner, clock)
    return None


def _end(runner: Heartbeat | None, clock: Clock) -> bool:
    """A runner that is left keeps the instruments from us: end it. Return whether one was ended."""
    if runner is None or runner.state != "alive" or runner.gone:
        return False
    return end_for_certain(runner, clock)


def _directly(station_file: Path, told: str = "") -> SafeReport:
    command = [sys.executable, "-m", "labctl", "instruments", "safe", str(station_file)]
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
        return SafeReport(True, f"every instrument was made safe from here ({answer}){told}")
    return SafeReport(False, f"NOT SAFE: {answer}. Switch the instruments off by hand.")


def _record(wish: Wish, report: SafeReport) -> None:
    """Keep wish and outcome as an event, where that can be kept."""
    row = {
        "time_s": RealClock().time(),
        "level": "warning" if report.safe else "error",
        "kind": "person",
        "message": f"{wish.words}: {report.words}",
    }
    try:
        with wish.ledger(PATIENCE_S) as ledger, ledger.transaction() as connection:
            insert(connection, "events", row)
    except (LabctlError, OSError) as error:
        log.warning("make safe is not in the log of the database: %s", error)
