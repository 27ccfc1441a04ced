"""The readings of monitors of a run as they grow, thinned to the resolution of a screen."""

import math
from collections.abc import Sequence

import numpy as np

from labctl.readmodel.snapshot import MonitorCurve
from labctl.readmodel.thinning import ThinnedColumns
from labctl.store import Database
from labctl.store.queries import monitor_readings

ROWS_AT_ONCE = 20_000


class Monitors:
    """One curve for each quantity of each monitor, NaN where there was no value."""

    def __init__(self, database: Database, parts: Sequence[int]) -> None:
        self._db = database
        self._next = dict.fromkeys(parts, -1)
        self._kept: dict[tuple[str, str], ThinnedColumns] = {}
        self.complete = True

    def poll(self) -> bool:
        """Read new readings; return whether there were any."""
        self.complete = True
        news = [self._poll_one(part) for part in self._next]
        return any(news)

    @property
    def is_thinned(self) -> bool:
        """Whether rows were left out."""
        return any(kept.is_thinned for kept in self._kept.values())

    def value(self) -> tuple[MonitorCurve, ...]:
        """The curves, by name of instrument and quantity."""
        return tuple(
            MonitorCurve(instrument, quantity, *kept.columns())
            for (instrument, quantity), kept in sorted(self._kept.items())
        )

    def _poll_one(self, part: int) -> bool:
        found = monitor_readings.after(self._db, part, self._next[part], ROWS_AT_ONCE)
        if not found:
            return False
        self._next[part] = found[-1]["number"]
        self.complete = self.complete and len(found) < ROWS_AT_ONCE
        new: dict[tuple[str, str], list[tuple[float, float]]] = {key: [] for key in self._kept}
        for row in found:
            value = math.nan if row["value"] is None else float(row["value"])
            for key in self._keys_of(row["instrument"], row["quantity"], new):
                new.setdefault(key, []).append((row["time_s"], value))
        for key, rows in new.items():
            kept = self._kept.setdefault(key, ThinnedColumns(2, (1,)))
            kept.append(np.array(rows, dtype=float).reshape(-1, 2))
        return True

    @staticmethod
    def _keys_of(
        instrument: str, quantity: str, known: dict[tuple[str, str], list[tuple[float, float]]]
    ) -> list[tuple[str, str]]:
        """Return the curves that a row belongs to: without a quantity, all of the instrument."""
        return [(instrument, quantity)] if quantity else [key for key in known if key[0] == instrument]
