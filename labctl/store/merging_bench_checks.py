"""Merge the checks that a person made on instruments: each row once."""

import sqlite3

from labctl.store.structure import newest


def copy_checks(ours: sqlite3.Connection, theirs: sqlite3.Connection, table: str) -> int:
    """Copy the rows of a table of checks that our file lacks, inside the caller's transaction; count them.

    A row that is equal in every column but `id` is the same check. A file of an older labctl has none.
    """
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if theirs.execute(query, (table,)).fetchone() is None:
        return 0
    names = [name for name in newest().tables[table] if name != "id"]
    columns, marks = ", ".join(names), ", ".join("?" * len(names))
    same = " AND ".join(f"{name} IS ?" for name in names)
    added = 0
    for row in theirs.execute(f"SELECT {columns} FROM {table} ORDER BY id").fetchall():
        if ours.execute(f"SELECT 1 FROM {table} WHERE {same}", row).fetchone() is None:
            ours.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", row)
            added += 1
    return added
