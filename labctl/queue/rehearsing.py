"""Rehearsals in the background: a process of low priority, which records the results in the results file.

1. The process does not measure, and opens simulated instruments only: a procedure that opens a connection
   beside the bench is refused it, and is not rehearsed. It computes where no other program wants to, on one
   core, and has the file open only to claim a job and to write its result.
2. A job is rehearsed from the temperature at which the job before it in the queue ends, else from the last
   reading of a runner, else from room temperature. It is not rehearsed again when jobs are moved.
3. A rehearsal that has not ended by its deadline has failed. The process then ends itself, even where its
   code does not answer.
4. A job that cannot be rehearsed is recorded as such, with the reason, and may begin. So is a job with a
   temperature that the simulated oven does not reach: that says little about a real oven.
"""

import faulthandler
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeVar

from labctl.clock import Clock, RealClock
from labctl.config.night import Night, read_night
from labctl.config.protocol import last_temperature_k
from labctl.config.station import Station
from labctl.errors import LabctlError, StoreError
from labctl.queue.away_from_hardware import away_from_hardware
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.job import STARTABLE, Claimant, Job
from labctl.queue.jobs import Jobs
from labctl.queue.processes import start_labctl
from labctl.queue.rehearsal_inputs import hash_of_inputs
from labctl.queue.rehearsal_records import RehearsalRecords, RehearsalResult
from labctl.queue.submission import protocol_of_job
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
TURN_S = 0.5
WRITE_AGAIN_S = 5.0
WRITE_TIMES = 60
GIVES_UP_S = 30.0  # after the deadline, for writing it
ONE_CORE = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
Found = TypeVar("Found")


def start_rehearsal(
    db: Path, station: Path | str, job_ids: Iterable[int], options: Iterable[str] = ()
) -> subprocess.Popen[bytes]:
    """Start a process that rehearses jobs of a file; `options` are its `--trust FOLDER`.

    Raises OSError where no process can be started.
    """
    words = ["rehearse", "--station", str(Path(station).resolve()), "--db", str(db.resolve())]
    words += [word for job_id in job_ids for word in ("--job", str(job_id))]
    return start_labctl([*words, *options], log_of(db), ONE_CORE, idle=True)


def log_of(db: Path) -> Path:
    """Return the file for the output of the processes for rehearsals."""
    return db.with_suffix(".rehearsal.log")


def rehearse_jobs(
    db: Path,
    station: Station,
    job_ids: Sequence[int],
    clock: Clock | None = None,
    within: Callable[[Path, Job, Night], AbstractContextManager[None]] = lambda *_: nullcontext(),
) -> None:
    """Rehearse the jobs among these that wait for it, one after the other, and record the results.

    Parameters
    ----------
    db : Path
    station : Station
    job_ids : sequence of int
    clock : Clock, optional
        For waiting; real time by default.
    within : callable
        Returns the context of one rehearsal: `ended_in_time`, in a process of its own. None by default.

    Raises
    ------
    StoreError
        The results cannot be written for a long time.
    """
    clock, night, who = clock or RealClock(), read_night(station), Claimant.this_process()

    def with_records(action: Callable[[RehearsalRecords], Found]) -> Found:
        return _written(lambda: _with_records(db, who, action), clock)

    while with_records(lambda records: records.are_wanted(job_ids)):
        job = with_records(lambda records: records.claim(job_ids))
        if job is None:  # another process has its turn
            clock.sleep(TURN_S)
            continue
        with within(db, job, night):
            result = rehearse_job(db, job, station)
        with_records(lambda records, job=job, result=result: records.record(job.id, result))


