"""Sample, mount and run: which specimen was between the electrodes, and how often it was put there.

1. A specimen, e.g. a pellet, has mounts with numbers; each run belongs to one mount.
2. A row of `samples` is a description: name, geometry and the rest, as typed. A mount names the description
   that it was measured with. Two entries with one specimen and number are one mount, described twice.
3. A run takes the mount that was entered for its job; else the newest one of its description; else a new one.
   Where the name is known with another geometry and nothing was answered, it counts as another specimen:
   origin `not asked`.
"""

import math
import sqlite3
import uuid
from collections.abc import Mapping
from typing import Any

from labctl.store.amendments import amended, in_force
from labctl.store.encoding import decode

SAME = 1e-9  # relative difference of two lengths that are one
GEOMETRY = ("thickness_m", "area_m2")
Row = dict[str, Any]

_FOR_JOB = "SELECT id FROM mounts WHERE sample_id = ? AND job_id = ? ORDER BY id DESC LIMIT 1"
_NEWEST = """
SELECT id FROM mounts m WHERE sample_id = ?
    AND (job_id IS NULL OR EXISTS (SELECT 1 FROM run_mounts r WHERE r.mount_id = m.id))
ORDER BY id DESC LIMIT 1
"""
_LIKE_NAMED = """
SELECT * FROM samples WHERE name = (SELECT name FROM samples WHERE id = ?) AND id <> ? ORDER BY id DESC
"""


def assign_run(connection: sqlite3.Connection, run_id: int) -> int:
    """Assign a run to its mount, inside the caller's transaction; return the id of the mount."""
    query = "SELECT sample_id, job_id, started_s FROM runs WHERE id = ?"
    sample_id, job_id, started_s = connection.execute(query, (run_id,)).fetchone()
    found = connection.execute(_FOR_JOB, (sample_id, job_id)).fetchone()
    found = found or connection.execute(_NEWEST, (sample_id,)).fetchone()
    mount_id = found[0] if found else _first_mount(connection, sample_id, started_s)
    connection.execute("INSERT INTO run_mounts (run_id, mount_id) VALUES (?, ?)", (run_id, mount_id))
    return mount_id


def add_mount(
    connection: sqlite3.Connection,
    sample_id: int,
    origin: str,
    time_s: float,
    *,
    like: int | None = None,
    person: str = "",
    job_id: int | None = None,
) -> int:
    """Enter a mount of a described sample, inside the caller's transaction; return its id.

    Parameters
    ----------
    connection : sqlite3.Connection
    sample_id : int
        The description that it is measured with.
    origin : {"first", "mount", "amend", "other", "not asked"}
        `mount`: the specimen of `like` is mounted anew; `amend`: the mount of `like`, described anew;
        otherwise another specimen.
    time_s : float
    like : int, optional
        The description with the mount that it is like.
    person : str
    job_id : int, optional
        The job that it is for.
    """
    specimen, number = str(uuid.uuid4()), 1
    if origin in ("mount", "amend") and like is not None:
        specimen, number = _mount_of(connection, like, time_s)
    if origin == "mount":
        query = "SELECT max(number) + 1 FROM mounts WHERE specimen = ?"
        (number,) = connection.execute(query, (specimen,)).fetchone()
    row = {"uuid": str(uuid.uuid4()), "sample_id": sample_id, "specimen": specimen, "number": number}
    return _insert(connection, row | {"origin": origin, "time_s": time_s, "person": person, "job_id": job_id})


def same_geometry(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two samples have one thickness and one area."""
    return all(math.isclose(one[name], other[name], rel_tol=SAME) for name in GEOMETRY)


def _first_mount(connection: sqlite3.Connection, sample_id: int, time_s: float) -> int:
    """Enter the mount of a description that has none yet."""
    own = _in_force(connection, _rows(connection, "SELECT * FROM samples WHERE id = ?", sample_id)[0])
    others = [_in_force(connection, row) for row in _rows(connection, _LIKE_NAMED, sample_id, sample_id)]
    like = next((row["id"] for row in others if same_geometry(row, own)), None)
    origin = "amend" if like is not None else "not asked" if others else "first"
    return add_mount(connection, sample_id, origin, time_s, like=like)


def _mount_of(connection: sqlite3.Connection, sample_id: int, time_s: float) -> tuple[str, int]:
    """Return specimen and number of the newest mount of a description; one is entered if it has none."""
    query = "SELECT specimen, number FROM mounts WHERE sample_id = ? ORDER BY id DESC LIMIT 1"
    found = connection.execute(query, (sample_id,)).fetchone()
    if found is None:
        _first_mount(connection, sample_id, time_s)
        found = connection.execute(query, (sample_id,)).fetchone()
    return found


def _in_force(connection: sqlite3.Connection, sample: Row) -> Row:
    query = "SELECT * FROM amendments WHERE sample_id = ? ORDER BY id"
    rows = [row | {"new_value": decode(row["new_value"])} for row in _rows(connection, query, sample["id"])]
    return amended(sample, in_force(rows))


def _rows(connection: sqlite3.Connection, query: str, *values: int) -> list[Row]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _insert(connection: sqlite3.Connection, row: Row) -> int:
    marks = ", ".join("?" * len(row))
    sql = f"INSERT INTO mounts ({', '.join(row)}) VALUES ({marks})"
    return connection.execute(sql, tuple(row.values())).lastrowid or 0
