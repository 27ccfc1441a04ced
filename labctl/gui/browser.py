"""All runs of the database: choose runs to draw, filter, reuse parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.clock import RealClock
from labctl.gui.plots.shown import RUN_COLOURS
from labctl.gui.qt import QShortcut, Qt, QtCore, QtGui, QtWidgets, Signal
from labctl.gui.queue_panel import fit_columns, set_up_table
from labctl.gui.rows_model import SORT_ROLE, Column, Index, RowsModel
from labctl.plain_text import local_time
from labctl.readmodel.formatting import duration

UNKNOWN = "?"  # the row of the sample is missing
STATES = ("all states", "running", "finished", "failed", "aborted", "interrupted")
PERIODS = {"any time": None, "last day": 1, "last week": 7, "last month": 31, "last year": 366}

Row = Mapping[str, Any]


def _started(row: Row) -> str:
    simulated = " (simulated)" if row["clock"] == "virtual" else ""
    return local_time(row["started_s"], "%Y-%m-%d %H:%M") + simulated


def _is_older(row: Row, time_s: float) -> bool:
    """Return whether a run began before; no for a time that is none."""
    return isinstance(row["started_s"], int | float) and row["started_s"] < time_s


def _status(row: Row) -> str:
    return row["status"] + (f": {row['reason']}" if row["reason"] else "")


COLUMNS = (
    Column("Run", lambda row: str(row["id"]), lambda row: row["id"]),
    Column("Sample", lambda row: row["sample"] or UNKNOWN),
    Column("Procedure", lambda row: row["procedure"].rpartition(":")[2]),
    Column("Started", _started, lambda row: row["started_s"]),
    Column(
        "Took",
        lambda row: duration(row["ended_s"] - row["started_s"]) if row["ended_s"] else "",
        lambda row: (row["ended_s"] or 0) - row["started_s"],
    ),
    Column("Job", lambda row: str(row["job_id"] or ""), lambda row: row["job_id"] or 0),
    Column("State", _status),
)


class Browser(QtWidgets.QWidget):
    """The runs as a table; ticked runs are drawn.

    Signals
    -------
    ticks_changed(list of int), reuse_wanted(int)
        Ids of the runs to draw; id of the run to fill the form from.
    correction_wanted(int), note_wanted(int), amendments_wanted(int)
        Id of the run to correct the sample of, to add a note to, to list the amendments of.
    """

    ticks_changed = Signal(object)
    reuse_wanted = Signal(int)
    correction_wanted = Signal(int)
    note_wanted = Signal(int)
    amendments_wanted = Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = RowsModel(COLUMNS, lambda row: row["id"], self._swatch, ticked=set(), parent=self)
        self.filtered = _Filter(self)
        self.filtered.setSourceModel(self.model)
        self.table = QtWidgets.QTableView(self)
        self.table.setModel(self.filtered)
        self.table.setAccessibleName("Runs")
        set_up_table(self.table)
        self.table.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self._colours: dict[int, str] = {}
        self._newest = self._followed = 0
        self._build_filter()
        self._lay_out()
        self._connect()

    def show_runs(self, rows: Sequence[Row]) -> None:
        """Show the current runs; draw a new run alone, unless others are ticked by hand."""
        newest = max((row["id"] for row in rows), default=0)
        first_look, known = not self.model.rows, len(self.model.rows)
        self.model.show_rows(rows)
        begun = [row["id"] for row in rows if row["id"] > self._newest and row["status"] == "running"]
        self._newest = newest
        if begun or (first_look and newest):
            self._begin_to_follow(begun[-1] if begun else newest)
        if len(rows) > known:
            fit_columns(self.table)

    def _begin_to_follow(self, run_id: int) -> None:
        by_hand = self.ticked() not in ([], [self._followed])
        self._followed = run_id
        if not by_hand:
            self.model.tick([run_id], True, alone=True)

    def ticked(self) -> list[int]:
        """Ids of the runs to draw, oldest first."""
        return sorted(self.model.ticked or ())

    def colour(self, run_id: int) -> str:
        """Return the colour of a run, constant while it is drawn."""
        if run_id not in self._colours:
            taken = list(self._colours.values())
            free = sorted(RUN_COLOURS, key=lambda c: (taken.count(c), RUN_COLOURS.index(c)))
            self._colours[run_id] = free[0]
        return self._colours[run_id]

    def selected(self) -> list[int]:
        """Ids of the rows chosen in the table."""
        indices = self.table.selectionModel().selectedRows()
        return [self.model.rows[self.filtered.mapToSource(index).row()]["id"] for index in indices]

    def _build_filter(self) -> None:
        self.search, self.state, self.period = (
            QtWidgets.QLineEdit(),
            QtWidgets.QComboBox(),
            QtWidgets.QComboBox(),
        )
        self.search.setPlaceholderText("sample, procedure, reason, run number")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Filter of runs")
        self.state.addItems(STATES)
        self.period.addItems(list(PERIODS))
        self.draw_button = QtWidgets.QPushButton("&Draw alone", self)
        self.untick_button = QtWidgets.QPushButton("Dra&w none", self)
        self.reuse_button = QtWidgets.QPushButton("Use parameters a&gain", self)
        self.amend_button = QtWidgets.QPushButton("Correct", self)
        self.amend_button.setShortcut("Ctrl+M")
        self.amend_button.setToolTip("Ctrl+M: correct or annotate the chosen run, list its amendments")
        menu = QtWidgets.QMenu(self.amend_button)
        for text, wanted in (
            ("&Correct sample…", self.correction_wanted),
            ("Add a &note…", self.note_wanted),
            ("&Amendments…", self.amendments_wanted),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, w=wanted: self._tell_chosen(w))
        self.amend_button.setMenu(menu)
        self.table.addActions(menu.actions())
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _lay_out(self) -> None:
        top = QtWidgets.QHBoxLayout()
        top.addWidget(self.search, 1)
        buttons = (self.draw_button, self.untick_button, self.reuse_button, self.amend_button)
        for widget in (self.state, self.period, *buttons):
            top.addWidget(widget)
        column = QtWidgets.QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(self.table)

    def _connect(self) -> None:
        self.model.ticks_changed.connect(self._tell_ticks)
        self.search.textChanged.connect(self._filter)
        self.state.currentIndexChanged.connect(self._filter)
        self.period.currentIndexChanged.connect(self._filter)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.filtered.modelReset.connect(self._enable)
        self._enable()
        self.table.doubleClicked.connect(lambda _: self._draw_alone())
        self.draw_button.clicked.connect(self._draw_alone)
        self.untick_button.clicked.connect(lambda: self.model.tick([], True, alone=True))
        self.reuse_button.clicked.connect(self._reuse)
        QShortcut(QtGui.QKeySequence("Ctrl+F"), self, self.search.setFocus)

    def _tell_ticks(self) -> None:
        ticked = self.ticked()
        self._colours = {run_id: c for run_id, c in self._colours.items() if run_id in ticked}
        self.ticks_changed.emit(ticked)

    def _draw_alone(self) -> None:
        self.model.tick(self.selected(), True, alone=True)

    def _reuse(self) -> None:
        self._tell_chosen(self.reuse_wanted)

    def _tell_chosen(self, wanted: Any) -> None:
        chosen = self.selected()
        if chosen:
            wanted.emit(chosen[0])

    def _enable(self, *_: Any) -> None:
        """Offer corrections of one chosen run only."""
        one = len(self.selected()) == 1
        self.amend_button.setEnabled(one)
        for action in self.amend_button.menu().actions():
            action.setEnabled(one)

    def _filter(self) -> None:
        state = self.state.currentText() if self.state.currentIndex() else ""
        self.filtered.narrow(self.search.text(), state, PERIODS[self.period.currentText()])

    def _swatch(self, row: Row) -> QtGui.QColor | None:
        return QtGui.QColor(self.colour(row["id"])) if row["id"] in (self.model.ticked or ()) else None


class _Filter(QtCore.QSortFilterProxyModel):
    """Rows that contain every word, have one state and are not older than some days."""

    def __init__(self, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._words: list[str] = []
        self._state, self._days = "", None
        self.setSortRole(SORT_ROLE)

    def narrow(self, text: str, state: str, days: int | None) -> None:
        """Show only matching rows."""
        self._words, self._state, self._days = text.lower().split(), state, days
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:  # noqa: N802
        """Return whether a row is shown."""
        source = self.sourceModel()
        row = source.rows[source_row]  # type: ignore[attr-defined]
        if self._state and row["status"] != self._state:
            return False
        if self._days is not None and _is_older(row, RealClock().time() - 86400 * self._days):
            return False
        text = " ".join(column.shown(row) for column in COLUMNS).lower()
        return all(word in text for word in self._words)
