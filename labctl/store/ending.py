"""End a run with its open spectra and polarisations, then seal it with its content hash.

Hashing a long run takes seconds. A lock for so long would make other processes look frozen. So the end is
committed first, the hash is computed without a lock, and the seal is written in a separate transaction.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from labctl.errors import StoreError


def end_run(connection: sqlite3.Connection, run_id: int, changes: Mapping[str, Any]) -> None:
    """Write the end of a run inside the caller's transaction; `changes` holds its status."""
    for table in ("spectra", "polarisations"):
        connection.execute(
            f"UPDATE {table} SET status = ?, ended_s = ? WHERE run_id = ? AND status = 'running'",
            (changes["status"], changes.get("ended_s"), run_id),
        )
    change_row(connection, "runs", run_id, changes)


def seal(connection: sqlite3.Connection, run_id: int, digest: str) -> None:
    """Write the content hash of a run that has ended, unless it has one."""
    connection.execute(
        "UPDATE runs SET content_hash = ? WHERE id = ? AND content_hash IS NULL", (digest, run_id)
    )


def change_row(connection: sqlite3.Connection, table: str, row_id: int, changes: Mapping[str, Any]) -> None:
    """UPDATE one row, which must exist."""
    assignments = ", ".join(f"{name} = ?" for name in changes)
    values = (*changes.values(), row_id)
    if not connection.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", values).rowcount:
        raise StoreError(f"{table} has no row {row_id}")
