"""Files that the window writes: whole or absent, asked for before another is replaced, never a database."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from labctl.gui.qt import QtWidgets

SQLITE_HEADER = b"SQLite format 3\x00"


def ask_for_new_file(parent: QtWidgets.QWidget, title: str, start: Path, kinds: str) -> Path | None:
    """Let a person name a file; the ending of `start` is added before Qt asks whether to replace one."""
    dialog = QtWidgets.QFileDialog(parent, title, str(start.parent), kinds)
    dialog.setAcceptMode(QtWidgets.QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(start.suffix)
    dialog.selectFile(start.name)
    chosen = dialog.selectedFiles() if dialog.exec() else []
    dialog.deleteLater()
    return Path(chosen[0]) if chosen else None


def refuse_what_is_no_export(path: Path, endings: Sequence[str]) -> None:
    """Raise ValueError unless the name has one of the endings and what is there now is no database."""
    if path.suffix.lower() not in endings:
        raise ValueError(f"{path.name}: the name of this file must end in {' or '.join(endings)}")
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(SQLITE_HEADER)) == SQLITE_HEADER:
                raise ValueError(f"{path.name} is a database and is not overwritten")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a file beside `path` to write into; it takes its place when all went well."""
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
