"""Tables of conductivities and transference numbers."""

from collections.abc import Iterator, Sequence
from typing import Any

from labctl.derive import budgets
from labctl.gui.plain_label import PlainLabel
from labctl.gui.plots.lines_table import Line, LinesModel, LinesView
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtWidgets, Signal
from labctl.readmodel.budget_text import budget_lines, with_lists
from labctl.readmodel.formatting import celsius, typeset
from labctl.readmodel.shown_columns import CONDUCTIVITY
from labctl.readmodel.snapshot import Row
from labctl.readmodel.stated_text import not_stated_in_words
from labctl.readmodel.transference_text import interval, newman_number, quantity, value

HEADINGS = ("run", *(column.typeset_heading for column in CONDUCTIVITY), "branch", "remarks")
TRANSFERENCE = ("run", "T / °C", "quantity", "value", "95 %", "Ne", "remarks")
EXPORTED = ("conductivities", "transference_numbers")


class TableTab(Tab):
    """Two tables; ± is one standard uncertainty. The second is hidden while empty.

    Signals
    -------
    budget_wanted(str, list of str)
        Title and lines of the uncertainty by source of the number in a line that was double-clicked, or
        chosen with Return.
    """

    name = "Table"
    budget_wanted = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.conductivities = LinesModel(HEADINGS, _conductivity)
        self.transference = LinesModel(TRANSFERENCE, _transference)
        self.views = (LinesView(self.conductivities), LinesView(self.transference))
        for view, name in zip(self.views, ("Conductivities", "Transference numbers"), strict=True):
            view.setAccessibleName(name)
        self.views[0].activated.connect(lambda index: self._show_budget(self.conductivities, index.row()))
        self.views[1].activated.connect(lambda index: self._show_budget(self.transference, index.row()))
        for view in self.views:
            view.setToolTip("Double-click, or Return: the uncertainty by source")
        self._titles = (PlainLabel(), PlainLabel("transference numbers"))
        copy = QtWidgets.QPushButton("Copy")
        copy.setToolTip("Copy the selected lines, or all, to paste into a spreadsheet")
        copy.clicked.connect(self.copy)
        self._not_stated = PlainLabel()
        self._not_stated.setWordWrap(True)
        top = QtWidgets.QHBoxLayout()
        top.addWidget(self._titles[0], 1)
        top.addWidget(copy)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self._not_stated)
        layout.addWidget(self.views[0], 3)
        layout.addWidget(self._titles[1])
        layout.addWidget(self.views[1], 1)

    def copy(self) -> None:
        """Copy the table with the keyboard focus, else the conductivities."""
        (self.views[1] if self.views[1].hasFocus() else self.views[0]).copy()

    def _show_budget(self, model: LinesModel, row: int) -> None:
        run_id, number = model.items[row]
        title = f"Uncertainty of line {row + 1}, run {run_id}"
        if model is self.conductivities:
            lines = budget_lines([with_lists(number, budgets.CONDUCTIVITY)], [], [])
        else:
            lines = budget_lines([], [], [with_lists(number, number["quantity"])])
        self.budget_wanted.emit(title, lines)

    def draw(self) -> None:
        """Update changed lines."""
        conductivities = [(run.snapshot.id, row) for run in self.runs for row in run.snapshot.conductivities]
        numbers = [(run.snapshot.id, row) for run in self.runs for row in run.snapshot.transference_numbers]
        many = len(conductivities)
        self._titles[0].setText("conductivity, ± one standard uncertainty" if many else "no conductivity yet")
        missing = [(run.snapshot.id, not_stated_in_words(run.snapshot.stated)) for run in self.runs]
        told = [f"run {run_id}: {words}" for run_id, words in missing if words]
        self._not_stated.setText("\n".join(told))
        self._not_stated.setVisible(bool(told))
        for widget in (self._titles[1], self.views[1]):
            widget.setVisible(bool(numbers))
        tables = (self.conductivities, conductivities), (self.transference, numbers)
        for view, (model, items) in zip(self.views, tables, strict=True):
            was_empty = not model.items
            if model.show_items(items) and was_empty:
                view.fit_columns()

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return both tables with every column of the database; the column `table` names the table."""
        found = [
            (run.snapshot.id, table, row)
            for table in EXPORTED
            for run in self.runs
            for row in getattr(run.snapshot, table)
        ]
        columns = list(dict.fromkeys(name for _, _, row in found for name in row if name != "run_id"))
        rows = ((run_id, table, *(row.get(name) for name in columns)) for run_id, table, row in found)
        return ("run_id", "table", *columns), rows


def _conductivity(item: tuple[int, Row]) -> Line:
    run_id, row = item
    cells = (column.text(row) for column in CONDUCTIVITY)
    return Line((str(run_id), *cells, row["branch"], "; ".join(row["flags"])))


def _transference(item: tuple[int, Row]) -> Line:
    run_id, row = item
    place = celsius(row["temperature_k"]) if row["temperature_k"] else ""
    cells = (place, typeset(quantity(row)), value(row), interval(row), newman_number(row))
    return Line((str(run_id), *cells, "; ".join(row["flags"])))
