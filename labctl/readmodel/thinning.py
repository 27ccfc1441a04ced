"""Columns thinned to the resolution of a screen, extremes kept: any number of rows in bounded memory."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

MOST_ROWS = 8000


class ThinnedColumns:
    """Rows of numbers in order; when there are too many, each four neighbours keep their two extremes.

    Parameters
    ----------
    columns : int
    extremes_of : int
        The column of which the least and greatest values must stay visible.
    most_rows : int
        Rows held at most after appending.
    """

    def __init__(self, columns: int, extremes_of: int, most_rows: int = MOST_ROWS) -> None:
        self._extremes_of, self._most_rows = extremes_of, most_rows
        self._rows = np.empty((0, columns))

    def append(self, rows: Array) -> None:
        """Add rows (m, columns)."""
        self._rows = np.concatenate([self._rows, rows])
        while len(self._rows) > self._most_rows:
            self._rows = thinned(self._rows, self._extremes_of)

    def columns(self) -> tuple[Array, ...]:
        """Each column (n,); they are never written to again."""
        return tuple(self._rows.T)


def thinned(rows: Array, extremes_of: int) -> Array:
    """Half of the rows (n, k): of each four neighbours those with the least and the greatest value.

    Rows without a value (NaN) count as least. The last row, and those before it that fill no four, are kept.
    """
    fours = max(len(rows) - 1, 0) // 4
    key = rows[: 4 * fours, extremes_of].reshape(fours, 4)
    key = np.where(np.isnan(key), -np.inf, key)
    low, high = key.argmin(axis=1), key.argmax(axis=1)
    high = np.where(low == high, 3 - low, high)  # equal values: keep two different rows
    first = 4 * np.arange(fours)
    kept = np.sort(np.concatenate([first + low, first + high, np.arange(4 * fours, len(rows))]))
    return rows[kept]
