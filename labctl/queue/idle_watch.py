"""The temperature between jobs: read while everything is off, so that a heater that does not obey is seen.

Only what measures temperature is connected, and nothing is set: connecting leaves an instrument safe.
"""

import logging
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from labctl.clock import Clock
from labctl.config.night import InterlockSettings
from labctl.config.station import Station
from labctl.queue.interlocks import IdleInterlocks, Trip

log = logging.getLogger(__name__)
LOOK_EVERY_S = 10.0
CONNECT_AGAIN_S = 60.0
ALARM_AGAIN_S = 900.0
THERMOMETERS = ("thermometer", "oven")


@dataclass(frozen=True)
class Sight:
    """One look: the reading in K and the interlock that it trips, or why there is none."""

    temperature_k: float | None
    trip: Trip | None = None
    problem: str = ""


class IdleWatch:
    """Looks at most every ten seconds of the station's time; an alarm lasts and is given every quarter hour.

    Parameters
    ----------
    station : Station
    settings : InterlockSettings
    clock : Clock
        The station's.
    """

    def __init__(self, station: Station, settings: InterlockSettings, clock: Clock) -> None:
        self._station, self._clock, self._settings = thermometers_of(station), clock, settings
        self._open = ExitStack()
        self._bench: Any = None
        self._next_s = self._next_alarm_s = clock.monotonic()
        self.begin_again()

    def begin_again(self) -> None:
        """Everything was made safe just now: heat that is stored may still reach the sample."""
        self._law = IdleInterlocks(self._settings)
        self._safe_since_s = self._clock.monotonic()

    def look(self) -> Sight | None:
        """Read and judge; None where it is too early to look again, or nothing measures temperature."""
        now_s = self._clock.monotonic()
        if not self._station.instruments or now_s < self._next_s:
            return None
        self._next_s = now_s + LOOK_EVERY_S
        try:
            temperature_k = self._read_k()
        except Exception as error:  # noqa: BLE001 - looking must not end the night
            self.let_go()
            self._next_s = now_s + CONNECT_AGAIN_S
            return Sight(None, problem=str(error))
        trip = self._law.judge(temperature_k, now_s - self._safe_since_s)
        if trip is None or now_s < self._next_alarm_s:
            return Sight(temperature_k)
        self._next_alarm_s = now_s + ALARM_AGAIN_S
        return Sight(temperature_k, trip)

    def let_go(self) -> None:
        """Disconnect, so that a job, or the process that makes safe, can connect."""
        self._bench = None
        try:
            self._open.close()
        except Exception as error:  # noqa: BLE001 - what is off already may not answer
            log.warning("between jobs: %s", error)

    def _read_k(self) -> float:
        if self._bench is None:
            self._bench = self._open.enter_context(self._station.open(self._clock))
        return self._bench.thermometer.temperature_k


def thermometers_of(station: Station) -> Station:
    """The station with only what measures temperature, and what that needs to work."""
    chosen = [entry for entry in station.instruments if set(entry.roles) & set(THERMOMETERS)]
    partners = {entry.partner for entry in chosen}
    kept = (entry for entry in station.instruments if entry in chosen or entry.name in partners)
    return replace(station, instruments=tuple(kept))
