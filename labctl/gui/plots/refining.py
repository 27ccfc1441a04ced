"""Reads the part of long curves again that a plot shows, at the resolution of its pixels."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from labctl.clock import RealClock
from labctl.errors import LabctlError
from labctl.gui.plots.plot import Plot
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtCore
from labctl.readmodel.in_view import Part, View
from labctl.readmodel.run_of_file import is_of_another_file
from labctl.readmodel.snapshot import RunSnapshot
from labctl.store import Database

AT_REST_MS = 250
LEAST_PAUSE_S = 2.0
PAUSES = 10  # times as long as reading took, while a curve grows

Reading = Callable[[Database, View], Part]


class Refiner(QtCore.QObject):
    """Parts of thinned curves by key, read when the view has come to rest, and now and then while they grow.

    Parameters
    ----------
    tab : Tab
        Refreshed when parts have come.
    plot : Plot
    wanted : callable
        Returns how to read the part of each thinned curve of the plot, by key. Called in the window's thread.
    logarithmic : callable
        Whether the x axis shows logarithms.
    """

    def __init__(
        self,
        tab: Tab,
        plot: Plot,
        wanted: Callable[[], Mapping[Hashable, Reading]],
        logarithmic: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(tab)
        self._tab, self._plot, self._wanted, self._logarithmic = tab, plot, wanted, logarithmic
        self.parts: Mapping[Hashable, Part] = {}
        self._clock = RealClock()
        self._begun_s, self._next_s = 0.0, 0.0
        self._reading = self._again = False
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._read)
        plot.vb.sigXRangeChanged.connect(lambda *_: self._view_changed())
        plot.vb.sigResized.connect(lambda *_: self._view_changed())

    def forget(self) -> None:
        """Drop the parts: the axis means something else now."""
        self.parts, self._again = {}, self._reading
        self._timer.start(AT_REST_MS)

    def curves_changed(self) -> None:
        """Read again after a pause that reading needs a tenth of."""
        if not self._timer.isActive() and not self._reading:
            self._timer.start(max(AT_REST_MS, round(1000 * (self._next_s - self._clock.monotonic()))))

    def _view_changed(self) -> None:
        if self._plot.vb.autoRangeEnabled()[0]:
            self.curves_changed()
        else:
            self._timer.start(AT_REST_MS)

    def _read(self) -> None:
        if self._reading:
            self._again = True
            return
        wanted, view = dict(self._wanted()), self._view()
        if not wanted or view is None or not self._tab.is_in_sight():
            return
        self._reading, self._again, self._begun_s = True, False, self._clock.monotonic()

        def work(database: Database) -> Mapping[Hashable, Part]:
            try:
                return {key: read(database, view) for key, read in wanted.items()}
            except (LabctlError, OSError):  # the reader of the window says what is wrong with the file
                return {}

        self._tab.read(work, self._take)

    def _take(self, parts: Mapping[Hashable, Part]) -> None:
        now_s = self._clock.monotonic()
        self._next_s = now_s + max(LEAST_PAUSE_S, PAUSES * (now_s - self._begun_s))
        self._reading = False
        self.parts = {} if self._again else parts
        if self._again:
            self._timer.start(AT_REST_MS)
        self._tab.refresh()

    def _view(self) -> View | None:
        (low, high), pixels = self._plot.vb.viewRange()[0], int(self._plot.vb.width())
        if not high > low or pixels < 1:
            return None
        return View(low, high, pixels, self._logarithmic())


def is_refinable(snapshot: RunSnapshot, curves: str) -> bool:
    """Return whether curves of a run of this file are thinned and read to their end."""
    return curves in snapshot.thinned and snapshot.complete and not is_of_another_file(snapshot.id)


def refined(part: Part | None, x: Any, y: Any) -> tuple[Any, Any]:
    """Return a curve, rising in x, with its part."""
    return (x, y) if part is None else part.put_into(x, y)
