"""The ticked runs of a results file, as its reading thread gives them."""

from labctl.gui.browser import Browser
from labctl.gui.plots.shown import ShownRun
from labctl.gui.qt import QtCore, Signal
from labctl.gui.reading import Reader
from labctl.readmodel.snapshot import RunSnapshot

MOST_DRAWN = 12


class DrawnRuns(QtCore.QObject):
    """Keeps what was last read of each ticked run.

    Signals
    -------
    changed()
        There are other runs, or one has grown.
    said(str)
        More runs are ticked than are drawn.
    """

    changed = Signal()
    said = Signal(str)

    def __init__(self, browser: Browser, reader: Reader, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._browser, self._reader = browser, reader
        self.snapshots: dict[int, RunSnapshot] = {}
        reader.run_changed.connect(self._show)
        browser.ticks_changed.connect(self.follow)

    def follow(self, run_ids: list[int]) -> None:
        """Draw these runs and no others; of many the newest."""
        if len(run_ids) > MOST_DRAWN:
            self.said.emit(f"{len(run_ids)} runs are ticked; the newest {MOST_DRAWN} are drawn")
        wanted = run_ids[-MOST_DRAWN:]
        self.snapshots = {run_id: s for run_id, s in self.snapshots.items() if run_id in wanted}
        self._reader.watch(wanted)
        self.changed.emit()

    def shown(self) -> list[ShownRun]:
        """Return the runs in the order of their numbers, each in its colour."""
        return [
            ShownRun(snapshot, self._browser.colour(run_id), snapshot.title)
            for run_id, snapshot in sorted(self.snapshots.items())
        ]

    def _show(self, snapshot: RunSnapshot) -> None:
        if snapshot.id in self._browser.ticked():
            self.snapshots[snapshot.id] = snapshot
            self.changed.emit()
