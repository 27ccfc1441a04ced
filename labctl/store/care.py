"""Maintenance of a file: check, verify, back up, vacuum."""

import os
import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from labctl.clock import RealClock
from labctl.errors import InvalidRequest, StoreError
from labctl.store.causes import explaining
from labctl.store.connections import open_as_it_is, open_for_copying, open_for_writing
from labctl.store.defences import LARGEST_VALUE_BYTES, constraints_trusted
from labctl.store.ending import seal
from labctl.store.fingerprint import content_hash, earlier_content_hash
from labctl.store.interruptions import being_sealed
from labctl.store.migrations import applied, pending, unknown
from labctl.store.odd_rows import odd_rows
from labctl.store.outdated import outdated_runs
from labctl.store.structure import require_plain_tables
from labctl.store.time_limit import TimeLimit
from labctl.store.users import users_of

MOST_PROBLEMS = 20
SEALED_WITHIN_S = 2.0
LOOK_AGAIN_S = 0.2


@dataclass(frozen=True)
class RunCheck:
    """One ended run: the hash made at its end and the hash of its present content."""

    run_id: int
    uuid: str
    status: str
    recorded_hash: str | None
    actual_hash: str

    @property
    def intact(self) -> bool:
        """Whether the run is unchanged since its end."""
        return self.recorded_hash == self.actual_hash


@dataclass(frozen=True)
class FileCheck:
    """What `check` found; `problems` are sentences, none in a sound file."""

    path: Path
    bytes: int
    migrations: tuple[str, ...]
    runs: int
    running: int
    problems: tuple[str, ...]


def verify(path: Path) -> list[RunCheck]:
    """Hash every ended run again, oldest first.

    Raises
    ------
    StoreError
        The file cannot be read.
    """
    connection = open_as_it_is(path)
    try:
        with explaining(path):
            return verify_runs(connection)
    finally:
        connection.close()


def verify_runs(connection: sqlite3.Connection, only: Collection[str] | None = None) -> list[RunCheck]:
    """`verify` over an open connection; `only`: uuids of the runs to look at, None: all."""
    query = "SELECT id, uuid, status, content_hash FROM runs WHERE status <> 'running' ORDER BY id"
    ended = connection.execute(query).fetchall()
    return [
        RunCheck(run_id, uuid, status, hash_at_end, _present_hash(connection, run_id, hash_at_end))
        for run_id, uuid, status, recorded in ended
        if only is None or uuid in only
        for hash_at_end in [recorded or _awaited_hash(connection, run_id)]
    ]


def _awaited_hash(connection: sqlite3.Connection, run_id: int) -> str | None:
    """The hash of a run that had none; its program is given a moment to seal a run that ended just now."""
    clock = RealClock()
    until_s = clock.monotonic() + SEALED_WITHIN_S
    while run_id in being_sealed(connection) and clock.monotonic() < until_s:
        clock.sleep(LOOK_AGAIN_S)
    (recorded,) = connection.execute("SELECT content_hash FROM runs WHERE id = ?", (run_id,)).fetchone()
    return recorded


def _present_hash(connection: sqlite3.Connection, run_id: int, recorded: str | None) -> str:
    """The hash by the definition that the recorded one was made with; the reason if a row cannot be read."""
    try:
        found = content_hash(connection, run_id)
        if found != recorded and (earlier := earlier_content_hash(connection, run_id)) == recorded:
            return earlier
        return found
    except (sqlite3.Error, UnicodeDecodeError, TypeError, ValueError) as error:
        return f"not to be computed: {error}"[:200]


def check(path: Path) -> FileCheck:
    """Look for damage: SQLite's own integrity check, broken references, runs that changed after their end.

    Raises
    ------
    StoreError
        The file cannot be read at all.
    """
    connection = open_as_it_is(path)
    try:
        with explaining(path):
            problems = _damage(connection)
            runs, running = _count_runs(connection) if not problems else (0, 0)
            problems += _changed_runs(connection) if not problems else []
            problems += _outdated_runs(connection) if not problems else []
            problems += (
                odd_rows(connection, MOST_PROBLEMS - len(problems)) if len(problems) < MOST_PROBLEMS else []
            )
            ledger = tuple(applied(connection))
    finally:
        connection.close()
    return FileCheck(path, path.stat().st_size, ledger, runs, running, tuple(problems))


