"""Two columns of a laboratory's own procedure, plotted against each other."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np

from labctl.gui.plain_label import PlainLabel
from labctl.gui.plots.axes import DecadeAxis
from labctl.gui.plots.curves import Look, Points
from labctl.gui.plots.graphics import pg
from labctl.gui.plots.plot import Canvas, Plot
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtWidgets
from labctl.readmodel.all_rows import all_rows
from labctl.readmodel.snapshot import Array
from labctl.store import Database

FEW = 300  # points are marked up to here


class RecordsTab(Tab):
    """One curve for each run; columns and scales are selectable."""

    name = "Records"

    def __init__(self) -> None:
        super().__init__()
        self.plot = Plot(self._note)
        self._canvas = Canvas()
        self._canvas.add(self.plot, 0, 0)
        self._columns = {"bottom": QtWidgets.QComboBox(), "left": QtWidgets.QComboBox()}
        self._logarithmic = {"bottom": QtWidgets.QCheckBox("log &x"), "left": QtWidgets.QCheckBox("log &y")}
        controls = QtWidgets.QHBoxLayout()
        for side, text in (("bottom", "x"), ("left", "y")):
            columns, logarithmic = self._columns[side], self._logarithmic[side]
            columns.setSizeAdjustPolicy(columns.SizeAdjustPolicy.AdjustToContents)
            columns.activated.connect(lambda _: self._chosen())
            logarithmic.toggled.connect(lambda _, side=side: self._change_axis(side))
            for widget in (PlainLabel(text), columns, logarithmic):
                controls.addWidget(widget)
        controls.addStretch(1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self._canvas, 1)
        self.apply_appearance()

    def draw(self) -> None:
        """Draw changed curves."""
        self._offer(self._numeric_columns())
        x, y = (self._columns[side].currentText() for side in ("bottom", "left"))
        shown = [run for run in self.runs if x in run.snapshot.records and y in run.snapshot.records]
        for run in shown:
            self._draw_run(run, x, y)
        self.plot.curves.keep([run.snapshot.id for run in shown])
        self.plot.say("" if shown else "no records: the runs shown have no columns of their own")
        self.plot.label("bottom", x)
        self.plot.label("left", y)

    def apply_appearance(self) -> None:
        """Dress the plot."""
        self._canvas.set_appearance(self.appearance)

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return all columns of all runs, as thinned for the screen."""
        names = list(dict.fromkeys(name for run in self.runs for name in run.snapshot.records))
        rows = (
            (run.snapshot.id, *(float(columns[name][i]) if name in columns else None for name in names))
            for run in self.runs
            for columns in [run.snapshot.records]
            for i in range(max((values.size for values in columns.values()), default=0))
        )
        return ("run_id", *names), rows

    def whole_table(self, database: Database) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return every row of every run as emitted, texts included."""
        names = list(dict.fromkeys(name for run in self.runs for name in run.snapshot.records))
        rows = (
            (run.snapshot.id, row["number"], row["time_s"], *(row["data"].get(name) for name in names))
            for run in self.runs
            for part in database.part_ids(run.snapshot.id)
            for row in all_rows(database, "records", part)
        )
        return ("run_id", "number", "time_s", *names), rows

    def picture(self) -> QtWidgets.QWidget:
        """Return the plot."""
        return self._canvas

    def _numeric_columns(self) -> list[str]:
        """Return the names of the columns that contain a number."""
        columns = (item for run in self.runs for item in run.snapshot.records.items())
        return list(dict.fromkeys(name for name, values in columns if np.isfinite(values).any()))

    def _offer(self, names: list[str]) -> None:
        for preferred, columns in enumerate(self._columns.values()):
            if [columns.itemText(i) for i in range(columns.count())] != names:
                was = columns.currentText()
                columns.clear()
                columns.addItems(names)
                columns.setCurrentIndex(names.index(was) if was in names else min(preferred, len(names) - 1))

    def _draw_run(self, run: ShownRun, x: str, y: str) -> None:
        records = run.snapshot.records
        scales = tuple(box.isChecked() for box in self._logarithmic.values())
        look = Look(run.colour, line=1.0, symbol="circle" if records[x].size <= FEW else "", size=4.0)
        self.plot.curves.draw(
            run.snapshot.id, look, records, (x, y, scales), lambda: _points(records[x], records[y], scales)
        )

    def _note(self, key: Hashable, index: int) -> str:
        run = next((run for run in self.runs if run.snapshot.id == key), None)
        x, y = (box.currentText() for box in self._columns.values())
        if run is None or x not in run.snapshot.records or y not in run.snapshot.records:
            return ""
        records = run.snapshot.records
        return f"{x} = {records[x][index]:.6g}\n{y} = {records[y][index]:.6g}\n{run.label}"

    def _chosen(self) -> None:
        self.refresh()
        self.plot.enableAutoRange()

    def _change_axis(self, side: str) -> None:
        axis = DecadeAxis(side) if self._logarithmic[side].isChecked() else pg.AxisItem(side)
        self.plot.setAxisItems({side: axis})
        self.apply_appearance()
        self._chosen()


def _points(x: Array, y: Array, logarithmic: tuple[bool, ...]) -> Points:
    scaled_x, scaled_y = (
        _log(values) if log else values for values, log in zip((x, y), logarithmic, strict=True)
    )
    return scaled_x, scaled_y


def _log(values: Array) -> Array:
    """Return the base-ten logarithm; NaN if undefined."""
    return np.log10(np.where(values > 0, values, np.nan))
