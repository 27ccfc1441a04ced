"""Settings of a connection to a file that other people may have made: no SQL of the file is trusted.

`trusted_schema = OFF` keeps views, triggers and constraints of the file from calling functions that are not
marked as harmless. SQLite up to 3.40 counts its own json_valid among these, which the constraints of labctl's
tables call at every write. There a writer trusts the schema, after `labctl.store.structure` has found nothing
in it that labctl did not make. No connection of labctl has a function that acts outside of the file.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache

LARGEST_VALUE_BYTES = 64 * 2**20
LONGEST_PATTERN = 1000


def trust_nothing(connection: sqlite3.Connection) -> None:
    """Protect a reading connection; reading a value above `LARGEST_VALUE_BYTES` is an error."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN)
    _be_defensive(connection)


def only_read(connection: sqlite3.Connection) -> None:
    """Protect a connection that other code opened: it reads, and writes nothing."""
    trust_nothing(connection)
    connection.execute("PRAGMA query_only = ON")


def trust_constraints(connection: sqlite3.Connection) -> None:
    """Protect a writing connection as far as this SQLite lets constraints call json_valid."""
    if _json_is_harmless():
        connection.execute("PRAGMA trusted_schema = OFF")
    _be_defensive(connection)


@contextmanager
def constraints_trusted(connection: sqlite3.Connection) -> Iterator[None]:
    """Let a reading connection evaluate the constraints of tables, as PRAGMA integrity_check does."""
    connection.execute("PRAGMA trusted_schema = ON")
    try:
        yield
    finally:
        connection.execute("PRAGMA trusted_schema = OFF")


def _be_defensive(connection: sqlite3.Connection) -> None:
    """Let no SQL corrupt the file on purpose; Python offers this from 3.12 on."""
    setconfig = getattr(connection, "setconfig", None)
    if setconfig is not None:
        setconfig(getattr(sqlite3, "SQLITE_DBCONFIG_DEFENSIVE"))  # noqa: B009 - not in Python 3.11


@cache
def _json_is_harmless() -> bool:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (c TEXT CHECK (json_valid(c)))")
        connection.execute("PRAGMA trusted_schema = OFF")
        try:
            connection.execute("INSERT INTO t VALUES ('1')")
        except sqlite3.OperationalError:
            return False
    return True
