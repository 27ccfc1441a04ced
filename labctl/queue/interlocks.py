"""Interlocks: conditions that end a job in any procedure.

The runner asks at every row it records, the supervisor at every row it finds in the file: both by the
same code. Only recorded rows are judged; no instrument is asked here.
"""

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labctl.config.night import InterlockSettings
from labctl.errors import LabctlError
from labctl.instruments.limits import Limits
from labctl.queue.monitor_limits import WatchedReading
from labctl.units import ZERO_CELSIUS_K

RISE_K = 2.0
IDLE_RISE_K = 5.0
ABOVE_CEILING_K = 2.0  # overshoot at a set point that is the sample's ceiling
WARM_K = 45 + ZERO_CELSIUS_K


@dataclass(frozen=True)
class Trip:
    """An interlock that tripped. `stops_queue`: the rig is in doubt, so the queue waits for a person."""

    name: str
    words: str
    stops_queue: bool


class InterlockTripped(LabctlError):
    """An interlock ended a job; `trip` says which."""

    ends_all_samples = True

    def __init__(self, trip: Trip) -> None:
        self.trip = trip
        super().__init__(trip.words)


class Interlocks:
    """Judges readings and points in the order of their time.

    Parameters
    ----------
    settings : InterlockSettings
    limits : Limits
        Of the station: potentials and currents are held against them.
    results : Path
        The results file; its disk must not fill up.
    """

    def __init__(self, settings: InterlockSettings, limits: Limits, results: Path) -> None:
        self._settings, self._results = settings, results
        self._station_limits = self._limits = limits
        self._ceiling_k = math.inf
        self._lowest_above_k = math.inf
        self._readings = [WatchedReading(limit) for limit in settings.readings]

    def hold_for_sample(
        self,
        temperature_max_k: float | None,
        potential_max_v: float | None,
        current_max_a: float | None,
    ) -> None:
        """Judge by the ceilings of this sample too, from now on; None: it has none of its own."""
        self._limits = self._station_limits.lowered_to(None, potential_max_v, current_max_a)
        self._ceiling_k = math.inf if temperature_max_k is None else temperature_max_k

    def judge(self, topic: str, record: Mapping[str, Any]) -> Trip | None:
        """Judge one row: temperature, monitor, impedance or current point; None when all is well."""
        if topic == "monitor":
            return self._monitor(record)
        temperature_k = record.get("temperature_k")
        if temperature_k is not None and not math.isnan(temperature_k):
            trip = self._too_hot(temperature_k) or self._runaway(temperature_k, record.get("setpoint_k"))
            if trip:
                return trip
        at_rest = topic == "temperature" or record.get("phase") == "rest"
        return None if at_rest else self._cell(record)

    def take_doubts(self) -> list[str]:
        """Return, once, sentences about readings that are not known and that end no job."""
        doubts = [doubt for reading in self._readings for doubt in reading.doubts]
        for reading in self._readings:
            reading.doubts.clear()
        return doubts

    def look_around(self) -> Trip | None:
        """Judge the disk and the watched file, which no row contains."""
        return self._disk() or self._watched_file()

    def _monitor(self, record: Mapping[str, Any]) -> Trip | None:
        """Judge every limit of the monitor; the gas or the room is in doubt, so the queue waits."""
        found = [words for reading in self._readings if (words := reading.judge(record))]
        return Trip("monitor", found[0], stops_queue=True) if found else None

    def _too_hot(self, temperature_k: float) -> Trip | None:
        if trip := too_hot(temperature_k, self._settings):
            return trip
        if temperature_k <= self._ceiling_k + ABOVE_CEILING_K:
            return None
        words = (
            f"temperature {_degc(temperature_k)} is above {_degc(self._ceiling_k)}, the highest that the "
            "sample endures"
        )
        return Trip("temperature", words, stops_queue=False)

    def _runaway(self, temperature_k: float, setpoint_k: float | None) -> Trip | None:
        """Far above its set point the heater is off, and the sample can only cool."""
        if setpoint_k is None or temperature_k <= setpoint_k + self._settings.runaway_k:
            self._lowest_above_k = math.inf
            return None
        self._lowest_above_k = min(self._lowest_above_k, temperature_k)
        if temperature_k <= self._lowest_above_k + RISE_K:
            return None
        words = (
            f"temperature {_degc(temperature_k)} rises although the set point is {_degc(setpoint_k)}: "
            "the heater does not obey"
        )
        return Trip("runaway", words, stops_queue=True)

    def _cell(self, record: Mapping[str, Any]) -> Trip | None:
        for quantity, limit, unit in (
            ("potential_v", self._limits.potential_v, "V"),
            ("current_a", self._limits.current_a, "A"),
        ):
            value = record.get(quantity)
            if value is not None and abs(value) > 1.05 * limit:
                words = (
                    f"{quantity.rpartition('_')[0]} {value:g} {unit} at the cell, allowed is {limit:g} {unit}"
                )
                return Trip(quantity.rpartition("_")[0], words, stops_queue=False)
        return None

    def _disk(self) -> Trip | None:
        free_mb = shutil.disk_usage(self._results.absolute().parent).free / 1e6
        if free_mb >= self._settings.free_disk_mb:
            return None
        return Trip("disk", f"only {free_mb:.0f} MB free on the disk of {self._results}", stops_queue=True)

    def _watched_file(self) -> Trip | None:
        name, content = self._settings.watched_file, self._settings.watched_content
        if not name:
            return None
        try:
            text = Path(name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            missing = f"the watched file {name} cannot be read" if content else ""
            return Trip("watched file", missing, stops_queue=True) if missing else None
        except OSError as error:
            return Trip("watched file", f"the watched file {name} cannot be read: {error}", stops_queue=True)
        if content and content not in text:
            return None
        words = f"{name} contains {content!r}" if content else f"{name} exists"
        return Trip("watched file", words, stops_queue=True)


class IdleInterlocks:
    """Judges temperatures while everything is off.

    Above 45 degC a sample can then only cool, once the heat that is stored in the oven has reached it; below,
    a cold one may warm up to the room.
    """

    def __init__(self, settings: InterlockSettings) -> None:
        self._settings = settings
        self._lowest_k = math.inf

    def judge(self, temperature_k: float, off_for_s: float) -> Trip | None:
        """Judge a reading taken so long after everything was switched off; None when all is well."""
        if trip := too_hot(temperature_k, self._settings):
            return trip
        if off_for_s < self._settings.afterheat_s:
            return None
        self._lowest_k = min(self._lowest_k, temperature_k)
        if temperature_k <= max(WARM_K, self._lowest_k + IDLE_RISE_K):
            return None
        words = (
            f"temperature {_degc(temperature_k)} rises although everything is off (it was "
            f"{_degc(self._lowest_k)}): something heats that does not obey, cut its mains"
        )
        return Trip("runaway", words, stops_queue=True)


def too_hot(temperature_k: float, settings: InterlockSettings) -> Trip | None:
    """Judge one reading against the highest allowed."""
    highest_k = settings.temperature_above_k
    if temperature_k <= highest_k:
        return None
    words = f"temperature {_degc(temperature_k)} is above {_degc(highest_k)}"
    return Trip("temperature", words, stops_queue=True)


def _degc(temperature_k: float) -> str:
    return f"{temperature_k - ZERO_CELSIUS_K:.1f} degC"
