"""A table with all rows replaced at once; the selection follows the key of a row."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.gui.plain_label import tool_tip
from labctl.gui.qt import Qt, QtCore, Signal
from labctl.plain_text import on_one_line
from labctl.readmodel.unreadable import or_as_unreadable

Index = QtCore.QModelIndex | QtCore.QPersistentModelIndex
SORT_ROLE = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True)
class Column:
    """A heading, the text of a cell, and its sort key (None: the text)."""

    heading: str
    text: Callable[[Any], str]
    key: Callable[[Any], Any] | None = None

    def shown(self, row: Any) -> str:
        """Return the text of the cell; of a damaged row, why there is none. Qt crashes if this raises."""
        return str(or_as_unreadable(lambda: self.text(row), lambda why: why))

    def sort_key(self, row: Any) -> float | str:
        """Return a number for a column with a key, else text, since Qt cannot compare one with the other."""
        if self.key is None:
            return self.shown(row)
        key = self.key
        value = or_as_unreadable(lambda: key(row), lambda why: None)
        return float(value) if isinstance(value, int | float) else -math.inf


class RowsModel(QtCore.QAbstractTableModel):
    """Rows of any kind under columns.

    Parameters
    ----------
    columns : sequence of Column
    key : callable
        Unique and permanent key of a row.
    colour : callable, optional
        Background of a row's first cell, as a QColor, or None.
    ticked : set, optional
        Keys of the ticked rows; if given, the first column has a check box.
    """

    ticks_changed = Signal()

    def __init__(
        self,
        columns: Sequence[Column],
        key: Callable[[Any], Any],
        colour: Callable[[Any], Any] | None = None,
        ticked: set[Any] | None = None,
        parent: QtCore.QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns, self._key, self._colour, self.ticked = tuple(columns), key, colour, ticked
        self.rows: list[Any] = []

    def show_columns(self, columns: Sequence[Column]) -> None:
        """Replace the columns."""
        self.beginResetModel()
        self._columns = tuple(columns)
        self.endResetModel()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, from left to right."""
        return self._columns

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Replace the rows; rows that stay in place keep their selection."""
        rows = list(rows)
        if rows == self.rows:
            return
        same = [self._key(row) for row in rows] == [self._key(row) for row in self.rows]
        grown = not same and [*map(self._key, rows[: len(self.rows)])] == [*map(self._key, self.rows)]
        if same:
            self._replace(rows)
        elif grown:
            old = len(self.rows)
            self._replace(rows[:old])
            self.beginInsertRows(QtCore.QModelIndex(), old, len(rows) - 1)
            self.rows = rows
            self.endInsertRows()
        else:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def _replace(self, rows: list[Any]) -> None:
        changed = [n for n, (new, old) in enumerate(zip(rows, self.rows, strict=True)) if new != old]
        self.rows = rows
        for n in changed:
            self.dataChanged.emit(self.index(n, 0), self.index(n, len(self._columns) - 1))

    def rowCount(self, parent: Index = QtCore.QModelIndex()) -> int:  # noqa: N802, B008
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QtCore.QModelIndex()) -> int:  # noqa: N802, B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a heading."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].heading
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return the item flags of a cell."""
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self.ticked is not None and index.column() == 0:
            usual |= Qt.ItemFlag.ItemIsUserCheckable
        return usual

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the content of a cell."""
        row, column = self.rows[index.row()], self._columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return on_one_line(column.shown(row))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(column.shown(row))
        if role == SORT_ROLE:
            return column.sort_key(row)
        if index.column() > 0:
            return None
        if role == Qt.ItemDataRole.DecorationRole and self._colour is not None:
            return self._colour(row)
        if role == Qt.ItemDataRole.CheckStateRole and self.ticked is not None:
            is_ticked = self._key(row) in self.ticked
            return Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        """Tick or untick a row."""
        if role != Qt.ItemDataRole.CheckStateRole or self.ticked is None or index.column() > 0:
            return False
        self.tick([self._key(self.rows[index.row()])], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def tick(self, keys: Sequence[Any], on: bool, alone: bool = False) -> None:
        """Tick or untick rows by key; with `alone` untick all others."""
        if self.ticked is None:
            return
        if alone:
            self.ticked.clear()
        (self.ticked.update if on else self.ticked.difference_update)(keys)
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, 0))
        self.ticks_changed.emit()
