"""Tables that may hold a million rows of one run: read in stretches, thinned on the way."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.readmodel.snapshot import Array
from labctl.readmodel.thinning import ThinnedColumns
from labctl.store import Database
from labctl.store.queries import records
from labctl.store.queries.numbered_rows import Series, extremes, last_number, stretch

ROWS_AT_ONCE = 100_000  # of a table that is thinned while SQLite reads it
SHOWN_ROWS = 4000


class LongTable:
    """The numbers of one series, thinned: SQLite thins old rows, numpy new ones."""

    def __init__(self, database: Database, series: Series) -> None:
        self._db, self._series = database, series
        self._kept = ThinnedColumns(len(series.columns), series.extremes_of)
        self._next: dict[int, int] = {}
        self.rows, self.complete = 0, True

    def poll(self, parents: Sequence[int]) -> bool:
        """Read the next stretch of each parent; return whether there was any."""
        self.complete = True
        news = [self._poll_one(parent) for parent in parents]
        return any(news)

    def columns(self) -> tuple[Array, ...]:
        """The rows read so far, as columns."""
        return self._kept.columns()

    def _poll_one(self, parent: int) -> bool:
        begin = self._next.get(parent, 0)
        last = last_number(self._db, self._series.table, parent)
        if last is None or last < begin:
            return False
        end = min(last + 1, begin + ROWS_AT_ONCE)
        if end == last + 1 and end - begin > SHOWN_ROWS:
            end = last  # the newest row is displayed as a number: it is read next, alone, and not thinned
        self._kept.append(self._stretch(parent, begin, end, last + 1))
        self._next[parent] = end
        self.rows += end - begin
        self.complete = self.complete and end == last + 1
        return True

    def _stretch(self, parent: int, begin: int, end: int, total: int) -> Array:
        """Rows from `begin` to `end`; of many, the extremes of each bucket."""
        bucket = max(1, 2 * (total - begin) // SHOWN_ROWS)
        if end - begin <= SHOWN_ROWS:
            return self._array(stretch(self._db, self._series, parent, begin, end))
        found = extremes(self._db, self._series, parent, begin, end, bucket)
        for row in found:
            del row["number"], row["extreme"]
        return self._array(found)

    def _array(self, rows: list[dict[str, Any]]) -> Array:
        """Rows of numbers (n, columns); NULL is NaN."""
        values = np.array([[*row.values()] for row in rows], dtype=float)
        return values.reshape(-1, len(self._series.columns))


class Records:
    """Rows of a procedure with columns of its own; of many, every nth."""

    def __init__(self, database: Database, parts: Sequence[int]) -> None:
        self._db, self._parts = database, parts
        self._rows: list[dict[str, float]] = []
        self._next: dict[int, int] = {}
        self.rows, self.complete = 0, True

    def poll(self) -> bool:
        """Read new rows; return whether there were any."""
        news = [self._poll_one(part) for part in self._parts]
        return any(news)

    def value(self) -> dict[str, Array]:
        """A column (n,) for every name; NaN where there is no number."""
        names = dict.fromkeys(name for row in self._rows for name in row)
        return {name: np.array([row.get(name, math.nan) for row in self._rows]) for name in names}

    def _poll_one(self, part: int) -> bool:
        begin = self._next.get(part, 0)
        last = last_number(self._db, "records", part)
        if last is None or last < begin:
            return False
        every = max(1, (last + 1 - begin) // SHOWN_ROWS)
        new = [_numbers(row["data"]) for row in records.every(self._db, part, begin, every)]
        self._rows = _every_second_of_many([*self._rows, *new])
        self._next[part] = last + 1
        self.rows += last + 1 - begin
        return True


def _every_second_of_many(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    while len(rows) > 2 * SHOWN_ROWS:
        rows = rows[::2]
    return rows


def _numbers(record: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(v) if isinstance(v, int | float) else math.nan for name, v in record.items()}
