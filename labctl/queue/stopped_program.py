"""A program that holds the station and was stopped, whether or not it ever wrote a heartbeat."""

from labctl.clock import Clock
from labctl.config.station import Station
from labctl.queue.activity import is_stopped
from labctl.queue.station_lock import holder_of, lock_path

STOPPED_FOR_S = 3.0


class StoppedProgram:
    """Finds it by the lock of the station. Known on Linux only.

    Parameters
    ----------
    station : Station
    clock : Clock
    """

    def __init__(self, station: Station, clock: Clock) -> None:
        self._station, self._clock = station, clock
        self._pid: int | None = None
        self._since_s = 0.0

    def look(self) -> int | None:
        """Return the number of the process once it was stopped at every look for 3 s; None otherwise."""
        pid, now_s = holder_of(self._station), self._clock.monotonic()
        if pid is not None and not is_stopped(pid, lock_path(self._station, "runner")):
            pid = None
        if pid != self._pid:
            self._pid, self._since_s = pid, now_s
        return pid if now_s - self._since_s >= STOPPED_FOR_S else None
