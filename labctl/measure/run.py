"""Run one procedure: rows, events, a safe end.

1. At the end of a run, `shutdown()` of the procedure is always called and every instrument made safe.
2. The run gets an end status and a reason: finished, aborted (on request) or failed (with the error). A run
   without a valid row is not finished: it has failed, as it measured nothing.
3. After a first request to stop, the procedure finishes the point under way and then stops itself.
"""

from collections.abc import Callable
from typing import Any

from labctl.bench import Bench
from labctl.config.protocol import ProcedureEntry, Protocol
from labctl.config.station import Station
from labctl.measure.events import AnyEvent
from labctl.measure.one_run import Outcome, begin, conclude, ended, execute
from labctl.measure.recording import Recording
from labctl.measure.stop import StopRequest
from labctl.measure.turns import Turn, run_in_turns
from labctl.store import Store

__all__ = ["Outcome", "run_procedure", "run_protocol"]


def run_protocol(
    protocol: Protocol,
    station: Station,
    bench: Bench,
    store: Store,
    stop: StopRequest,
    on_event: Callable[[AnyEvent], None] | None = None,
) -> list[Outcome]:
    """Run the procedures of a protocol in order; stop after the first that does not finish.

    With several samples it has not finished where no sample has.
    """
    outcomes: list[Outcome] = []
    for entry in protocol.procedures:
        if entry.cells:
            turns = [Turn(cell, entry, protocol, Recording(store, bench, on_event)) for cell in entry.cells]
            outcomes += run_in_turns(turns, station, bench, stop)
        else:
            recording = Recording(store, bench, on_event)
            outcomes.append(run_procedure(entry, protocol, station, bench, recording, stop))
        if not any(outcome.status == "finished" for outcome in outcomes[-max(1, len(entry.cells)) :]):
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
    """Run one procedure to its end; errors of the procedure or the rig are returned, not raised.

    `steer` is called with the procedure after its run has begun and before it starts, to set finished
    steps and steps to skip.

    Raises
    ------
    StoreError
        The beginning of the run could not be stored. Nothing was energised.
    """
    begun = begin(entry, protocol, station, bench, recording, stop)
    status, reason = ended(lambda: execute(begun, steer), stop)
    return conclude([(begun, status, reason)])[0]
