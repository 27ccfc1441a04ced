"""Runs of which no analysis stands on the amendments in force, as after a merge that was killed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from labctl.store.amendments import REMARK, in_force
from labctl.store.causes import explaining
from labctl.store.connections import open_for_reading
from labctl.store.migrations import applied

_AMENDED = """
SELECT r.id, r.sample_id FROM runs r WHERE r.status <> 'running'
    AND EXISTS (SELECT 1 FROM analyses a WHERE a.run_id = r.id)
    AND (EXISTS (SELECT 1 FROM amendments m WHERE m.run_id = r.id)
        OR EXISTS (SELECT 1 FROM amendments m WHERE m.sample_id = r.sample_id))
ORDER BY r.id
"""
_NOT_CHOSEN = """
SELECT amendments FROM analyses a WHERE run_id = ? AND is_current AND closed_s IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM analysis_choices c WHERE c.analysis_id = a.id)
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


def not_on_amendments(path: Path) -> list[int]:
    """Return the ids of ended runs with amendments in force that their current analysis does not stand on.

    A run is left out if a person chose its analysis, unless none of its analyses stands on them.
    """
    with closing(open_for_reading(path)) as connection, explaining(path):
        found = set(outdated_runs(connection))
        for run_id, sample_id in connection.execute(_AMENDED).fetchall():
            current = connection.execute(_NOT_CHOSEN, (run_id,)).fetchone()
            if current and json.loads(current[0]) != _standing(connection, run_id, sample_id):
                found.add(run_id)
        return sorted(found)


def _standing(connection: sqlite3.Connection, run_id: int, sample_id: int) -> list[int]:
    names = ("id", "revokes", "field")
    found = connection.execute(_ROWS, (run_id, sample_id)).fetchall()
    rows = in_force([dict(zip(names, row, strict=True)) for row in found])
    return [row["id"] for row in rows if row["field"] != REMARK]


def _stood_on(connection: sqlite3.Connection, run_id: int) -> list[list[int]]:
    """Return the amendments of each analysis of a run."""
    query = "SELECT amendments FROM analyses WHERE run_id = ?"
    return [json.loads(text) for (text,) in connection.execute(query, (run_id,)).fetchall()]
