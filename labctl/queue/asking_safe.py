"""Ask the runner or supervisor that holds the instruments to make safe, and wait for its confirmation.

1. The queue is paused, with the request as its reason, and a job under way is asked to stop.
2. A runner makes safe when it sees that pause. Its supervisor ends a runner that does not obey, and makes
   safe itself. It ends `labctl run` and scripts in every case: they read no requests.
3. The answer is safe only after one of them has confirmed it in a new event. No process is ended from here.
"""

from contextlib import suppress

from labctl.clock import RealClock
from labctl.errors import ConfigurationError, StoreError
from labctl.instruments.locks import Holder
from labctl.queue.heartbeat import Heartbeat, Heartbeats, state_of
from labctl.queue.making_safe import SafeReport, SafeRequest, running_job
from labctl.queue.requests import MADE_SAFE, Pauses, Requests
from labctl.store.queries.notifications import events_after, newest_event_id
from labctl.store.transactions import WriteConnection

PATIENCE_S = 2.0
CONFIRMED_WITHIN_S = 30.0
LOOK_EVERY_S = 0.2
ANSWERING_KINDS = ("person", "process", "interlock")  # the others may end with the text of a person
PROCESSES = {"labctl runner": "runner", "labctl supervisor": "supervisor"}


def ask_to_make_safe(request: SafeRequest, holder: Holder) -> SafeReport | None:
    """Ask the program that holds the instruments to make them safe.

    Parameters
    ----------
    request : SafeRequest
    holder : Holder
        Who holds them.

    Returns
    -------
    SafeReport or None
        None if it cannot be asked, because no supervisor watches it or it uses another results file; or if it
        ended without a confirmation, so that the instruments may be free now.
    """
    if not request.db.exists():
        return None
    try:
        with request.connection(PATIENCE_S) as connection:
            return _asked(connection, request) if _can_be_asked(connection, request, holder) else None
    except StoreError as error:
        return SafeReport(False, f"NOT CONFIRMED: {holder.words}, cannot be asked: {error}")


def _can_be_asked(connection: WriteConnection, request: SafeRequest, holder: Holder) -> bool:
    """Whether it is a runner or supervisor of this results file, or a program watched by such a one."""
    if holder.program in PROCESSES:
        return _lives(connection, request, PROCESSES[holder.program], holder.pid)
    is_watched = _lives(connection, request, "supervisor")
    return is_watched and _lives(connection, request, "runner", holder.pid)


def _asked(connection: WriteConnection, request: SafeRequest) -> SafeReport | None:
    before = newest_event_id(connection)
    Pauses(connection, station=request.station).ask_to_make_safe(request.person)
    job = running_job(connection, request)
    if job is not None:
        with suppress(ConfigurationError):  # it has ended since
            Requests(connection).ask(job.id, "stop", {"reason": request.words}, request.person)
    return _outcome(connection, request, before)


def _outcome(connection: WriteConnection, request: SafeRequest, before: int) -> SafeReport | None:
    clock, waited_s, words = RealClock(), 0.0, list[str]()
    answers = [(request.station, kind) for kind in ANSWERING_KINDS]
    while waited_s < CONFIRMED_WITHIN_S:
        told = events_after(connection, before)
        words = [row["message"] for row in told if (row["station"], row["kind"]) in answers]
        confirmed = next((message for message in words if message.endswith(MADE_SAFE)), None)
        if confirmed is not None:
            return SafeReport(True, f"{confirmed}; the queue is paused")
        if not any(_lives(connection, request, process) for process in PROCESSES.values()):
            return None
        clock.sleep(LOOK_EVERY_S)
        waited_s += LOOK_EVERY_S
    problems = "; ".join(message for message in words if "not safe" in message.lower())
    not_confirmed = f"NOT CONFIRMED within {CONFIRMED_WITHIN_S:g} s"
    return SafeReport(False, f"{not_confirmed}{': ' if problems else ''}{problems}")


def _lives(connection: WriteConnection, request: SafeRequest, process: str, pid: int | None = None) -> bool:
    beat: Heartbeat | None = Heartbeats(connection, process, request.station).read()
    if beat is None or pid not in (None, beat.pid):
        return False
    return state_of(beat, request.silence_s) == "running"
