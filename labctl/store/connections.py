"""Open a file for writing or for reading, and refuse files that cannot be used."""

import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from labctl.clock import RealClock
from labctl.errors import InvalidRequest, StoreError
from labctl.store import migrations
from labctl.store.causes import explaining
from labctl.store.defences import trust_constraints, trust_nothing
from labctl.store.log10 import add_log10
from labctl.store.structure import (
    own_views,
    require_own_triggers,
    require_plain_tables,
    show_as_newest,
    stand_on,
)
from labctl.store.users import users_of
from labctl.store.wal import SIZE_LIMIT_BYTES, wal_of

BUSY_TIMEOUT_S = 10.0
LOOK_AGAIN_S = 0.02
EMPTY_FOR_S = 0.5  # then no program is creating the file
MADE_WITHIN_S = 4.0
OLDEST_SQLITE = (3, 37, 0)  # strict tables


def open_for_writing(
    path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S, may_create: bool = True
) -> sqlite3.Connection:
    """A connection that creates, migrates and writes; usable from any one thread at a time.

    Without `may_create` a missing file is not created empty.

    Raises
    ------
    StoreError
        The file cannot be used; the message says why.
    """
    if not path.absolute().parent.is_dir():
        raise InvalidRequest(f"{path}: there is no folder {path.absolute().parent}")
    _refuse_folder(path)
    if may_create:
        with suppress(OSError):  # SQLite says it in the words of the file
            path.touch()  # with the permissions that the umask gives; SQLite would leave the group out
    with explaining(path):
        address = f"{path.absolute().as_uri()}?mode={'rwc' if may_create else 'rw'}"
        connection = sqlite3.connect(
            address, uri=True, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            _check_origin(path, connection)
            _refuse_newer(path, connection)
            _require_ledger(path, connection)
            if migrations.applied(connection):
                require_plain_tables(path, connection)
                require_own_triggers(path, connection)
            _switch_to_wal(connection, busy_timeout_s)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")  # see labctl.store.wal.checkpoint
            connection.execute(f"PRAGMA journal_size_limit = {SIZE_LIMIT_BYTES}")
            connection.execute("PRAGMA foreign_keys = ON")
            add_log10(connection)
            _migrate(path, connection)
            trust_constraints(connection)
            own_views(connection)
            connection.execute(f"PRAGMA busy_timeout = {1000 * busy_timeout_s:.0f}")
        except BaseException:
            connection.close()
            raise
    return connection


def open_for_reading(path: Path, analyses: Mapping[int, int] | None = None) -> sqlite3.Connection:
    """A connection that cannot write. An older file is read as if this labctl had made it.

    `analyses`: ids of runs with the ids of the analyses that are read instead of the current ones.

    Raises
    ------
    StoreError
        No such file, not a labctl database, made by a newer labctl, or a file that runs SQL when it is read.
    """
    connection = open_as_it_is(path)
    with explaining(path), _closed_if_fails(connection):
        show_as_newest(connection)
        stand_on(connection, analyses or {})
        connection.execute("PRAGMA query_only = ON")
    return connection


def open_as_it_is(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, to the tables as the file has them. Raises as `open_for_reading`."""
    connection = open_for_copying(path)
    with explaining(path), _closed_if_fails(connection):
        _refuse_newer(path, connection)
        require_plain_tables(path, connection)
        add_log10(connection)
    return connection


def open_for_copying(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, also to a file of a newer labctl: for copying every page.

    Raises
    ------
    StoreError
        No such file, or not a labctl database.
    """
    _refuse_folder(path)
    if not path.is_file():
        raise InvalidRequest(f"{path}: no such file")
    with explaining(path):
        connection = _connect_read_only(path)
        with _closed_if_fails(connection):
            trust_nothing(connection)
            _check_origin(path, connection)
            _wait_until_made(path, connection)
    return connection


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise InvalidRequest(f"{path}: is a folder; name a results file")


@contextmanager
def _closed_if_fails(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


class FrozenView(sqlite3.Connection):
    """Connection to a file in a read-only folder. SQLite assumes that it never changes; see `file_state`."""


def file_state(path: Path) -> tuple[int, int, int, bool]:
    """State that changes when the file is written; raises `StoreError` if the file is missing."""
    try:
        status = path.stat()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read any more: {error.strerror}") from error
    return status.st_ino, status.st_size, status.st_mtime_ns, wal_of(path).exists()


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Open read-only, also in a read-only folder, where SQLite cannot create its -shm file.

    A file that is only locked is not treated as one in a read-only folder.
    """
    address = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError as error:
        connection.close()
        no_room = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not no_room or wal_of(path).exists():
            raise
        return sqlite3.connect(
            address + "&immutable=1", uri=True, check_same_thread=False, factory=FrozenView
        )
    return connection


def _wal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _wait_until_made(path: Path, connection: sqlite3.Connection) -> None:
    """Wait while another program creates the file. It writes tables and ledger in one transaction."""
    clock = RealClock()
    begun_s = clock.monotonic()
    while not migrations.applied(connection):
        _require_ledger(path, connection)
        being_made = path.stat().st_size > 0 or wal_of(path).exists()
        if clock.monotonic() - begun_s > (MADE_WITHIN_S if being_made else EMPTY_FOR_S):
            raise InvalidRequest(f"{path}: this file is empty, not a labctl database")
        clock.sleep(LOOK_AGAIN_S)


def _require_ledger(path: Path, connection: sqlite3.Connection) -> None:
    """Raise `StoreError` for a file with tables and no ledger; a view in its place may have no end."""
    objects = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    if objects and not migrations.applied(connection):
        raise StoreError(f"{path}: its ledger of migrations is empty: damaged, or changed by another program")


def _switch_to_wal(connection: sqlite3.Connection, busy_timeout_s: float) -> None:
    """Switch to WAL. If two programs switch the same new file at once, SQLite refuses without waiting: its
    busy time-out does not apply to upgrading a lock."""
    clock = RealClock()
    give_up_at = clock.monotonic() + busy_timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or clock.monotonic() > give_up_at:
                raise
        clock.sleep(random.uniform(0.002, 0.02))


def _check_origin(path: Path, connection: sqlite3.Connection) -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(f"{path}: this Python has SQLite {sqlite3.sqlite_version}, {needed} is needed")
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if objects and application_id != migrations.APPLICATION_ID:
        raise InvalidRequest(f"{path}: this is a SQLite file of another program, not a labctl database")


def _refuse_newer(path: Path, connection: sqlite3.Connection) -> None:
    if newer := migrations.unknown(connection):
        raise InvalidRequest(
            f"{path}: made by a newer labctl (schema {newer[-1]}); update labctl on this computer, "
            "or export the runs you need with the newer one"
        )


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    """Apply all pending migrations in one transaction, one program at a time.

    Waits `BUSY_TIMEOUT_S` for another program that migrates, also if the caller has a shorter time-out.
    """
    if not migrations.pending(connection):
        return
    connection.execute(f"PRAGMA busy_timeout = {1000 * BUSY_TIMEOUT_S:.0f}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if migrations.applied(connection) and (missing := migrations.pending(connection)):
            _refuse_while_used(path, connection, missing[0])
            _back_up_beside(path, missing[0])
        migrations.apply(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # the tables are in the file itself
    except BaseException:
        connection.rollback()
        raise


def _refuse_while_used(path: Path, connection: sqlite3.Connection, migration: str) -> None:
    """A program started before the update of labctl would fail on the migrated file."""
    if users := users_of(connection):
        raise StoreError(
            f"{path}: this labctl is newer and would change the file ({migration}), but {users[0]} of the "
            "older one still uses it; stop that first (Ctrl-C, or its service), then start it anew"
        )


def _back_up_beside(path: Path, migration: str) -> None:
    copy = path.with_name(f"{path.stem}.before-{migration}{path.suffix}")
    copy.touch()
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
