"""The process that makes the reports of ended jobs, of low priority, beside the next job.

1. It computes where no other program wants to, on one core, and is the first process that Linux ends where
   memory is used up.
2. Each report is made by a process of its own (`labctl report --of-job`), which is killed at the time limit:
   a folder that does not answer, a full disk or a fault of the report delays only the next report.
3. What became of a report is an event of the results file: where its files are, or why there are none.
"""

import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from labctl.clock import Clock, RealClock
from labctl.config.report_settings import ReportSettings
from labctl.plain_text import shortened
from labctl.queue.child_process import run_to_its_end
from labctl.queue.processes import start_labctl
from labctl.queue.rehearsing import ONE_CORE
from labctl.store.queries import job_reports
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
LONGEST_REASON = 300
Command = Callable[[int], Sequence[str]]


def start_reporting(db: Path, station: Path | str) -> "subprocess.Popen[bytes]":
    """Start the process that makes the wanted reports; raises OSError where it cannot be started."""
    words = ["report", "--ended-jobs", "--station", str(Path(station).resolve()), "--db", str(db.resolve())]
    return start_labctl(words, log_of(db), ONE_CORE, idle=True)


def log_of(db: Path) -> Path:
    """Return the file for the output of that process."""
    return db.with_suffix(".report.log")


def command_for(db: Path, station: Path) -> Command:
    """Return how the report of a job is made, by its number."""
    labctl = (sys.executable, "-m", "labctl", "report")
    return lambda job_id: [*labctl, "--of-job", str(job_id), "--station", str(station), "--db", str(db)]


def make_wanted_reports(
    db: Path, station: str, settings: ReportSettings, command: Command, clock: Clock | None = None
) -> None:
    """Make the reports of a station that are wanted, one after the other, until none is left.

    Parameters
    ----------
    db : Path
    station : str
        Its name.
    settings : ReportSettings
    command : callable
        Returns the command line that makes the report of a job; it prints a line for each file.
    clock : Clock, optional
        For waiting; real time by default.

    Raises
    ------
    StoreError
        The results file cannot be read or written.
    """
    clock, tried = clock or RealClock(), set[int]()
    while (job_id := _next(db, station, tried)) is not None:
        tried.add(job_id)
        _record(db, station, job_id, *_made(command(job_id), settings.longest_s, clock))


def _next(db: Path, station: str, tried: set[int]) -> int | None:
    with WriteConnection(db, may_create=False) as connection:
        return next((job for job in job_reports.wanted(connection, station) if job not in tried), None)


def _made(command: Sequence[str], longest_s: float, clock: Clock) -> tuple[bool, str]:
    """Return whether the report was made, and what its process printed, or why it was not."""
    ended = run_to_its_end(command, longest_s, clock)
    words = "; ".join(ended.output.splitlines()) if ended.code == 0 else ended.problem
    return ended.code == 0, shortened(words, LONGEST_REASON)


def _record(db: Path, station: str, job_id: int, made: bool, words: str) -> None:
    if made:
        level, message = "info", f"report of job {job_id}: {words}"
    else:
        again = f"`labctl report --of-job {job_id}` makes it"
        level, message = "warning", f"the report of job {job_id} was not made: {words}; {again}"
    log.log(logging.WARNING if level == "warning" else logging.INFO, message)
    about = {"time_s": RealClock().time(), "level": level, "station": station, "message": message}
    with WriteConnection(db, may_create=False) as connection:
        job_reports.add(connection, about, job_id, "made" if made else "failed")
