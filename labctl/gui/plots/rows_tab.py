"""Every measured row of a run as a table, read a page at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from labctl.gui.plain_label import PlainLabel
from labctl.gui.plots.choice import Choice
from labctl.gui.plots.records_table import drawn_records, whole_records
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import Qt, QtCore, QtWidgets
from labctl.gui.queue_panel import set_up_table
from labctl.plain_text import on_one_line, spreadsheet_cell
from labctl.readmodel.pages import TABLES, Parts, columns_of, page_of, parts_of
from labctl.readmodel.run_of_file import is_of_another_file
from labctl.store import Database

PAGE = 200
MOST_PAGES = 50
MOST_COPIED = 10_000
NOWHERE = QtCore.QModelIndex()


class PagedModel(QtCore.QAbstractTableModel):
    """Rows by their place; `fetch(begin, count)` asks for a page, which comes by `show_page`."""

    def __init__(self, fetch: Callable[[int, int], None]) -> None:
        super().__init__()
        self._fetch = fetch
        self._pages: dict[int, list[dict[str, Any]]] = {}
        self._wanted: set[int] = set()
        self.rows, self.columns = 0, list[str]()

    def show(self, rows: int, columns: Sequence[str]) -> None:
        """Begin anew with so many rows, or let the same table grow."""
        if list(columns) == self.columns and rows >= self.rows > 0:
            self._grow(rows)
            return
        self.beginResetModel()
        self._pages, self._wanted = {}, set()
        self.rows, self.columns = rows, list(columns)
        self.endResetModel()

    def show_page(self, begin: int, rows: list[dict[str, Any]]) -> None:
        """Show a page that was asked for."""
        self._wanted.discard(begin)
        if len(self._pages) >= MOST_PAGES:
            self._pages.pop(next(iter(self._pages)))
        self._pages[begin] = rows
        if rows and self.columns:
            last = min(begin + len(rows), self.rows) - 1
            self.dataChanged.emit(self.index(begin, 0), self.index(last, len(self.columns) - 1))

    def row(self, place: int) -> dict[str, Any] | None:
        """Return a row; None, and its page is asked for, where it is not here."""
        begin = place - place % PAGE
        page = self._pages.get(begin)
        if page is not None and place - begin < len(page):
            return page[place - begin]
        if begin not in self._wanted:
            self._wanted.add(begin)
            self._fetch(begin, PAGE)
        return None

    def rowCount(self, parent: Any = NOWHERE) -> int:  # noqa: N802
        """Return the number of rows."""
        return 0 if parent.isValid() else self.rows

    def columnCount(self, parent: Any = NOWHERE) -> int:  # noqa: N802
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text of a cell; an ellipsis until its page has come."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        row = self.row(index.row())
        return "…" if row is None else _text(row.get(self.columns[index.column()]))

    def headerData(  # noqa: N802
        self, section: int, orientation: Any, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a heading."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self.columns[section]
        return None

    def _grow(self, rows: int) -> None:
        if rows > self.rows:
            self._pages.pop(self.rows - self.rows % PAGE, None)  # it was not full
            self.beginInsertRows(NOWHERE, self.rows, rows - 1)
            self.rows = rows
            self.endInsertRows()


class RowsTab(Tab):
    """The rows of one run: the chosen one, or the newest of those shown."""

    name = "Rows"

    def __init__(self) -> None:
        super().__init__()
        self._parts: Parts | None = None
        self._reading = self._again = False
        self._run, self._tables, self._said = Choice("newest run"), QtWidgets.QComboBox(), PlainLabel()
        self._run.setAccessibleName("Run of the rows")
        self._tables.addItems([*TABLES])
        self._tables.setAccessibleName("Table of the rows")
        self._run.chosen.connect(self.refresh)
        self._tables.activated.connect(lambda _: self.refresh())
        self.model = PagedModel(self._fetch)
        self.view = QtWidgets.QTableView(self)
        self.view.setModel(self.model)
        self.view.setAccessibleName("Measured rows")
        set_up_table(self.view, self.copy)
        self.view.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.ContiguousSelection)
        controls = QtWidgets.QHBoxLayout()
        for widget in (self._run, self._tables):
            controls.addWidget(widget)
        controls.addWidget(self._said, 1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self.view, 1)

    def copy(self) -> None:
        """Copy the selected rows with their headings, once they are read; at most 10 000."""
        parts, chosen = self._parts, self.view.selectionModel().selection()
        if parts is None or not chosen.count():
            return
        first, last = chosen.first().top(), chosen.first().bottom()
        count = min(last - first + 1, MOST_COPIED)
        columns = list(self.model.columns)
        self.read(
            lambda database: page_of(database, parts, first, count),
            lambda rows: self._put_on_clipboard(columns, rows, last - first + 1),
        )

    def _put_on_clipboard(self, columns: list[str], rows: list[dict[str, Any]], asked: int) -> None:
        cells = [columns, *([_text(row.get(name)) for name in columns] for row in rows)]
        text = "\n".join("\t".join(str(spreadsheet_cell(cell)) for cell in line) for line in cells)
        QtWidgets.QApplication.clipboard().setText(text)
        of = f" of {asked}; export the data of the tab for all" if asked > len(rows) else ""
        self._said.setText(f"{len(rows)} rows copied{of}")

    def draw(self) -> None:
        """Count the rows of the chosen run anew, and show those in sight."""
        here = [run for run in self.runs if not is_of_another_file(run.snapshot.id)]
        self._run.offer([(run.label, run.snapshot.id) for run in here])
        ids = [run.snapshot.id for run in here]
        run_id = self._run.key if self._run.key in ids else (ids[-1] if ids else None)
        if run_id is None:
            self._show(None, [])
            return
        table = TABLES[self._tables.currentText()]
        self._said.setText("" if self.model.rows else "no rows read yet")

        def look(database: Database) -> tuple[Parts, list[dict[str, Any]]]:
            try:
                parts = parts_of(database, run_id, table)
                return parts, page_of(database, parts, 0, PAGE)
            finally:
                self._reading = False

        self._again = self._reading  # rows come faster than they are counted: once more afterwards
        if not self._reading:
            self._reading = True
            self.read(look, self._take)

    def _take(self, found: tuple[Parts, list[dict[str, Any]]]) -> None:
        self._show(*found)
        if self._again:
            self._again = False
            self.refresh()

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return all columns of all runs, as thinned for the screen."""
        return drawn_records(self.runs)

    def whole_table(self, database: Database) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return every row of every run as emitted, texts included."""
        return whole_records(self.runs, database)

    def _show(self, parts: Parts | None, first: list[dict[str, Any]]) -> None:
        other = self._parts is None or parts is None or self._parts.ids != parts.ids
        if other or (self._parts and parts and self._parts.table != parts.table):
            self.model.show(0, [])
        fits = not self.model.rows
        self._parts = parts
        rows = 0 if parts is None else parts.rows
        self.model.show(rows, columns_of(first))
        if first:
            self.model.show_page(0, first)
            if fits:
                self.view.resizeColumnsToContents()
        self._said.setText(f"{rows} rows" if rows else "no rows of this kind")

    def _fetch(self, begin: int, count: int) -> None:
        parts = self._parts
        if parts is not None:
            self.read(
                lambda database: page_of(database, parts, begin, count),
                lambda rows: self.model.show_page(begin, rows) if parts.ids == _ids(self._parts) else None,
            )


def _ids(parts: Parts | None) -> tuple[int, ...]:
    return () if parts is None else parts.ids


def _text(value: Any) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else on_one_line(str(value))