def rehearse_job(db: Path, job: Job, station: Station) -> RehearsalResult:
    """Rehearse one job; what its code raises is the result. Nothing is written."""
    from labctl.queue.rehearsal import cannot_be_rehearsed, rehearse

    inputs = ""
    try:
        protocol = protocol_of_job(job)
        inputs = hash_of_inputs(job, protocol, station)
        if reason := cannot_be_rehearsed(protocol, station):
            return RehearsalResult("impossible", reason, inputs)
        with away_from_hardware() as reached:
            found = rehearse([protocol], station, oven_k=_oven_k(db, job, station))
        if reached:
            return RehearsalResult("impossible", f"it opens {reached[0]} itself", inputs)
    except LabctlError as error:
        return RehearsalResult("failed", str(error), inputs)
    except Exception as error:  # noqa: BLE001 - code of the laboratory may raise anything
        return RehearsalResult("failed", f"{type(error).__name__}: {error}", inputs)
    (played,) = found.jobs
    if played.did_not_settle:
        reason = f"beyond {_hours(played.duration_s)}: the simulated oven did not settle, a real one may"
        return RehearsalResult("impossible", f"{reason}: {played.problem}", inputs)
    if played.problem:
        return RehearsalResult("failed", f"after {_hours(played.duration_s)}: {played.problem}", inputs)
    words = [f"{_hours(played.duration_s)}, {played.points} points", *found.limits_touched]
    return RehearsalResult("passed", "; ".join(words), inputs)


def lower_priority() -> None:
    """Let every other program of the computer compute first."""
    nice = getattr(os, "nice", None)
    if nice is not None:
        with suppress(OSError):
            nice(19)


def deadline_in_words(night: Night) -> str:
    """Return the reason of a rehearsal that did not end in time."""
    minutes = night.longest_rehearsal_s / 60
    return f"it did not end within {minutes:g} min ([night] longest_rehearsal_min)"


@contextmanager
def ended_in_time(db: Path, job: Job, night: Night) -> Iterator[None]:
    """End this process with a recorded failure where the rehearsal in the block takes too long."""
    over, who = threading.Event(), Claimant.this_process()

    def watch() -> None:
        if over.wait(night.longest_rehearsal_s):
            return
        result = RehearsalResult("failed", deadline_in_words(night))
        with suppress(StoreError):
            _with_records(db, who, lambda records: records.record(job.id, result))
        os._exit(1)

    given_up_s, output = night.longest_rehearsal_s + GIVES_UP_S, sys.__stderr__ or sys.stderr
    faulthandler.dump_traceback_later(given_up_s, exit=True, file=output)
    watching = threading.Thread(target=watch, name="labctl deadline of a rehearsal", daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        faulthandler.cancel_dump_traceback_later()
        watching.join()


def _hours(duration_s: float) -> str:
    return f"{duration_s / 3600:.1f} h"


def _with_records(db: Path, who: Claimant, action: Callable[[RehearsalRecords], Found]) -> Found:
    with WriteConnection(db, may_create=False) as connection:
        return action(RehearsalRecords(connection, who))


def _written(action: Callable[[], Found], clock: Clock) -> Found:
    """Try again for some minutes while the file is locked or the disk is full."""
    for _ in range(WRITE_TIMES - 1):
        try:
            return action()
        except StoreError as error:
            log.warning("tried again: %s", error)
            clock.sleep(WRITE_AGAIN_S)
    return action()


def _oven_k(db: Path, job: Job, station: Station) -> float | None:
    """Return the temperature of the oven when a job begins, K, as far as it can be foreseen."""
    with WriteConnection(db, may_create=False) as connection:
        earlier = _before(job, Jobs(connection).listed())
        runner = Heartbeats(connection, "runner", station.name).read()
    if earlier is not None:
        with suppress(Exception):  # foreign code; where that job ends is then not known
            return last_temperature_k(protocol_of_job(earlier).plan())
        return None
    if runner is None or not runner.lives(read_night(station).silence_s):
        return None
    return runner.temperature_k


def _before(job: Job, queue: Sequence[Job]) -> Job | None:
    """Return the last job before this one in the queue that the same rig may measure; None: there is none."""
    earlier: list[Job] = []
    for other in queue:
        if other.id == job.id:
            break
        if job.shares_rig(other) and other.state in ("running", *STARTABLE):
            earlier.append(other)
    return earlier[-1] if earlier else None
