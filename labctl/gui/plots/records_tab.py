"""Columns of a laboratory's own procedure against one of them: several plots, one below the other."""

from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from labctl.gui.plain_label import PlainLabel
from labctl.gui.plots.axes import DecadeAxis
from labctl.gui.plots.curves import Look, Points
from labctl.gui.plots.graphics import pg
from labctl.gui.plots.plot import Canvas, Plot
from labctl.gui.plots.records_table import drawn_records, numeric_columns, offer, whole_records
from labctl.gui.plots.refining import Reading, Refiner, is_refinable, refined
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtWidgets
from labctl.readmodel.in_view import Part, View, records_in_view
from labctl.readmodel.snapshot import Array
from labctl.store import Database

FEW = 300  # points are marked up to here
MOST_PLOTS = 6


class Column(QtWidgets.QWidget):
    """Choice of a column, and of its scale. `axis` is `"x"` or `"y"`."""

    def __init__(self, axis: str, mnemonic: str, chosen: Any, scaled: Any) -> None:
        super().__init__()
        self.columns, self.logarithmic = QtWidgets.QComboBox(), QtWidgets.QCheckBox(f"log {mnemonic}")
        self.columns.setSizeAdjustPolicy(self.columns.SizeAdjustPolicy.AdjustToContents)
        self.columns.setAccessibleName(f"Column on the {axis} axis")
        self.logarithmic.setAccessibleName(f"Logarithmic {axis} axis")
        self.columns.activated.connect(lambda _: chosen())
        self.logarithmic.toggled.connect(lambda _: scaled())
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (PlainLabel(axis), self.columns, self.logarithmic):
            row.addWidget(widget)

    @property
    def name(self) -> str:
        """The column chosen; `""` where there is none."""
        return self.columns.currentText()


