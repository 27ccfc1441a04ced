"""The thread that writes.

1. One connection, one thread. Requests are served in the order they came.
2. A batch of rows is committed 50 ms after its first row, or at once when somebody waits.
3. Acknowledged means committed (WAL, synchronous=FULL): the rows survive a power cut.
4. A row that breaks a rule of the schema is refused alone; its neighbours are stored.
5. When the file cannot be written, rows stay here and are tried again with the next request.
6. An error is raised once, by the next call of whatever kind, and that call is not carried out.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from labctl.errors import StoreError
from labctl.store.causes import ROW_ERRORS, explained
from labctl.store.rows import Insertion

BATCH_S = 0.05
MOST_WAITING_ROWS = 50_000

Row = tuple[Insertion, list[Any]]


@dataclass(frozen=True)
class _Call:
    """Work inside a transaction of its own that somebody waits for."""

    work: Callable[[sqlite3.Connection], Any]
    rows: int
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """Rows and calls go in from any thread, one thread commits them.

    Parameters
    ----------
    path : Path
        The file, for messages.
    connection : sqlite3.Connection
        In autocommit mode; from now on the writer's own.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.acknowledged = 0
        self._path = path
        self._connection = connection
        self._requests: deque[Row | _Call] = deque()
        self._unwritten: list[Row] = []
        self._error: StoreError | None = None
        self._something = threading.Event()
        self._urgent = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._live, name="labctl store writer", daemon=True)
        self._thread.start()

    def append(self, insertion: Insertion, values: list[Any]) -> None:
        """Hand over a row; raises the error of an earlier one."""
        if self._error is not None:
            self._raise_error()
        if len(self._requests) > MOST_WAITING_ROWS:
            self.call(_nothing)
        self._requests.append((insertion, values))
        if not self._something.is_set():
            self._something.set()

    def call(self, work: Callable[[sqlite3.Connection], Any], rows: int = 0) -> Any:
        """Carry out `work` in a transaction after everything handed over; return once it is committed."""
        if self._closing:
            raise StoreError(f"{self._path}: the store is closed")
        call = _Call(work, rows)
        self._requests.append(call)
        self._urgent.set()
        self._something.set()
        return call.done.result()

    def close(self) -> None:
        """Commit what is left and end the thread. The connection is closed whatever happens."""
        if self._closing:
            return
        try:
            self.call(_nothing)
        finally:
            self._closing = True
            self._urgent.set()
            self._something.set()
            self._thread.join()
            self._connection.close()

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _live(self) -> None:
        while not self._closing:
            self._something.wait()
            self._urgent.wait(timeout=BATCH_S)
            self._something.clear()
            self._urgent.clear()
            self._serve([self._requests.popleft() for _ in range(len(self._requests))])

    def _serve(self, requests: Sequence[Row | _Call]) -> None:
        for request in requests:
            if isinstance(request, _Call):
                self._serve_call(request)
            else:
                self._unwritten.append(request)
        if self._unwritten:
            self._commit(None)

    def _serve_call(self, call: _Call) -> None:
        try:
            result = self._commit(call)
            self._raise_error()
        except BaseException as error:  # noqa: BLE001  it belongs to the thread that waits
            call.done.set_exception(error)
        else:
            call.done.set_result(result)

    def _commit(self, call: _Call | None) -> Any:
        """Write what is waiting and then the call, in one transaction.

        A row's error, or one that is still to be raised, keeps the call from being carried out.
        """
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            refusals = self._write(self._unwritten)
            wanted = call is not None and self._error is None and not refusals
            result, problem = _carried_out(connection, call) if call and wanted else (None, None)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            self._error = explained(self._path, error)
            return None
        self.acknowledged += len(self._unwritten) - len(refusals)
        self._unwritten.clear()
        if refusals and self._error is None:
            self._error = _refused(self._path, refusals)
        if problem is not None:
            raise problem
        if wanted and call:
            self.acknowledged += call.rows
        return result

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.rollback()

    def _write(self, rows: Sequence[Row]) -> list[tuple[Row, Exception]]:
        """Insert the rows; those that break a rule are left out and returned with their errors."""
        refusals: list[tuple[Row, Exception]] = []
        for insertion, group in groupby(rows, key=_statement):
            alike = list(group)
            while alike:
                before = self._connection.total_changes
                try:
                    self._connection.executemany(insertion.sql, [values for _, values in alike])
                except ROW_ERRORS as error:
                    written = self._connection.total_changes - before
                    refusals.append((alike[written], error))
                    alike = alike[written + 1 :]
                else:
                    break
        return refusals


def _carried_out(connection: sqlite3.Connection, call: _Call) -> tuple[Any, Exception | None]:
    """Result or problem of the call; a problem leaves the rest of the transaction as it was."""
    connection.execute("SAVEPOINT a_call")
    try:
        result = call.work(connection)
    except (*ROW_ERRORS, StoreError) as error:
        connection.execute("ROLLBACK TO a_call")
        problem = error if isinstance(error, StoreError) else StoreError(str(error))
        problem.__cause__ = None if problem is error else error
        return None, problem
    finally:
        if connection.in_transaction:
            connection.execute("RELEASE a_call")
    return result, None


def _statement(row: Row) -> Insertion:
    return row[0]


def _refused(path: Path, refusals: Sequence[tuple[Row, Exception]]) -> StoreError:
    (insertion, values), error = refusals[0]
    named = {column.name: value for column, value in zip(insertion.columns, values, strict=True)}
    more = f" (and {len(refusals) - 1} more rows)" if len(refusals) > 1 else ""
    return StoreError(f"{path}: {insertion.table} refused {named}: {error}{more}")


def _nothing(_: sqlite3.Connection) -> None:
    pass
