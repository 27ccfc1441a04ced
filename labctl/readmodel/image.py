"""A map of one column over two others: cells of a grid, from the rows of a procedure that scans both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.readmodel.snapshot import Array
from labctl.store import Database
from labctl.store.queries import records

SAME = 1e-6  # of the span: a step of a scan is not exact
MOST_CELLS = 1000  # along an axis


@dataclass(frozen=True, eq=False)
class Image:
    """Values (n, m) over x (n,) and y (m,), both rising; NaN where nothing was measured.

    `averaged`: more than a thousand different values of x or y: each cell is the mean of the rows in it.
    """

    x: Array
    y: Array
    z: Array
    averaged: bool = False

    def edges(self) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of the area that the cells cover."""
        (left, right), (bottom, top) = _ends(self.x), _ends(self.y)
        return left, bottom, right - left, top - bottom

    def as_pixels(self) -> Array:
        """Return the values on even steps of x and y: each pixel has the value of the cell that it is in."""
        return self.z[np.ix_(_nearest(self.x), _nearest(self.y))]


def image_of(x: Array, y: Array, z: Array) -> Image | None:
    """Return the map of rows (n,); of rows in one place the last counts. None without any complete row."""
    known = np.isfinite(x) & np.isfinite(y) & np.isfinite(z)
    if not known.any():
        return None
    (xs, columns), (ys, rows) = _steps(x[known]), _steps(y[known])
    averaged = xs.size > MOST_CELLS or ys.size > MOST_CELLS
    if averaged:
        return _averaged(x[known], y[known], z[known])
    cells = np.full((xs.size, ys.size), np.nan)
    cells[columns, rows] = z[known]  # numpy keeps the last of several
    return Image(xs, ys, cells)


def read_image(database: Database, parts: Sequence[int], names: tuple[str, str, str]) -> Image | None:
    """Return the map of every row of a run with its earlier parts; raises StoreError."""
    rows = [row for part in parts for row in records.numbers_of(database, part, names)]
    table = np.array([[row["a"], row["b"], row["c"]] for row in rows], dtype=float).reshape(-1, 3)
    return image_of(*table.T)


def _steps(values: Array) -> tuple[Array, Array]:
    """Return the different values, rising, and the place of each value among them."""
    span = float(np.ptp(values)) or 1.0
    order = np.argsort(values, kind="stable")
    new = np.diff(values[order], prepend=values[order[0]]) > SAME * span
    places = np.empty(values.size, dtype=np.int64)
    places[order] = np.cumsum(new)
    return values[order][np.concatenate([[True], new[1:]])], places


def _averaged(x: Array, y: Array, z: Array) -> Image:
    counts = [min(MOST_CELLS, _steps(values)[0].size) for values in (x, y)]
    sums, *edges = np.histogram2d(x, y, bins=counts, weights=z)
    rows, *_ = np.histogram2d(x, y, bins=edges)
    with np.errstate(invalid="ignore", divide="ignore"):
        middles = [(one[1:] + one[:-1]) / 2 for one in edges]
        return Image(middles[0], middles[1], sums / rows, averaged=True)


def _borders(values: Array) -> Array:
    """Return the borders (n + 1,) between neighbouring values; the outer cells are symmetric."""
    if values.size == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    middles = (values[1:] + values[:-1]) / 2
    return np.concatenate([[2 * values[0] - middles[0]], middles, [2 * values[-1] - middles[-1]]])


def _ends(values: Array) -> tuple[float, float]:
    borders = _borders(values)
    return float(borders[0]), float(borders[-1])


def _nearest(values: Array) -> Array:
    """Return for even pixels the index of the cell that each is in; one pixel per cell for even steps."""
    borders = _borders(values)
    widths = np.diff(borders)
    if widths.max() < 1.01 * widths.min():
        return np.arange(values.size)
    pixels = min(MOST_CELLS, int(np.ceil((borders[-1] - borders[0]) / widths.min())))
    centres = np.linspace(borders[0], borders[-1], 2 * pixels + 1)[1::2]
    return np.clip(np.searchsorted(borders, centres, side="right") - 1, 0, values.size - 1)
