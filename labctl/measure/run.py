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

    Of several samples, an unfinished one is left out of the procedures that follow.
    """
    outcomes: list[Outcome] = []
    left_out: set[str] = set()
    for entry in protocol.procedures:
        if entry.cells:
            cells = [cell for cell in entry.cells if cell not in left_out]
            turns = [
                Turn(cell, entry, protocol, Recording(store, bench.cell(cell), on_event)) for cell in cells
            ]
            found = run_in_turns(turns, station, bench, stop) if turns else []
            left_out |= {cell for cell, one in zip(cells, found, strict=True) if one.status != "finished"}
        else:
            recording = Recording(store, bench, on_event)
            found = [run_procedure(entry, protocol, station, bench, recording, stop)]
        outcomes += found
        if stop() or (found and not any(one.status == "finished" for one in found)):
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
