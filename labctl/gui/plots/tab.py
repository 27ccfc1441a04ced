"""What all tabs do alike: draw when there is news and someone looks, and export."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from labctl.gui.plots.export import write_picture, write_table
from labctl.gui.plots.shown import Appearance, ShownRun
from labctl.gui.qt import QtWidgets
from labctl.gui.saving import refuse_what_is_no_export
from labctl.store import Database


class Tab(QtWidgets.QWidget):
    """One tab. A subclass gives `name`, `draw`, `dress` and `table`.

    A hidden tab keeps what it was shown and draws it when it becomes visible.
    """

    name = ""

    def __init__(self) -> None:
        super().__init__()
        self.runs: tuple[ShownRun, ...] = ()
        self.appearance = Appearance()
        self._stale = True

    def show_runs(self, runs: Sequence[ShownRun]) -> None:
        """Show these runs, in this order; nothing happens where nothing is new."""
        if len(runs) == len(self.runs) and all(a.is_same(b) for a, b in zip(runs, self.runs, strict=True)):
            return
        self.runs = tuple(runs)
        self.refresh()

    def set_appearance(self, appearance: Appearance) -> None:
        """Dress in dark or light."""
        if appearance == self.appearance:
            return
        self.appearance = appearance
        self.dress()
        self.refresh()

    def refresh(self) -> None:
        """Draw now if someone looks, else when the tab is shown."""
        self._stale = True
        if self.isVisible():
            self.catch_up()

    def export_data(self, path: Path, database: Database | None = None) -> None:
        """Write the data as csv, names and units as in the database; without it, those that are drawn.

        Raises
        ------
        ValueError
            The name does not end in .csv, or the file is a database.
        OSError, StoreError
            It cannot be written, or the database not be read; nothing half is left.
        """
        refuse_what_is_no_export(path, (".csv",))
        if database is None:
            self.catch_up()
        write_table(path, *(self.table() if database is None else self.whole_table(database)))

    def export_picture(self, path: Path) -> None:
        """Write what is drawn as .png or .svg, dark on white for paper; raises as `export_data` does."""
        refuse_what_is_no_export(path, (".png", ".svg"))
        worn = self.appearance
        try:
            self.set_appearance(Appearance(dark=False))
            self.catch_up()
            write_picture(path, self.picture())
        finally:
            self.set_appearance(worn)

    def draw(self) -> None:
        """Draw what changed in `self.runs`."""
        raise NotImplementedError

    def dress(self) -> None:
        """Take on the colours of `self.appearance`."""

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Header and rows of what is drawn."""
        raise NotImplementedError

    def whole_table(self, database: Database) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Header and rows of all that was measured, where `table` has what a screen can show of it.

        May be used in a thread of its own; raises StoreError.
        """
        return self.table()

    def picture(self) -> QtWidgets.QWidget:
        """Return the widget that a picture is taken of."""
        return self

    def showEvent(self, event: Any) -> None:  # noqa: N802
        """Catch up with what came while the tab was hidden."""
        super().showEvent(event)
        self.catch_up()

    def catch_up(self) -> None:
        """Draw what came while nobody looked."""
        if self._stale:
            self._stale = False
            self.draw()
