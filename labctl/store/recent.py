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

MOST_ROWS = 50_000

Work = Callable[[sqlite3.Connection], Any]


@dataclass(frozen=True)
class Transaction:
    """Rows appended, and what a caller did after them."""

    rows: Sequence[Row]
    work: Work | None


class RecentTransactions:
    """Everything committed since the last complete checkpoint, at most `MOST_ROWS` rows."""

    def __init__(self) -> None:
        self._transactions: deque[Transaction] = deque()
        self.rows = 0
        """Rows kept."""
        self.dropped = 0
        """Rows no longer kept because they were too many."""

    def __bool__(self) -> bool:
        return bool(self._transactions)

    def add(self, transaction: Transaction) -> None:
        """Keep a transaction that was committed."""
        self._transactions.append(transaction)
        self.rows += len(transaction.rows)
        while self.rows > MOST_ROWS and len(self._transactions) > 1:
            oldest = len(self._transactions.popleft().rows)
            self.rows -= oldest
            self.dropped += oldest

    def forget(self) -> None:
        """Drop them: the database file holds them now."""
        self._transactions.clear()
        self.rows = self.dropped = 0

    def missing_from(self, connection: sqlite3.Connection) -> int:
        """Number of the appended rows that another copy of the database lacks."""
        return sum(not _holds(connection, row) for one in self._transactions for row in one.rows)

    def repeat_in(self, connection: sqlite3.Connection) -> None:
        """Write into an older copy of the database what it lacks, in the order of the commits."""
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
    """Do it again, unless the copy holds it: then the rules of the tables refuse it."""
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
