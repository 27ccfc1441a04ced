"""The runner's side of being supervised: is a supervisor alive, and if not, start one."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from labctl.clock import RealClock
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.ledger import Ledger

STARTING_TAKES_S = 10.0


class Supervision:
    """Keeps a supervisor alive. Call `keep()` from one thread only; `alive()` from any.

    Parameters
    ----------
    db : Path
    station : str
        Name of the station.
    silence_s : float
        A supervisor silent for longer does not count.
    start : callable, optional
        Starts one; None: somebody else does.
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
        self._started_s = -STARTING_TAKES_S
        self._clock = RealClock()

    def alive(self) -> bool:
        """Tell whether a supervisor shows signs of life."""
        with Ledger(self._db) as ledger:
            beat = Heartbeats(ledger, "supervisor", self._station).read()
        return beat is not None and beat.lives(self._silence_s)

    def keep(self) -> None:
        """Start a supervisor where none lives and none is starting."""
        if self._start is None or self.alive():
            return
        ended = self._child is None or self._child.poll() is not None
        if ended or self._clock.monotonic() - self._started_s > STARTING_TAKES_S:
            self._started_s = self._clock.monotonic()
            self._child = self._start()
