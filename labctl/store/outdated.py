"""Runs of which no analysis stands on the amendments in force, as after a merge that was killed."""

import json
import sqlite3

from labctl.store.amendments import REMARK, in_force
from labctl.store.migrations import applied

_AMENDED = """
SELECT r.id, r.sample_id FROM runs r WHERE r.status <> 'running'
    AND EXISTS (SELECT 1 FROM analyses a WHERE a.run_id = r.id)
    AND (EXISTS (SELECT 1 FROM amendments m WHERE m.run_id = r.id)
        OR EXISTS (SELECT 1 FROM amendments m WHERE m.sample_id = r.sample_id))
ORDER BY r.id
"""
_ROWS = "SELECT id, revokes, field FROM amendments WHERE run_id = ? OR sample_id = ? ORDER BY id"


def outdated_runs(connection: sqlite3.Connection) -> list[int]:
    """Return the ids of the ended runs that have to be derived again, rising."""
    if "0013_amendments" not in applied(connection):
        return []
    return [
        run_id
        for run_id, sample_id in connection.execute(_AMENDED).fetchall()
        if _standing(connection, run_id, sample_id) not in _stood_on(connection, run_id)
    ]


def _standing(connection: sqlite3.Connection, run_id: int, sample_id: int) -> list[int]:
    names = ("id", "revokes", "field")
    found = connection.execute(_ROWS, (run_id, sample_id)).fetchall()
    rows = in_force([dict(zip(names, row, strict=True)) for row in found])
    return [row["id"] for row in rows if row["field"] != REMARK]


def _stood_on(connection: sqlite3.Connection, run_id: int) -> list[list[int]]:
    """Return the amendments of each analysis of a run."""
    query = "SELECT amendments FROM analyses WHERE run_id = ?"
    return [json.loads(text) for (text,) in connection.execute(query, (run_id,)).fetchall()]
