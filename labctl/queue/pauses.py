"""Pauses of the queue, of one station or of all stations of a file."""

from dataclasses import dataclass
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.errors import ConfigurationError
from labctl.plain_text import shown
from labctl.store.queries import pauses as queries
from labctl.store.transactions import WriteConnection

PAUSE_AFTER = ("point", "step", "job")
LABCTL = "labctl"  # who paused, where it was no person
MAKE_SAFE = "make safe"
"""How the reason of a pause begins that asks the runner to make safe as well; no text of a person does."""
REQUEST = f"{MAKE_SAFE}, asked for by "
MADE_SAFE = "every instrument was made safe"
"""How the event of a runner or supervisor ends that has confirmed it."""


@dataclass(frozen=True)
class Pause:
    """A pause in force; `after` says where the job under way waits, `person` is "labctl" for an interlock.

    `station` is `""` where it holds for all stations of the file.
    """

    after: str
    reason: str
    person: str
    paused_s: float
    station: str = ""

    @property
    def words(self) -> str:
        """The reason, or who paused where none is given."""
        return self.reason or f"by {self.person or 'user'}"

    @property
    def place(self) -> str:
        """The words, after the station where it is one."""
        return f"{self.station}: {self.words}" if self.station else self.words

    @property
    def asks_safe(self) -> bool:
        """Whether every instrument is to be made safe, too."""
        if self.is_interlock:  # it keeps the reason of the request that stopped a job
            return self.reason.startswith(REQUEST)
        return self.reason == request_to_make_safe(self.person)

    @property
    def is_interlock(self) -> bool:
        """Whether labctl itself paused, so that the queue waits for a person."""
        return self.person == LABCTL


class Pauses:
    """Whether the queue of a station is paused. The last pause asked for is the one in force.

    Parameters
    ----------
    connection : WriteConnection
    clock : Clock, optional
    station : str
        Name of the station; `""`: all stations of the file.
    """

    def __init__(self, connection: WriteConnection, clock: Clock | None = None, station: str = "") -> None:
        self._connection, self._clock, self._station = connection, clock or RealClock(), station

    def pause(self, after: str = "step", reason: str = "", person: str = "") -> None:
        """Start no further job; the one under way waits after the point, the step, or not at all (`job`).

        Reason and name are text of a person. What an older labctl would obey is kept in quotation marks.
        """
        if after not in PAUSE_AFTER:
            raise ConfigurationError(
                "queue", "pause", f"after {shown(after)} is not possible; give point, step or job"
            )
        reason = f'"{reason}"' if reason.startswith(MAKE_SAFE) else reason
        self._put(after, reason, _name(person))

    def ask_to_make_safe(self, person: str) -> None:
        """Start no further job, and request that every instrument is made safe."""
        self._put("job", request_to_make_safe(_name(person)), _name(person))

    def wait_for_person(self, reason: str) -> None:
        """Start no further job until a person has looked: labctl itself pauses."""
        self._put("job", reason, LABCTL)

    def _put(self, after: str, reason: str, person: str) -> None:
        with self._connection.transaction() as connection:
            put_pause(connection, self._clock.time(), self._station, after, reason, person)

    def resume(self) -> bool:
        """Lift the pause; return whether there was one. A pause of all stations stays for the others."""
        now_s = self._clock.time()
        with self._connection.transaction() as connection:
            if not self._station:
                return queries.lift_all_pauses(connection, now_s) > 0
            _leave_to_the_others(connection, self._station)
            return queries.lift_pauses(connection, now_s, (self._station, "")) > 0

    def in_force(self) -> Pause | None:
        """The pause in force, None when the queue runs; of all stations, the newest one of any of them."""
        return next(iter(self.all_in_force()), None)

    def all_in_force(self) -> list[Pause]:
        """The pauses in force, newest first, of the station and of all stations."""
        found = [_pause(row) for row in queries.pauses_in_force(self._connection)]
        return [pause for pause in found if not self._station or pause.station in (self._station, "")]


def request_to_make_safe(person: str) -> str:
    """Return the reason of a pause with which this person asks to make safe."""
    return REQUEST + (person or "an unnamed person")


def put_pause(
    connection: WriteConnection, now_s: float, station: str, after: str, reason: str, person: str
) -> None:
    """Pause a station, or all for `""`, in the transaction of the caller."""
    row = {"station": station, "after": after, "reason": reason, "person": person, "paused_s": now_s}
    queries.lift_pauses(connection, now_s, (station,))
    queries.add_pause(connection, row)


def _name(person: str) -> str:
    """Return the name of a person, who may be called as this software."""
    return f'"{person}"' if person == LABCTL else person


def _leave_to_the_others(connection: WriteConnection, station: str) -> None:
    """Turn a pause of all stations into one for each of the others that has none of its own."""
    in_force = [_pause(row) for row in queries.pauses_in_force(connection)]
    of_all = next((pause for pause in in_force if not pause.station), None)
    if of_all is None:
        return
    for other in queries.known_stations(connection):
        if other != station and other not in [pause.station for pause in in_force]:
            queries.add_pause(connection, {**vars(of_all), "station": other})


def _pause(row: dict[str, Any]) -> Pause:
    return Pause(**{name: row[name] for name in Pause.__dataclass_fields__ if name in row})
