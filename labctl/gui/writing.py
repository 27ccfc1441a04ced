"""Files that the window writes in the background: exports and reports of runs, pictures and data of a tab."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from labctl.gui.background import Background
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtCore, QtWidgets, Signal
from labctl.gui.saving import refuse_what_is_no_export
from labctl.qt.questions import ask_for_new_file
from labctl.store import Database

FORMATS = {".zip": "csv", ".xlsx": "xlsx", ".eln": "eln"}
EXPORTS = (*FORMATS, ".html", ".pdf", ".docx")
EXPORT_KINDS = "CSV files in an archive (*.zip);;Workbooks (*.xlsx);;ELN archives (*.eln)"


class Writing(QtCore.QObject):
    """Asks for the names of files and writes them.

    Signals
    -------
    said(str), warned(str)
        That a file is written; why one is not.
    """

    said = Signal(str)
    warned = Signal(str)

    def __init__(self, window: QtWidgets.QWidget, db: Path) -> None:
        super().__init__(window)
        self._window, self._db = window, db
        self._background = Background(self)

    def export_runs(self, run_ids: list[int]) -> None:
        """Ask for a file and export runs into it."""
        start = self._db.parent / f"runs-{run_ids[0]}.zip"
        self._ask(
            f"Export {_runs_in_words(run_ids)}",
            start,
            EXPORT_KINDS,
            lambda database, path: export_runs(database, run_ids, path),
        )

    def report_runs(self, run_ids: list[int]) -> None:
        """Ask for a file and write a report about runs into it."""
        start = self._db.parent / f"report-{run_ids[0]}.html"
        self._ask(
            f"Report about {_runs_in_words(run_ids)}",
            start,
            "Reports (*.html *.pdf *.docx)",
            lambda database, path: report_runs(database, run_ids, path),
        )

    def picture(self, tab: Tab) -> None:
        """Ask for a file and write the picture of a tab into it."""
        start, kinds = self._start(tab, ".png"), "Pictures (*.png *.svg)"
        ask_for_new_file(
            self._window, "Export picture", start, kinds, lambda path: self.write_picture(tab, path)
        )

    def write_picture(self, tab: Tab, path: Path) -> None:
        """Write the picture of a tab."""
        try:
            tab.export_picture(path)
        except (OSError, ValueError) as error:
            self.warned.emit(f"not exported: {error}")
        else:
            self.said.emit(f"{path} written")

    def data(self, tab: Tab) -> None:
        """Ask for a file and write the data of a tab into it."""
        start, kinds = self._start(tab, ".csv"), "Tables (*.csv)"
        ask_for_new_file(self._window, "Export data", start, kinds, lambda path: self.write_data(tab, path))

    def write_data(self, tab: Tab, path: Path) -> None:
        """Write all data of a tab; takes minutes for millions of rows."""
        tab.catch_up()
        self.said.emit(f"writing {path}…")
        self._write(path, lambda database: _export_data(tab, path, database), "not exported")

    def write_runs(self, path: Path, write: Callable[[Database], Any]) -> None:
        """Write a file about runs."""
        try:
            refuse_what_is_no_export(path, EXPORTS)
        except ValueError as error:
            self.warned.emit(f"not written: {error}")
            return
        self.said.emit(f"writing {path}…")
        self._write(path, write, "not written")

    def _ask(self, title: str, start: Path, kinds: str, write: Callable[[Database, Path], Any]) -> None:
        ask_for_new_file(
            self._window,
            title,
            start,
            kinds,
            lambda path: self.write_runs(path, lambda database: write(database, path)),
        )

    def _write(self, path: Path, write: Callable[[Database], Any], if_not: str) -> None:
        def work() -> None:
            with Database(self._db) as database:
                write(database)

        self._background.run(
            work,
            lambda _: self.said.emit(f"{path} written"),
            lambda why: self.warned.emit(f"{if_not}: {why}"),
        )

    def _start(self, tab: Tab, suffix: str) -> Path:
        return self._db.parent / f"{tab.name.lower()}{suffix}"


def export_runs(database: Database, run_ids: list[int], path: Path) -> None:
    """Export runs in the format of a file's name; raises as `labctl export`."""
    from labctl.report.export.formats import Credit, export  # takes 0.2 s

    export(database, run_ids, FORMATS[path.suffix], path, Credit())


def report_runs(database: Database, run_ids: list[int], path: Path) -> None:
    """Write a report about runs; raises as `labctl report`."""
    from labctl.report.pages.writing import write_report

    write_report(database, [str(run_id) for run_id in run_ids], path)


def _export_data(tab: Tab, path: Path, database: Database) -> None:
    try:
        tab.export_data(path, database)
    except ValueError as error:
        raise OSError(str(error)) from error


def _runs_in_words(run_ids: list[int]) -> str:
    numbers = ", ".join(map(str, run_ids))
    return f"run {numbers}" if len(run_ids) == 1 else f"runs {numbers}"
