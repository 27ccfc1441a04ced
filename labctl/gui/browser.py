"""All runs of the database: choose runs to draw, filter, show parameters, reuse them."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.clock import RealClock
from labctl.gui.details import Details, beside
from labctl.gui.filter import ANY_COLUMN, Phrases
from labctl.gui.flow_layout import FlowLayout
from labctl.gui.plots.shown import RUN_COLOURS
from labctl.gui.qt import QShortcut, Qt, QtCore, QtGui, QtWidgets, Signal
from labctl.gui.queue_panel import fit_columns, set_up_table
from labctl.gui.rows_model import SORT_ROLE, Column, Index, RowsModel
from labctl.plain_text import local_time
from labctl.readmodel.formatting import duration
from labctl.readmodel.parameters_text import told_apart, value_in_words
from labctl.readmodel.run_text import status_in_words

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


def _sample(row: Row) -> str:
    cell = f", cell {row['cell']}" if row.get("cell") else ""
    return f"{row['sample'] or UNKNOWN}{cell}"


def _status(row: Row) -> str:
    return status_in_words(row) + (f": {row['reason']}" if row["reason"] else "")


COLUMNS = (
    Column("Run", lambda row: str(row["id"]), lambda row: row["id"]),
    Column("Sample", _sample),
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


def parameter_column(name: str) -> Column:
    """Return the column of one parameter of the runs."""

    def text(row: Row) -> str:
        found = row.get("parameters", {})
        return value_in_words(found[name]) if name in found else ""

    def key(row: Row) -> Any:
        value = row.get("parameters", {}).get(name)
        return value if isinstance(value, int | float) else None

    return Column(name, text, key)


class Browser(QtWidgets.QWidget):
    """The runs as a table, and the parameters of the chosen one beside it; ticked runs are drawn.

    Signals
    -------
    ticks_changed(list of int), reuse_wanted(int), another_sample_wanted(int)
        Ids of the runs to draw; id of the run to fill the form from, with its sample or for another one.
    export_wanted(list of int), report_wanted(list of int), folder_wanted()
        Ids of the runs to export, to write a report about; the folder of the results file is to be opened.
    correction_wanted(int), note_wanted(int), amendments_wanted(int), temperatures_wanted(int)
        Id of the run to correct the sample of, to add a note to, to list the amendments of, to exclude
        temperatures of.
    comparison_wanted(list of int), budget_wanted(int), circuit_wanted(int)
        Ids of the runs to compare, the first with the others; id of the run with uncertainties to show, or to
        fit with another circuit.
    carriers_wanted(int)
        Id of a run of the sample for which carriers are shown.
    """

    ticks_changed = Signal(object)
    reuse_wanted = Signal(int)
    another_sample_wanted = Signal(int)
    export_wanted = Signal(object)
    report_wanted = Signal(object)
    folder_wanted = Signal()
    correction_wanted = Signal(int)
    note_wanted = Signal(int)
    amendments_wanted = Signal(int)
    temperatures_wanted = Signal(int)
    comparison_wanted = Signal(object)
    budget_wanted = Signal(int)
    circuit_wanted = Signal(int)
    carriers_wanted = Signal(int)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._told_apart: dict[Any, str] = {}
        self._parameter_names: list[str] = []
        self.model = RowsModel(
            self._columns(), lambda row: row["id"], self._swatch, ticked=set(), parent=self
        )
        self.filtered = _Filter(self)
        self.filtered.setSourceModel(self.model)
        self.table = QtWidgets.QTableView(self)
        self.table.setModel(self.filtered)
        self.table.setAccessibleName("Runs")
        set_up_table(self.table)
        self.table.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.details = Details("Parameters of the chosen run", self)
        self._colours: dict[int, str] = {}
        self._newest = self._followed = 0
        self._build_filter()
        self._lay_out()
        self._connect()

    def show_runs(self, rows: Sequence[Row]) -> None:
        """Show the current runs; draw a new run alone, unless others are ticked by hand."""
        newest = max((row["id"] for row in rows), default=0)
        first_look, known = not self.model.rows, len(self.model.rows)
        if len(rows) != known or first_look:
            shown = {row["id"]: (str(row["procedure"]), row.get("parameters", {})) for row in rows}
            self._told_apart = told_apart(shown)
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

    def _columns(self) -> tuple[Column, ...]:
        apart = Column("Differs in", lambda row: self._told_apart.get(row["id"], ""))
        return (*COLUMNS[:-1], *map(parameter_column, self._parameter_names), apart, COLUMNS[-1])

    def parameter_names(self) -> list[str]:
        """Return the parameters that have a column of their own."""
        return list(self._parameter_names)

    def show_parameters(self, names: Sequence[str]) -> None:
        """Give these parameters a column each."""
        self._parameter_names = list(dict.fromkeys(names))
        self.model.show_columns(self._columns())
        self.column.clear()
        self.column.addItems([ANY_COLUMN, *(column.heading for column in self.model.columns)])
        fit_columns(self.table)

    def known_parameters(self) -> list[str]:
        """Return the names of all parameters of the runs."""
        return sorted({name for row in self.model.rows for name in row.get("parameters", {})})

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

    def set_colour(self, run_id: int, colour: str) -> None:
        """Draw a run in a colour of its own."""
        self._colours[run_id] = colour
        self.model.tick([run_id], True)

    def _build_filter(self) -> None:
        self.search = QtWidgets.QLineEdit()
        self.column, self.state, self.period = (QtWidgets.QComboBox() for _ in range(3))
        self.column.addItems([ANY_COLUMN, *(column.heading for column in self.model.columns)])
        self.column.setAccessibleName("Column that is filtered")
        self.state.setAccessibleName("State of the runs shown")
        self.period.setAccessibleName("Age of the runs shown")
        for box in (self.column, self.state, self.period):
            box.setSizeAdjustPolicy(
                QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(8)
        self.search.setPlaceholderText("filter: pellet 3 failed")
        self.search.setToolTip(
            "Words, each found in one cell; a number belongs to the word before it: pellet 3"
        )
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Filter of runs")
        self.state.addItems(STATES)
        self.period.addItems(list(PERIODS))
        self.draw_button = QtWidgets.QPushButton("&Draw alone", self)
        self.untick_button = QtWidgets.QPushButton("Dra&w none", self)
        self.reuse_button = QtWidgets.QPushButton("Use parameters a&gain", self)
        self.like_button = QtWidgets.QPushButton("Another sample", self)
        self.like_button.setToolTip("Ctrl+J: fill the form as for the chosen run, for another sample")
        self.like_button.setShortcut("Ctrl+J")
        self.amend_button = QtWidgets.QPushButton("Correct", self)
        self.amend_button.setShortcut("Ctrl+M")
        self.amend_button.setToolTip("Ctrl+M: correct or annotate the chosen run, list its amendments")
        menu = QtWidgets.QMenu(self.amend_button)
        for text, wanted in (
            ("&Correct sample…", self.correction_wanted),
            ("Add a &note…", self.note_wanted),
            ("Exclude &temperatures…", self.temperatures_wanted),
            ("&Amendments…", self.amendments_wanted),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, w=wanted: self._tell_chosen(w))
        self.amend_button.setMenu(menu)
        self._build_context_menu(menu)

    def _build_context_menu(self, corrections: QtWidgets.QMenu) -> None:
        """Build the menu of the right mouse button on a run and on the headings."""
        self.context = QtWidgets.QMenu(self.table)
        for text, action in (
            ("Show", lambda: self.model.tick(self.selected(), True)),
            ("Hide", lambda: self.model.tick(self.selected(), False)),
            ("Draw alone", self._draw_alone),
        ):
            self.context.addAction(text).triggered.connect(lambda _=False, a=action: a())
        colours = self.context.addMenu("Colour")
        for colour in RUN_COLOURS:
            entry = colours.addAction(_square(colour), colour)
            entry.triggered.connect(lambda _=False, c=colour: self._colour_selected(c))
        self.context.addSeparator()
        for text, action in (
            ("Use parameters again", self._reuse),
            ("As this run, another sample", lambda: self._tell_chosen(self.another_sample_wanted)),
            ("Compare, with the literature…", lambda: self._tell_all_chosen(self.comparison_wanted)),
            ("Uncertainties by source…", lambda: self._tell_chosen(self.budget_wanted)),
            ("Another circuit…", lambda: self._tell_chosen(self.circuit_wanted)),
            ("Export…", lambda: self._tell_all_chosen(self.export_wanted)),
            ("Report…", lambda: self._tell_all_chosen(self.report_wanted)),
            ("Who carries the current…", lambda: self._tell_chosen(self.carriers_wanted)),
            ("Open the folder of the results file", self.folder_wanted.emit),
        ):
            self.context.addAction(text).triggered.connect(lambda _=False, a=action: a())
        self.context.addSeparator()
        self.context.addActions(corrections.actions())
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_context_menu)
        header = self.table.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_column_menu)

    def _show_context_menu(self, place: QtCore.QPoint) -> None:
        if self.selected():
            self.context.popup(self.table.viewport().mapToGlobal(place))

    def _show_column_menu(self, place: QtCore.QPoint) -> None:
        """Offer every parameter of the runs as a column."""
        menu = self.column_menu()
        menu.popup(self.table.horizontalHeader().mapToGlobal(place))

    def column_menu(self) -> QtWidgets.QMenu:
        """Return a menu in which each parameter is ticked that has a column."""
        menu = QtWidgets.QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in self.known_parameters():
            entry = menu.addAction(name)
            entry.setCheckable(True)
            entry.setChecked(name in self._parameter_names)
            entry.toggled.connect(lambda on, n=name: self._toggle_parameter(n, on))
        return menu

    def _toggle_parameter(self, name: str, on: bool) -> None:
        others = [other for other in self._parameter_names if other != name]
        self.show_parameters([*others, name] if on else others)

    def _colour_selected(self, colour: str) -> None:
        for run_id in self.selected():
            self.set_colour(run_id, colour)

    def _lay_out(self) -> None:
        top = FlowLayout()
        self.search.setMinimumWidth(24 * self.fontMetrics().averageCharWidth())
        top.addWidget(self.search)
        top.addWidget(self.column)
        buttons = (
            self.draw_button,
            self.untick_button,
            self.reuse_button,
            self.like_button,
            self.amend_button,
        )
        for widget in (self.state, self.period, *buttons):
            top.addWidget(widget)
        column = QtWidgets.QVBoxLayout(self)
        column.addLayout(top)
        self.splitter = beside(self.table, self.details)
        column.addWidget(self.splitter)

    def _connect(self) -> None:
        self.model.ticks_changed.connect(self._tell_ticks)
        self.search.textChanged.connect(self._filter)
        self.state.currentIndexChanged.connect(self._filter)
        self.column.currentIndexChanged.connect(self._filter)
        self.period.currentIndexChanged.connect(self._filter)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.filtered.modelReset.connect(self._enable)
        self._enable()
        self.table.doubleClicked.connect(lambda _: self._draw_alone())
        self.draw_button.clicked.connect(self._draw_alone)
        self.untick_button.clicked.connect(lambda: self.model.tick([], True, alone=True))
        self.reuse_button.clicked.connect(self._reuse)
        self.like_button.clicked.connect(lambda: self._tell_chosen(self.another_sample_wanted))
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

    def _tell_all_chosen(self, wanted: Any) -> None:
        chosen = sorted(self.selected())
        if chosen:
            wanted.emit(chosen)

    def _show_details(self) -> None:
        chosen = self.selected()
        row = next((row for row in self.model.rows if chosen and row["id"] == chosen[0]), None)
        self.details.show_values({} if row is None else row.get("parameters", {}))

    def _enable(self, *_: Any) -> None:
        """Offer corrections of one chosen run only, and name it on the button for another sample."""
        chosen = self.selected()
        one = len(chosen) == 1
        self._show_details()
        self.amend_button.setEnabled(one)
        self.like_button.setEnabled(one)
        self.like_button.setText(f"As run {chosen[0]}, another sample" if one else "Another sample")
        for action in self.amend_button.menu().actions():
            action.setEnabled(one)

    def _filter(self) -> None:
        state = self.state.currentText() if self.state.currentIndex() else ""
        column = self.column.currentIndex() - 1
        self.filtered.narrow(self.search.text(), column, state, PERIODS[self.period.currentText()])

    def _swatch(self, row: Row) -> QtGui.QColor | None:
        return QtGui.QColor(self.colour(row["id"])) if row["id"] in (self.model.ticked or ()) else None


class _Filter(QtCore.QSortFilterProxyModel):
    """Rows that contain every phrase, have one state and are not older than some days."""

    def __init__(self, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._phrases, self._column = Phrases(""), -1
        self._state, self._days = "", None
        self.setSortRole(SORT_ROLE)

    def narrow(self, text: str, column: int, state: str, days: int | None) -> None:
        """Show only matching rows; `column` is searched for the phrases, -1 for any."""
        self._phrases, self._column = Phrases(text), column
        self._state, self._days = state, days
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:  # noqa: N802
        """Return whether a row is shown."""
        source = self.sourceModel()
        row = source.rows[source_row]  # type: ignore[attr-defined]
        if self._state and row["status"] != self._state:
            return False
        if self._days is not None and _is_older(row, RealClock().time() - 86400 * self._days):
            return False
        columns = source.columns  # type: ignore[attr-defined]
        chosen = columns if self._column < 0 else columns[self._column : self._column + 1]
        return self._phrases.found_in([column.shown(row) for column in chosen])


def _square(colour: str) -> QtGui.QIcon:
    picture = QtGui.QPixmap(16, 16)
    picture.fill(QtGui.QColor(colour))
    return QtGui.QIcon(picture)
