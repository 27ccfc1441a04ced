"""Messages for SQLite errors, with the cause and the action to take."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labctl.errors import InvalidRequest, StoreError
from labctl.plain_text import shown
from labctl.store.defences import LARGEST_VALUE_BYTES
from labctl.store.time_limit import READ_LIMIT_S

ROW_ERRORS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, OverflowError)
"""The row is at fault. Every other `sqlite3.Error` is the fault of the file, the disk or another program."""

_CAUSES = {  # primary result code: cause
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk refused (full, over quota, or failing)",
    sqlite3.SQLITE_READONLY: "the file is read-only, or was replaced while open",
    sqlite3.SQLITE_BUSY: "another program keeps it locked",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: run `labctl db check`, go back to a backup",
    sqlite3.SQLITE_NOTADB: "this is not a database, or its first page is damaged",
    sqlite3.SQLITE_CANTOPEN: "the file or its folder cannot be opened",
    sqlite3.SQLITE_PERM: "no permission",
    sqlite3.SQLITE_AUTH: "no permission",
    sqlite3.SQLITE_INTERRUPT: f"not read within {READ_LIMIT_S:g} s: too large, or made to take long",
    sqlite3.SQLITE_TOOBIG: f"holds a value of more than {LARGEST_VALUE_BYTES // 2**20} MiB",
}


def explained(path: Path, error: sqlite3.Error) -> StoreError:
    """A `StoreError` that names the file, the cause, and SQLite's own words."""
    code = getattr(error, "sqlite_errorcode", None)
    cause = _CAUSES.get(code & 0xFF, "") if code is not None else ""
    if code is not None and code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        cause += _free_space(path)
    kind = InvalidRequest if code == sqlite3.SQLITE_NOTADB else StoreError
    return kind(f"{path}: {cause} ({error})" if cause else f"{path}: {error}")


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Turn exceptions of sqlite3 inside the block into a `StoreError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise explained(path, error) from error
    except UnicodeEncodeError as error:  # bytes of a command line that are not UTF-8
        raise InvalidRequest(f"{path}: {shown(error.object)} is not text in UTF-8") from error
    except UnicodeDecodeError as error:  # SQLite quotes bytes of a damaged file
        cause = _CAUSES[sqlite3.SQLITE_CORRUPT]
        raise StoreError(f"{path}: {cause} (not UTF-8)") from error


def _free_space(path: Path) -> str:
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return ""
    return f", {free / 1e6:.1f} MB free"
