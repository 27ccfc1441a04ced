"""A column of a laboratory's own procedure as colours over two others."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from labctl.gui.plain_label import PlainLabel
from labctl.gui.plots.choice import Choice
from labctl.gui.plots.graphics import pg
from labctl.gui.plots.plot import Canvas, Plot
from labctl.gui.plots.records_table import drawn_records, numeric_columns, offer, whole_records
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtCore, QtWidgets
from labctl.readmodel.image import Image, image_of, read_image
from labctl.readmodel.run_of_file import is_of_another_file
from labctl.store import Database

AXES = ("x", "y", "colour")


class ImageTab(Tab):
    """The map of one run: the chosen one, or the newest of those shown."""

    name = "Image"

    def __init__(self) -> None:
        super().__init__()
        self.plot = Plot()
        self._canvas = Canvas()
        self._canvas.add(self.plot, 0, 0)
        self.item = pg.ImageItem()
        self.plot.addItem(self.item)
        self.bar = pg.ColorBarItem(colorMap=pg.colormap.get("viridis"), interactive=False)
        self.bar.setImageItem(self.item, insert_in=self.plot)
        self.bar.axis.enableAutoSIPrefix(False)
        self._columns = {axis: QtWidgets.QComboBox() for axis in AXES}
        self._run, self._said = Choice("newest run"), PlainLabel()
        self._run.setAccessibleName("Run of the image")
        self._run.chosen.connect(self.refresh)
        self._known: tuple[Any, ...] = ()
        controls = QtWidgets.QHBoxLayout()
        controls.addWidget(self._run)
        for axis, columns in self._columns.items():
            columns.setAccessibleName(f"Column of {axis}")
            columns.setSizeAdjustPolicy(columns.SizeAdjustPolicy.AdjustToContents)
            columns.activated.connect(lambda _: self._chosen())
            controls.addWidget(PlainLabel(axis))
            controls.addWidget(columns)
        controls.addWidget(self._said, 1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self._canvas, 1)
        self.apply_appearance()

    def draw(self) -> None:
        """Draw the map of the chosen run, if it has changed."""
        having = [run for run in self.runs if numeric_columns([run])]
        self._run.offer([(run.label, run.snapshot.id) for run in having])
        run = next(
            (run for run in having if run.snapshot.id == self._run.key), having[-1] if having else None
        )
        names = numeric_columns([run]) if run is not None else []
        for place, columns in enumerate(self._columns.values()):
            offer(columns, names, place)
        if run is None or not names:
            self._show(None)
            return
        x, y, z = (columns.currentText() for columns in self._columns.values())
        key = (run.snapshot.records, x, y, z)
        if self._known and self._known[0] is key[0] and self._known[1:] == key[1:]:
            return
        self._known = key
        self._read(run, (x, y, z), key)

    def apply_appearance(self) -> None:
        """Dress the plot."""
        self._canvas.set_appearance(self.appearance)
        self.bar.axis.setTextPen(self.appearance.foreground)
        self.bar.axis.setPen(self.appearance.muted)

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return all columns of all runs, as thinned for the screen."""
        return drawn_records(self.runs)

    def whole_table(self, database: Database) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return every row of every run as emitted, texts included."""
        return whole_records(self.runs, database)

    def picture(self) -> QtWidgets.QWidget:
        """Return the plot."""
        return self._canvas

    def _read(self, run: ShownRun, names: tuple[str, str, str], key: tuple[Any, ...]) -> None:
        """Show the rows that are here; read all of them where they are thinned."""
        records, snapshot = run.snapshot.records, run.snapshot
        if "records" not in snapshot.thinned or is_of_another_file(snapshot.id):
            self._show(image_of(*(records[name] for name in names)), *names)
            return
        self._said.setText("reading all rows…")
        self.read(
            lambda database: read_image(database, database.part_ids(snapshot.id), names),
            lambda found: self._show(found, *names) if key is self._known else None,
        )

    def _show(self, image: Image | None, x: str = "", y: str = "", z: str = "") -> None:
        self.plot.say("" if image is not None else "no records: the runs shown have no columns of their own")
        self.item.setVisible(image is not None)
        self.bar.setVisible(image is not None)
        self._said.setText("")
        if image is None:
            self._known = ()
            return
        pixels = image.as_pixels()
        low, high = float(np.nanmin(pixels)), float(np.nanmax(pixels))
        self.item.setImage(pixels, autoLevels=False, axisOrder="col-major")
        self.item.setRect(QtCore.QRectF(*image.edges()))
        self.bar.setLevels((low, high if high > low else low + 1.0))
        self.plot.label("bottom", x)
        self.plot.label("left", y)
        self.bar.setLabel("right", z)
        means = "; mean of the rows of each cell" if image.averaged else ""
        self._said.setText(f"{image.x.size} × {image.y.size} cells, {low:.6g} to {high:.6g}{means}")

    def _chosen(self) -> None:
        self.refresh()
        self.plot.enableAutoRange()
