"""Make safe, now: through the runner where it obeys, past it where it does not.

1. The queue is paused, so that nothing is energised again.
2. A job under way is asked to stop; its runner makes everything safe, and a supervisor ends a runner that
   does not obey within five seconds and makes everything safe itself.
3. Where that has not happened in time, or no runner is alive, the runner is ended for certain and
   `labctl instruments safe` opens the instruments from here.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from labctl.clock import Clock, RealClock
from labctl.errors import LabctlError
from labctl.gui.station_view import StationView, read_station_view
from labctl.queue.ledger import Ledger, insert
from labctl.queue.processes import end_for_certain
from labctl.queue.requests import Pauses, Requests

OBEYED_WITHIN_S = 12.0
SAFE_TAKES_S = 60.0
PATIENCE_S = 2.0  # with a file that somebody keeps locked


@dataclass(frozen=True)
class SafeReport:
    """Whether all is safe, and a sentence about it."""

    safe: bool
    words: str


def make_safe(station_file: Path, station: str, db: Path, person: str) -> SafeReport:
    """Make every instrument of a station safe, whatever state runner and supervisor are in."""
    clock = RealClock()
    try:
        with Ledger(db, PATIENCE_S) as ledger:
            report = _through_the_runner(ledger, station, person, clock) or _directly(station_file)
            _record(ledger, report, person, clock.time())
            return report
    except (LabctlError, OSError) as error:
        report = _directly(station_file)
        return SafeReport(
            report.safe, f"{report.words} (the database could not be told, nor a runner: {error})"
        )


def _through_the_runner(ledger: Ledger, station: str, person: str, clock: Clock) -> SafeReport | None:
    """What the runner or the supervisor did in time; None when it must be done from here."""
    reason = f"make safe, asked for by {person or 'somebody'}"
    Pauses(ledger).pause("job", reason, person)
    view = read_station_view(ledger, station, clock.time())
    job = view.running_job
    if view.runner_state == "running" and job is not None:
        Requests(ledger).ask(job.id, "stop", {"reason": reason, "stops_queue": True}, person)
        waited_s = 0.0
        while waited_s < OBEYED_WITHIN_S and view.runner_state == "running":
            clock.sleep(0.2)
            waited_s += 0.2
            view = read_station_view(ledger, station, clock.time())
            if view.running_job is None and view.runner_state == "running":
                words = f"job {job.id} was stopped and every instrument made safe; the queue is paused"
                return SafeReport(True, words)
    _end(view, clock)
    return None


def _end(view: StationView, clock: Clock) -> None:
    """A runner that is left keeps the instruments from us: end it."""
    if view.runner is not None and view.runner.state == "alive" and not view.runner.gone:
        end_for_certain(view.runner, clock)


def _directly(station_file: Path) -> SafeReport:
    command = [sys.executable, "-m", "labctl", "instruments", "safe", str(station_file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SAFE_TAKES_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return SafeReport(False, f"NOT SAFE: {error}. Switch the instruments off by hand.")
    told = "; ".join(
        " ".join(line.split()) for line in (done.stdout + done.stderr).splitlines() if line.strip()
    )
    if done.returncode == 0:
        return SafeReport(True, f"every instrument was made safe from here ({told}); the queue is paused")
    return SafeReport(False, f"NOT SAFE: {told}. Switch the instruments off by hand.")


def _record(ledger: Ledger, report: SafeReport, person: str, time_s: float) -> None:
    message = f"make safe, asked for by {person or 'somebody'}: {report.words}"
    row = {
        "time_s": time_s,
        "level": "warning" if report.safe else "error",
        "kind": "person",
        "message": message,
    }
    with ledger.transaction() as connection:
        insert(connection, "events", row)
