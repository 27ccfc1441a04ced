"""Tables that may hold a million rows of one run: read in stretches, thinned on the way."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labctl.readmodel.snapshot import Array
from labctl.readmodel.thinning import (
    ThinnedColumns,
    kept_of_buckets,
    power_of_two_below,
)
from labctl.store import Database
from labctl.store.queries import point_temperatures, polarisations, records
from labctl.store.queries.numbered_rows import (
    POLARISED_TEMPERATURES,
    Series,
    extremes,
    has_any,
    last_number,
    stretch,
)

ROWS_AT_ONCE = 100_000  # of a table that is thinned while SQLite reads it
SHOWN_ROWS = 4000
MOST_RECORDS = 8000
RECORDS_OF_A_COLUMN = 4000
POINTS_AT_ONCE = 20_000
PARTS_APART = 1 << 40  # between the numbers of rows of one part and of the next: no bucket has rows of two


class LongTable:
    """The numbers of one series, thinned: SQLite thins old rows, numpy new ones."""

    def __init__(self, database: Database, series: Series) -> None:
        self._db, self._series = database, series
        self._kept = ThinnedColumns(len(series.columns), series.extremes_of)
        self._next: dict[int, int] = {}
        self._parents: dict[int, int] = {}
        self.rows, self.complete, self.is_thinned = 0, True, False

    def poll(self, parents: Sequence[int]) -> bool:
        """Read the next stretch of the first parents that have one, up to a long one; return whether any had.

        Parents come in their order: the buckets of rows are in the order of their numbers.
        """
        self.complete, news = True, False
        for parent in parents:
            news = self._poll_one(parent) or news
            if not self.complete:
                break
        return news

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
        rows, numbers = self._stretch(parent, begin, end, last + 1)
        self._kept.append(rows, PARTS_APART * self._parents.setdefault(parent, len(self._parents)) + numbers)
        self.is_thinned = self.is_thinned or self._kept.is_thinned
        self._next[parent] = end
        self.rows += end - begin
        self.complete = self.complete and end == last + 1
        return True

    def _stretch(self, parent: int, begin: int, end: int, total: int) -> tuple[Array, Array]:
        """Rows from `begin` to `end` and their numbers; of many, the extremes of each bucket."""
        bucket = power_of_two_below(2 * (total - begin) / SHOWN_ROWS)
        if self._series.known and not has_any(self._db, self._series, parent, begin, end):
            found = []
        elif end - begin <= SHOWN_ROWS or bucket == 1:
            found = stretch(self._db, self._series, parent, begin, end)
        else:
            self.is_thinned = True
            rows = extremes(self._db, self._series, parent, begin, end, bucket)
            found = [*{row["number"]: row for row in rows}.values()]
        numbers = np.array([row["number"] for row in found], dtype=np.int64)
        names = [name for name in (found[0] if found else ()) if name != "number"]
        values = np.array([[row[name] for name in names] for row in found], dtype=float)
        return values.reshape(-1, len(self._series.columns)), numbers


class Records:
    """Rows of a procedure with columns of its own; of many, those with the extremes of any column."""

    def __init__(self, database: Database, parts: Sequence[int]) -> None:
        self._db, self._parts = database, parts
        self._rows: list[dict[str, float]] = []
        self._numbers: list[int] = []
        self._width = 1
        self._next: dict[int, int] = {}
        self.rows, self.complete, self.is_thinned = 0, True, False

    def poll(self) -> bool:
        """Read the next stretch of each part; return whether there was any."""
        self.complete = True
        news = [self._poll_one(place, part) for place, part in enumerate(self._parts)]
        return any(news)

    def value(self) -> dict[str, Array]:
        """A column (n,) for every name; NaN where there is no number."""
        names = dict.fromkeys(name for row in self._rows for name in row)
        return {name: np.array([row.get(name, math.nan) for row in self._rows]) for name in names}

    def _poll_one(self, place: int, part: int) -> bool:
        begin = self._next.get(part, 0)
        last = last_number(self._db, "records", part)
        if last is None or last < begin:
            return False
        end = min(last + 1, begin + ROWS_AT_ONCE)
        for row in self._read(part, begin, end, last + 1):
            self._rows.append(_numbers(row["data"]))
            self._numbers.append(place * PARTS_APART + row["number"])
        self._thin()
        self._next[part] = end
        self.rows += end - begin
        self.complete = self.complete and end == last + 1
        return True

    def _read(self, part: int, begin: int, end: int, total: int) -> list[dict[str, Any]]:
        bucket = power_of_two_below(2 * (total - begin) / SHOWN_ROWS)
        if bucket == 1 or end - begin <= SHOWN_ROWS:
            return records.stretch(self._db, part, begin, end)
        self.is_thinned = True
        last = records.stretch(self._db, part, end - 1, end)  # the newest row is displayed as a number
        found = records.extremes(self._db, part, begin, end, bucket)
        return found if found and found[-1]["number"] == end - 1 else [*found, *last]

    def _thin(self) -> None:
        """Keep the extremes of every column, in fewer and fewer buckets, until there are few enough rows."""
        columns = self.value()
        most = max(MOST_RECORDS, RECORDS_OF_A_COLUMN * len(columns))
        if len(self._rows) <= most:
            return
        self.is_thinned = True
        while len(self._rows) > 3 * most // 4:
            values = np.column_stack([*self.value().values()])
            kept = kept_of_buckets(values, np.array(self._numbers, dtype=np.int64), self._width)
            self._rows = [self._rows[index] for index in kept]
            self._numbers = [self._numbers[index] for index in kept]
            if len(self._rows) > 3 * most // 4:
                self._width *= 2


class PointTemperatures:
    """Temperatures read with the points of spectra and polarisations, thinned."""

    def __init__(self, database: Database, parts: Sequence[int]) -> None:
        self._db, self._parts = database, parts
        self._places = dict.fromkeys(parts, (0, -1))
        self._of_spectra = ThinnedColumns(3, (1, 2))
        self._of_polarisations = LongTable(database, POLARISED_TEMPERATURES)
        self._ended: set[int] = set()
        self.complete = True

    @property
    def is_thinned(self) -> bool:
        """Whether rows were left out."""
        return self._of_spectra.is_thinned or self._of_polarisations.is_thinned

    def poll(self) -> bool:
        """Read new points; return whether there were any."""
        self.complete = True
        news = [self._poll_spectra(part) for part in self._places]
        news.append(self._poll_polarisations())
        return any(news)

    def columns(self) -> tuple[Array, ...]:
        """Time, temperature and set point (n,) of the points, in no order."""
        columns = zip(self._of_spectra.columns(), self._of_polarisations.columns(), strict=True)
        return tuple(np.concatenate(parts) for parts in columns)

    def _poll_spectra(self, part: int) -> bool:
        found = point_temperatures.after(self._db, part, self._places[part], POINTS_AT_ONCE)
        if not found:
            return False
        self._places[part] = (found[-1]["parent"], found[-1]["number"])
        read = [(row["time_s"], row["temperature_k"], row["setpoint_k"]) for row in found]
        known = [row for row in read if row[1] is not None]
        self._of_spectra.append(np.array(known, dtype=float).reshape(-1, 3))
        self.complete = self.complete and len(found) < POINTS_AT_ONCE
        return bool(known)

    def _poll_polarisations(self) -> bool:
        """Read those that ended once, to their end, and the running one again and again."""
        rows = polarisations.of_parts(self._db, self._parts)
        waiting = [row for row in rows if row["id"] not in self._ended]
        table, size = self._of_polarisations, self._of_polarisations.columns()[0].size
        table.poll([row["id"] for row in waiting])
        self.complete = self.complete and table.complete
        if table.complete:
            self._ended |= {row["id"] for row in waiting if row["status"] != "running"}
        return table.columns()[0].size != size


def _numbers(record: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(v) if isinstance(v, int | float) else math.nan for name, v in record.items()}
