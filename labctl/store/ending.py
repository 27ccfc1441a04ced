"""How a run ends: its open spectra and polarisations end with it, and it is sealed by its content hash."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from labctl.errors import StoreError
from labctl.store.fingerprint import content_hash


def end_run(connection: sqlite3.Connection, run_id: int, changes: Mapping[str, Any]) -> None:
    """Write the end of a run inside the caller's transaction; `changes` holds its status."""
    for table in ("spectra", "polarisations"):
        connection.execute(
            f"UPDATE {table} SET status = ?, ended_s = ? WHERE run_id = ? AND status = 'running'",
            (changes["status"], changes.get("ended_s"), run_id),
        )
    change_row(connection, "runs", run_id, changes)
    change_row(connection, "runs", run_id, {"content_hash": content_hash(connection, run_id)})


def change_row(connection: sqlite3.Connection, table: str, row_id: int, changes: Mapping[str, Any]) -> None:
    """UPDATE one row, which must exist."""
    assignments = ", ".join(f"{name} = ?" for name in changes)
    values = (*changes.values(), row_id)
    if not connection.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", values).rowcount:
        raise StoreError(f"{table} has no row {row_id}")
