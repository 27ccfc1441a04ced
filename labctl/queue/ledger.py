"""A connection for short transactions on the queue's tables. One thread, one ledger."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from labctl.store.causes import explaining
from labctl.store.connections import BUSY_TIMEOUT_S, open_for_writing
from labctl.store.places import refuse_network_share


class Ledger:
    """The file, opened to read and write a few rows at a time.

    Parameters
    ----------
    path : Path or str
    patience_s : float
        How long to wait while another program writes.
    may_create : bool
        False: a file that is not there is an error.

    Raises
    ------
    StoreError
        From every method, when the file cannot be used; the message says why.
    """

    def __init__(self, path: Path | str, patience_s: float = BUSY_TIMEOUT_S, may_create: bool = True) -> None:
        self.path = Path(path)
        refuse_network_share(self.path)
        self._connection = open_for_writing(self.path, patience_s, may_create)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens, or nothing; no other program writes meanwhile."""
        with explaining(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.rollback()
                raise

    def rows(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        """What a SELECT gives, as dicts; JSON is left as text."""
        with explaining(self.path):
            cursor = self._connection.execute(query, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def without_fsync(self) -> Self:
        """Let commits of this ledger wait for no disk: for signs of life, which a power cut may take."""
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")
        return self

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> int:
    """Insert a row; return its id."""
    marks = ", ".join("?" * len(row))
    cursor = connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", [*row.values()])
    return cursor.lastrowid or 0
