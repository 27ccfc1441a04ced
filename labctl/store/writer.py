"""The thread that writes.

1. One connection, one thread. Requests are served in the order they came.
2. A batch of rows is committed 50 ms after its first row, or at once when somebody waits.
3. Acknowledged means committed (WAL, synchronous=FULL): the rows survive a power cut.
4. A row that breaks a rule of the schema is refused alone; its neighbours are stored.
5. When the file cannot be written, rows stay here and are tried again with the next request. The trouble is
   told to the next call, unless it has passed by then and every row is stored.
6. An error is raised once, by the next call of whatever kind, and that call is not carried out.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labctl.errors import StoreError
from labctl.store.batches import Refusal, Row, write_rows
from labctl.store.causes import ROW_ERRORS, explained
from labctl.store.places import SpaceRule
from labctl.store.presence import Presence
from labctl.store.rows import Insertion

BATCH_S = 0.05
MOST_WAITING_ROWS = 50_000

Work = Callable[[sqlite3.Connection], Any]


@dataclass(frozen=True)
class _Call:
    """Work in a transaction that somebody waits for, and how many rows it stores."""

    work: Work
    rows: int
    done: Future[Any] = field(default_factory=Future)


@dataclass(frozen=True)
class _Outcome:
    """What a transaction did: rows refused with their errors; result, problem and stored rows of the call."""

    refusals: Sequence[Refusal]
    result: Any = None
    problem: StoreError | None = None
    rows: int = 0


class Writer:
    """Rows and calls go in from any thread, one thread commits them.

    Parameters
    ----------
    path : Path
        The file.
    connection : sqlite3.Connection
        In autocommit mode; from now on the writer's own.
    space : SpaceRule
        When to tell a run that the disk is nearly full.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, space: SpaceRule) -> None:
        self.acknowledged = 0
        self._path = path
        self._connection = connection
        self._presence = Presence(path, connection)
        self._space = space
        self._told_shortage = False
        self._requests: deque[Row | _Call] = deque()
        self._unwritten: list[Row] = []
        self._error: StoreError | None = None  # a row was refused, or the disk is nearly full
        self._trouble: StoreError | None = None  # the file could not be written
        self._something = threading.Event()
        self._urgent = threading.Event()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._live, name="labctl store writer", daemon=True)
        self._thread.start()

    def append(self, insertion: Insertion, values: Sequence[Any]) -> None:
        """Hand over a row; raises the error of an earlier one."""
        if self._error is not None or self._trouble is not None or self._closed:
            self._refuse()
        if len(self._requests) > MOST_WAITING_ROWS:
            self.call(do_nothing)
        self._requests.append((insertion, values))
        if not self._something.is_set():
            self._something.set()

    def call(self, work: Work, rows: int = 0) -> Any:
        """Carry out `work` in a transaction after everything handed over; return once it is committed."""
        if self._closed:
            self._refuse()
        return self._hand_over(_Call(work, rows)).done.result()

    def close(self) -> None:
        """Commit what is left and end the thread; the connection is closed whatever happens."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            last = self._hand_over(_Call(do_nothing, 0))
            self._thread.join()
            self._connection.close()
        try:
            last.done.result()
        except StoreError as error:
            lost = f"; {len(self._unwritten)} rows are lost" if self._unwritten else ""
            raise StoreError(f"{error}{lost}") from error

    def _hand_over(self, call: _Call) -> _Call:
        self._requests.append(call)
        self._urgent.set()
        self._something.set()
        return call

    def _refuse(self) -> None:
        if self._closed:
            raise StoreError(f"{self._path}: the store is closed")
        if (error := self._take_error()) is not None:
            raise error

    def _take_error(self) -> StoreError | None:
        error = self._error or self._trouble
        self._error = self._trouble = None
        return error

    def _live(self) -> None:
        while not self._closed or self._requests:
            self._something.wait()
            self._urgent.wait(timeout=BATCH_S)
            self._something.clear()
            self._urgent.clear()
            self._serve([self._requests.popleft() for _ in range(len(self._requests))])

    def _serve(self, requests: Sequence[Row | _Call]) -> None:
        for request in requests:
            if isinstance(request, _Call):
                self._answer(request)
            else:
                self._unwritten.append(request)
        if self._unwritten:
            self._commit_rows()

    def _commit_rows(self) -> None:
        try:
            self._commit(None)
        except Exception as error:  # noqa: BLE001  no thread waits for it: the next call gets it
            self._trouble = self._trouble or _as_store_error(self._path, error)

    def _answer(self, call: _Call) -> None:
        try:
            outcome = self._commit(call if self._error is None else None)
        except BaseException as error:  # noqa: BLE001  it belongs to the thread that waits
            call.done.set_exception(error)
            return
        problem = self._take_error() or outcome.problem
        if problem is None:
            call.done.set_result(outcome.result)
            self._note_shortage()
        else:
            call.done.set_exception(problem)

    def _commit(self, call: _Call | None) -> _Outcome:
        try:
            outcome = self._in_transaction(call)
        except BaseException as error:
            self._roll_back()
            raise (explained(self._path, error) if isinstance(error, sqlite3.Error) else error) from error
        stored = len(self._unwritten) - len(outcome.refusals)
        self._unwritten.clear()
        if outcome.refusals:
            self._error = self._error or _refused(self._path, outcome.refusals)
        self._presence.check()
        self._trouble = None
        self.acknowledged += stored + outcome.rows
        if call is None:
            self._note_shortage()
        return outcome

    def _in_transaction(self, call: _Call | None) -> _Outcome:
        self._connection.rollback()
        self._connection.execute("BEGIN IMMEDIATE")
        refusals = write_rows(self._connection, self._unwritten)
        outcome = _Outcome(refusals)
        if call is not None and not refusals:
            outcome = _carried_out(self._connection, call)
        self._connection.execute("COMMIT")
        return outcome

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # tried again before the next transaction
            self._connection.rollback()

    def _note_shortage(self) -> None:
        """Tell of a nearly full disk once, so that the run can still write how it ended."""
        shortage = self._space.shortage(self._path)
        if shortage is not None and not self._told_shortage:
            self._error = self._error or shortage
        self._told_shortage = shortage is not None


def do_nothing(_: sqlite3.Connection) -> None:
    """The work of somebody who only waits."""


def _carried_out(connection: sqlite3.Connection, call: _Call) -> _Outcome:
    """A problem with the rows of the call undoes the call alone; any other error leaves by itself."""
    connection.execute("SAVEPOINT a_call")
    try:
        outcome = _Outcome((), result=call.work(connection), rows=call.rows)
    except (*ROW_ERRORS, StoreError) as error:
        connection.execute("ROLLBACK TO a_call")
        outcome = _Outcome((), problem=error if isinstance(error, StoreError) else StoreError(str(error)))
    connection.execute("RELEASE a_call")
    return outcome


def _as_store_error(path: Path, error: Exception) -> StoreError:
    return error if isinstance(error, StoreError) else StoreError(f"{path}: {error!r}")


def _refused(path: Path, refusals: Sequence[Refusal]) -> StoreError:
    (insertion, values), error = refusals[0]
    named = {column.name: value for column, value in zip(insertion.columns, values, strict=True)}
    more = f" (and {len(refusals) - 1} more rows)" if len(refusals) > 1 else ""
    return StoreError(f"{path}: {insertion.table} refused {named}: {error}{more}")
