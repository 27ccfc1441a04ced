"""Tables that may hold a million rows of one run: read in stretches, thinned on the way."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labctl.readmodel.run_parts import Parts
from labctl.readmodel.snapshot import Array
from labctl.readmodel.thinning import ThinnedColumns

ROWS_AT_ONCE = 100_000  # of a table that is thinned while SQLite reads it
SHOWN_ROWS = 4000


@dataclass(frozen=True)
class Columns:
    """Which numbers of a table are followed, and which of them must keep its extremes."""

    names: tuple[str, ...]
    extremes_of: str


class LongTable:
    """The rows of one table of the parts, thinned: SQLite thins what is old, numpy what comes."""

    def __init__(self, parts: Parts, table: str, parent: str, columns: Columns) -> None:
        self._parts, self._table, self._parent, self._columns = parts, table, parent, columns
        index = columns.names.index(columns.extremes_of)
        self._kept = ThinnedColumns(len(columns.names), index)
        self._next: dict[int, int] = {}
        self.rows, self.complete = 0, True

    def poll(self, parents: Sequence[int] | None = None) -> bool:
        """Read the next stretch of each parent; return whether there was any."""
        self.complete = True
        news = [self._poll_one(parent) for parent in (self._parts.ids if parents is None else parents)]
        return any(news)

    def columns(self) -> tuple[Array, ...]:
        """What was read, a column each."""
        return self._kept.columns()

    def _poll_one(self, parent: int) -> bool:
        begin = self._next.get(parent, 0)
        query = f"SELECT max(number) AS last FROM {self._table} WHERE {self._parent} = ?"
        last = self._parts.rows(query, (parent,))[0]["last"]
        if last is None or last < begin:
            return False
        end = min(last + 1, begin + ROWS_AT_ONCE)
        if end == last + 1 and end - begin > SHOWN_ROWS:
            end = last  # the newest row is what people read: it is read next, alone, and not thinned away
        self._kept.append(self._stretch(parent, begin, end, last + 1))
        self._next[parent] = end
        self.rows += end - begin
        self.complete = self.complete and end == last + 1
        return True

    def _stretch(self, parent: int, begin: int, end: int, total: int) -> Array:
        """Rows from `begin` to `end`; of many, the extremes of each bucket."""
        names = ", ".join(self._columns.names)
        where = f"FROM {self._table} WHERE {self._parent} = ? AND number >= ? AND number < ?"
        bucket = max(1, 2 * (total - begin) // SHOWN_ROWS)
        if end - begin <= SHOWN_ROWS:
            rows = self._parts.array(f"SELECT {names} {where} ORDER BY number", (parent, begin, end))
        else:
            key = self._columns.extremes_of
            each = "SELECT number, {names}, {extreme}({key}) {where} GROUP BY number / {bucket}"
            both = " UNION ALL ".join(
                each.format(names=names, extreme=extreme, key=key, where=where, bucket=bucket)
                for extreme in ("min", "max")
            )
            found = self._parts.array(f"{both} ORDER BY 1", (parent, begin, end) * 2)
            rows = found[:, 1:-1]
        return rows.reshape(-1, len(self._columns.names))


class Records:
    """Rows of a procedure with columns of its own; of many, every so-many-th."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._rows: list[dict[str, float]] = []
        self._next: dict[int, int] = {}
        self.rows, self.complete = 0, True

    def poll(self) -> bool:
        """Read new rows; return whether there were any."""
        news = [self._poll_one(part) for part in self._parts.ids]
        return any(news)

    def value(self) -> dict[str, Array]:
        """A column (n,) for every name; what is no number is NaN."""
        names = dict.fromkeys(name for row in self._rows for name in row)
        return {name: np.array([row.get(name, math.nan) for row in self._rows]) for name in names}

    def _poll_one(self, part: int) -> bool:
        begin = self._next.get(part, 0)
        query = "SELECT max(number) AS last FROM records WHERE run_id = ?"
        last = self._parts.rows(query, (part,))[0]["last"]
        if last is None or last < begin:
            return False
        every = max(1, (last + 1 - begin) // SHOWN_ROWS)
        query = """SELECT data FROM records WHERE run_id = ? AND number >= ? AND number % ? = 0
                   ORDER BY number"""
        new = [_numbers(row["data"]) for row in self._parts.rows(query, (part, begin, every))]
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
