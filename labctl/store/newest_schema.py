"""The schema of a new file in one piece: what all migrations together make.

    python -m labctl.store.migrations

writes `newest_schema.sql` anew, after a migration was added. Running every migration for each new file, and
for each command that checks a file, would take ten times as long. A text that lacks the newest migration is
not used: then the migrations are run.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

from labctl.store.log10 import add_log10

PATH = Path(__file__).with_name("newest_schema.sql")
BETWEEN = "\n--\n"
OF_THE_FILE = ("PRAGMA application_id", "PRAGMA user_version")
HEAD = "-- Made by python -m labctl.store.migrations from the migrations up to {newest}"
Steps = tuple[tuple[str, Callable[[Any], None]], ...]


@lru_cache
def statements(newest: str) -> tuple[str, ...]:
    """Return the statements that make the schema of this newest migration; empty where the text is older."""
    head, *found = PATH.read_text(encoding="utf-8").split(BETWEEN)
    return tuple(one.strip() for one in found) if head == HEAD.format(newest=newest) else ()


def text(steps: Steps) -> str:
    """Return the text of the schema that migrations, given by name and function, make."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        add_log10(connection)
        for _, step in steps:
            step(connection)
        return BETWEEN.join([HEAD.format(newest=steps[-1][0]), *_made(connection)]) + "\n"


def _made(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield the statements that make what the file is, every object, and the rows of each table."""
    for mark in OF_THE_FILE:
        (value,) = connection.execute(mark).fetchone()
        yield f"{mark} = {value};"
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
    for kind, name, sql in connection.execute(query).fetchall():
        if name.startswith("sqlite_"):
            continue
        yield f"{sql};"
        if kind == "table":
            yield from _rows(connection, name)


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    rows = connection.execute(f"SELECT * FROM {table}").fetchall()
    if rows:
        yield f"INSERT INTO {table} VALUES\n" + ",\n".join(map(_row, rows)) + ";"


def _row(values: tuple[Any, ...]) -> str:
    return f"({', '.join(map(_quoted, values))})"


def _quoted(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
