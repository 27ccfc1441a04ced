"""The queue as a table, with actions on a job."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from labctl.clock import RealClock
from labctl.gui.asking import Asker
from labctl.gui.details import Details, beside
from labctl.gui.flow_layout import FlowLayout
from labctl.gui.progress_bar import ProgressDelegate, percent_in_words
from labctl.gui.qt import QShortcut, Qt, QtGui, QtWidgets, Signal
from labctl.gui.rows_model import Column, RowsModel
from labctl.plain_text import spreadsheet_cell
from labctl.queue.hours import hour_in_words
from labctl.queue.job import Job
from labctl.queue.jobs import Jobs
from labctl.queue.requests import Requests
from labctl.readmodel.parameters_text import of_protocol, told_apart
from labctl.readmodel.station_view import StationView
from labctl.store.transactions import WriteConnection

Line = tuple[Job, str, str, str, str, str]  # job, begin, end, remarks, what differs, progress
COLUMNS = (
    Column("Job", lambda line: str(line[0].id)),
    Column("Title", lambda line: line[0].title),
    Column("State", lambda line: line[0].state),
    Column("Done", lambda line: line[5]),
    Column("Begins", lambda line: line[1]),
    Column("Ends", lambda line: line[2]),
    Column("Differs in", lambda line: line[4]),
    Column("Person", lambda line: line[0].person),
    Column("Remarks", lambda line: line[3]),
)


DONE = next(place for place, column in enumerate(COLUMNS) if column.heading == "Done")

_parameters = lru_cache(maxsize=1000)(of_protocol)


class QueuePanel(QtWidgets.QWidget):
    """The jobs in the order in which they will run.

    Signals
    -------
    said(str), job_wanted(Job), cancelled(Job)
        A message for the user; a job to fill the form from; a job, as it was, that is cancelled now.
    """

    said = Signal(str)
    job_wanted = Signal(object)
    cancelled = Signal(object)

    def __init__(self, asker: Asker, person: Callable[[], str]) -> None:
        super().__init__()
        self._asker, self._person = asker, person
        self.model = RowsModel(COLUMNS, key=lambda line: line[0].id, parent=self)
        self.table = QtWidgets.QTableView(self)
        self.table.setModel(self.model)
        self.table.setAccessibleName("Queue")
        set_up_table(self.table)
        self.table.setItemDelegateForColumn(DONE, ProgressDelegate(self.table))
        self._buttons: dict[str, QtWidgets.QPushButton] = {}
        column = QtWidgets.QVBoxLayout(self)
        self.details = Details("Parameters of the chosen job", self)
        self.splitter = beside(self.table, self.details)
        column.addWidget(self.splitter)
        column.addLayout(self._button_row())
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.model.modelReset.connect(self._enable)
        self._enable()

    def show_station(self, view: StationView) -> None:
        """Show the jobs of the current view."""
        known = len(self.model.rows)
        apart = told_apart({job.id: ("", _parameters(job.protocol_text)) for job in view.jobs})
        self.model.show_rows([_line(job, view, apart[job.id]) for job in view.jobs])
        if len(self.model.rows) > known:
            fit_columns(self.table)
        self._enable()

    def selected(self) -> Job | None:
        """The job chosen in the table."""
        row = self.table.currentIndex().row()
        return self.model.rows[row][0] if 0 <= row < len(self.model.rows) else None

    def select(self, job_id: int) -> None:
        """Choose a job in the table."""
        for row, line in enumerate(self.model.rows):
            if line[0].id == job_id:
                self.table.selectRow(row)

    def _button_row(self) -> FlowLayout:
        row = FlowLayout()
        for name, text, keys, action in (
            ("earlier", "Earlier", "Alt+Up", self._earlier),
            ("later", "Later", "Alt+Down", self._later),
            ("hold", "Hol&d", "", self._hold_or_release),
            ("cancel", "Cancel &job", "Ctrl+Delete", self._cancel),
            ("retry", "&Retry", "", self._retry),
            ("reuse", "Fill in a&gain", "", self._fill_in),
            ("clear", "Clear ended", "", self._clear),
        ):
            button = QtWidgets.QPushButton(text, self)
            button.setObjectName(name)
            button.clicked.connect(action)
            if keys:
                button.setShortcut(keys)
                button.setToolTip(keys)
            row.addWidget(button)
            self._buttons[name] = button
        return row

    def _enable(self, *_: Any) -> None:
        job = self.selected()
        self.details.show_values({} if job is None else _parameters(job.protocol_text))
        state = job.state if job else ""
        movable = state in ("queued", "held")
        for name, possible in (
            ("earlier", movable),
            ("later", movable),
            ("hold", state in ("queued", "interrupted", "held")),
            ("cancel", state in ("queued", "interrupted", "held", "running")),
            ("retry", state in ("failed", "cancelled", "finished")),
            ("reuse", job is not None),
        ):
            self._buttons[name].setEnabled(possible)
        self._buttons["hold"].setText("Release" if state == "held" else "Hol&d")

    def _do(self, what: str, action: Callable[[WriteConnection, Job, str], Any]) -> None:
        job, person = self.selected(), self._person()
        if job is not None:
            self._asker.ask(
                lambda connection: action(connection, job, person),
                lambda _: self.said.emit(f"job {job.id} {what}"),
            )

    def _earlier(self) -> None:
        self._move(-1)

    def _later(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        job = self.selected()
        waiting = [line[0].id for line in self.model.rows if line[0].state in ("queued", "held")]
        if job is not None and job.id in waiting:
            place = max(1, waiting.index(job.id) + 1 + by)
            self._do("moved", lambda connection, job, person: Jobs(connection).move(job.id, place, person))

    def _hold_or_release(self) -> None:
        job = self.selected()
        if job is not None and job.state == "held":
            self._do("released", lambda connection, job, person: Jobs(connection).release(job.id, person))
        else:
            self._do("held", lambda connection, job, person: Jobs(connection).hold(job.id, person))

    def _cancel(self) -> None:
        job, person = self.selected(), self._person()
        if job is None:
            return

        def tell(_: Any) -> None:
            self.said.emit(f"job {job.id} is cancelled")
            self.cancelled.emit(job)

        self._asker.ask(lambda connection: cancel_job(connection, job, person), tell)

    def _retry(self) -> None:
        self._do("queued again", _retry_job)

    def _fill_in(self) -> None:
        job = self.selected()
        if job is not None:
            self.job_wanted.emit(job)

    def _clear(self) -> None:
        self._asker.ask(
            lambda connection: Jobs(connection).clear_finished(),
            lambda count: self.said.emit(f"{count} ended job(s) no longer listed; nothing was deleted"),
        )


def cancel_job(connection: WriteConnection, job: Job, person: str) -> None:
    """Cancel a waiting job at once, a running one by asking the runner."""
    if Jobs(connection).get(job.id).state == "running":
        Requests(connection).ask(job.id, "cancel", person=person)
    else:
        Jobs(connection).cancel(job.id, person)


def _retry_job(connection: WriteConnection, job: Job, person: str) -> None:
    finished = Jobs(connection).get(job.id).state == "finished"
    Jobs(connection).retry(job.id, person, from_start=finished)


def set_up_table(table: QtWidgets.QTableView, copies: Callable[[], Any] | None = None) -> None:
    """Select whole rows, show no grid, stretch the last column; Ctrl+C copies the rows, or calls `copies`."""
    table.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(round(1.6 * QtGui.QFontMetrics(table.font()).height()))
    table.horizontalHeader().setStretchLastSection(True)
    table.horizontalHeader().setResizeContentsPrecision(100)  # rows measured: thousands would be slow
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.horizontalHeader().setHighlightSections(False)
    copy = QShortcut(QtGui.QKeySequence(QtGui.QKeySequence.StandardKey.Copy), table)
    copy.setContext(Qt.ShortcutContext.WidgetShortcut)
    copy.activated.connect(copies or (lambda: copy_rows(table)))


def copy_rows(table: QtWidgets.QTableView) -> None:
    """Copy the chosen rows with the headings, as a table that a spreadsheet takes."""
    model, columns = table.model(), range(table.model().columnCount())
    heading = Qt.Orientation.Horizontal
    lines = [[str(model.headerData(column, heading)) for column in columns]]
    chosen = sorted(index.row() for index in table.selectionModel().selectedRows())
    cells = [[model.index(row, column).data() or "" for column in columns] for row in chosen]
    lines += [[str(spreadsheet_cell(str(cell))) for cell in line] for line in cells]
    QtWidgets.QApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))


def fit_columns(table: QtWidgets.QTableView) -> None:
    """Make each column as wide as its text; the last column takes the remaining width."""
    table.resizeColumnsToContents()
    table.horizontalHeader().setStretchLastSection(False)
    table.horizontalHeader().setStretchLastSection(True)


def _line(job: Job, view: StationView, apart: str) -> Line:
    expected, now_s = view.expected.get(job.id), RealClock().time()
    runs = view.runner_state == "running"
    begins = hour_in_words(expected.begin_s, now_s) if expected and runs else ""
    ends = hour_in_words(expected.end_s, now_s) if expected and runs else ""
    remarks = "; ".join(filter(None, (job.remark, expected.warning if expected else "")))
    done = "100 %" if job.state == "finished" else percent_in_words(view.percent.get(job.id))
    return job, begins, ends, remarks, apart, done
