"""A progress bar in a cell of a table, with its percent in words beside it for screen readers and copies."""

import re
from typing import Any

from labctl.gui.qt import Qt, QtWidgets

_PERCENT = re.compile(r"(\d+(?:\.\d+)?) %")


class ProgressDelegate(QtWidgets.QStyledItemDelegate):
    """Draws a cell whose text begins with a percentage as a bar; any other text as text."""

    def paint(self, painter: Any, option: Any, index: Any) -> None:
        """Draw the cell."""
        found = _PERCENT.match(index.data(Qt.ItemDataRole.DisplayRole) or "")
        if found is None:
            super().paint(painter, option, index)
            return
        bar = QtWidgets.QStyleOptionProgressBar()
        bar.rect = option.rect.adjusted(2, 2, -2, -2)
        bar.state, bar.palette, bar.fontMetrics = option.state, option.palette, option.fontMetrics
        bar.state |= QtWidgets.QStyle.StateFlag.State_Horizontal
        bar.minimum, bar.maximum, bar.progress = 0, 100, round(float(found[1]))
        bar.text, bar.textVisible, bar.textAlignment = found[0], True, Qt.AlignmentFlag.AlignCenter
        style = option.widget.style() if option.widget is not None else QtWidgets.QApplication.style()
        style.drawControl(QtWidgets.QStyle.ControlElement.CE_ProgressBar, bar, painter, option.widget)


def percent_in_words(percent: float | None) -> str:
    """Return a whole percentage; `""` where it is not known."""
    return "" if percent is None else f"{percent:.0f} %"
