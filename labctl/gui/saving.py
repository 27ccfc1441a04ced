"""Files written by the window: complete or absent; never over a database, over other files if confirmed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from labctl.gui.qt import QtWidgets

SQLITE_HEADER = b"SQLite format 3\x00"


def ask_for_new_file(parent: QtWidgets.QWidget, title: str, start: Path, kinds: str) -> Path | None:
    """Ask for a file name; the suffix of `start` is added before Qt asks whether to replace a file."""
    dialog = QtWidgets.QFileDialog(parent, title, str(start.parent), kinds)
    dialog.setAcceptMode(QtWidgets.QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(start.suffix)
    dialog.selectFile(start.name)
    chosen = dialog.selectedFiles() if dialog.exec() else []
    dialog.deleteLater()
    return Path(chosen[0]) if chosen else None


def refuse_what_is_no_export(path: Path, endings: Sequence[str]) -> None:
    """Raise ValueError if the name has none of the suffixes or the existing file is a database."""
    if path.suffix.lower() not in endings:
        raise ValueError(f"{path.name}: the name of this file must end in {' or '.join(endings)}")
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(SQLITE_HEADER)) == SQLITE_HEADER:
                raise ValueError(f"{path.name} is a database and is not overwritten")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside `path`; it replaces `path` if there was no error."""
    part = path.with_name(f".part-{path.name}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
