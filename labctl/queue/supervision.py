"""The runner's side of being supervised: a frozen supervisor is ended, a missing one started.

A supervisor without a heartbeat counts as frozen after 3 s in which its process did nothing at all, and after
10 s in every case: on a busy computer it may only be slow.
"""

import logging
import math
import subprocess
from collections.abc import Callable
from pathlib import Path

from labctl.clock import Clock, RealClock
from labctl.queue.activity import Stillness
from labctl.queue.heartbeat import Heartbeat, Heartbeats, state_of
from labctl.queue.processes import end_for_certain
from labctl.queue.silence import Silence
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
STARTING_TAKES_S = 10.0
FROZEN_AFTER_S = 10.0
STILL_FOR_S = 3.0
ASKED_AGAIN_WITHIN_S = 2.0
LEFT_OFF = ("ended", "dead", "dismissed")


class Supervision:
    """Keeps a supervisor running. Call `keep()` from one thread only, the other methods from any.

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
        clock: Clock | None = None,
    ) -> None:
        self._db, self._station, self._silence_s, self._start = db, station, silence_s, start
        self._child: subprocess.Popen[bytes] | None = None
        self._clock = clock or RealClock()
        self._started_s = self._clock.monotonic() - STARTING_TAKES_S
        self._silence, self._stillness = Silence(self._clock), Stillness(self._clock)
        self._asked_s, self._changes = -math.inf, Silence(self._clock, math.inf)

    def alive(self) -> bool:
        """Return whether a supervisor is running; where its clock is another one, from the second call on."""
        beat = self._read()
        if beat is None:
            return False
        now_s = self._clock.monotonic()
        if now_s - self._asked_s > ASKED_AGAIN_WITHIN_S:  # it may have changed and frozen since
            self._changes = Silence(self._clock, math.inf)
        self._asked_s, silent_s = now_s, self._changes.of(beat)
        return beat.lives(self._silence_s) or state_of(beat, self._silence_s, lambda _: silent_s) == "running"

    def ended(self) -> bool:
        """Return whether the last supervisor ended in good order."""
        beat = self._read()
        return beat is not None and beat.state == "ended"

    def over(self) -> bool:
        """Return whether the last supervisor ended in good order, and no runner is left to watch."""
        with WriteConnection(self._db, may_create=False) as connection:
            runner = Heartbeats(connection, "runner", self._station).read()
        return self.ended() and (runner is None or runner.state in LEFT_OFF)

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
        silent_s, still_s = self._silence.of(beat), self._stillness.of(beat)
        if silent_s <= FROZEN_AFTER_S and still_s < STILL_FOR_S:
            return True
        log.error("the supervisor (pid %d) is frozen and is ended", beat.pid)
        end_for_certain(beat, RealClock())  # a process ends in the time of the wall
        return False

    def _read(self) -> Heartbeat | None:
        with WriteConnection(self._db, may_create=False) as connection:
            return Heartbeats(connection, "supervisor", self._station).read()
