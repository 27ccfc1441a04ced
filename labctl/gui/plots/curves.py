"""Many curves in one graphics item.

An item for each curve costs milliseconds to make and to paint; sixty spectra with their fits in four plots
are hundreds of curves. Here a curve is a path, and a change of style costs only the next paint.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from labctl.gui.plots.graphics import pg
from labctl.gui.plots.symbols import Paper, Places, Symbol
from labctl.gui.qt import QtCore, QtGui
from labctl.readmodel.snapshot import Array

Points = tuple[Array, Array]
Reach = tuple[float, float] | tuple[None, None]
SMOOTH_UP_TO = 2500  # points of a curve; smoothing more of them is slow and shows nothing
THIN_ABOVE = 1500
FARTHEST = 1e6  # pixels off the screen; Qt crashes when it fills a shape of 1e12


@dataclass(frozen=True)
class Look:
    """Style of a curve; sizes in pixels of a screen at 100 %.

    Attributes
    ----------
    line : float
        Width of the line, 0 for none. Qt is several times slower above 1.
    symbol : str
        A name of `symbols`, empty for none.
    fill : int
        Opacity of the area inside the curve, 0 to 255.
    pairs : bool
        Each pair of points is a separate line, as in error bars.
    counts : bool
        Whether the automatic view includes the curve.
    """

    colour: str
    line: float = 0.0
    dashed: bool = False
    symbol: str = ""
    size: float = 6.0
    fill: int = 0
    pairs: bool = False
    counts: bool = True


class Curves(pg.GraphicsObject):
    """Curves by key, painted in the order in which they came."""

    def __init__(self) -> None:
        super().__init__()
        self._curves: dict[Hashable, _Curve] = {}
        self._bounds: QtCore.QRectF | None = None
        self._reach: tuple[Reach, Reach] | None = None
        self._everything: tuple[Reach, Reach] | None = None
        self._padding: float | None = None
        self._changed = False
        self._found: tuple[list[Hashable], Array, Array, Array] | None = None

    def draw(
        self, key: Hashable, look: Look, source: object, mode: Any, points: Callable[[], Points]
    ) -> None:
        """Draw a curve; it becomes visible with `keep`.

        `points` is asked only when `source` is another object or `mode` another value.
        """
        known = self._curves.get(key)
        if (
            known is None
            or known.source is not source
            or known.mode != mode
            or known.look.pairs != look.pairs
        ):
            x, y = points()
            if x.size:
                self._curves[key] = _Curve(look, source, mode, x, y)
            else:
                self._curves.pop(key, None)
            self._changed = True
        elif known.look != look:
            known.look = look
            self._changed = True

    def keep(self, keys: Iterable[Hashable]) -> None:
        """Remove all curves but these, and show all changes since the last call."""
        wanted = set(keys)
        gone = [key for key in self._curves if key not in wanted]
        for key in gone:
            del self._curves[key]
        if gone or self._changed:
            self._changed = False
            self._moved()

    def points(self, key: Hashable) -> Points:
        """Return the points of a curve as drawn: x (n,), y (n,).

        Raises
        ------
        KeyError
            No such curve.
        """
        return self._curves[key].x, self._curves[key].y

    def drawn(self) -> list[Hashable]:
        """Return the keys in the order of painting."""
        return list(self._curves)

    def look(self, key: Hashable) -> Look:
        """Return the style of a curve."""
        return self._curves[key].look

    def nearest(
        self, x: float, y: float, pixel: tuple[float, float], within: float
    ) -> tuple[Hashable, int] | None:
        """Return key and index of the symbol nearest to a position, if at most `within` pixels away.

        Parameters
        ----------
        x, y : float
            In the units of the axes.
        pixel : (float, float)
            Width and height of a pixel in these units.
        """
        keys, owners, xs, ys = self._all_symbols()
        if xs.size == 0:
            return None
        with np.errstate(invalid="ignore"):
            far = ((xs - x) / pixel[0]) ** 2 + ((ys - y) / pixel[1]) ** 2
        far[np.isnan(far)] = np.inf
        best = int(np.argmin(far))
        if far[best] > within**2:
            return None
        owner = owners[best]
        return keys[owner], best - int(np.searchsorted(owners, owner))

    def _all_symbols(self) -> tuple[list[Hashable], Array, Array, Array]:
        if self._found is None:
            marked = [(key, curve) for key, curve in self._curves.items() if curve.look.symbol]
            sizes = [curve.x.size for _, curve in marked]
            owners = np.repeat(np.arange(len(marked)), sizes)
            empty = [np.empty(0)]
            xs = np.concatenate([curve.x for _, curve in marked] or empty)
            ys = np.concatenate([curve.y for _, curve in marked] or empty)
            self._found = [key for key, _ in marked], owners, xs, ys
        return self._found

    def _moved(self) -> None:
        self._bounds = self._reach = self._everything = self._padding = self._found = None
        self.prepareGeometryChange()
        self.informViewBoundsChanged()
        self.update()

    # Methods that the view calls.

    def dataBounds(  # noqa: N802
        self,
        ax: int,
        frac: float = 1.0,
        orthoRange: Any = None,  # noqa: N803
    ) -> tuple[float | None, float | None]:
        """Return lowest and highest value along an axis."""
        if self._reach is None:
            self._reach = _reach([c.ends for c in self._curves.values() if c.look.counts and c.ends])
        return self._reach[ax]

    def pixelPadding(self) -> float:  # noqa: N802
        """Return how far symbols and lines reach beyond their points."""
        if self._padding is None:
            sizes = {curve.look.size for curve in self._curves.values() if curve.look.symbol}
            self._padding = max(sizes, default=0.0) / 2 + 1
        return self._padding

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802
        """Return where the item paints."""
        if self._bounds is None:
            if self._everything is None:
                self._everything = _reach([curve.ends for curve in self._curves.values() if curve.ends])
            self._bounds = self._around(*self._everything)
        return self._bounds

    def _around(self, x_reach: Reach, y_reach: Reach) -> QtCore.QRectF:
        (left, right), (bottom, top) = x_reach, y_reach
        if left is None or right is None or bottom is None or top is None:
            return QtCore.QRectF()
        across, up = self.pixelVectors()
        padding = self.pixelPadding()
        dx = 0.0 if across is None else padding * across.length()
        dy = 0.0 if up is None else padding * up.length()
        return QtCore.QRectF(left - dx, bottom - dy, right - left + 2 * dx, top - bottom + 2 * dy)

    def viewTransformChanged(self) -> None:  # noqa: N802
        """Update the painted area: symbols keep their size on the screen when the view changes."""
        self._bounds = None
        self.prepareGeometryChange()

    def paint(self, painter: Any, *_: Any) -> None:
        """Paint every curve in pixels: symbols and lines keep their size at any range of the axes."""
        transform = painter.transform()
        if not transform.isInvertible():  # the view has no room: Qt crashes with infinite coordinates
            return
        canvas = Paper(painter, transform)
        painter.resetTransform()
        for curve in self._curves.values():
            if curve.ends is not None:
                curve.paint(canvas)
        painter.setTransform(transform)


class _Curve:
    """One curve: its points, their range, and their positions on the screen at the last paint."""

    def __init__(self, look: Look, source: object, mode: Any, x: Array, y: Array) -> None:
        self.look, self.source, self.mode = look, source, mode
        self.x, self.y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        good = np.isfinite(self.x + self.y)
        self._good = None if good.all() else good
        x, y = (self.x, self.y) if self._good is None else (self.x[good], self.y[good])
        self.ends = (_ends(x), _ends(y)) if x.size else None
        self._transform: Any = None
        self._path: Any = None
        self._places: Any = None

    def paint(self, paper: Paper) -> None:
        painter, look = paper.painter, self.look
        if self._transform is None or self._transform != paper.transform:
            self._transform, self._path, self._places = paper.transform, None, None
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, self.x.size <= SMOOTH_UP_TO)
        if look.fill:
            painter.fillPath(self._line(), _translucent(look.colour, look.fill))
        if look.line:
            painter.setPen(_line_pen(look.colour, look.line, look.dashed))
            painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
            painter.drawPath(self._line())
        if look.symbol:
            if self._places is None:
                x, y = self._on_screen()
                self._places = Places(*((x, y) if self._good is None else (x[self._good], y[self._good])))
            self._places.paint(paper, Symbol(look.symbol, look.colour, look.size))

    def _on_screen(self) -> Points:
        t = self._transform
        x, y = t.m11() * self.x + t.dx(), t.m22() * self.y + t.dy()
        return np.clip(x, -FARTHEST, FARTHEST), np.clip(y, -FARTHEST, FARTHEST)

    def _line(self) -> Any:
        if self._path is None:
            x, y = self._on_screen()
            if self.look.pairs:
                connect = "pairs"
            else:
                x, y = thinned_to_pixels(x, y)
                connect = "all" if self._good is None else "finite"
            self._path = pg.arrayToQPath(x, y, connect=connect)
        return self._path


def thinned_to_pixels(x: Array, y: Array) -> Points:
    """Keep the extremes of each column of pixels, if x never falls and there are many points per pixel.

    A gap (NaN) stays a gap unless it is narrower than a pixel.
    """
    if x.size <= THIN_ABOVE or not np.all(np.diff(x) >= 0):
        return x, y
    column = np.floor(x)
    first = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    if 4 * first.size > x.size:
        return x, y
    low, high = np.fmin.reduceat(y, first), np.fmax.reduceat(y, first)
    return np.repeat(column[first] + 0.5, 2), np.column_stack([low, high]).ravel()


def _reach(ends: list[Any]) -> tuple[Reach, Reach]:
    """Return the lowest and highest value of many curves along x and along y."""
    if not ends:
        return (None, None), (None, None)
    table = np.array(ends)
    low, high = table[:, :, 0].min(axis=0), table[:, :, 1].max(axis=0)
    return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))


def _ends(values: Array) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _translucent(colour: str, opacity: int) -> Any:
    shade = QtGui.QColor(colour)
    shade.setAlpha(opacity)
    return shade


@cache
def _line_pen(colour: str, width: float, dashed: bool) -> Any:
    pen = QtGui.QPen(QtGui.QColor(colour), width)
    if dashed:
        pen.setStyle(QtCore.Qt.PenStyle.DashLine)
    return pen
