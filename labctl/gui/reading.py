"""Thread that reads the database for the window, so that the window never waits for a file."""

import logging
import platform
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from labctl.clock import RealClock
from labctl.errors import InvalidRequest, StoreError
from labctl.gui.qt import QtCore, Signal
from labctl.queue.silence import Silences
from labctl.readmodel import parameters_text
from labctl.readmodel.following import RunFollower
from labctl.readmodel.station_view import read_station_view
from labctl.readmodel.unreadable import FAULTS
from labctl.store import Database
from labctl.store.looking import LookConnection
from labctl.store.processes import is_gone
from labctl.store.queries import events, runs
from labctl.store.time_limit import TimeLimit
from labctl.store.transactions import WriteConnection

log = logging.getLogger(__name__)
LOOK_EVERY_S = 0.3
MOST_STATION_EVENTS = 500


class Reader(QtCore.QObject):
    """Reads the database in a separate thread and emits signals to the window.

    Signals
    -------
    run_changed(RunSnapshot), runs_changed(list of rows), station_changed(StationView)
    station_events(tuple of rows)
        The newest events that belong to no run, oldest first.
    trouble(str)
        Error message when the file cannot be read, empty when it can again.
    """

    run_changed = Signal(object)
    runs_changed = Signal(object)
    station_changed = Signal(object)
    station_events = Signal(object)
    trouble = Signal(str)

    def __init__(
        self, db: Path, station: str, silence_s: float, parent: QtCore.QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._db, self._station, self._silence_s = db, station, silence_s
        self._clock = RealClock()
        self._silences = Silences(self._clock)
        self._wanted: tuple[int, ...] = ()
        self._again: set[int] = set()
        self._followers: dict[int, RunFollower] = {}
        self._emitted: dict[int, Any] = {}
        self._runs_mark: Any = None
        self._last_event = 0
        self._emitted_runs: list[dict[str, Any]] = []
        self._parameters: dict[int, dict[str, Any]] = {}
        self._trouble = self._unreadable = ""
        self._stop, self._look_now = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="labctl reader", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        self._look_now.set()
        self._thread.join(5)

    def watch(self, run_ids: Iterable[int]) -> None:
        """Follow these runs, and no others; runs that were not followed until now are emitted whole."""
        wanted = tuple(run_ids)
        self._again |= set(wanted) - set(self._wanted)  # left out for a moment, and their rows dropped
        self._wanted = wanted
        self._look_now.set()

    def look_now(self) -> None:
        """Read again at once."""
        self._look_now.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_until_error()
            except StoreError as error:
                self._say(str(error))
            except Exception as error:  # otherwise the window would show old data as current
                words = f"internal error in labctl while reading {self._db}: {type(error).__name__}: {error}"
                if words != self._trouble:
                    log.exception("reading failed")
                self._say(words)
            self._followers.clear()
            self._stop.wait(1.0)

    def _read_until_error(self) -> None:
        """Read until stopped; raises StoreError. A missing file is not created."""
        identity = self._identity()
        limit = TimeLimit()
        with Database(self._db, limit) as database, LookConnection(self._db, limit) as connection:
            self._runs_mark, self._last_event, self._parameters = None, 0, {}
            while not self._stop.is_set():
                if self._identity() != identity:
                    raise StoreError(f"{self._db}: the file was replaced; reading the new one")
                limit.start()
                more = self._look(database, connection)
                self._say(self._unreadable)
                if not more:
                    self._look_now.wait(LOOK_EVERY_S)
                self._look_now.clear()

    def _identity(self) -> tuple[int, int]:
        try:
            found = self._db.stat()
        except OSError as error:
            raise StoreError(f"{self._db} is gone or cannot be reached: {error.strerror}") from error
        return found.st_dev, found.st_ino

    def _look(self, database: Database, connection: WriteConnection) -> bool:
        """Read everything once; return whether more rows are waiting."""
        self._read_runs(database)
        self._read_station_events(database)
        now_s = self._clock.time()
        view = read_station_view(connection, self._station, now_s, self._silence_s, self._silences.of)
        self.station_changed.emit(view)
        return self._read_watched(database)

    def _read_runs(self, database: Database) -> None:
        mark = runs.counts_by_status(database)
        running = [r for r in mark if r["status"] == "running"]
        if mark != self._runs_mark or running:
            self._read_parameters(database)
            rows = [
                _with_true_status(row) | {"parameters": self._parameters.get(row["id"], {})}
                for row in runs.with_samples(database)
            ]
            if (mark, rows) != (self._runs_mark, self._emitted_runs):
                self._emitted_runs = rows
                self.runs_changed.emit(rows)
            self._runs_mark = mark

    def _read_parameters(self, database: Database) -> None:
        """Read the parameters of new runs; they never change."""
        last = max(self._parameters, default=0)
        found = runs.parameters_after(database, last)
        self._parameters |= {run_id: parameters_text.of_run(text) for run_id, text in found.items()}

    def _read_station_events(self, database: Database) -> None:
        last = events.last_id_of_station(database)
        if last != self._last_event:
            self._last_event = last
            newest = events.newest_of_station(database, MOST_STATION_EVENTS)
            self.station_events.emit(tuple(reversed(newest)))

    def _read_watched(self, database: Database) -> bool:
        wanted, more = self._wanted, False
        for run_id in self._again.intersection(wanted):
            self._again.discard(run_id)
            self._emitted.pop(run_id, None)
        for run_id in [*self._followers]:
            if run_id not in wanted:
                del self._followers[run_id]
                self._emitted.pop(run_id, None)  # its rows are dropped too
        self._unreadable = ""
        for run_id in wanted:
            more = self._follow_if_readable(database, run_id) or more
        return more

    def _follow_if_readable(self, database: Database, run_id: int) -> bool:
        try:
            return self._follow(database, run_id)
        except InvalidRequest as error:  # its sample is missing
            return self._leave_out(run_id, f"cannot be shown: {error}")
        except FAULTS as fault:
            return self._leave_out(run_id, f"cannot be shown: {type(fault).__name__}: {fault}")

    def _follow(self, database: Database, run_id: int) -> bool:
        """Read the new rows of a run; return whether more rows are waiting."""
        if run_id not in self._followers:
            self._followers[run_id] = RunFollower(database, run_id)
            self._emitted.pop(run_id, None)
        snapshot = self._followers[run_id].poll()
        if snapshot is not self._emitted.get(run_id):
            self._emitted[run_id] = snapshot
            self.run_changed.emit(snapshot)
        return not snapshot.complete

    def _leave_out(self, run_id: int, why: str) -> bool:
        """Say that a run cannot be shown, and read the others."""
        self._followers.pop(run_id, None)
        self._unreadable = f"{self._db}: run {run_id} {why}"
        return False

    def _say(self, sentence: str) -> None:
        if sentence != self._trouble:
            self._trouble = sentence
            self.trouble.emit(sentence)


def _with_true_status(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of a run; interrupted if its process has vanished, also before that is recorded."""
    here = row["host"] == platform.node()
    if row["status"] == "running" and here and is_gone(row["pid"], row["process_birth"]):
        return row | {"status": "interrupted", "reason": "its process vanished"}
    return row
