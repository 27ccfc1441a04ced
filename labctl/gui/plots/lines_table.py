"""Rows of text in a Qt table: only changed rows are updated; copied as tab-separated values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.gui.plain_label import tool_tip
from labctl.gui.qt import QtCore, QtGui, QtWidgets
from labctl.plain_text import on_one_line, spreadsheet_cell

ALIGN = QtCore.Qt.AlignmentFlag.AlignVCenter
NOWHERE = QtCore.QModelIndex()


@dataclass(frozen=True)
class Line:
    """One row: its cells, and the colour of its text if highlighted."""

    cells: tuple[str, ...]
    colour: str = ""


class LinesModel(QtCore.QAbstractTableModel):
    """Lines under headings; the last column is text, the others are numbers unless `numeric` is False.

    `line` makes the line of an item when it becomes visible.
    """

    def __init__(self, headings: Sequence[str], line: Callable[[Any], Line], numeric: bool = True) -> None:
        super().__init__()
        self._headings, self._numeric = tuple(headings), numeric
        self._line = line
        self.items: list[Any] = []

    def line(self, row: int) -> Line:
        """Return one line."""
        return self._line(self.items[row])

    def show_items(self, items: list[Any]) -> bool:
        """Replace the items; return whether there was a change.

        If items were only removed at the top and added at the end, a view keeps its position and selection.
        """
        old = self.items
        gone = _index(old, items[0]) if items else 0
        if items == old:
            return False
        kept = len(old) - gone
        if old and kept > 0 and len(items) >= kept and items[:kept] == old[gone:]:
            self._drop_and_add(gone, items)
        elif len(items) == len(old):
            self.items = items
            self.dataChanged.emit(self.index(0, 0), self.index(len(items) - 1, len(self._headings) - 1))
        else:
            self.beginResetModel()
            self.items = items
            self.endResetModel()
        return True

    def _drop_and_add(self, gone: int, items: list[Any]) -> None:
        kept = len(self.items) - gone
        if gone:
            self.beginRemoveRows(NOWHERE, 0, gone - 1)
            self.items = self.items[gone:]
            self.endRemoveRows()
        if len(items) > kept:
            self.beginInsertRows(NOWHERE, kept, len(items) - 1)
            self.items = items
            self.endInsertRows()

    # Methods that a view calls.

    def rowCount(self, parent: Any = NOWHERE) -> int:  # noqa: N802
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self.items)

    def columnCount(self, parent: Any = NOWHERE) -> int:  # noqa: N802
        """Return the number of headings."""
        return 0 if parent.isValid() else len(self._headings)

    def data(self, index: Any, role: int = QtCore.Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text, alignment or colour of a cell; remarks are also their own tool tips."""
        line, column = self.line(index.row()), index.column()
        roles = QtCore.Qt.ItemDataRole
        last = column == len(self._headings) - 1
        if role == roles.ToolTipRole and last:
            return tool_tip(line.cells[column])
        if role == roles.DisplayRole:
            return on_one_line(line.cells[column])
        if role == roles.TextAlignmentRole and self._numeric and not last:
            return QtCore.Qt.AlignmentFlag.AlignRight | ALIGN
        if role == roles.ForegroundRole and line.colour:
            return QtGui.QBrush(QtGui.QColor(line.colour))
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Any, role: int = QtCore.Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a heading."""
        if role == QtCore.Qt.ItemDataRole.DisplayRole and orientation == QtCore.Qt.Orientation.Horizontal:
            return self._headings[section]
        return None


class LinesView(QtWidgets.QTableView):
    """A table that people read and copy from."""

    def __init__(self, model: LinesModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setSelectionBehavior(self.SelectionBehavior.SelectRows)
        self.setEditTriggers(self.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(int(1.5 * self.fontMetrics().height()))
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setResizeContentsPrecision(0)  # from the visible rows
        copy = QtGui.QAction("Copy", self)  # pyright: ignore[reportPrivateImportUsage]
        copy.setShortcut(QtGui.QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(QtCore.Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)
        self.setContextMenuPolicy(QtCore.Qt.ContextMenuPolicy.ActionsContextMenu)

    def copy(self) -> None:
        """Copy the selected lines, or all, as tab-separated values under their headings."""
        QtWidgets.QApplication.clipboard().setText(self.as_text())

    def as_text(self) -> str:
        """Return the selected lines, or all, as tab-separated values under their headings."""
        selected = sorted(index.row() for index in self.selectionModel().selectedRows())
        rows = selected or range(len(self._model.items))
        cells = [self._headings(), *(self._model.line(row).cells for row in rows)]
        return "\n".join("\t".join(map(_pasted, line)) for line in cells) + "\n"

    def fit_columns(self) -> None:
        """Make every column but the last as wide as its text."""
        for column in range(self._model.columnCount() - 1):
            self.resizeColumnToContents(column)

    def _headings(self) -> tuple[str, ...]:
        horizontal = QtCore.Qt.Orientation.Horizontal
        return tuple(self._model.headerData(i, horizontal) for i in range(self._model.columnCount()))


def _pasted(cell: str) -> str:
    """Return a cell as a spreadsheet takes it: in one place, and no formula."""
    return str(spreadsheet_cell(on_one_line(cell)))


def _index(items: list[Any], wanted: Any) -> int:
    """Return the index of an object in a list; the length of the list if absent."""
    return next((index for index, item in enumerate(items) if item is wanted or item == wanted), len(items))
