"""How long another process has been silent, judged by change, not by age."""

from labctl.clock import Clock
from labctl.queue.heartbeat import Heartbeat

ONE_LOOK_COUNTS_S = 1.0


class Silence:
    """Adds up how long a heartbeat did not change, by a clock that nobody sets.

    No look counts for more than a second: where the whole computer slept, the other process slept too.

    Parameters
    ----------
    clock : Clock
    believed_s : float
        Of the age of the first heartbeat seen, by the clock on the wall, at most so much is believed.
    """

    def __init__(self, clock: Clock, believed_s: float = 0.0) -> None:
        self._clock, self._believed_s = clock, believed_s
        self._mark: tuple[int, float] | None = None
        self._looked_s = clock.monotonic()
        self._silent_s = 0.0

    def of(self, beat: Heartbeat) -> float:
        """Look once more; return for how many seconds nothing new was seen."""
        now_s, mark = self._clock.monotonic(), (beat.pid, beat.beat_s)
        if self._mark is None:
            self._silent_s = min(max(0.0, self._clock.time() - beat.beat_s), max(0.0, self._believed_s))
        elif mark != self._mark:
            self._silent_s = 0.0
        else:
            self._silent_s += min(now_s - self._looked_s, ONE_LOOK_COUNTS_S)
        self._mark, self._looked_s = mark, now_s
        return self._silent_s
