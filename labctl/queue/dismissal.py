"""Dismissal of unsafe outputs by a person who has seen to them."""

from labctl.clock import RealClock
from labctl.errors import ConfigurationError
from labctl.queue.heartbeat import NOT_READ_BACK, Heartbeats
from labctl.store.queries.notifications import add_event
from labctl.store.transactions import WriteConnection


def dismiss(connection: WriteConnection, station: str, person: str) -> str:
    """Record who has seen to it and when, as an event; the supervisor then stops trying.

    Returns
    -------
    str
        The instruments that were not read back off, with reasons.

    Raises
    ------
    ConfigurationError
        Nothing of this station is recorded as unsafe.
    """
    heartbeats = Heartbeats(connection, "runner", station)
    beat = heartbeats.read()
    died = beat is not None and beat.state == "alive" and beat.gone  # and that could not be recorded yet
    if beat is None or not (beat.state == "unsafe" or died):
        state = "no runner has run here" if beat is None else f"its last runner is {beat.state}"
        problem = f"nothing of {station!r} waits for a person: {state} (see `labctl status`)"
        raise ConfigurationError("labctl supervisor", "--dismiss", problem)
    unsafe = beat.unsafe or NOT_READ_BACK
    message = f"{person} has seen to the outputs that were not read back off: {unsafe}"
    row = {"time_s": RealClock().time(), "level": "warning", "kind": "person", "message": message}
    row |= {"station": station}
    with connection.transaction():
        add_event(connection, row)
    heartbeats.mark_dismissed(beat, unsafe)
    return unsafe
