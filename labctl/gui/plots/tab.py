"""Common behaviour of all tabs: draw changes while visible, and export."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from labctl.gui.plots.export import write_picture, write_table
from labctl.gui.plots.shown import Appearance, ShownRun
from labctl.gui.qt import QtWidgets
from labctl.gui.saving import refuse_what_is_no_export
from labctl.readmodel.run_of_file import is_of_another_file
from labctl.store import Database

Read = Callable[[Callable[[Database], Any], Callable[[Any], Any]], None]
"""`read(work, then)` runs `work(database)` in another thread, then `then(result)` in the window's thread."""


def _no_database(work: Callable[[Database], Any], then: Callable[[Any], Any]) -> None:
    """Read nothing: a tab outside the window shows what it was given."""


class Tab(QtWidgets.QWidget):
    """One tab. A subclass gives `name`, `draw`, `apply_appearance` and `table`.

    `read`, set by the window, reads more from the database than the runs carry.

    A hidden tab keeps its runs and draws them when it becomes visible.
    """

    name = ""

    def __init__(self) -> None:
        super().__init__()
        self.runs: tuple[ShownRun, ...] = ()
        self.read: Read = _no_database
        self.appearance = Appearance()
        self._stale = True

    def set_read_only(self) -> None:
        """Hide what changes a file."""

    def show_runs(self, runs: Sequence[ShownRun]) -> None:
        """Show these runs, in this order; unchanged runs are not drawn again."""
        if len(runs) == len(self.runs) and all(a.is_same(b) for a, b in zip(runs, self.runs, strict=True)):
            return
        self.runs = tuple(runs)
        self.refresh()

    def set_appearance(self, appearance: Appearance) -> None:
        """Use dark or light colours."""
        if appearance == self.appearance:
            return
        self.appearance = appearance
        self.apply_appearance()
        self.refresh()

    def refresh(self) -> None:
        """Draw now if the tab is in sight, else when it comes into sight."""
        self._stale = True
        if self.is_in_sight():
            self.catch_up()

    def is_in_sight(self) -> bool:
        """Return whether any of it can be seen: a dock behind another is "visible" to Qt."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def export_data(self, path: Path, database: Database | None = None) -> None:
        """Write the data as csv, names and units as in the database; without `database` only the drawn data.

        Raises
        ------
        ValueError
            The name does not end in .csv, the file is a database, or runs of another file are drawn.
        OSError, StoreError
            The file cannot be written or the database cannot be read; no partial file is left.
        """
        refuse_what_is_no_export(path, (".csv",))
        if database is not None and any(is_of_another_file(run.snapshot.id) for run in self.runs):
            raise ValueError("runs of another file are drawn here: export them from their own window")
        if database is None:
            self.catch_up()
        write_table(path, *(self.table() if database is None else self.whole_table(database)))

    def export_picture(self, path: Path) -> None:
        """Write the picture as .png or .svg, dark on white for paper; raises as `export_data` does."""
        refuse_what_is_no_export(path, (".png", ".svg"))
        worn = self.appearance
        try:
            self.set_appearance(Appearance(dark=False))
            self.catch_up()
            write_picture(path, self.picture())
        finally:
            self.set_appearance(worn)

    def draw(self) -> None:
        """Draw the changes of `self.runs`."""
        raise NotImplementedError

    def apply_appearance(self) -> None:
        """Apply the colours of `self.appearance`."""

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return header and rows of the drawn data."""
        raise NotImplementedError

    def whole_table(self, database: Database) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return header and rows of all measured data, where `table` is thinned for the screen.

        Can be called in another thread; raises StoreError.
        """
        return self.table()

    def picture(self) -> QtWidgets.QWidget:
        """Return the widget for the picture."""
        return self

    def showEvent(self, event: Any) -> None:  # noqa: N802
        """Draw changes made while the tab was hidden."""
        super().showEvent(event)
        self.catch_up()

    def catch_up(self) -> None:
        """Draw changes made while the tab was hidden."""
        if self._stale:
            self._stale = False
            self.draw()
