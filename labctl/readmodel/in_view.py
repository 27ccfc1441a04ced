"""The part of a long curve that a view shows, read again from the database at the resolution of the screen.

Every pixel of the view then has the least and the greatest value of all rows in it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from labctl.readmodel.gaps import with_gaps
from labctl.store import Database
from labctl.store.queries import in_view
from labctl.store.queries.in_view import Series

Array = np.ndarray[Any, np.dtype[Any]]
STRETCHES = 16  # of a logarithmic axis: the columns of each are equal


@dataclass(frozen=True)
class View:
    """A stretch of the x axis, and its width in pixels; base-ten logarithms where `logarithmic`."""

    low: float
    high: float
    pixels: int
    logarithmic: bool = False

    def stretches(self) -> list[tuple[float, float, int]]:
        """Return begin and end in x, and the number of columns, each at most as wide as a pixel."""
        if not self.logarithmic:
            return [(self.low, self.high, max(1, self.pixels))]
        ends = [10.0**end for end in np.linspace(self.low, self.high, STRETCHES + 1)]
        ratio = ends[1] / ends[0]
        columns = max(1, math.ceil(self.pixels / STRETCHES * ratio))
        return [(begin, end, columns) for begin, end in pairwise(ends)]


@dataclass(frozen=True, eq=False)
class Part:
    """x and y (n,) of a curve from `low` to `high`, exact for each pixel of the view that it was read for."""

    low: float
    high: float
    x: Array
    y: Array

    def put_into(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return a curve (m,), rising in x, with this part in the place of its own rows there."""
        before, after = x < self.low, x > self.high
        return (
            np.concatenate([x[before], self.x, x[after]]),
            np.concatenate([y[before], self.y, y[after]]),
        )


def temperature_in_view(database: Database, run_id: int, view: View) -> Part:
    """Return the temperature of a run with its parts against time; raises StoreError."""
    series = [one for part in database.part_ids(run_id) for one in in_view.temperatures(part)]
    found = _read(database, series, view)
    x, y = with_gaps(found.x, found.y)
    return replace(found, x=x, y=y)


def current_in_view(database: Database, polarisation_id: int, view: View) -> Part:
    """Return the good currents of a polarisation against time; raises StoreError."""
    return _read(database, in_view.currents(polarisation_id), view)


def records_in_view(database: Database, run_id: int, x: str, y: str, view: View) -> Part:
    """Return one column of the procedure of a run against another; raises StoreError."""
    parts = database.part_ids(run_id)
    series = [one for part in parts for one in in_view.columns_of_records(part, x, y)]
    return _read(database, series, view)


def _read(database: Database, series: Sequence[Series], view: View) -> Part:
    rows = [
        (row["x"], row["y"])
        for low, high, columns in view.stretches()
        for one in series
        for row in in_view.extremes(database, one, low, high, columns)
    ]
    table = np.array(rows, dtype=float).reshape(-1, 2)
    x, y = table[np.argsort(table[:, 0], kind="stable")].T
    low, high = view.stretches()[0][0], view.stretches()[-1][1]
    return Part(low, min(high, float(x[-1])) if x.size else low, x, y)
