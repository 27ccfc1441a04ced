"""Another results file, or a csv file of a pymeasure experiment, in a read-only window of its own."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labctl.errors import LabctlError
from labctl.gui.background import Background
from labctl.gui.browser import Browser
from labctl.gui.csv_of_pymeasure import as_database
from labctl.gui.docks import Docks
from labctl.gui.plain_label import PlainLabel
from labctl.gui.plots.shown import Appearance, ShownRun
from labctl.gui.plots.tab import Tab
from labctl.gui.plots.tabs import make_tabs
from labctl.gui.qt import Qt, QtGui, QtWidgets, Signal
from labctl.gui.reading import Reader
from labctl.gui.style import apply_appearance
from labctl.readmodel.snapshot import RunSnapshot
from labctl.store import Database

KINDS = "Results files (*.db);;Experiments of pymeasure (*.csv)"
SILENCE_S = 60.0
MOST_DRAWN = 12


class BesideWindow(QtWidgets.QMainWindow):
    """The runs of another file with all tabs; there is no form, no queue and no control.

    Raises
    ------
    StoreError, OSError, ValueError
        The file cannot be read.

    Signals
    -------
    closed()
    """

    closed = Signal()

    def __init__(self, path: Path, parent: QtWidgets.QWidget | None = None) -> None:
        folder = tempfile.TemporaryDirectory(prefix="labctl-beside-")
        try:
            db = _results_file(path, Path(folder.name))
        except (LabctlError, OSError, ValueError):
            folder.cleanup()
            raise
        super().__init__(parent)
        self.db, self._folder = db, folder
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"{path.name}, read-only: labctl")
        self._snapshots: dict[int, RunSnapshot] = {}
        self.reader = Reader(self.db, "", SILENCE_S, self)
        self._background = Background(self)
        self.browser, self.tabs = Browser(self), make_tabs()
        self.docks, self.trouble = Docks(self), PlainLabel(self)
        for tab in self.tabs:
            tab.read = self._read_for_tab
            self.docks.add(tab, tab.name)
        self.docks.came_into_sight.connect(lambda tab: tab.catch_up())
        self._lay_out()
        self._connect()
        self.reader.start()

    def set_appearance(self, appearance: Appearance) -> None:
        """Use dark or light colours."""
        apply_appearance(self, appearance)
        for tab in self.tabs:
            tab.set_appearance(appearance)

    def front(self) -> Tab:
        """Return the tab in front."""
        return self.tabs[self.docks.currentIndex()]

    def _lay_out(self) -> None:
        browser = self.browser
        for button in (browser.reuse_button, browser.like_button, browser.amend_button):
            button.setVisible(False)
        browser.table.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        middle = QtWidgets.QSplitter(Qt.Orientation.Vertical, self)
        middle.addWidget(self.docks)
        middle.addWidget(browser)
        middle.setStretchFactor(0, 1)
        middle.setSizes([1000, 12 * self.fontMetrics().height()])
        self.setCentralWidget(middle)
        self.trouble.setObjectName("trouble")
        self.statusBar().addPermanentWidget(self.trouble)
        self.statusBar().showMessage("read-only: nothing in this file is changed")
        self.docks.setCurrentIndex(0)
        self.resize(1000, 700)

    def _connect(self) -> None:
        self.reader.runs_changed.connect(self.browser.show_runs)
        self.reader.run_changed.connect(self._show_run)
        self.reader.trouble.connect(self.trouble.setText)
        self.browser.ticks_changed.connect(self._follow)

    def _follow(self, run_ids: list[int]) -> None:
        wanted = run_ids[-MOST_DRAWN:]
        self._snapshots = {run_id: s for run_id, s in self._snapshots.items() if run_id in wanted}
        self.reader.watch(wanted)
        self._draw()

    def _show_run(self, snapshot: RunSnapshot) -> None:
        if snapshot.id in self.browser.ticked():
            self._snapshots[snapshot.id] = snapshot
            self._draw()

    def _draw(self) -> None:
        shown = [
            ShownRun(snapshot, self.browser.colour(run_id), snapshot.title)
            for run_id, snapshot in sorted(self._snapshots.items())
        ]
        for tab in self.tabs:
            tab.show_runs(shown)

    def _read_for_tab(self, work: Callable[[Database], Any], then: Callable[[Any], Any]) -> None:
        def look() -> Any:
            with Database(self.db) as database:
                return work(database)

        self._background.run(look, then, self.trouble.setText)

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802
        """Stop reading, and remove the file made of a csv file."""
        self.reader.stop()
        self.closed.emit()
        self._folder.cleanup()
        event.accept()


def _results_file(path: Path, folder: Path) -> Path:
    """Return the file to read: this one, or what is made of a csv file; raises where it cannot be read."""
    db = as_database(path, folder) if path.suffix.lower() == ".csv" else path
    with Database(db):
        return db
