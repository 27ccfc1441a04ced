"""All parameters of the chosen job or run beside its table."""

from collections.abc import Mapping
from typing import Any

from labctl.gui.qt import Qt, QtGui, QtWidgets
from labctl.plain_text import on_one_line
from labctl.readmodel.parameters_text import value_in_words


class Details(QtWidgets.QTreeWidget):
    """Names and values, read-only; Ctrl+C copies the chosen lines.

    Parameters
    ----------
    name : str
        Accessible name.
    """

    def __init__(self, name: str, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setHeaderLabels(["Parameter", "Value"])
        self.setRootIsDecorated(False)
        self.setAlternatingRowColors(True)
        self.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setMinimumWidth(0)
        self.setTabKeyNavigation(False)
        self._shown: dict[str, str] = {}

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show these values in place of the former ones."""
        shown = {name: on_one_line(value_in_words(value)) for name, value in values.items()}
        if shown == self._shown:
            return
        self._shown = shown
        self.clear()
        for name, text in shown.items():
            item = QtWidgets.QTreeWidgetItem([on_one_line(name), text])
            item.setToolTip(1, on_one_line(str(values[name])))
            self.addTopLevelItem(item)
        self.resizeColumnToContents(0)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:  # noqa: N802
        """Copy the chosen lines at Ctrl+C."""
        if not event.matches(QtGui.QKeySequence.StandardKey.Copy):
            super().keyPressEvent(event)
            return
        lines = [f"{item.text(0)}\t{item.text(1)}" for item in self.selectedItems()]
        QtWidgets.QApplication.clipboard().setText("\n".join(lines))


def beside(table: QtWidgets.QWidget, details: Details) -> QtWidgets.QSplitter:
    """Return a table with its details at the right, which can be pushed together."""
    splitter = QtWidgets.QSplitter(Qt.Orientation.Horizontal)
    splitter.addWidget(table)
    splitter.addWidget(details)
    splitter.setStretchFactor(0, 3)
    splitter.setStretchFactor(1, 1)
    splitter.setCollapsible(0, False)
    return splitter
