"""Files of what a tab shows: csv, png, svg. An export is whole or absent, and never lands on a database."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from qtpy import QtCore, QtGui, QtSvg, QtWidgets

SQLITE_HEADER = b"SQLite format 3\x00"
PICTURE_SCALE = 2


def refuse_what_is_no_export(path: Path, endings: Sequence[str]) -> None:
    """Raise ValueError unless the name has one of the endings and what is there now is no database."""
    if path.suffix.lower() not in endings:
        raise ValueError(f"{path.name}: the name of this export must end in {' or '.join(endings)}")
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(SQLITE_HEADER)) == SQLITE_HEADER:
                raise ValueError(f"{path.name} is a database and is not overwritten")


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a csv file; None and NaN are empty."""
    part = _part(path)
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows([_cell(value) for value in row] for row in rows)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_picture(path: Path, widget: QtWidgets.QWidget) -> None:
    """Write what a widget shows, as .svg or in twice the pixels of the screen."""
    part = _part(path)
    try:
        (_write_svg if path.suffix.lower() == ".svg" else _write_png)(part, widget)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


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


def _part(path: Path) -> Path:
    return path.with_name(f".part-{path.name}")


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return repr(float(value)) if isinstance(value, float) else value
