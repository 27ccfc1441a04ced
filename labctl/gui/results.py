"""Results of runs as text beside the window: runs compared, the literature, uncertainties by source."""

from collections.abc import Callable, Sequence
from pathlib import Path

from labctl.derive.budgets import CONDUCTIVITY
from labctl.derive.in_force import in_force
from labctl.gui.background import Background
from labctl.gui.qt import QtCore, QtGui, QtWidgets, Signal
from labctl.qt.questions import show_beside
from labctl.readmodel.across_runs import overview_runs
from labctl.readmodel.budget_text import budget_lines, with_lists
from labctl.readmodel.comparing import beside_literature, compare_runs
from labctl.readmodel.comparison_text import comparison_lines, literature_lines
from labctl.readmodel.other_circuit import beside_lines, fitted_beside
from labctl.readmodel.run_unknowns import grouped, unknowns_in_file
from labctl.readmodel.whole_run import runs_named
from labctl.store import Database

WIDTH_IN_LETTERS, HEIGHT_IN_LINES = 96, 28


class Results(QtCore.QObject):
    """Opens texts about the results of runs.

    Signals
    -------
    warned(str)
        Why a text cannot be made.
    """

    warned = Signal(str)

    def __init__(self, window: QtWidgets.QWidget, db: Path) -> None:
        super().__init__(window)
        self._window, self._db = window, db
        self._background = Background(self)

    def compare(self, run_ids: Sequence[int]) -> None:
        """Show runs beside the first one, the literature of their ions, and what is in no interval."""
        title = f"Runs {', '.join(map(str, run_ids))} compared"
        self._show(title, lambda database: compared(database, run_ids))

    def budget(self, run_id: int) -> None:
        """Show the uncertainty of each number of a run by source."""
        self._show(f"Uncertainties of run {run_id}", lambda database: uncertainties(database, run_id))

    def show_lines(self, title: str, lines: Sequence[str]) -> None:
        """Show lines that are known already."""
        show_beside(ResultsText(self._window, title, lines))

    def another_circuit(self, run_id: int) -> None:
        """Open the form that fits another circuit beside the stored one; nothing is written."""
        show_beside(CircuitForm(self._window, self._db, run_id))

    def _show(self, title: str, make: Callable[[Database], list[str]]) -> None:
        def read() -> list[str]:
            with Database(self._db) as database:
                return make(database)

        self._background.run(
            read, lambda lines: show_beside(ResultsText(self._window, title, lines)), self.warned.emit
        )


class ResultsText(QtWidgets.QDialog):
    """Lines of text that can be selected and copied."""

    def __init__(self, parent: QtWidgets.QWidget, title: str, lines: Sequence[str]) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.text = read_only_text(title, self)
        self.text.setPlainText("\n".join(lines))
        QtWidgets.QVBoxLayout(self).addWidget(self.text)
        resize(self, self.text)


class CircuitForm(QtWidgets.QDialog):
    """Fits the spectra of a run with another circuit, beside the circuit of their results."""

    def __init__(self, parent: QtWidgets.QWidget, db: Path, run_id: int) -> None:
        super().__init__(parent)
        self._db, self._run_id = db, run_id
        self._background = Background(self)
        self.setWindowTitle(f"Run {run_id} with another circuit")
        self.circuit = QtWidgets.QLineEdit(self)
        self.circuit.setPlaceholderText("e.g. R0-p(R1,CPE1)-CPE2")
        self.circuit.setAccessibleName("Circuit")
        self.fit_button = QtWidgets.QPushButton("&Fit", self)
        self.text = read_only_text("Both circuits beside each other", self)
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.circuit, 1)
        row.addWidget(self.fit_button)
        column = QtWidgets.QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self.text)
        resize(self, self.text)
        self.fit_button.clicked.connect(self.fit)
        self.circuit.returnPressed.connect(self.fit)

    def fit(self) -> None:
        """Fit in the background and show both circuits of each spectrum."""
        circuit = self.circuit.text().strip()
        self.fit_button.setEnabled(False)
        self.text.setPlainText("fitting…")

        def work() -> list[str]:
            with Database(self._db) as database:
                (run,) = runs_named(database, [self._run_id])
            return beside_lines(fitted_beside(run, circuit), circuit)

        self._background.run(work, self._show, lambda sentence: self._show([sentence]))

    def _show(self, lines: Sequence[str]) -> None:
        self.fit_button.setEnabled(True)
        self.text.setPlainText("\n".join(lines))


def read_only_text(name: str, parent: QtWidgets.QWidget) -> QtWidgets.QPlainTextEdit:
    """Return lines of a fixed font that can be selected and copied."""
    text = QtWidgets.QPlainTextEdit(parent)
    text.setReadOnly(True)
    text.setAccessibleName(name)
    text.setLineWrapMode(QtWidgets.QPlainTextEdit.LineWrapMode.NoWrap)
    text.setFont(QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont))
    metrics = text.fontMetrics()
    text.setMinimumSize(24 * metrics.averageCharWidth(), 6 * metrics.height())
    return text


def resize(dialog: QtWidgets.QDialog, text: QtWidgets.QPlainTextEdit) -> None:
    """Give a dialog the size of a page of text."""
    metrics = text.fontMetrics()
    dialog.resize(WIDTH_IN_LETTERS * metrics.averageCharWidth(), HEIGHT_IN_LINES * metrics.height())


def compared(database: Database, run_ids: Sequence[int]) -> list[str]:
    """Return the lines of a comparison, as `labctl compare --literature` prints them."""
    by_id = {run.id: run for run in overview_runs(database)}
    chosen = [by_id[run_id] for run_id in run_ids]
    lines = [line for each in compare_runs(chosen) for line in comparison_lines(each)]
    lines += literature_lines(beside_literature(chosen), chosen)
    unknowns = {
        run_id: unknowns_in_file(database, run_id, in_force(database, run_id).sample) for run_id in run_ids
    }
    return [*lines, *grouped(unknowns)]


def uncertainties(database: Database, run_id: int) -> list[str]:
    """Return the lines of the budgets of a run, as `labctl show --budget` prints them."""
    (run,) = runs_named(database, [run_id])
    laws = [*(fit for fit in run.fits if fit["preferred"]), *run.part_fits]
    points = [with_lists(row, CONDUCTIVITY) for row in run.conductivities]
    numbers = [with_lists(row, row["quantity"]) for row in run.transference_numbers]
    return budget_lines(points, [with_lists(row) for row in laws], numbers)
