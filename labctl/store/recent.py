"""Transactions that may be in the -wal only: kept in memory until the database file holds them."""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from labctl.errors import StoreError
from labctl.store.batches import Row
from labctl.store.causes import ROW_ERRORS

MOST_ROWS = 20_000
KEPT_FOR_S = 30.0
"""Also after a checkpoint: another process may be rescuing the file as it was before."""

Work = Callable[[sqlite3.Connection], Any]


@dataclass(frozen=True)
class Transaction:
    """Rows appended, the work of a caller after them, and the time by a monotonic clock."""

    rows: Sequence[Row]
    work: Work | None
    committed_s: float


class RecentTransactions:
    """Transactions committed since the last complete checkpoint or lately, at most `MOST_ROWS` rows."""

    def __init__(self) -> None:
        self._transactions: deque[Transaction] = deque()
        self._in_wal_only = 0
        self.rows = 0
        """Rows kept."""
        self.dropped = 0
        """Rows of the -wal that are no longer kept because they were too many."""

    @property
    def in_wal_only(self) -> bool:
        """Whether a transaction was committed since the last complete checkpoint."""
        return bool(self._in_wal_only)

    def add(self, transaction: Transaction) -> None:
        """Keep a transaction that was committed."""
        self._transactions.append(transaction)
        self._in_wal_only += 1
        self.rows += len(transaction.rows)
        while self.rows > MOST_ROWS and len(self._transactions) > 1:
            oldest_in_wal_only = self._in_wal_only == len(self._transactions)
            dropped = self._drop_oldest()
            if oldest_in_wal_only:
                self._in_wal_only -= 1
                self.dropped += dropped

    def note_checkpoint(self, now_s: float) -> None:
        """Note that the database file holds them all; drop the old ones."""
        self._in_wal_only = self.dropped = 0
        while self._transactions and now_s - self._transactions[0].committed_s > KEPT_FOR_S:
            self._drop_oldest()

    def _drop_oldest(self) -> int:
        count = len(self._transactions.popleft().rows)
        self.rows -= count
        return count

    def missing_from(self, connection: sqlite3.Connection) -> int:
        """Number of the appended rows that another copy of the database lacks."""
        return sum(not _holds(connection, row) for one in self._transactions for row in one.rows)

    def repeat_in(self, connection: sqlite3.Connection) -> None:
        """Repeat in an older copy of the database the transactions that it lacks, in order."""
        connection.execute("BEGIN IMMEDIATE")
        for transaction in self._transactions:
            for insertion, values in transaction.rows:
                if not _holds(connection, (insertion, values)):
                    with suppress(*ROW_ERRORS):
                        connection.execute(insertion.sql, values)
            if transaction.work is not None:
                _repeat(connection, transaction.work)
        connection.execute("COMMIT")


def _repeat(connection: sqlite3.Connection, work: Work) -> None:
    """Do the work again; if the copy holds its result already, the rules of the tables refuse it."""
    connection.execute("SAVEPOINT again")
    try:
        work(connection)
    except (*ROW_ERRORS, StoreError):
        connection.execute("ROLLBACK TO again")
    connection.execute("RELEASE again")


def _holds(connection: sqlite3.Connection, row: Row) -> bool:
    insertion, values = row
    same = " AND ".join(f"{column.name} IS ?" for column in insertion.columns)
    query = f"SELECT 1 FROM {insertion.table} WHERE {same} LIMIT 1"
    return connection.execute(query, tuple(values)).fetchone() is not None
