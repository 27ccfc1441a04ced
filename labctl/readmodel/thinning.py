"""Columns thinned to the resolution of a screen, extremes kept: any number of rows in bounded memory.

Rows are put into buckets of equal width, always a power of two, by their number in the series. Of each
bucket the rows with the least and the greatest value of each column stay. So a curve has the same resolution
from its beginning to its end, however long it grows, and a spike of one row is never lost.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

MOST_ROWS = 12_000


class ThinnedColumns:
    """Rows of numbers in order; when there are too many, each bucket of neighbours keeps its extremes.

    Parameters
    ----------
    columns : int
    extremes_of : sequence of int
        The columns of which the least and greatest values must stay visible.
    most_rows : int
        Rows held at most after appending; three quarters of them after they were thinned.
    """

    def __init__(self, columns: int, extremes_of: Sequence[int], most_rows: int = MOST_ROWS) -> None:
        self._extremes_of, self._most_rows = list(extremes_of), most_rows
        self._rows, self._numbers = np.empty((0, columns)), np.empty(0, dtype=np.int64)
        self._width = 1

    @property
    def is_thinned(self) -> bool:
        """Whether rows were left out here."""
        return self._width > 1

    def append(self, rows: Array, numbers: Array | None = None) -> None:
        """Add rows (m, columns) with their numbers in the series (m,), rising; by default the next ones."""
        if numbers is None:
            first = int(self._numbers[-1]) + 1 if self._numbers.size else 0
            numbers = np.arange(first, first + len(rows))
        self._rows = np.concatenate([self._rows, rows])
        self._numbers = np.concatenate([self._numbers, numbers])
        if len(self._rows) > self._most_rows:
            self._thin()

    def columns(self) -> tuple[Array, ...]:
        """Each column (n,); they are never written to again."""
        return tuple(self._rows.T)

    def _thin(self) -> None:
        """Thin the new rows like the old ones; where too many stay, all of them in wider buckets."""
        while len(self._rows) > 3 * self._most_rows // 4:
            kept = kept_of_buckets(self._rows[:, self._extremes_of], self._numbers, self._width)
            self._rows, self._numbers = self._rows[kept], self._numbers[kept]
            if len(self._rows) > 3 * self._most_rows // 4:
                self._width *= 2


def kept_of_buckets(values: Array, numbers: Array, width: int) -> Array:
    """Return the indices of the rows that represent their buckets of `width` numbers, rising.

    Those with the least and the greatest value of each column of `values` (n, k), a row without a value (NaN)
    where there is one, and the first and the last row of all.
    """
    if len(values) == 0:
        return np.empty(0, dtype=np.int64)
    bucket = numbers // width
    starts = np.concatenate([[0], 1 + np.flatnonzero(np.diff(bucket))])
    kept = [np.array([0, len(values) - 1])]
    for column in values.T:
        missing = np.isnan(column)
        kept += [np.lexsort((np.where(missing, np.inf, key), bucket))[starts] for key in (column, -column)]
        gaps = np.flatnonzero(missing)
        kept.append(gaps[np.unique(bucket[gaps], return_index=True)[1]])
    return np.unique(np.concatenate(kept))


def power_of_two_below(width: float) -> int:
    """Return the greatest power of two that is not above `width`, at least 1."""
    return 1 << max(0, int(width).bit_length() - 1)
