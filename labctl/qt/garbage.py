"""Garbage collection in the GUI thread only.

Python collects in whichever thread allocates. A collection in the reading thread can destroy a Qt object
there: that thread then waits for the interpreter inside Qt, while the GUI thread holds the interpreter and
waits for a lock of Qt, and the window stops responding.
"""

import gc
from typing import ClassVar

from labctl.qt import QtCore

COLLECT_EVERY_MS = 200
OLDEST = 2


class GuiThreadCollector(QtCore.QObject):
    """Switches automatic collection off and collects by a timer of the thread it was made in.

    Several may be at work, one for each window: Python collects as before when the last has stopped.
    """

    _at_work: ClassVar[set["GuiThreadCollector"]] = set()
    _was_enabled: ClassVar[bool] = True

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self.collect)

    def start(self) -> None:
        """Collect only here from now on."""
        if not self._at_work:
            type(self)._was_enabled = gc.isenabled()
        self._at_work.add(self)
        gc.disable()
        self._timer.start(COLLECT_EVERY_MS)

    def stop(self) -> None:
        """Collect everything here once more, and let Python collect as before; does nothing twice."""
        if self not in self._at_work:
            return
        self._timer.stop()
        gc.collect()
        self._at_work.discard(self)
        if self._was_enabled and not self._at_work:
            gc.enable()

    def collect(self) -> None:
        """Collect the oldest generation that is due, by the counts and thresholds that Python itself uses."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        if counts[0] <= thresholds[0]:
            return
        due = [n for n in (1, OLDEST) if counts[n] > (thresholds[n] or 10)]
        gc.collect(max(due, default=0))
