"""Readings of the monitors of a bench, taken beside the temperatures of a run.

1. Every monitor is read beside each reading of the temperature log, and beside the points of spectra and
   polarisations at most every `BESIDE_POINTS_S`.
2. A monitor that does not answer, or answers with no number, ends nothing here: the failure is a reading
   without a value, and is reported once. The monitor is asked again after `ASK_AGAIN_S`.
3. Whether a reading, or a silent monitor, ends the run is decided by the interlocks of the station.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from labctl.errors import InstrumentError
from labctl.instruments.oven_watch import without_retries
from labctl.measure.events import MonitorRead, TemperatureRead
from labctl.plain_text import shown

BESIDE_POINTS_S = 10.0
ASK_AGAIN_S = 30.0
KIND = "monitor"
"""Kind of the events about a monitor."""


class Monitoring:
    """The monitors of one run.

    Parameters
    ----------
    monitors : mapping of str to Monitor
        By their names in the station file.
    clock : Clock
    tell : callable
        Called as `tell(level, kind, message)` when a monitor stops to answer, and when it answers again.
    """

    def __init__(
        self, monitors: Mapping[str, Any], clock: Any, tell: Callable[[str, str, str], None]
    ) -> None:
        self._monitors, self._clock, self._tell = monitors, clock, tell
        self._read_s = -math.inf
        self._silent_since_s: dict[str, float] = {}
        self._asked_s: dict[str, float] = {}

    def beside(self, event: Any) -> Iterator[MonitorRead]:
        """Read every monitor that is due beside an event; nothing for an event without a temperature."""
        if not self._monitors or not self._is_due(event):
            return
        self._read_s = self._clock.monotonic()
        for name, monitor in self._monitors.items():
            if self._may_be_asked(name):
                yield from self._read(name, monitor)

    def _is_due(self, event: Any) -> bool:
        if isinstance(event, TemperatureRead):
            return True
        is_point = getattr(event, "temperature_k", None) is not None
        return is_point and self._clock.monotonic() - self._read_s >= BESIDE_POINTS_S

    def _may_be_asked(self, name: str) -> bool:
        waited_s = self._clock.monotonic() - self._asked_s.get(name, -math.inf)
        return name not in self._silent_since_s or waited_s >= ASK_AGAIN_S

    def _read(self, name: str, monitor: Any) -> list[MonitorRead]:
        """Return a reading of each quantity, or one without a value that says why there is none."""
        self._asked_s[name] = self._clock.monotonic()
        try:
            found = without_retries(monitor).readings
            problem = _problem_with(found)
        except InstrumentError as error:
            found, problem = {}, str(error)
        except Exception as error:  # noqa: BLE001 - a driver of the laboratory raises anything
            found, problem = {}, f"{type(error).__name__}: {error}"
        now_s = self._clock.time()
        if problem:
            self._tell_silent(name, problem)
            return [MonitorRead(time_s=now_s, instrument=name, quantity="", value=None, status=problem)]
        self._tell_back(name)
        return [_reading(now_s, name, quantity, value) for quantity, value in found.items()]

    def _tell_silent(self, name: str, problem: str) -> None:
        if name not in self._silent_since_s:
            self._silent_since_s[name] = self._clock.monotonic()
            self._tell("warning", KIND, f"the monitor {name} gives no reading: {problem}; it is asked again")

    def _tell_back(self, name: str) -> None:
        since_s = self._silent_since_s.pop(name, None)
        if since_s is not None:
            after_s = self._clock.monotonic() - since_s
            self._tell("info", KIND, f"the monitor {name} answers again after {after_s:.0f} s")


def _problem_with(found: Any) -> str:
    """Return why a reply of a driver is no set of readings; `""` where at least one is a number."""
    if not isinstance(found, Mapping) or not found:
        return f"its driver returned {shown(found)}, not names and numbers"
    if not all(isinstance(name, str) and name for name in found):
        return f"its driver names a reading {shown(next(n for n in found if not (isinstance(n, str) and n)))}"
    if not any(map(_is_number, found.values())):
        return "none of its readings is a number: " + ", ".join(f"{n} {shown(v)}" for n, v in found.items())
    return ""


def _reading(now_s: float, name: str, quantity: str, value: Any) -> MonitorRead:
    known = _is_number(value)
    status = "ok" if known else f"{shown(value)} is no number"
    number = float(value) if known else None
    return MonitorRead(time_s=now_s, instrument=name, quantity=quantity, value=number, status=status)


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool | str) and math.isfinite(value)
    except (TypeError, OverflowError):
        return False
