"""The beginning, the measuring and the end of one run, with everything made safe before the end."""

import logging
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from labctl.bench import Bench
from labctl.config.doubts import unconfirmed_settings
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.sample import tell_sample
from labctl.config.station import Station
from labctl.errors import EventError, StoreError
from labctl.instruments.uninterrupted import uninterrupted
from labctl.measure.procedure_log import logged_as_events
from labctl.measure.recording import Recording
from labctl.measure.stop import StopRequest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """The end of a run: `status` is finished, aborted or failed; `reason` gives the cause or missing results.

    `error` is the name of the exception that failed it, `unsafe` what failed while making safe, each `""` if
    nothing did.
    """

    run_id: int
    status: str
    reason: str
    error: str = ""
    unsafe: str = ""


@dataclass(frozen=True)
class Begun:
    """A procedure in a run that has begun, with its bench, its recording and the request to stop."""

    procedure: Any
    bench: Bench
    recording: Recording
    stop: StopRequest


def begin(
    entry: ProcedureEntry,
    protocol: Protocol,
    station: Station,
    bench: Bench,
    recording: Recording,
    stop: StopRequest,
) -> Begun:
    """Write the first rows of a run and hand the procedure its bench; nothing is energised.

    Raises
    ------
    StoreError
        The beginning of the run could not be stored.
    """
    procedure = entry.build()
    bench = bench.within(protocol.sample.within(bench.limits), tell=recording.event)
    recording.begin(protocol, entry, station, procedure)
    for sentence in unconfirmed_settings(station.instruments):
        recording.event("warning", "not confirmed", sentence)
    procedure.bench, procedure.emit, procedure.should_stop = bench, recording.emit, stop
    tell_sample(procedure, protocol.sample)
    procedure.is_last = lambda: entry is protocol.procedures[-1]
    return Begun(procedure, bench, recording, stop)


def start(begun: Begun, steer: Callable[[Any], None]) -> bool:
    """Start a procedure and keep its metadata; return whether it may go on."""
    steer(begun.procedure)
    begun.procedure.startup()
    if begun.stop():
        return False
    begun.procedure.evaluate_metadata()
    begun.recording.keep_metadata(begun.procedure)
    return True


def execute(begun: Begun, steer: Callable[[Any], None]) -> None:
    """Start a procedure and let it measure all; its messages are events of its run."""
    with logged_as_events(begun.procedure, begun.recording.event):
        if start(begun, steer):
            begun.procedure.execute()


def ended(measure: Callable[[], object], stop: StopRequest) -> tuple[str, str]:
    """Measure; return the status and the reason that it ends with, errors of procedure and rig included."""
    try:
        measure()
    except KeyboardInterrupt:
        return "aborted", f"{stop.reason or 'interrupted'}, at once"
    except Exception as error:
        log.debug("procedure failed", exc_info=True)
        return "failed", in_words(error)
    return ("aborted", stop.reason) if stop() else ("finished", "")


def in_words(error: Exception) -> str:
    """Return what failed a procedure, with the line that emitted a wrong event."""
    place = _line_of(error) if isinstance(error, EventError) else ""
    return f"{type(error).__name__}: {error}{place}"


def conclude(runs: Sequence[tuple[Begun, str, str]]) -> list[Outcome]:
    """Make everything safe, then end the runs: each is given with its status and reason."""
    with uninterrupted():
        unsafe = _not_made_safe([begun for begun, _, _ in runs])
        return [_concluded(begun, status, reason, unsafe) for begun, status, reason in runs]


def _concluded(begun: Begun, status: str, reason: str, unsafe: Sequence[str]) -> Outcome:
    failed_by = reason.partition(":")[0] if status == "failed" else ""
    reason = "; ".join(filter(None, (reason, *unsafe)))
    status = "failed" if unsafe and status == "finished" else status
    run_id = begun.recording.run_id
    try:
        status, reason = begun.recording.conclude(status, reason)
    except StoreError as error:
        log.error("the end of run %d could not be recorded: %s", run_id, error)
        status, reason = "failed", reason or str(error)
    return Outcome(run_id, status, reason, failed_by, "; ".join(unsafe))


def _not_made_safe(runs: Sequence[Begun]) -> list[str]:
    """Shut down and make safe; return what failed, which changes a finished run to failed.

    Signals are answered in words and interrupt neither. An instrument that fails in both is named once.
    """
    problems: list[str] = []
    for action in (*(partial(_shut_down, begun) for begun in runs), runs[0].bench.make_safe):
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the next must still be tried
            words = f"while making safe: {_parts_in_words(error)}"
            if not any(words in problem for problem in problems):
                problems.append(words)
    return problems


def _shut_down(begun: Begun) -> None:
    """Shut a procedure down; its messages are recorded where they can be stored."""

    def tell(level: str, kind: str, message: str) -> None:
        with suppress(StoreError):  # no message may keep an instrument from being switched off
            begun.recording.event(level, kind, message)

    with logged_as_events(begun.procedure, tell):
        begun.procedure.shutdown()


def _line_of(error: Exception) -> str:
    """Return the file and line that emitted a wrong event: the innermost that is not of this package."""
    here = Path(__file__).parent
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith("<") and Path(frame.filename).parent != here:
            return f" ({Path(frame.filename).name}, line {frame.lineno})"
    return ""


def _parts_in_words(error: Exception) -> str:
    if isinstance(error, ExceptionGroup):
        return ", ".join(_parts_in_words(part) for part in error.exceptions)
    return f"{type(error).__name__}: {error}"
