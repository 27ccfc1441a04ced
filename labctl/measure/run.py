"""One procedure: rows, events, a safe end.

1. Whatever happens, `shutdown()` of the procedure is called and every instrument is made safe.
2. The run gets an end status and a reason: finished, aborted (somebody asked) or failed (with the error).
3. A first request to stop is polite: the point under way is finished. It is the procedure that obeys it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labctl.bench import Bench
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.sample import tell_sample
from labctl.config.station import Station
from labctl.errors import StoreError
from labctl.instruments.uninterrupted import uninterrupted
from labctl.measure.events import AnyEvent
from labctl.measure.recording import Recording
from labctl.measure.stop import StopRequest
from labctl.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `status` is finished, aborted or failed; `reason` says why, or what is missing.

    `error` is the name of the exception that failed it, `""` where none did.
    """

    run_id: int
    status: str
    reason: str
    error: str = ""


def run_protocol(
    protocol: Protocol,
    station: Station,
    bench: Bench,
    store: Store,
    stop: StopRequest,
    on_event: Callable[[AnyEvent], None] | None = None,
) -> list[Outcome]:
    """Run the procedures of a protocol in order, up to the first that does not finish."""
    outcomes: list[Outcome] = []
    for entry in protocol.procedures:
        recording = Recording(store, bench, on_event)
        outcomes.append(run_procedure(entry, protocol, station, bench, recording, stop))
        if outcomes[-1].status != "finished":
            break
    return outcomes


def run_procedure(
    entry: ProcedureEntry,
    protocol: Protocol,
    station: Station,
    bench: Bench,
    recording: Recording,
    stop: StopRequest,
    steer: Callable[[Any], None] = lambda procedure: None,
) -> Outcome:
    """Run one procedure to its end, whichever it is; never raises for what the procedure or the rig did.

    `steer` is given the procedure after its run has begun and before it starts: what is finished already,
    which step to leave.

    Raises
    ------
    StoreError
        The run could not even be begun in the store. Nothing was energised.
    """
    procedure = entry.build()
    run_id = recording.begin(protocol, entry, station, procedure)
    procedure.bench, procedure.emit, procedure.should_stop = bench, recording.emit, stop
    tell_sample(procedure, protocol.sample)
    procedure.is_last = lambda: entry is protocol.procedures[-1]
    status, reason = _measure(procedure, recording, stop, steer)
    failed_by = reason.partition(":")[0] if status == "failed" else ""
    with uninterrupted():
        status, reason = _made_safe(procedure, bench, status, reason)
        try:
            reason = recording.end(status, reason)
        except StoreError as error:
            log.error("the end of run %d could not be recorded: %s", run_id, error)
            status, reason = "failed", reason or str(error)
    return Outcome(run_id, status, reason, failed_by)


def _measure(
    procedure: Any, recording: Recording, stop: StopRequest, steer: Callable[[Any], None]
) -> tuple[str, str]:
    try:
        steer(procedure)
        procedure.startup()
        if not stop():
            procedure.evaluate_metadata()
            recording.keep_metadata(procedure)
            procedure.execute()
    except KeyboardInterrupt:
        return "aborted", f"{stop.reason or 'interrupted'}, at once"
    except Exception as error:
        log.debug("procedure failed", exc_info=True)
        return "failed", f"{type(error).__name__}: {error}"
    return ("aborted", stop.reason) if stop() else ("finished", "")


def _made_safe(procedure: Any, bench: Bench, status: str, reason: str) -> tuple[str, str]:
    """Shut down and make safe; what fails here outranks a success.

    Signals are answered in words and interrupt neither. An instrument that fails in both is named once.
    """
    for action in (procedure.shutdown, bench.make_safe):
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the next must still be tried
            status, words = "failed", f"while making safe: {_in_words(error)}"
            if words not in reason:
                reason = "; ".join(filter(None, (reason, words)))
    return status, reason


def _in_words(error: Exception) -> str:
    if isinstance(error, ExceptionGroup):
        return ", ".join(_in_words(part) for part in error.exceptions)
    return f"{type(error).__name__}: {error}"
