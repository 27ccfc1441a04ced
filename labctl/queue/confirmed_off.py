"""Confirmation that every output of a station is off, and the attempts to obtain it."""

import logging
from collections.abc import Callable, Mapping

from labctl.clock import Clock
from labctl.config.station import Station
from labctl.errors import StoreError
from labctl.instruments.uninterrupted import uninterrupted
from labctl.queue.heartbeat import Pulse

log = logging.getLogger(__name__)
TRY_AGAIN_S = 2.0
PATIENCE_S = 300.0
ATTEMPT_S = 60.0  # beyond the deadline: what VISA may take to load


class ConfirmedOff:
    """Makes a station safe on new connections, repeatedly, and keeps the outcome in the heartbeat.

    Parameters
    ----------
    station : Station
    clock : Clock
        The station's.
    pulse : Pulse
        Receives every outcome: it ends as `ended` or `unsafe`.
    let_go : callable
        Closes the connections that are open between jobs.
    announce : callable
        Given level, kind and message of an event. A file that does not take it prevents no attempt.
    """

    def __init__(
        self,
        station: Station,
        clock: Clock,
        pulse: Pulse,
        let_go: Callable[[], None],
        announce: Callable[[str, str, str], None],
    ) -> None:
        self._station, self._clock, self._pulse = station, clock, pulse
        self._let_go, self._announce = let_go, announce
        self._next_s = clock.monotonic()
        if station.simulation is not None:  # a rig inside this process was off when it was made
            pulse.made_safe({})

    @property
    def problem(self) -> str:
        """Instruments that were not read back off, with reasons; `""`: everything is off."""
        return self._pulse.unconfirmed

    def doubt(self) -> None:
        """A job begins: its outputs must be read back off afterwards."""
        self._pulse.doubt()

    def take(self, problems: Mapping[str, str]) -> None:
        """Record the outcome of an attempt, as failures by instrument."""
        self._pulse.made_safe(problems)

    def try_again(self) -> bool:
        """Try once more, at most every two seconds; return whether everything is off."""
        if not self.problem or self._clock.monotonic() < self._next_s:
            return not self.problem
        before = self.problem
        if self._try():
            self._tell("warning", "process", f"every output is off, read back; before: {before}")
        return not self.problem

    def insist(self, when: str, stop: Callable[[], bool]) -> bool:
        """Try for five minutes, or until asked to stop; return whether everything is off."""
        end_s = self._clock.monotonic() + PATIENCE_S
        if self._try():
            return True
        self._tell("error", "interlock", f"NOT SAFE {when}, trying again: {self.problem}")
        while not stop() and self._clock.monotonic() < end_s:
            self._clock.sleep(TRY_AGAIN_S)
            if self.try_again():
                return True
        return False

    def wait(self, seconds: float) -> None:
        """Wait while repeating the attempts."""
        end_s = self._clock.monotonic() + seconds
        while (left_s := end_s - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left_s, TRY_AGAIN_S))
            self.try_again()

    def _tell(self, level: str, kind: str, message: str) -> None:
        try:
            self._announce(level, kind, message)
        except StoreError as error:
            log.error("%s (not recorded: %s)", message, error)

    def _try(self) -> bool:
        self._pulse.promise(ATTEMPT_S + self._station.safe_within_s)
        with uninterrupted():
            self._let_go()
            self.take(self._station.make_safe(self._clock))
        self._pulse.promise(None)
        self._next_s = self._clock.monotonic() + TRY_AGAIN_S
        return not self.problem
