"""The thread that writes.

1. One connection, one thread. Requests are served in order.
2. A batch of rows is committed 50 ms after its first row, or at once if a caller waits.
3. Acknowledged means committed (WAL, synchronous=FULL): the rows survive a power cut.
4. A row that breaks a rule of the schema is refused; its neighbours are stored.
5. If the file cannot be written, rows are kept and tried again with the next request. The next call raises
   the error, unless every row is stored by then.
6. An error is raised once, by the next call of any kind, and that call is not carried out.
7. Before each commit, and every second, the files are checked. If one was deleted, replaced or truncated,
   the content is saved in a copy and put back; the next call raises an error that names the copy, and work
   continues. If it cannot be put back, each commit is saved in the copy, and each call raises.
8. The -wal is copied into the database every second while rows arrive, and at the end of a spectrum.
"""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labctl.clock import RealClock
from labctl.errors import StoreError
from labctl.store.batches import Refusal, Row, write_rows
from labctl.store.causes import ROW_ERRORS, explained, explaining
from labctl.store.connections import open_for_writing
from labctl.store.places import SpaceRule
from labctl.store.presence import Presence
from labctl.store.recent import RecentTransactions, Transaction, Work
from labctl.store.rescue import Rescue
from labctl.store.rows import Insertion
from labctl.store.wal import checkpoint

log = logging.getLogger(__name__)
BATCH_S = 0.05
LOOK_EVERY_S = 1.0
CHECKPOINT_EVERY_S = 1.0
RESCUE_AGAIN_S = 10.0
MOST_WAITING_ROWS = 50_000


@dataclass(frozen=True)
class _Call:
    """Work in a transaction that a caller waits for. `ends_part`: a spectrum or run ends with it."""

    work: Work
    rows: int
    ends_part: bool = False
    done: Future[Any] = field(default_factory=Future)


@dataclass(frozen=True)
class _Outcome:
    """Result of a transaction.

    `stored`: appended rows that broke no rule. `problem`: of a refused row, or of the
    call, which then was not carried out.
    """

    rows: int
    result: Any = None
    stored: tuple[Row, ...] = ()
    problem: StoreError | None = None


