"""Merge the checks that a person made on instruments at the bench: each row once."""

import sqlite3

from labctl.store.structure import newest


def copy_bench_checks(ours: sqlite3.Connection, theirs: sqlite3.Connection) -> int:
    """Copy the bench checks that our file lacks, inside the caller's transaction; return their number.

    A row that is equal in every column but `id` is the same check. A file of an older labctl has none.
    """
    table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'bench_checks'"
    if theirs.execute(table).fetchone() is None:
        return 0
    names = [name for name in newest().tables["bench_checks"] if name != "id"]
    columns, marks = ", ".join(names), ", ".join("?" * len(names))
    same = " AND ".join(f"{name} IS ?" for name in names)
    added = 0
    for row in theirs.execute(f"SELECT {columns} FROM bench_checks ORDER BY id").fetchall():
        if ours.execute(f"SELECT 1 FROM bench_checks WHERE {same}", row).fetchone() is None:
            ours.execute(f"INSERT INTO bench_checks ({columns}) VALUES ({marks})", row)
            added += 1
    return added
