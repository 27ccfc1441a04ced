"""A connection for short transactions: a few rows at a time. For one thread at a time.

Before each use it checks whether its files were lost (`labctl.store.presence`). The program that measures
puts a copy back (`labctl.store.rescue`); this connection waits for the copy, and opens it.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from labctl.clock import RealClock
from labctl.errors import StoreError
from labctl.store.background import BackgroundCheckpoints
from labctl.store.causes import explaining
from labctl.store.connections import BUSY_TIMEOUT_S, open_for_writing
from labctl.store.interruptions import mark_interrupted, seal_ended
from labctl.store.places import refuse_network_share
from labctl.store.presence import Files
from labctl.store.recent import RecentTransactions
from labctl.store.rescue import Rescue

PUT_BACK_WITHIN_S = 10.0
LOOK_AGAIN_S = 0.05

Row = dict[str, Any]
Parameters = Sequence[Any] | Mapping[str, Any]


class WriteConnection:
    """The file, opened to read and write a few rows at a time.

    Parameters
    ----------
    path : Path or str
    patience_s : float
        How long to wait while another program writes.
    may_create : bool
        False: a missing file is an error.

    Raises
    ------
    StoreError
        From every method, when the file cannot be used; the message gives the cause.
    """

    def __init__(self, path: Path | str, patience_s: float = BUSY_TIMEOUT_S, may_create: bool = True) -> None:
        self.path = Path(path)
        refuse_network_share(self.path)
        self._patience_s = patience_s
        self._checkpoints: BackgroundCheckpoints | None = None
        self._open(may_create)

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Commit everything inside together, or nothing; no other program writes at that time."""
        self._check_files()
        with explaining(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.rollback()
                raise
        if self._checkpoints is not None:
            self._checkpoints.count()

    def rows(self, query: str, parameters: Parameters = ()) -> list[Row]:
        """Return the rows of a SELECT as dicts; JSON stays text."""
        self._check_files()
        with explaining(self.path):
            cursor = self._connection.execute(query, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def value(self, query: str, parameters: Parameters = ()) -> Any:
        """Return the first column of the first row of a SELECT; None where there is no row."""
        self._check_files()
        with explaining(self.path):
            found = self._connection.execute(query, parameters).fetchone()
        return None if found is None else found[0]

    def execute(self, statement: str, parameters: Parameters = ()) -> int:
        """Execute one statement that changes rows; return how many it changed."""
        with explaining(self.path):
            return self._connection.execute(statement, parameters).rowcount

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """Insert a row; return its id."""
        marks = ", ".join("?" * len(row))
        statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
        with explaining(self.path):
            return self._connection.execute(statement, [*row.values()]).lastrowid or 0

    def update(self, table: str, row_id: int, changes: Mapping[str, Any]) -> None:
        """Change columns of the row with that id."""
        assignments = ", ".join(f"{column} = ?" for column in changes)
        self.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", [*changes.values(), row_id])

    def without_fsync(self) -> Self:
        """Let commits return before the disk has them: for heartbeats, which a power cut may lose."""
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._checkpoints = self._checkpoints or BackgroundCheckpoints(self.path)
        return self

    def rescue(self) -> str:
        """Save the content of lost files, and put it back; return a description of the loss, "" without one.

        For a program that knows that the measuring program has ended.

        Raises
        ------
        StoreError
            Nothing could be saved, or the copy could not be put back; the message names the copy. A different
            database that has the name now is used from then on.
        """
        present, none = self._present_files(), RecentTransactions()
        loss = self._files.loss(self.path, present)
        if not loss:
            return ""
        try:
            self._rescue.save(self._connection, none)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self.path}: {loss}; not rescued: {error}") from error
        words = f"{self.path}: {loss}; all it held is in {self._rescue.copy}"
        if not self._rescue.put_back(none):
            if present.database not in (None, self._files.database):
                self._reopen()
            raise StoreError(words)
        self._reopen()
        return f"{words}, and was put back in its place"

    def end_left_runs(self) -> None:
        """Mark runs of this computer as interrupted where their process has ended, and seal them."""
        self._check_files()
        with explaining(self.path):
            mark_interrupted(self._connection)
            seal_ended(self._connection)

    def close(self) -> None:
        """Close the file."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._connection.close()

    def _open(self, may_create: bool) -> None:
        self._connection = open_for_writing(self.path, self._patience_s, may_create)
        self._real_path = Path(os.path.realpath(self.path))
        self._files = Files.of(self._real_path)
        self._rescue = Rescue(self.path, self._files)

    def _reopen(self) -> None:
        stale = self._connection
        self._open(may_create=False)
        if self._checkpoints is not None:
            self.without_fsync()
        stale.close()

    def _present_files(self) -> Files:
        try:
            return Files.of(self._real_path)
        except OSError:  # a failing disk is no loss; the statement that follows meets it
            return self._files

    def _check_files(self) -> None:
        """Wait for the file to be put back, and open it. Heartbeats do not wait, since they may be lost."""
        if self._connection.in_transaction:
            return
        clock = RealClock()
        give_up_s = clock.monotonic() + PUT_BACK_WITHIN_S
        while (now := self._present_files()) != self._files:
            if now.database not in (None, self._files.database):
                self._reopen()
                return
            if self._checkpoints is not None:
                return
            if clock.monotonic() > give_up_s:
                loss = self._files.loss(self.path, now)
                raise StoreError(
                    f"{self.path}: {loss}, and not put back; stop what uses it, then start again"
                )
            clock.sleep(LOOK_AGAIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
