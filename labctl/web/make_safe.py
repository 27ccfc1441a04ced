"""The one request that a page may write: make safe, through the queue, with who asked.

The queue is paused with the request as its reason, and the job under way is asked to stop. The runner makes
safe when it sees this; its supervisor ends a runner that does not obey, and makes safe itself. Nothing here
touches an instrument, and only they say that everything is off.
"""

from contextlib import suppress
from pathlib import Path

from labctl.clock import RealClock
from labctl.config.night import DEFAULT_SILENCE_S
from labctl.errors import ConfigurationError, InvalidRequest
from labctl.queue.heartbeat import Heartbeats, state_of
from labctl.queue.making_safe import SafeRequest, running_job
from labctl.queue.pauses import Pauses
from labctl.queue.requests import Requests
from labctl.store.queries.notifications import add_event
from labctl.store.transactions import WriteConnection

LONGEST_NAME = 80
LISTENING = ("running", "frozen")


def ask(db: Path, station: str, person: str, client: str) -> str:
    """Leave the request for the runner or supervisor of a station; return a sentence about it.

    Parameters
    ----------
    db : Path
    station : str
        Its name.
    person : str
        Who asks.
    client : str
        Address from where.

    Raises
    ------
    InvalidRequest
        No name was given, or no runner of such a station has used the file. Nothing is written.
    StoreError
        The file cannot be written, so that no process is asked: go to the rig.
    """
    person = person.strip()
    if not person or len(person) > LONGEST_NAME or not person.isprintable():
        raise InvalidRequest(f"say who asks: a name of at most {LONGEST_NAME} characters, on one line")
    who = f"{person}, over the web from {client}"
    with WriteConnection(db, may_create=False) as connection:
        beats = {name: Heartbeats(connection, name, station).read() for name in ("runner", "supervisor")}
        if beats["runner"] is None and beats["supervisor"] is None:
            raise InvalidRequest(f"no runner of a station {station!r} has used this file")
        request = SafeRequest(Path(), station, db, who, DEFAULT_SILENCE_S)
        _record(connection, station, who)
        Pauses(connection, station=station).ask_to_make_safe(who)
        job = running_job(connection, request)
        if job is not None:
            with suppress(ConfigurationError):  # it has ended since
                details = {"reason": request.words, "stops_queue": True}
                Requests(connection).ask(job.id, "stop", details, who)
        states = [state_of(beat, DEFAULT_SILENCE_S) for beat in beats.values()]
    if not any(state in LISTENING for state in states):
        return "Recorded, BUT NEITHER A RUNNER NOR A SUPERVISOR RUNS: no program makes safe. Go to the rig."
    return "Asked for: runner or supervisor make safe now. It is done when the page says that all is off."


def _record(connection: WriteConnection, station: str, who: str) -> None:
    row = {"time_s": RealClock().time(), "level": "warning", "kind": "person", "station": station}
    with connection.transaction():
        add_event(connection, row | {"message": f"make safe asked for by {who}"})
