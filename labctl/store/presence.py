"""A file deleted under us: a program on Unix goes on writing into nowhere, and loses all when it ends."""

import os
import sqlite3
import tempfile
from pathlib import Path

from labctl.errors import StoreError


class Presence:
    """Tells whether the path still leads to the file that is open, and saves the content when it does not."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path.absolute()
        self._connection = connection
        self._identity = _identity(self._path)
        self._rescue: Path | None = None

    def check(self) -> None:
        """Raise `StoreError` when the file is gone or replaced; what it held is then in a rescued copy.

        Called outside a transaction, after every commit.
        """
        if _identity(self._path) == self._identity:
            return
        try:
            self._save()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self._path}: deleted or replaced while open, not rescued: {error}") from error
        raise StoreError(f"{self._path}: deleted or replaced while open; all it held is in {self._rescue}")

    def _save(self) -> None:
        self._rescue = self._rescue or _free_name(self._path)
        fresh = self._rescue.with_name(self._rescue.name + ".part")
        fresh.unlink(missing_ok=True)
        self._connection.execute("VACUUM INTO ?", (str(fresh),))
        os.replace(fresh, self._rescue)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _free_name(path: Path) -> Path:
    folder = path.parent if path.parent.is_dir() else Path(tempfile.gettempdir())
    number = 1
    while (copy := folder / f"{path.stem}.rescued-{number}{path.suffix}").exists():
        number += 1
    return copy
