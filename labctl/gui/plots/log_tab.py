"""The log: events of the shown runs and of the station, as sentences."""

from collections.abc import Iterator, Sequence
from typing import Any

from labctl.gui.plain_label import PlainLabel
from labctl.gui.plots.lines_table import Line, LinesModel, LinesView
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtWidgets
from labctl.plain_text import local_time
from labctl.readmodel.snapshot import Row

MOST_LINES = 5000
HEADINGS = ("time", "run", "level", "kind", "message")
FILTERS = {
    "everything": ("info", "warning", "error"),
    "warnings and errors": ("warning", "error"),
    "errors": ("error",),
}


class LogTab(Tab):
    """The events, newest at the bottom; the list follows new events unless scrolled up."""

    name = "Log"

    def __init__(self) -> None:
        super().__init__()
        self.model = LinesModel(HEADINGS, self._line, numeric=False)
        self._sources: tuple[list[Any], str] | None = None
        self._of_station: Sequence[Row] = ()
        self.view = LinesView(self.model)
        self._filter = QtWidgets.QComboBox()
        self._filter.addItems(list(FILTERS))
        self._filter.setAccessibleName("Kinds of events")
        self.view.setAccessibleName("Events")
        self._filter.currentIndexChanged.connect(lambda _: self.refresh())
        self._count = PlainLabel()
        controls = QtWidgets.QHBoxLayout()
        controls.addWidget(self._filter)
        controls.addWidget(self._count, 1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self.view, 1)

    def show_station(self, events: Sequence[Row]) -> None:
        """Show the events of the station and the queue, for any shown run."""
        self._of_station = events
        self.refresh()

    def draw(self) -> None:
        """Add new events."""
        of_runs = [run.snapshot.events for run in self.runs]
        sources = [*of_runs, self._of_station], self._filter.currentText()
        if _same(sources, self._sources):
            return
        self._sources = sources
        events = self._events()
        bar = self.view.verticalScrollBar()
        at_end, was_empty = bar.value() == bar.maximum(), not self.model.items
        changed = self.model.show_items(events[-MOST_LINES:])
        self._count.setText(_count_in_words(len(events)))
        if changed and was_empty:
            self.view.fit_columns()
        if changed and at_end:
            self.view.scrollToBottom()

    def apply_appearance(self) -> None:
        """Show the lines in the colours of the appearance."""
        self.view.viewport().update()

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return header and rows of the events that pass the filter."""
        names = ("time_s", "level", "kind", "message")
        rows = ((run_id, *(event[name] for name in names)) for run_id, event in self._events())
        return ("run_id", *names), rows

    def _events(self) -> list[tuple[int | str, Row]]:
        """Return run id (`""`: the station) and event of all events that pass the filter, oldest first."""
        levels = FILTERS[self._filter.currentText()]
        sources: list[tuple[int | str, Sequence[Row]]] = [("", self._of_station)]
        sources += [(run.snapshot.id, run.snapshot.events) for run in self.runs]
        events = [(run_id, e) for run_id, several in sources for e in several if e["level"] in levels]
        return sorted(events, key=lambda item: item[1]["id"])  # simulated runs have their own time

    def _line(self, item: tuple[int | str, Row]) -> Line:
        run_id, event = item
        level = event["level"]
        colour = {"error": self.appearance.error, "warning": self.appearance.warning}.get(level, "")
        when = local_time(event["time_s"])
        shown_level = level.upper() if level != "info" else level
        return Line((when, str(run_id), shown_level, event["kind"], event["message"]), colour)


def _same(sources: tuple[list[Any], str], known: tuple[list[Any], str] | None) -> bool:
    """Return whether these are the same event objects under the same filter."""
    if known is None or sources[1] != known[1] or len(sources[0]) != len(known[0]):
        return False
    return all(a is b for a, b in zip(sources[0], known[0], strict=True))


def _count_in_words(count: int) -> str:
    if count == 0:
        return "no event yet"
    left_out = f", the newest {MOST_LINES} shown" if count > MOST_LINES else ""
    return f"{count} event{'' if count == 1 else 's'}{left_out}"
