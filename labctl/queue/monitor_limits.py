"""Interlocks on the readings of monitors: outside its limits a reading ends the job.

A reading is not known while its monitor does not answer, or answers without a number for it, for `silent_s`;
also while it repeats one value to the last digit for `unchanged_s`. That is told; where the station says so,
it ends the job.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labctl.config.night import ReadingLimit


@dataclass
class WatchedReading:
    """One limited reading, judged in the order of its rows."""

    limit: ReadingLimit
    _silent_since_s: float = math.nan
    _changed_s: float = math.nan
    _value: float = math.nan
    _why: str = ""
    _told: bool = False
    doubts: list[str] = field(default_factory=list)

    def judge(self, row: Mapping[str, Any]) -> str:
        """Judge a row of the monitor; return why the job must end, `""` where it need not."""
        if row["instrument"] != self.limit.instrument:
            return ""
        if row.get("quantity") not in (self.limit.quantity, "", None):
            return self._silent(row["time_s"], "")
        value = row.get("value") if row.get("status", "ok") == "ok" else None
        if value is None:
            return self._silent(row["time_s"], str(row.get("status", "")))
        return self._outside(value) or self._unchanged(row["time_s"], value)

    def _outside(self, value: float) -> str:
        low, high = self.limit.lowest, self.limit.highest
        if low <= value <= high:
            return ""
        bound = f"at least {low:g}" if value < low else f"at most {high:g}"
        return f"{self.limit.name} is {value:g}, allowed is {bound}"

    def _unchanged(self, now_s: float, value: float) -> str:
        """Judge a value that is inside its limits: does it still follow what it measures?"""
        if value != self._value:
            self._value, self._changed_s = value, now_s
        unchanged_s = now_s - self._changed_s
        if unchanged_s >= self.limit.unchanged_s:
            return self._not_known(unchanged_s, f"it stays {value:g} to the last digit")
        self._silent_since_s, self._why, self._told = math.nan, "", False
        return ""

    def _silent(self, now_s: float, why: str) -> str:
        self._why = why or self._why
        if math.isnan(self._silent_since_s):
            self._silent_since_s = now_s
        silent_s = now_s - self._silent_since_s
        if silent_s < self.limit.silent_s:
            return ""
        return self._not_known(silent_s, self._why or "the monitor gives no such reading")

    def _not_known(self, for_s: float, why: str) -> str:
        """Return the end of the job where the station says so; otherwise report it once."""
        words = f"{self.limit.name} is not known for {for_s / 60:.1f} min: {why}"
        if self.limit.stops_when_silent:
            return words
        if not self._told:
            self._told = True
            self.doubts.append(f"{words}; the measurement goes on (when_silent)")
        return ""