class Writer:
    """Takes rows and calls from any thread; one thread commits them.

    Parameters
    ----------
    path : Path
        The file.
    connection : sqlite3.Connection
        In autocommit mode; used by the writer only.
    space : SpaceRule
        When a run is asked to end because the disk is nearly full.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, space: SpaceRule) -> None:
        self.acknowledged = 0
        self._path = path
        self._connection = connection
        self._presence = Presence(path, connection)
        self._rescue = Rescue(path, self._presence.files)
        self._recent = RecentTransactions()
        self._clock = RealClock()
        self._checkpoint_s = self._next_rescue_s = self._clock.monotonic()
        self._space = space
        self._shortage_reported = False
        self._requests: deque[Row | _Call] = deque()
        self._unwritten: list[Row] = []
        self._error: StoreError | None = None  # a row was refused, or the disk is nearly full
        self._trouble: StoreError | None = None  # the file could not be written
        self._something = threading.Event()
        self._urgent = threading.Event()
        self._gate = threading.Lock()  # for what several threads change: requests, errors, closed
        self._closed = False
        self._thread = threading.Thread(target=self._live, name="labctl store writer", daemon=True)
        self._thread.start()

    def append(self, insertion: Insertion, values: Sequence[Any]) -> None:
        """Pass a row to the thread; raises the error of an earlier row."""
        if self._error is not None or self._trouble is not None:
            self._raise_error()
        if len(self._requests) > MOST_WAITING_ROWS:
            self.call(do_nothing)
        self._hand_over((insertion, values))

    def call(self, work: Work, rows: int = 0) -> Any:
        """Carry out `work` in a transaction after all earlier rows; return once it is committed."""
        return self._wait_for(_Call(work, rows))

    def end_part(self, work: Work) -> None:
        """As `call`, for the end of a spectrum or run: a checkpoint follows before it returns."""
        self._wait_for(_Call(work, 0, ends_part=True))

    def _wait_for(self, call: _Call) -> Any:
        self._hand_over(call)
        self._urgent.set()
        return call.done.result()

    def close(self) -> None:
        """Commit the remaining rows, end the thread, and close the connection in every case."""
        last = _Call(do_nothing, 0)
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._requests.append(last)
        self._urgent.set()
        self._something.set()
        self._thread.join()
        self._connection.close()
        try:
            last.done.result()
        except StoreError as error:
            lost = f"; {len(self._unwritten)} rows are lost" if self._unwritten else ""
            raise StoreError(f"{error}{lost}") from error

    def _hand_over(self, request: Row | _Call) -> None:
        with self._gate:
            if self._closed:
                raise StoreError(f"{self._path}: the store is closed")
            self._requests.append(request)
        if not self._something.is_set():
            self._something.set()

    def _raise_error(self) -> None:
        with self._gate:
            error, self._error, self._trouble = self._error or self._trouble, None, None
        if error is not None:
            raise error

    def _note(self, error: StoreError | None) -> None:
        with self._gate:
            self._error = self._error or error

    def _live(self) -> None:
        while not self._closed or self._requests:
            if self._something.wait(timeout=LOOK_EVERY_S):
                self._urgent.wait(timeout=BATCH_S)
                self._something.clear()
                self._urgent.clear()
            self._serve([self._requests.popleft() for _ in range(len(self._requests))])
            self._look_after_files()

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
            self._note(self._commit(None).problem)
        except Exception as error:  # noqa: BLE001  no thread waits for it: the next call gets it
            self._trouble = _as_store_error(self._path, error)
        self._note(self._new_shortage())

    def _answer(self, call: _Call) -> None:
        """Carry out the call, unless an earlier error is pending: then the call raises that."""
        with self._gate:
            earlier, self._error = self._error, None
        try:
            outcome = self._commit(call if earlier is None else None)
        except BaseException as error:  # noqa: BLE001  it belongs to the thread that waits
            call.done.set_exception(earlier or error)
            return
        problem = earlier or outcome.problem
        if problem is not None:
            call.done.set_exception(problem)
            return
        if call.ends_part:
            self._checkpoint()
        self._note(self._new_shortage())
        call.done.set_result(outcome.result)

    def _commit(self, call: _Call | None) -> _Outcome:
        told = self._put_right_if_lost()
        back = told is not None and not self._presence.loss()
        try:
            outcome = self._in_transaction(None if back else call)
        except BaseException as error:
            self._roll_back()
            if told is None and isinstance(error, sqlite3.Error) and self._presence.loss_on_close_look():
                return self._commit(call)
            self._note(told)
            raise (explained(self._path, error) if isinstance(error, sqlite3.Error) else error) from error
        done = call.work if call is not None and not back and outcome.problem is None else None
        self._recent.add(Transaction(outcome.stored, done, self._clock.monotonic()))
        self._unwritten.clear()
        if told is not None and not back:
            self._save()
            raise told
        self._trouble = None
        self.acknowledged += outcome.rows
        return replace(outcome, problem=_both(told, outcome.problem)) if told else outcome

    def _put_right_if_lost(self) -> StoreError | None:
        """If a file was lost, save the content and put it back; return the error to raise."""
        loss = self._presence.loss()
        if not loss:
            return None
        lacking = self._save(loss)
        saved = f"all it held is in {self._rescue.copy}"
        if lacking:
            saved = f"what could be saved is in {self._rescue.copy}, without {lacking} rows committed last"
        back = self._rescue.put_back(self._recent)
        words = f"{self._path}: {loss}; {saved}{', and was put back in its place' if back else ''}"
        log.error("%s", words)
        if back:
            self._reopen(words)
        return StoreError(words)

    def _save(self, loss: str = "lost while open") -> int:
        try:
            return self._rescue.save(self._connection, self._recent)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self._path}: {loss}; not rescued: {error}") from error

    def _reopen(self, words: str) -> None:
        """Open the file that was put back, and repeat transactions that its copy was too old for."""
        (timeout_ms,) = self._connection.execute("PRAGMA busy_timeout").fetchone()
        fresh = open_for_writing(self._path, timeout_ms / 1000, may_create=False)
        try:
            with explaining(self._path):
                self._recent.repeat_in(fresh)
                event = "INSERT INTO events (time_s, level, kind, message) VALUES (?, 'error', 'process', ?)"
                fresh.execute(event, (self._clock.time(), words))
        except BaseException:
            fresh.close()
            raise
        stale, self._connection = self._connection, fresh
        self._presence = Presence(self._path, fresh)
        self._rescue = Rescue(self._path, self._presence.files)
        with suppress(sqlite3.Error):
            stale.close()

    def _look_after_files(self) -> None:
        now_s = self._clock.monotonic()
        if self._rescue.copy is None and now_s >= self._next_rescue_s and self._presence.loss():
            self._next_rescue_s = now_s + RESCUE_AGAIN_S
            self._commit_rows()
        if self._recent.in_wal_only and now_s - self._checkpoint_s >= CHECKPOINT_EVERY_S:
            self._checkpoint()

    def _checkpoint(self) -> None:
        """Copy the -wal into the database; a failure is logged and tried again."""
        self._checkpoint_s = self._clock.monotonic()
        if self._presence.loss_on_close_look():
            return
        try:
            if checkpoint(self._connection, self._path).complete:
                self._recent.note_checkpoint(self._clock.monotonic())
        except sqlite3.Error as error:
            log.warning("%s: not copied from the -wal yet: %s", self._path, error)

    def _in_transaction(self, call: _Call | None) -> _Outcome:
        self._connection.rollback()
        self._connection.execute("BEGIN IMMEDIATE")
        refusals = write_rows(self._connection, self._unwritten)
        refused = {id(row) for row, _ in refusals}
        stored = tuple(row for row in self._unwritten if id(row) not in refused)
        outcome = _Outcome(len(stored), stored=stored)
        if refusals:
            outcome = replace(outcome, problem=_refused(self._path, refusals))
        elif call is not None:
            outcome = _carried_out(self._connection, call, outcome)
        self._connection.execute("COMMIT")
        return outcome

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # tried again before the next transaction
            self._connection.rollback()

    def _new_shortage(self) -> StoreError | None:
        """The error for a nearly full disk, once, so that the run can still record its end."""
        shortage = self._space.shortage(self._path)
        reported, self._shortage_reported = self._shortage_reported, shortage is not None
        return None if reported else shortage


def do_nothing(_: sqlite3.Connection) -> None:
    """No work: for a caller that only waits."""


def _carried_out(connection: sqlite3.Connection, call: _Call, before: _Outcome) -> _Outcome:
    """Carry out the call. A problem with its rows undoes the call only; other errors are raised."""
    connection.execute("SAVEPOINT a_call")
    try:
        outcome = replace(before, rows=before.rows + call.rows, result=call.work(connection))
    except (*ROW_ERRORS, StoreError) as error:
        connection.execute("ROLLBACK TO a_call")
        outcome = replace(before, problem=error if isinstance(error, StoreError) else StoreError(str(error)))
    connection.execute("RELEASE a_call")
    return outcome


def _both(first: StoreError, second: StoreError | None) -> StoreError:
    return first if second is None else StoreError(f"{first}; {second}")


def _as_store_error(path: Path, error: Exception) -> StoreError:
    return error if isinstance(error, StoreError) else StoreError(f"{path}: {error!r}")


def _refused(path: Path, refusals: Sequence[Refusal]) -> StoreError:
    (insertion, values), error = refusals[0]
    named = {column.name: value for column, value in zip(insertion.columns, values, strict=True)}
    more = f" (and {len(refusals) - 1} more rows)" if len(refusals) > 1 else ""
    return StoreError(f"{path}: {insertion.table} refused {named}: {error}{more}")
