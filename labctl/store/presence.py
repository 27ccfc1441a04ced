"""Detect that database, -wal or -shm are no longer the files that an open connection uses.

On Unix a program continues to write into a deleted file, and the content is lost when the program ends. The
-wal holds rows not yet copied into the database, and the -shm holds the locks: both are part of the database.
"""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from labctl.store.wal import HEADER_BYTES, WalMark, has_hole, shm_of, wal_of

Identity = tuple[int, int]


@dataclass(frozen=True)
class Files:
    """Device and inode number of the three files of a database; None for a missing one."""

    database: Identity | None
    wal: Identity | None
    shm: Identity | None

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read them. Takes a few microseconds.

        Raises
        ------
        OSError
            The disk or the permissions hide the files: they are neither known to be there nor to be lost.
        """
        return cls(_identity(path), _identity(wal_of(path)), _identity(shm_of(path)))

    def loss(self, path: Path, now: "Files") -> str:
        """Return a description of the file that changed; "" if none did."""
        pairs = ((path, self.database, now.database), (wal_of(path), self.wal, now.wal))
        for file, before, after in (*pairs, (shm_of(path), self.shm, now.shm)):
            if before != after:
                return f"{file.name} was {'deleted' if after is None else 'replaced'} while open"
        return ""


class Presence:
    """Compares the files with those that were there when the connection was opened.

    Parameters
    ----------
    path : Path
        The database.
    connection : sqlite3.Connection
        It has read from the database, so that -wal and -shm exist. For one thread at a time.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path, self._connection = Path(os.path.realpath(path)), connection
        self.files = Files.of(self._path)
        self._mark = WalMark.of(self._path)
        self._hole = False

    def loss(self) -> str:
        """Return a description of the loss; "" if there is none. Outside a transaction."""
        try:
            now, mark = Files.of(self._path), WalMark.of(self._path)
        except OSError:  # a failing disk is no loss; the next commit meets it
            return ""
        if now != self.files:
            return self.files.loss(self._path, now)
        if self._hole:
            return f"{wal_of(self._path).name} was truncated while open"
        if not self._mark.is_followed_by(mark) and not self._emptied_by_checkpoint(mark):
            short = mark.size < max(HEADER_BYTES, self._mark.size)
            return f"{wal_of(self._path).name} was {'truncated' if short else 'overwritten'} while open"
        self._mark = mark
        return ""

    def loss_on_close_look(self) -> str:
        """As `loss`, but read the frames too: a truncated -wal may have grown again."""
        self._hole = self._hole or has_hole(self._path)
        return self.loss()

    def _emptied_by_checkpoint(self, mark: WalMark) -> bool:
        """Whether another program emptied the -wal and its index by `wal_checkpoint(TRUNCATE)`."""
        if mark.size >= HEADER_BYTES:
            return False
        try:
            busy, frames, _ = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error:
            return False
        return not busy and frames == 0


def _identity(path: Path) -> Identity | None:
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino
