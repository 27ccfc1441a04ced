"""Rows that labctl would not have written: values of another type, out of range, or JSON that cannot be read.

A results file of other people may have tables without labctl's rules. So every row is written once into a
table with these rules, in memory.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice

from labctl.store.encoding import UNREADABLE, decoded
from labctl.store.structure import Structure, own_kinds, promised


def odd_rows(connection: sqlite3.Connection, most: int) -> list[str]:
    """Return at most so many sentences, each about one row; empty if there is none."""
    structure = promised(connection)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as ruled:
        ruled.execute("PRAGMA foreign_keys = OFF")
        return list(islice(_found(connection, ruled, structure), most))


def _found(connection: sqlite3.Connection, ruled: sqlite3.Connection, structure: Structure) -> Iterator[str]:
    for table, columns in structure.tables.items():
        if table == "_sqlite_migrations":
            continue
        ruled.execute(structure.sql[table])
        names = list(columns)
        marks = ", ".join("?" * len(names))
        try:
            for row in connection.execute(f"SELECT {', '.join(names)} FROM {table}"):
                if reason := _reason(ruled, f"INSERT INTO {table} VALUES ({marks})", names, row):
                    key = ", ".join(
                        f"{name} {row[names.index(name)]!r:.40}" for name in structure.keys[table]
                    )
                    yield f"A row of {table} ({key}) is not as labctl writes it: {reason}."
                ruled.execute(f"DELETE FROM {table}")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            yield f"Rows of {table} cannot be read: {error}."


def _reason(ruled: sqlite3.Connection, insertion: str, names: Sequence[str], row: Sequence[object]) -> str:
    try:
        ruled.execute(insertion, row)
    except sqlite3.Error as error:
        return str(error)
    for name, value in zip(names, row, strict=True):
        if name in own_kinds().json and isinstance(value, str):
            found = decoded("", value)
            if isinstance(found, dict) and UNREADABLE in found:
                return f"{name} cannot be read ({found[UNREADABLE]})"
    return ""
