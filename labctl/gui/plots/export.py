"""Export of a tab as csv, png or svg. A file is written completely or not at all, never over a database."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from qtpy import QtCore, QtGui, QtSvg, QtWidgets

from labctl.gui.saving import whole_file
from labctl.plain_text import spreadsheet_cell

PICTURE_SCALE = 2


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a csv file; None and NaN are empty, and no text is a formula."""
    with whole_file(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([spreadsheet_cell(name) for name in header])
        writer.writerows([_cell(value) for value in row] for row in rows)


def write_picture(path: Path, widget: QtWidgets.QWidget) -> None:
    """Write the picture of a widget, as .svg or in twice the pixels of the screen."""
    with whole_file(path) as part:
        (_write_svg if path.suffix.lower() == ".svg" else _write_png)(part, widget)


def _write_png(path: Path, widget: QtWidgets.QWidget) -> None:
    image = QtGui.QImage(widget.size() * PICTURE_SCALE, QtGui.QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(PICTURE_SCALE)
    image.fill(QtGui.QColor("white"))
    QtWidgets.QWidget.render(widget, image, QtCore.QPoint())
    if not image.save(str(path)):
        raise OSError(f"{path.parent}: the picture could not be written")


def _write_svg(path: Path, widget: QtWidgets.QWidget) -> None:
    picture = QtSvg.QSvgGenerator()
    picture.setFileName(str(path))
    picture.setResolution(widget.logicalDpiX())
    picture.setSize(widget.size())
    picture.setViewBox(QtCore.QRect(QtCore.QPoint(0, 0), widget.size()))
    painter = QtGui.QPainter()
    if not painter.begin(picture):
        raise OSError(f"{path.parent}: the picture could not be written")
    try:
        QtWidgets.QWidget.render(widget, painter, QtCore.QPoint())
    finally:
        painter.end()


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, list | tuple):
        return spreadsheet_cell("; ".join(map(str, value)))
    if isinstance(value, dict):
        return json.dumps(value)
    return repr(float(value)) if isinstance(value, float) else spreadsheet_cell(value)
