"""A view in which a rectangle of points is marked by dragging the mouse."""

from typing import Any

from labctl.gui.plots.graphics import pg
from labctl.gui.qt import Qt, QtCore, Signal


class MarkingView(pg.ViewBox):
    """While `marking`, or with Shift held, dragging with the left button marks in place of moving the view.

    Signals
    -------
    marked(QRectF)
        The rectangle in the units of the axes, with `left() < right()` and `top() < bottom()`.
    """

    marked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.marking = False

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: N802
        """Draw the rectangle, and give it when the button is released."""
        held = bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if axis is not None or ev.button() != Qt.MouseButton.LeftButton or not (self.marking or held):
            super().mouseDragEvent(ev, axis)
            return
        ev.accept()
        begin, now = ev.buttonDownPos(ev.button()), ev.pos()
        if not ev.isFinish():
            self.updateScaleBox(begin, now)
            return
        self.rbScaleBox.hide()
        place = QtCore.QRectF(begin, now).normalized()
        self.marked.emit(self.childGroup.mapRectFromParent(place).normalized())
