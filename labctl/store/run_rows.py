"""The rows of one run as growing columns. Each read fetches only the new rows.

A run has rows of its procedure's own columns, points of spectra, points of polarisations, or several of
these; rows of several kinds are sorted by time.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labctl.store import Database
from labctl.store.encoding import decode_all

if TYPE_CHECKING:
    import pandas as pd

PAGE = 5000
_RECORDS = """
SELECT 0 AS owner, number, time_s, data AS text FROM records
WHERE run_id = :run AND number > :last ORDER BY number LIMIT :most"""
_POINTS = """
SELECT o.id AS owner, {about}, p.* FROM {owners} o JOIN {points} p ON p.{key} = o.id
WHERE o.run_id = :run AND o.id >= :owner AND p.number > CASE o.id WHEN :owner THEN :last ELSE -1 END
ORDER BY o.id, p.number LIMIT :most"""
_IMPEDANCE = _POINTS.format(
    about="o.number AS spectrum, o.step, o.branch, o.setpoint_k",
    owners="spectra",
    points="impedance_points",
    key="spectrum_id",
)
_CURRENTS = _POINTS.format(
    about="o.number AS polarisation, o.step, o.setpoint_k",
    owners="polarisations",
    points="polarisation_points",
    key="polarisation_id",
)


class GrowingColumn:
    """Values of one column in an array that doubles: flags, integers, floats while all are, else objects."""

    def __init__(self) -> None:
        self._values: np.ndarray[Any, Any] = np.empty(0)
        self._count = 0

    def extend(self, values: Sequence[Any]) -> None:
        """Append values; None becomes NaN among numbers."""
        new = _array_of(values)
        kind = _common(self._values.dtype, new.dtype) if self._count else new.dtype
        end = self._count + len(new)
        if end > len(self._values) or kind != self._values.dtype:
            grown = np.empty(max(2 * self._count, end, 64), dtype=kind)
            grown[: self._count] = self._values[: self._count]
            self._values = grown
        self._values[self._count : end] = new
        self._count = end

    def values(self) -> np.ndarray[Any, Any]:
        """Return the values so far: a view that later values do not change."""
        return self._values[: self._count]


@dataclass
class _Source:
    """One kind of rows, and the last one read."""

    query: str
    owner: int = -1
    last: int = -1

    def fetch(self, database: Database, run_id: int, most: int) -> list[dict[str, Any]]:
        """Return the next rows, oldest first."""
        where = {"run": run_id, "owner": self.owner, "last": self.last, "most": most}
        rows = database.rows(self.query, where)
        if rows:
            self.owner, self.last = rows[-1]["owner"], rows[-1]["number"]
        return rows


class RunRows:
    """The rows of one run.

    Parameters
    ----------
    path : Path
        The database; opened at the first look, and again after `close()`.
    run_id : int
    columns : sequence of str
        The columns wanted, also if they have no values; empty: the columns of the first rows.
    """

    def __init__(self, path: Path, run_id: int, columns: Sequence[str] = ()) -> None:
        self._path, self.run_id = path, run_id
        self._database: Database | None = None
        self._columns = {name: GrowingColumn() for name in columns}
        self._sources = [_Source(query) for query in (_RECORDS, _IMPEDANCE, _CURRENTS)]
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def read(self, most: int = PAGE) -> int:
        """Read rows written since the last call, at most `most` of each kind; return their number."""
        kinds = [source.fetch(self._open(), self.run_id, most) for source in self._sources]
        rows = list(chain.from_iterable(kinds))
        if len(rows) > max(map(len, kinds)):
            rows.sort(key=itemgetter("time_s"))
        self._append(_decoded(rows))
        return len(rows)

    def read_all(self) -> int:
        """Read all rows; return the number of new ones."""
        before = self._count
        while self.read():
            pass
        return self._count - before

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """Return the values of a column, one for each row read: NaN (or None) where a row has none."""
        return self._columns[name].values()

    def frame(self) -> "pd.DataFrame":
        """Return all columns as a pandas frame, without copying them."""
        import pandas as pd

        return pd.DataFrame({name: column.values() for name, column in self._columns.items()}, copy=False)

    def run(self) -> dict[str, Any]:
        """Return the row of the run as it is now."""
        return self._open().run(self.run_id)

    def close(self) -> None:
        """Close the database; the next read opens it again and continues."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def _open(self) -> Database:
        if self._database is None:
            self._database = Database(self._path)
        return self._database

    def _append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        if not self._columns:
            self._columns = {name: GrowingColumn() for name in rows[0]}
        for name, column in self._columns.items():
            column.extend([row.get(name) for row in rows])
        self._count += len(rows)


def _decoded(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows, with the JSON text of a procedure's own columns decoded, all texts at once."""
    values = iter(decode_all([row["text"] for row in rows if "text" in row]))
    return [next(values) if "text" in row else row for row in rows]


def _array_of(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """An array of flags, of integers, of floats (None is NaN), or of the objects themselves."""
    kinds = set(map(type, values))
    if kinds == {bool}:
        return np.array(values, dtype=bool)
    if kinds == {int} and all(abs(value) < 2**63 for value in values):
        return np.array(values, dtype=np.int64)
    if kinds <= {int, float, type(None)} and kinds != {int}:
        return np.array([math.nan if value is None else value for value in values], dtype=float)
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects


def _common(one: "np.dtype[Any]", other: "np.dtype[Any]") -> "np.dtype[Any]":
    if one == other:
        return one
    numbers = one.kind in "if" and other.kind in "if"
    return np.dtype(float) if numbers else np.dtype(object)
