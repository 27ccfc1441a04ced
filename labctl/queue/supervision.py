"""The runner's side of being supervised: a frozen supervisor is ended, a missing one started."""

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path

from labctl.clock import RealClock
from labctl.queue.heartbeat import Heartbeat, Heartbeats
from labctl.queue.processes import end_for_certain
from labctl.queue.silence import Silence
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
STARTING_TAKES_S = 10.0
FROZEN_AFTER_S = 10.0


class Supervision:
    """Keeps a supervisor running. Call `keep()` from one thread only, the other method from any.

    Parameters
    ----------
    db : Path
    station : str
        Name of the station.
    silence_s : float
        `silence_s` of the station's `[night]` table; see `state_of`.
    start : callable, optional
        Starts one; None: another program does.
    """

    def __init__(
        self,
        db: Path,
        station: str,
        silence_s: float,
        start: "Callable[[], subprocess.Popen[bytes]] | None" = None,
    ) -> None:
        self._db, self._station, self._silence_s, self._start = db, station, silence_s, start
        self._child: subprocess.Popen[bytes] | None = None
        self._clock = RealClock()
        self._started_s = self._clock.monotonic() - STARTING_TAKES_S
        self._silence = Silence(self._clock)

    def alive(self) -> bool:
        """Return whether a supervisor is running."""
        beat = self._read()
        return beat is not None and beat.lives(self._silence_s)

    def keep(self) -> None:
        """End a supervisor that is frozen, and start one where none is and none is starting."""
        if self._there_is_one() or self._start is None:
            return
        ended = self._child is None or self._child.poll() is not None
        if ended or self._clock.monotonic() - self._started_s > STARTING_TAKES_S:
            self._started_s = self._clock.monotonic()
            self._child = self._start()

    def _there_is_one(self) -> bool:
        """A frozen one keeps the station, and the file where it froze while it wrote: it is ended."""
        beat = self._read()
        if beat is None or beat.state != "alive" or beat.gone:
            return False
        if self._silence.of(beat) <= FROZEN_AFTER_S:
            return True
        log.error("the supervisor (pid %d) is frozen and is ended", beat.pid)
        end_for_certain(beat, self._clock)
        return False

    def _read(self) -> Heartbeat | None:
        with WriteConnection(self._db, may_create=False) as connection:
            return Heartbeats(connection, "supervisor", self._station).read()
