"""Silence of another process: judged by change of its heartbeat, not by age."""

import math
import platform
from collections.abc import Callable

from labctl.clock import Clock
from labctl.queue.heartbeat import Heartbeat

ONE_LOOK_COUNTS_S = 1.0
LOOK_AGAIN_S = 0.25


class Silence:
    """Adds up how long a heartbeat did not change, by a monotonic clock.

    No look counts for more than `one_look_counts_s`: where the whole computer slept, the other process slept
    too.

    Parameters
    ----------
    clock : Clock
    believed_s : float
        Of the age of the first heartbeat seen, by the clock on the wall, at most so much is believed.
    one_look_counts_s : float
        Not less than the time between two looks, in s.
    """

    def __init__(
        self, clock: Clock, believed_s: float = 0.0, one_look_counts_s: float = ONE_LOOK_COUNTS_S
    ) -> None:
        self._clock, self._believed_s, self._one_look_counts_s = clock, believed_s, one_look_counts_s
        self._mark: tuple[float, ...] | None = None
        self._looked_s = clock.monotonic()
        self._silent_s = 0.0

    def of(self, beat: Heartbeat) -> float:
        """Look once more; return for how many seconds nothing new was seen."""
        now_s, mark = self._clock.monotonic(), self._mark_of(beat)
        if self._mark is None:
            self._silent_s = min(max(0.0, self._clock.time() - beat.beat_s), max(0.0, self._believed_s))
        elif mark != self._mark:
            self._silent_s = 0.0
        else:
            self._silent_s += min(now_s - self._looked_s, self._one_look_counts_s)
        self._mark, self._looked_s = mark, now_s
        return self._silent_s

    def _mark_of(self, beat: Heartbeat) -> tuple[float, ...]:
        """What changes while the process lives."""
        return beat.pid, beat.beat_s


class Silences:
    """The silence of several processes; the age of the first heartbeat seen of each is believed.

    Parameters
    ----------
    clock : Clock
    one_look_counts_s : float
        As for `Silence`.
    """

    def __init__(self, clock: Clock, one_look_counts_s: float = ONE_LOOK_COUNTS_S) -> None:
        self._clock, self._one_look_counts_s = clock, one_look_counts_s
        self._each: dict[tuple[str, str], Silence] = {}

    def of(self, beat: Heartbeat) -> float:
        """Look once more; return for how many seconds nothing new was seen of this process."""
        key = (beat.process, beat.station)
        if key not in self._each:
            self._each[key] = Silence(self._clock, math.inf, self._one_look_counts_s)
        return self._each[key].of(beat)

    def watched(self, beat: Heartbeat, allowed_s: float, read_again: Callable[[], Heartbeat | None]) -> float:
        """Look once more; where the age of the first heartbeat seen proves nothing, watch whether it changes.

        An age above `allowed_s`, or a heartbeat from the future, may come from a clock that was set, or from
        a process with another clock. It is watched for as long as a process may be silent. A heartbeat of
        another computer is not: the file is a copy.
        """
        first = (beat.process, beat.station) not in self._each
        silent_s, age_s = self.of(beat), self._clock.time() - beat.beat_s
        if not first or 0.0 <= age_s <= allowed_s or beat.host != platform.node():
            return silent_s
        watched_s = 0.0
        while watched_s <= allowed_s:
            self._clock.sleep(LOOK_AGAIN_S)
            watched_s += LOOK_AGAIN_S
            again = read_again()
            if again is None:
                return silent_s
            silent_s = self.of(again)
            if (again.pid, again.beat_s) != (beat.pid, beat.beat_s):
                return silent_s
        return silent_s
