"""Outputs that a runner left on when it ended or died, and the supervisor's attempts to switch them off."""

import math
from collections.abc import Callable, Mapping

from labctl.clock import Clock
from labctl.config.station import Station
from labctl.errors import ConfigurationError
from labctl.instruments.lock_errors import HardwareHeld
from labctl.queue.heartbeat import problems_in_words
from labctl.queue.requests import MADE_SAFE
from labctl.queue.station_lock import rescue_lock

TRY_AGAIN_S = 2.0
TELL_AGAIN_S = 900.0


class LeftUnsafe:
    """Tries every two seconds, and notifies at once and every quarter of an hour.

    Parameters
    ----------
    station : Station
    clock : Clock
    make_safe : callable
        One attempt; returns failures by name.
    announce : callable
        Given level, kind and message of an event.

    Attributes
    ----------
    problem : str
        Instruments that were not read back off, with reasons; `""`: none is known.
    """

    def __init__(
        self,
        station: Station,
        clock: Clock,
        make_safe: Callable[[], dict[str, str]],
        announce: Callable[[str, str, str], None],
    ) -> None:
        self._station, self._clock, self._make_safe, self._announce = station, clock, make_safe, announce
        self.forget()

    def forget(self) -> None:
        """A runner is there, everything is off, or a person has seen to it."""
        self.problem = ""
        self._next_s = self._tell_s = -math.inf

    def note(self, failures: Mapping[str, str]) -> None:
        """Keep the outcome of an attempt that is not recorded yet, as failures by instrument."""
        self.problem = problems_in_words(failures)

    def take(self, what: str, failures: Mapping[str, str]) -> None:
        """Record and announce the outcome of an attempt, as failures by instrument; `what` caused it."""
        if not failures:
            self.forget()
            self._announce("error", "process", f"{what}; {MADE_SAFE}")
            return
        now_s = self._clock.monotonic()
        self.problem, self._next_s = problems_in_words(failures), now_s + TRY_AGAIN_S
        if now_s >= self._tell_s:
            self._tell_s = now_s + TELL_AGAIN_S
            self._announce("error", "interlock", f"{what}; NOT SAFE, trying again: {self.problem}")

    def try_again(self, what: str) -> bool:
        """Try once more where it is time for it; return whether everything is off now."""
        if self._clock.monotonic() < self._next_s:
            return False
        try:
            with rescue_lock(self._station):
                failures = self._make_safe()
        except HardwareHeld as other:
            self.take(what, {"not reached": str(other)})
            return False
        except ConfigurationError:  # another program is in charge now
            return False
        self.take(what, failures)
        return not failures
