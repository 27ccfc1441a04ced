"""Garbage collection in the GUI thread only.

Python collects in whichever thread allocates. A collection in the reading thread can destroy a Qt object
there: that thread then waits for the interpreter inside Qt, while the GUI thread holds the interpreter and
waits for a lock of Qt, and the window stops responding.
"""

import gc

from labctl.gui.qt import QtCore

COLLECT_EVERY_MS = 200
OLDEST = 2


class GuiThreadCollector(QtCore.QObject):
    """Switches automatic collection off and collects by a timer of the thread it was made in."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = True
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """Collect only here from now on."""
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer.start(COLLECT_EVERY_MS)

    def stop(self) -> None:
        """Collect everything here once more, and let Python collect as before."""
        self._timer.stop()
        gc.collect()
        if self._was_enabled:
            gc.enable()

    def collect(self) -> None:
        """Collect the oldest generation that is due, by the counts and thresholds that Python itself uses."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        if counts[0] <= thresholds[0]:
            return
        due = [n for n in (1, OLDEST) if counts[n] > (thresholds[n] or 10)]
        gc.collect(max(due, default=0))
