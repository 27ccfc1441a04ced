"""Symbols at the points of a curve: copied as pixels on a screen, drawn as shapes in a vector picture."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from pyqtgraph.Qt import internals

from labctl.gui.qt import QtCore, QtGui
from labctl.readmodel.snapshot import Array

CIRCLE, SQUARE, RING, FRAME, UP, DOWN = "circle", "square", "ring", "frame", "triangle up", "triangle down"
DIAMOND = "hollow diamond"
RUN_SYMBOLS = (CIRCLE, SQUARE, RING, FRAME)
HOLLOW = (RING, FRAME, DIAMOND)


@dataclass(frozen=True)
class Symbol:
    """The symbol at each point; `size` in pixels of a screen at 100 %."""

    name: str
    colour: str
    size: float

    def draw(self, painter: Any) -> None:
        """Draw the symbol around the origin."""
        hollow = self.name in HOLLOW
        painter.setPen(QtGui.QPen(QtGui.QColor(self.colour), 1.2 if hollow else 0.6))
        painter.setBrush(QtGui.QBrush() if hollow else QtGui.QColor(self.colour))
        painter.drawPath(_shape(self.name, self.size))


class Paper:
    """The painting surface: a painter in pixels, and the transformation from the axes."""

    def __init__(self, painter: Any, transform: Any) -> None:
        self.painter, self.transform = painter, transform
        self.vector = painter.paintEngine().type() == QtGui.QPaintEngine.Type.SVG
        self.pixel_ratio = painter.device().devicePixelRatioF()


class Places:
    """The points of a curve on the screen: pixels x (n,), y (n,)."""

    def __init__(self, x: Array, y: Array) -> None:
        self._x, self._y = x, y
        self._stamp: Any = None
        self._blit: tuple[Any, ...] = ()

    def paint(self, paper: Paper, symbol: Symbol) -> None:
        """Paint the symbol at every point."""
        if paper.vector:
            self._draw_shapes(paper.painter, symbol)
            return
        stamp = _stamp(symbol, paper.pixel_ratio)
        if self._stamp is not stamp:
            self._stamp, self._fragments = stamp, self._fragments_of(stamp)
            self._blit = self._fragments.drawargs()
        paper.painter.drawPixmapFragments(*self._blit, stamp)

    def _draw_shapes(self, painter: Any, symbol: Symbol) -> None:
        painter.save()
        for x, y in zip(self._x, self._y, strict=True):
            painter.resetTransform()
            painter.translate(float(x), float(y))
            symbol.draw(painter)
        painter.restore()

    def _fragments_of(self, stamp: Any) -> Any:
        fragments = internals.PrimitiveArray(QtGui.QPainter.PixmapFragment, 10)
        fragments.resize(self._x.size)
        cells = fragments.ndarray()
        scale = 1 / stamp.devicePixelRatio()
        cells[:, 0], cells[:, 1] = self._x, self._y
        # left, top, width and height in the stamp; scales; rotation; opacity
        cells[:, 2:] = (0, 0, stamp.width(), stamp.height(), scale, scale, 0, 1)
        return fragments


@cache
def _stamp(symbol: Symbol, pixel_ratio: float) -> Any:
    reach = 1.5 if symbol.name in (UP, DOWN) else 1.0
    side = math.ceil(pixel_ratio * (reach * symbol.size + 3))
    stamp = QtGui.QPixmap(side, side)
    stamp.setDevicePixelRatio(pixel_ratio)
    stamp.fill(QtCore.Qt.GlobalColor.transparent)
    painter = QtGui.QPainter(stamp)
    painter.setRenderHint(painter.RenderHint.Antialiasing)
    painter.translate(side / pixel_ratio / 2, side / pixel_ratio / 2)
    symbol.draw(painter)
    painter.end()
    return stamp


@cache
def _shape(name: str, size: float) -> Any:
    shape, r = QtGui.QPainterPath(), size / 2
    if name in (CIRCLE, RING):
        shape.addEllipse(-r, -r, size, size)
    elif name in (SQUARE, FRAME):
        shape.addRect(-0.9 * r, -0.9 * r, 0.9 * size, 0.9 * size)
    elif name == DIAMOND:
        shape.addPolygon(QtGui.QPolygonF([QtCore.QPointF(*c) for c in ((0, -r), (r, 0), (0, r), (-r, 0))]))
        shape.closeSubpath()
    else:
        up = -1 if name == UP else 1
        corners = ((-1.4 * r, -up * r), (1.4 * r, -up * r), (0, 1.4 * up * r))
        shape.addPolygon(QtGui.QPolygonF([QtCore.QPointF(*corner) for corner in corners]))
        shape.closeSubpath()
    return shape