class RecordsTab(Tab):
    """One curve for each run in each plot; the plots share their x axis."""

    name = "Records"

    def __init__(self) -> None:
        super().__init__()
        self._canvas = Canvas()
        self._x = Column("x", "&x", self._chosen, lambda: self._change_axis("bottom"))
        self._ys: list[Column] = []
        self.plots: list[Plot] = []
        self._refiners: dict[Plot, Refiner] = {}
        self._controls = QtWidgets.QHBoxLayout()
        self._more, self._fewer = QtWidgets.QPushButton("+ y"), QtWidgets.QPushButton("− y")
        self._more.setToolTip("Another plot below, of another column")
        self._fewer.setToolTip("Remove the lowest plot")
        self._more.setAccessibleName("Add a plot")
        self._fewer.setAccessibleName("Remove the lowest plot")
        self._more.clicked.connect(self.add_plot)
        self._fewer.clicked.connect(self.remove_plot)
        for widget in (self._x, self._more, self._fewer):
            self._controls.addWidget(widget)
        self._controls.addStretch(1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(self._controls)
        layout.addWidget(self._canvas, 1)
        self.add_plot()

    @property
    def plot(self) -> Plot:
        """The first plot."""
        return self.plots[0]

    def add_plot(self) -> None:
        """Add a plot below the others, of the next column; at most six."""
        place = len(self.plots)
        if place == MOST_PLOTS:
            return
        y = Column("y", "&y" if place == 0 else "y", self._chosen, partial(self._change_axis, "left", place))
        plot = Plot(partial(self._note_of, place))
        self._canvas.add(plot, place, 0)
        if self.plots:
            plot.setXLink(self.plots[0])
        self._ys.append(y)
        self.plots.append(plot)
        wanted = partial(self._wanted, plot)
        self._refiners[plot] = Refiner(self, plot, wanted, self._x.logarithmic.isChecked)
        self._controls.insertWidget(1 + place, y)
        if self._x.logarithmic.isChecked():
            plot.setAxisItems({"bottom": DecadeAxis("bottom")})
        self._enable()
        self.apply_appearance()
        self.refresh()

    def remove_plot(self) -> None:
        """Remove the lowest plot; the first one stays."""
        if len(self.plots) < 2:
            return
        plot = self.plots.pop()
        self._canvas.drop(plot)
        self._refiners.pop(plot).deleteLater()
        column = self._ys.pop()
        self._controls.removeWidget(column)
        column.deleteLater()
        self._enable()
        self.refresh()

    def draw(self) -> None:
        """Draw changed curves."""
        names = numeric_columns(self.runs)
        offer(self._x.columns, names, 0)
        for place, (plot, column) in enumerate(zip(self.plots, self._ys, strict=True)):
            offer(column.columns, names, 1 + place)
            self._draw_plot(plot, column)

    def apply_appearance(self) -> None:
        """Dress the plots."""
        self._canvas.set_appearance(self.appearance)

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return all columns of all runs, as thinned for the screen."""
        return drawn_records(self.runs)

    def whole_table(self, database: Database) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return every row of every run as emitted, texts included."""
        return whole_records(self.runs, database)

    def picture(self) -> QtWidgets.QWidget:
        """Return the plots."""
        return self._canvas

    def _draw_plot(self, plot: Plot, column: Column) -> None:
        x, y = self._x.name, column.name
        shown = [run for run in self.runs if x in run.snapshot.records and y in run.snapshot.records]
        self._refiners[plot].curves_changed()
        for run in shown:
            self._draw_run(plot, run, x, y, column.logarithmic.isChecked())
        plot.curves.keep([run.snapshot.id for run in shown])
        plot.say("" if shown else "no records: the runs shown have no columns of their own")
        plot.label("bottom", x if plot is self.plots[-1] else "")
        plot.label("left", y)

    def _draw_run(self, plot: Plot, run: ShownRun, x: str, y: str, logarithmic: bool) -> None:
        records = run.snapshot.records
        scales = (self._x.logarithmic.isChecked(), logarithmic)
        look = Look(run.colour, line=1.0, symbol="circle" if records[x].size <= FEW else "", size=4.0)
        part = self._refiners[plot].parts.get(run.snapshot.id)

        def points() -> Points:
            return _points(*refined(part, records[x], records[y]), scales)

        plot.curves.draw(run.snapshot.id, look, records, (x, y, scales, part), points)

    def _wanted(self, plot: Plot) -> dict[Hashable, Reading]:
        """Return the reading of a column in view, for each thinned run with rising x."""
        if plot not in self.plots:
            return {}
        x, y = self._x.name, self._ys[self.plots.index(plot)].name
        thinned = [run.snapshot for run in self.runs if is_refinable(run.snapshot, "records")]
        having = [one for one in thinned if {x, y} <= one.records.keys() and _never_falls(one.records[x])]
        return {one.id: partial(_read, one.id, x, y) for one in having}

    def _note_of(self, place: int, key: Hashable, index: int) -> str:
        run = next((run for run in self.runs if run.snapshot.id == key), None)
        x, y = self._x.name, self._ys[place].name
        if run is None or x not in run.snapshot.records or y not in run.snapshot.records:
            return ""
        records = run.snapshot.records
        return f"{x} = {records[x][index]:.6g}\n{y} = {records[y][index]:.6g}\n{run.label}"

    def _chosen(self) -> None:
        for refiner in self._refiners.values():
            refiner.forget()
        self.refresh()
        for plot in self.plots:
            plot.enableAutoRange()

    def _change_axis(self, side: str, place: int = 0) -> None:
        column = self._x if side == "bottom" else self._ys[place]
        for plot in self.plots if side == "bottom" else [self.plots[place]]:
            axis = DecadeAxis(side) if column.logarithmic.isChecked() else pg.AxisItem(side)
            plot.setAxisItems({side: axis})
        self.apply_appearance()
        self._chosen()

    def _enable(self) -> None:
        self._more.setEnabled(len(self.plots) < MOST_PLOTS)
        self._fewer.setEnabled(len(self.plots) > 1)


def _never_falls(x: Array) -> bool:
    return bool(np.all(np.isfinite(x)) and np.all(np.diff(x) >= 0))


def _read(run_id: int, x: str, y: str, database: Database, view: View) -> Part:
    return records_in_view(database, run_id, x, y, view)


def _points(x: Array, y: Array, logarithmic: tuple[bool, ...]) -> Points:
    scaled_x, scaled_y = (
        _log(values) if log else values for values, log in zip((x, y), logarithmic, strict=True)
    )
    return scaled_x, scaled_y


def _log(values: Array) -> Array:
    """Return the base-ten logarithm; NaN if undefined."""
    return np.log10(np.where(values > 0, values, np.nan))
