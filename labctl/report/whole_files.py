"""Files that are written whole or not at all, and never over a database."""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from labctl.errors import InvalidRequest

SQLITE_HEADER = b"SQLite format 3\x00"


def is_database(path: Path) -> bool:
    """Return whether a file exists and is an SQLite database."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(SQLITE_HEADER)) == SQLITE_HEADER


def folder_for(path: Path, names: Collection[str]) -> Path:
    """Make a folder for files of these names; raises InvalidRequest where it holds others.

    Files of an earlier export would be taken for results of this one.
    """
    path.mkdir(parents=True, exist_ok=True)
    others = sorted({file.name for file in path.iterdir()} - set(names))
    if others:
        raise InvalidRequest(
            f"--output: {path} holds {others[0]} already, not of this export; give another folder"
        )
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside `path`; it replaces `path` if there was no error."""
    part = path.with_name(f".part-{path.name}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path, names: Collection[str] = ()) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; its files come into `path` if there was no error.

    So a disk that is full leaves no half set of files. `names` are the files that `path` may hold already,
    and which are replaced; raises InvalidRequest where it holds others.
    """
    folder_for(path, names)
    part = path.with_name(f".part-{path.name}")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir()
        yield part
        for file in sorted(part.iterdir()):
            os.replace(file, path / file.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if not os.listdir(path):
            path.rmdir()
