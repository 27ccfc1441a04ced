"""Kicks the watchdog on a wire of its own: the supervisor does, while all is well.

1. Only the instrument with the single role `watchdog` is opened, in a session of its own. It is locked for as
   long as that session is open, so that no other program talks to it.
2. It is kicked several times in its period, and not at all while something is not well: then its period ends
   and it takes the power from the heater.
3. Nothing that the watchdog does stops the supervisor: a failure is logged, the session is closed, and it is
   opened again.
"""

import logging
from contextlib import ExitStack, suppress
from typing import Any

from labctl.clock import Clock, RealClock
from labctl.config.station import Station

log = logging.getLogger(__name__)
KICKS_PER_PERIOD = 4
KICKED_WITHIN_S = 0.5
OPENED_AGAIN_AFTER_S = 1.0


class Kicker:
    """Kicks the watchdog of a station, if it has one on a wire of its own.

    Parameters
    ----------
    station : Station
    clock : Clock, optional
    """

    def __init__(self, station: Station, clock: Clock | None = None) -> None:
        self._station, self._clock = station, clock or RealClock()
        self._session = ExitStack()
        self._watchdog: Any = None
        self._due_s = self._clock.monotonic()
        self._fails = False

    def kick_if(self, well: bool) -> None:
        """Kick it if all is `well` and a kick is due; never raises."""
        if not well or self._station.own_watchdog is None or self._clock.monotonic() < self._due_s:
            return
        try:
            self._kick()
        except Exception as error:  # noqa: BLE001 - the supervisor goes on whatever a watchdog does
            self._note(error)

    def close(self) -> None:
        """Close its session; its period ends on its own."""
        with suppress(Exception):
            self._session.close()
        self._watchdog = None

    def _kick(self) -> None:
        now_s = self._clock.monotonic()
        if self._watchdog is None:
            self._watchdog = self._station.connect_watchdog(self._clock, self._session)
            with self._watchdog.until(now_s + KICKED_WITHIN_S):
                self._watchdog.prepare()
        with self._watchdog.until(self._clock.monotonic() + KICKED_WITHIN_S):
            self._watchdog.kick()
        self._due_s = now_s + self._watchdog.period_s / KICKS_PER_PERIOD / self._station.speed
        if self._fails:
            log.info("the watchdog is kicked again")
        self._fails = False

    def _note(self, error: Exception) -> None:
        self.close()
        self._due_s = self._clock.monotonic() + OPENED_AGAIN_AFTER_S
        log.log(logging.DEBUG if self._fails else logging.ERROR, "the watchdog was not kicked: %s", error)
        self._fails = True
