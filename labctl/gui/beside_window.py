"""Another results file, or a csv file of a pymeasure experiment, in a read-only window of its own."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from labctl.errors import LabctlError
from labctl.gui.background import Background
from labctl.gui.browser import Browser
from labctl.gui.csv_of_pymeasure import as_database
from labctl.gui.docks import Docks
from labctl.gui.drawn_runs import DrawnRuns
from labctl.gui.plain_label import PlainLabel
from labctl.gui.plots.shown import RUN_COLOURS, Appearance, ShownRun
from labctl.gui.plots.tab import Tab
from labctl.gui.plots.tabs import make_tabs
from labctl.gui.qt import Qt, QtGui, QtWidgets, Signal
from labctl.gui.reading import Reader
from labctl.gui.style import apply_appearance
from labctl.readmodel.run_of_file import of_file
from labctl.readmodel.snapshot import RunSnapshot
from labctl.store import Database

KINDS = "Results files (*.db);;Experiments of pymeasure (*.csv)"
SILENCE_S = 60.0


class BesideWindow(QtWidgets.QMainWindow):
    """The runs of another file with all tabs; there is no form, no queue and no control.

    Raises
    ------
    StoreError, OSError, ValueError
        The file cannot be read.

    Signals
    -------
    closed(), changed()
        The runs drawn are others, or have grown.
    """

    closed = Signal()
    changed = Signal()
    opened = 0  # such windows so far

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
        BesideWindow.opened += 1
        self._name, self._place = path.name, BesideWindow.opened
        self._named: dict[int, tuple[RunSnapshot, RunSnapshot]] = {}
        self.reader = Reader(self.db, "", SILENCE_S, self)
        self._background = Background(self)
        self.browser, self.tabs = Browser(self), make_tabs()
        self.drawn = DrawnRuns(self.browser, self.reader, self)
        self.in_same_axes = QtWidgets.QCheckBox("draw in the main window too", self)
        self.in_same_axes.setToolTip(
            "The ticked runs of this file, named by it, in the axes of the main window"
        )
        self.docks, self.trouble = Docks(self), PlainLabel(self)
        for tab in self.tabs:
            tab.read = self._read_for_tab
            tab.set_read_only()
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
        self.statusBar().addPermanentWidget(self.in_same_axes)
        self.statusBar().showMessage("read-only: nothing in this file is changed")
        self.docks.setCurrentIndex(0)
        self.resize(1000, 700)

    def _connect(self) -> None:
        self.reader.runs_changed.connect(self.browser.show_runs)
        self.reader.trouble.connect(self.trouble.setText)
        self.drawn.changed.connect(self._draw)
        self.in_same_axes.toggled.connect(lambda _: self.changed.emit())

    def runs_for(self, others: Sequence[ShownRun]) -> list[ShownRun]:
        """Return the runs to draw with those of the main window, named by this file, in free colours."""
        if not self.in_same_axes.isChecked():
            return []
        taken = {other.colour for other in others}
        free = [colour for colour in reversed(RUN_COLOURS) if colour not in taken] or [*RUN_COLOURS]
        found = []
        for number, (run_id, snapshot) in enumerate(sorted(self.drawn.snapshots.items())):
            if self._named.get(run_id, (None, None))[0] is not snapshot:
                self._named[run_id] = (snapshot, of_file(snapshot, self._name, self._place))
            named = self._named[run_id][1]
            found.append(ShownRun(named, free[number % len(free)], named.title))
        return found

    def _draw(self) -> None:
        shown = self.drawn.shown()
        for tab in self.tabs:
            tab.show_runs(shown)
        self.changed.emit()

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
