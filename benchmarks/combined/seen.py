"""Rows that readers saw in the results file during a night; they must be there in the end.

A row that another program can read was committed, so it was acknowledged. It must be in the file at the end,
or in a copy that labctl rescued and reported.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labctl.errors import StoreError
from labctl.store import Database

Row = tuple[Any, ...]
OFF = ("ended", "dead", "dismissed")
"""States of a runner that say that every output is off."""
MEASURED = {
    "point": """SELECT r.uuid, s.number AS spectrum, p.number, p.time_s, p.frequency_hz, p.z_real_ohm,
            p.z_imag_ohm
        FROM impedance_points p JOIN spectra s ON s.id = p.spectrum_id JOIN runs r ON r.id = s.run_id""",
    "finished spectrum": """SELECT r.uuid, s.number, s.step FROM spectra s JOIN runs r ON r.id = s.run_id
        WHERE s.status = 'finished'""",
    "temperature": """SELECT r.uuid, t.number, t.time_s, t.temperature_k
        FROM temperature_log t JOIN runs r ON r.id = t.run_id""",
    "run": "SELECT uuid FROM runs",
    "job": "SELECT uuid FROM jobs",
}


@dataclass(frozen=True)
class State:
    """State of the station in the file at one moment.

    Attributes
    ----------
    runner : str
        State in the heartbeat of the runner; empty: none.
    pid : int
        Its process.
    unsafe : str
    jobs : tuple of str
        State of each job.
    paused : bool
    """

    runner: str = ""
    pid: int = 0
    unsafe: str = ""
    jobs: tuple[str, ...] = ()
    paused: bool = False


@dataclass
class Seen:
    """Rows seen so far, and the last state."""

    path: Path
    rows: dict[str, set[Row]] = field(default_factory=lambda: {what: set() for what in MEASURED})
    state: State = State()

    def look(self) -> State | None:
        """Read the file; None where it cannot be read now."""
        if not self.path.exists():
            return None
        try:
            with Database(self.path) as database:
                for what, query in MEASURED.items():
                    self.rows[what] |= rows_of(database, query)
                self.state = _state(database)
        except StoreError:
            return None
        return self.state

    def ended(self) -> list[int]:
        """Processes that ended in good order, by their heartbeats."""
        try:
            with Database(self.path) as database:
                rows = database.rows("SELECT pid FROM heartbeats WHERE state = 'ended'")
        except StoreError:
            return []
        return [row["pid"] for row in rows]

    def lost(self) -> dict[str, int]:
        """How many of the rows seen are neither in the file nor in a rescued copy, by kind."""
        present = {what: self._present(query) for what, query in MEASURED.items()}
        missing = {what: len(rows - present[what]) for what, rows in self.rows.items()}
        return {what: count for what, count in missing.items() if count}

    def _present(self, query: str) -> set[Row]:
        found: set[Row] = set()
        for path in [self.path, *self.path.parent.glob(f"{self.path.stem}.rescued-*{self.path.suffix}")]:
            with Database(path) as database:
                found |= rows_of(database, query)
        return found


def rows_of(database: Database, query: str) -> set[Row]:
    """Return the rows of a query as a set of tuples."""
    return {tuple(row.values()) for row in database.rows(query)}


def _state(database: Database) -> State:
    beats = database.rows("SELECT state, pid, unsafe FROM heartbeats WHERE process = 'runner'")
    jobs = database.rows("SELECT state FROM jobs ORDER BY id")
    paused = database.rows("SELECT 1 FROM queue_pauses WHERE resumed_s IS NULL")
    states = tuple(row["state"] for row in jobs)
    if not beats:
        return State(jobs=states, paused=bool(paused))
    beat = beats[0]
    return State(beat["state"], beat["pid"], beat["unsafe"], states, bool(paused))


def lives(pid: int) -> bool:
    """Whether a process is there that can still do something: no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def size_of_growing_file(path: Path) -> int:
    """Size in bytes of the -wal of the results file, or of the file where there is none."""
    wal = path.with_name(path.name + "-wal")
    return max((os.stat(file).st_size for file in (wal, path) if file.exists()), default=0)
