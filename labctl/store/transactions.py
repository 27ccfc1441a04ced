"""A connection for short transactions: a few rows at a time. For one thread at a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from labctl.store.causes import explaining
from labctl.store.connections import BUSY_TIMEOUT_S, open_for_writing
from labctl.store.places import refuse_network_share

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
        self._connection = open_for_writing(self.path, patience_s, may_create)

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Commit everything inside together, or nothing; no other program writes at that time."""
        with explaining(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.rollback()
                raise

    def rows(self, query: str, parameters: Parameters = ()) -> list[Row]:
        """Return the rows of a SELECT as dicts; JSON stays text."""
        with explaining(self.path):
            cursor = self._connection.execute(query, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def value(self, query: str, parameters: Parameters = ()) -> Any:
        """Return the first column of the first row of a SELECT; None where there is no row."""
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
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")
        return self

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
