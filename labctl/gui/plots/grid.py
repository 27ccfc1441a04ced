"""Grid lines at the labelled ticks as a separate item: new data does not repaint the axes."""

from typing import Any

from labctl.gui.plots.graphics import pg
from labctl.gui.qt import QtCore, QtGui


class Grid(pg.GraphicsObject):
    """Lines at the ticks of the bottom and left axis of a plot."""

    def __init__(self, plot: Any) -> None:
        super().__init__()
        self.colour = "#e4e7ec"
        self._plot = plot
        self._key: Any = None
        self._lines: list[QtCore.QLineF] = []
        self.setParentItem(plot.vb)
        self.setZValue(-100)
        plot.vb.sigRangeChanged.connect(lambda *_: self.update())

    def boundingRect(self) -> QtCore.QRectF:  # noqa: N802
        """Return where the item paints: the whole view."""
        return self._plot.vb.rect()

    def paint(self, painter: Any, *_: Any) -> None:
        """Paint the lines."""
        painter.setRenderHint(painter.RenderHint.Antialiasing, False)
        painter.setPen(QtGui.QPen(QtGui.QColor(self.colour), 1))
        if lines := self._where():
            painter.drawLines(lines)

    def _where(self) -> list[QtCore.QLineF]:
        view, room = self._plot.vb.viewRect(), self._plot.vb.rect()
        logarithmic = [self._plot.getAxis(side).logMode for side in ("bottom", "left")]
        key = (view, room, logarithmic)
        if key != self._key:
            self._key = key
            width, height = room.width(), room.height()
            if min(width, height) < 1:  # pressed flat: an error while Qt paints ends the process
                self._lines = []
                return self._lines
            across = _ticks(self._plot.getAxis("bottom"), view.left(), view.right(), width)
            up = _ticks(self._plot.getAxis("left"), view.top(), view.bottom(), height)
            xs = [width * (x - view.left()) / view.width() for x in across]
            ys = [height - height * (y - view.top()) / view.height() for y in up]
            self._lines = [QtCore.QLineF(x, 0, x, height) for x in xs]
            self._lines += [QtCore.QLineF(0, y, width, y) for y in ys]
        return self._lines


def _ticks(axis: Any, low: float, high: float, size: float) -> list[float]:
    """Return the values of the first level of ticks."""
    levels = axis.tickValues(low, high, size)
    return levels[0][1] if levels else []
