"""One set of axes: curves, a message if there are none, a note on the point under the pointer."""

from collections.abc import Callable, Hashable
from html import escape
from typing import Any

from labctl.gui.plots.beside import SMALLEST_PLOT
from labctl.gui.plots.curves import Curves, Look
from labctl.gui.plots.graphics import pg
from labctl.gui.plots.grid import Grid
from labctl.gui.plots.marking_view import MarkingView
from labctl.gui.plots.shown import Appearance
from labctl.gui.plots.symbols import RING
from labctl.gui.qt import QtCore, QtGui, QtWidgets, Signal
from labctl.plain_text import printable

WITHIN_PIXELS = 14
Describe = Callable[[Hashable, int], str]


class Plot(pg.PlotItem):
    """Axes with `curves`; `describe` returns the note for a curve's key and a point's index.

    Signals
    -------
    picked(key, int)
        A click on a symbol: key of its curve, and its index.
    marked(QRectF)
        A rectangle in the units of the axes, dragged with the mouse while `set_marking`, or with Shift.
    """

    picked = Signal(object, int)
    marked = Signal(object)

    def __init__(
        self, describe: Describe | None = None, axes: dict[str, Any] | None = None, view: Any = None
    ) -> None:
        super().__init__(axisItems=axes or {}, viewBox=view or MarkingView())
        self.vb.marked.connect(self.marked.emit)
        self.grid = Grid(self)
        self.curves = Curves()
        self.addItem(self.curves)
        self._describe = describe
        self._appearance = Appearance()
        self._sentence = QtWidgets.QGraphicsTextItem(self.vb)
        self._note = pg.TextItem(anchor=(0, 1))
        self._note.setZValue(100)
        self._ring = Curves()
        self.addItem(self._ring, ignoreBounds=True)
        self.addItem(self._note, ignoreBounds=True)
        self._note.hide()
        self.setMenuEnabled(enableMenu=False, enableViewBoxMenu=True)
        self.vb.sigResized.connect(self._place_sentence)

    def label(self, side: str, text: str, unit: str = "") -> None:
        """Name an axis, which draws HTML; with a unit its numbers get SI prefixes."""
        axis, text = self.getAxis(side), escape(printable(text), quote=False)
        if (axis.labelText, axis.labelUnits) != (text, unit):
            axis.enableAutoSIPrefix(bool(unit))
            self.setLabel(side, text, units=unit or None)

    def set_appearance(self, appearance: Appearance) -> None:
        """Use dark or light colours."""
        self._appearance = appearance
        for side in ("left", "bottom", "right", "top"):
            axis = self.getAxis(side)
            axis.setPen(appearance.muted)
            axis.setTextPen(appearance.foreground)
        self._sentence.setDefaultTextColor(QtGui.QColor(appearance.muted))
        self._note.setColor(appearance.foreground)
        self._note.fill = pg.mkBrush(appearance.background + "e8")
        self._note.border = pg.mkPen(appearance.muted)
        self.grid.colour = appearance.grid
        self.curves.update()

    def set_marking(self, on: bool) -> None:
        """Let the mouse mark points, or move the view."""
        self.vb.marking = on

    def say(self, sentence: str) -> None:
        """Show a message in the middle; an empty text removes it."""
        if sentence != self._sentence.toPlainText():
            self._sentence.setPlainText(sentence)
            self._place_sentence()

    @property
    def sentence(self) -> str:
        """The message in the middle."""
        return self._sentence.toPlainText()

    def _place_sentence(self, *_: Any) -> None:
        room = self.vb.rect()
        self._sentence.setTextWidth(-1)
        natural = self._sentence.boundingRect().width()
        self._sentence.setTextWidth(min(natural, max(room.width() - 20, 40)))
        self._sentence.setPos(room.center() - self._sentence.boundingRect().center())

    def point_at(self, scene_position: Any) -> tuple[Hashable, int] | None:
        """Return the symbol at a position of the scene: key of its curve, and its index."""
        if not self.vb.sceneBoundingRect().contains(scene_position):
            return None
        place = self.vb.mapSceneToView(scene_position)
        pixel = tuple(abs(size) or 1.0 for size in self.vb.viewPixelSize())
        return self.curves.nearest(place.x(), place.y(), (pixel[0], pixel[1]), WITHIN_PIXELS)

    def point_out(self, found: tuple[Hashable, int] | None) -> None:
        """Mark a point with a ring and a note beside it; None removes both."""
        text = self._describe(*found) if found and self._describe else ""
        if found is None or not text:
            self._note.hide()
            self._ring.keep(())
            return
        x, y = (values[found[1] : found[1] + 1] for values in self.curves.points(found[0]))
        look = Look(self._appearance.foreground, symbol=RING, size=self.curves.look(found[0]).size + 6)
        self._ring.draw("ring", look, object(), None, lambda: (x, y))
        self._ring.keep(("ring",))
        self._note.setText(text)
        self._note.setAnchor(self._away_from_edges(float(x[0]), float(y[0])))
        self._note.setPos(float(x[0]), float(y[0]))
        self._note.show()

    def _away_from_edges(self, x: float, y: float) -> tuple[float, float]:
        """Return the anchor of the note so that it opens towards the middle of the view."""
        middle = self.vb.viewRect().center()
        return (-0.05 if x < middle.x() else 1.05, 1.15 if y < middle.y() else -0.15)


class Canvas(pg.GraphicsLayoutWidget):
    """Plots side by side with a common pointer."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(SMALLEST_PLOT)
        self._plots: list[Plot] = []
        self._pointer = pg.SignalProxy(self.scene().sigMouseMoved, rateLimit=30, slot=self._point)
        self.scene().sigMouseClicked.connect(self._pick)

    def add(self, plot: Plot, row: int, column: int, rows: int = 1) -> None:
        """Put a plot into the grid."""
        self.addItem(plot, row, column, rowspan=rows)
        self._plots.append(plot)

    def drop(self, plot: Plot) -> None:
        """Take a plot out of the grid."""
        self.removeItem(plot)
        self._plots.remove(plot)

    def set_appearance(self, appearance: Appearance) -> None:
        """Use dark or light colours in all plots."""
        self.setBackground(appearance.background)
        for plot in self._plots:
            plot.set_appearance(appearance)

    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        """Remove the notes when the pointer leaves."""
        super().leaveEvent(event)
        self.point_out_nothing()

    def point_out_nothing(self) -> None:
        """Remove the notes."""
        for plot in self._plots:
            plot.point_out(None)

    def _point(self, event: Any) -> None:
        for plot in self._plots:
            plot.point_out(plot.point_at(event[0]))

    def _pick(self, event: Any) -> None:
        if event.button() != QtCore.Qt.MouseButton.LeftButton:
            return
        for plot in self._plots:
            found = plot.point_at(event.scenePos())
            if found is not None:
                plot.picked.emit(*found)
