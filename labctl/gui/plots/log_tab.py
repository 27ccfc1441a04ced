"""What happened, as sentences: the events of the shown runs."""

import heapq
import time
from collections.abc import Iterator, Sequence
from typing import Any

from labctl.gui.plots.lines_table import Line, LinesModel, LinesView
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtWidgets
from labctl.gui.snapshot import Row

MOST_LINES = 5000
HEADINGS = ("time", "run", "level", "kind", "message")
FILTERS = {
    "everything": ("info", "warning", "error"),
    "warnings and errors": ("warning", "error"),
    "errors": ("error",),
}


class LogTab(Tab):
    """Newest at the bottom, and in sight as long as nobody scrolls up."""

    name = "Log"

    def __init__(self) -> None:
        super().__init__()
        self.model = LinesModel(HEADINGS, numeric=False)
        self.view = LinesView(self.model)
        self._filter = QtWidgets.QComboBox()
        self._filter.addItems(list(FILTERS))
        self._filter.currentIndexChanged.connect(lambda _: self.refresh())
        self._count = QtWidgets.QLabel()
        controls = QtWidgets.QHBoxLayout()
        controls.addWidget(self._filter)
        controls.addWidget(self._count, 1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self.view, 1)

    def draw(self) -> None:
        """Add what is new."""
        events = self._events()
        lines = [self._line(run, event) for run, event in events[-MOST_LINES:]]
        self._count.setText(_count_in_words(len(events)))
        if lines == self.model.lines:
            return
        bar = self.view.verticalScrollBar()
        at_end = bar.value() == bar.maximum()
        was_empty = not self.model.lines
        self.model.show_lines(lines)
        if was_empty:
            self.view.fit_columns()
        if at_end:
            self.view.scrollToBottom()

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """The events that pass the filter."""
        names = ("time_s", "level", "kind", "message")
        rows = ((run.snapshot.id, *(event[name] for name in names)) for run, event in self._events())
        return ("run_id", *names), rows

    def _events(self) -> list[tuple[ShownRun, Row]]:
        """Those of all runs that pass the filter, oldest first."""
        levels = FILTERS[self._filter.currentText()]
        of_each = [
            [(run, event) for event in run.snapshot.events if event["level"] in levels] for run in self.runs
        ]
        return list(heapq.merge(*of_each, key=lambda pair: pair[1]["time_s"]))

    def _line(self, run: ShownRun, event: Row) -> Line:
        level = event["level"]
        colour = {"error": self.appearance.error, "warning": self.appearance.warning}.get(level, "")
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event["time_s"]))
        shown_level = level.upper() if level != "info" else level
        return Line((when, str(run.snapshot.id), shown_level, event["kind"], event["message"]), colour)


def _count_in_words(count: int) -> str:
    if count == 0:
        return "no event yet"
    left_out = f", the newest {MOST_LINES} shown" if count > MOST_LINES else ""
    return f"{count} event{'' if count == 1 else 's'}{left_out}"