def _outdated_runs(connection: sqlite3.Connection) -> list[str]:
    return [
        f"no analysis of run {run_id} stands on the amendments in force: `labctl fit {run_id}` makes one"
        for run_id in outdated_runs(connection)[:MOST_PROBLEMS]
    ]


def odd_rows_of(path: Path, most: int = 3) -> list[str]:
    """Return sentences about the first rows that labctl would not have written, as far as 4 s allow."""
    with closing(open_as_it_is(path)) as connection:
        TimeLimit().watch(connection)
        return odd_rows(connection, most)


def _damage(connection: sqlite3.Connection) -> list[str]:
    try:
        with constraints_trusted(connection):
            found = connection.execute(f"PRAGMA integrity_check({MOST_PROBLEMS})").fetchall()
        orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_PROBLEMS)
    except sqlite3.DatabaseError as error:
        return [f"The file is damaged: {error}."]
    problems = [f"The file is damaged: {line}." for (line,) in found if line != "ok"]
    return problems + [
        f"A row of {table} refers to a missing row of {parent}." for table, _, parent, _ in orphans
    ]


def _count_runs(connection: sqlite3.Connection) -> tuple[int, int]:
    return connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE status = 'running') FROM runs"
    ).fetchone()


def _changed_runs(connection: sqlite3.Connection) -> list[str]:
    changed = [run for run in verify_runs(connection) if not run.intact]
    return [
        f"Run {run.run_id} ({run.uuid}) is not what it was at its end." if run.recorded_hash
        else f"Run {run.run_id} ({run.uuid}) ended without a content hash."
        for run in changed
    ]  # fmt: skip


def back_up(path: Path, target: Path) -> None:
    """Copy the file, also while a run writes it; the copy appears under its name once it is complete.

    Raises
    ------
    StoreError
        The target exists, there is no room, or the copy is not sound.
    """
    if target.exists():
        raise InvalidRequest(f"{target}: exists; a backup overwrites nothing")
    _require_space(target, path.stat().st_size + _size(path.with_name(path.name + "-wal")))
    unfinished = target.with_name(target.name + ".part")
    unfinished.unlink(missing_ok=True)
    source = open_for_copying(path)
    try:
        with explaining(path):
            if not unknown(source):
                require_plain_tables(path, source)
            _copy(source, unfinished)
        os.replace(unfinished, target)
    finally:
        source.close()
        unfinished.unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, target: Path) -> None:
    target.touch()
    copy = sqlite3.connect(target)
    copy.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE_BYTES)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE").fetchall()
        if not unknown(copy) and not pending(copy):
            for run_id in being_sealed(copy):  # nobody will do it in the copy
                seal(copy, run_id, content_hash(copy, run_id))
            copy.commit()
        (found,) = copy.execute("PRAGMA integrity_check").fetchone()
    finally:
        copy.close()
    if found != "ok":
        raise StoreError(f"{target}: the copy is damaged, and so may be the original: {found}")


def vacuum(path: Path) -> tuple[int, int]:
    """Give the space of replaced rows back to the disk; return the size in bytes before and after.

    Raises
    ------
    StoreError
        A run is being written, another program uses the file, or there is no room for the second copy.
    """
    if not path.is_file():
        raise InvalidRequest(f"{path}: no such file")
    before = path.stat().st_size
    _require_space(path, 2 * before)
    connection = open_for_writing(path)
    try:
        with explaining(path):
            if _count_runs(connection)[1]:
                raise StoreError(f"{path}: a run is being written; vacuum when it has ended")
            require_nobody_else(path, connection)
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    return before, path.stat().st_size


def require_nobody_else(path: Path, connection: sqlite3.Connection) -> None:
    """Raise `StoreError` if a runner or supervisor is running: a long lock would make it look frozen."""
    if users := users_of(connection):
        raise StoreError(f"{path}: {users[0]} uses the file, and this would lock it for long; stop it first")


def _require_space(path: Path, needed: int) -> None:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise InvalidRequest(f"{folder}: no such folder")
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StoreError(f"{folder}: {free / 1e6:.0f} MB free, {needed / 1e6:.0f} MB needed")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
