"""Merge what became known about a run and its sample: amendments, facts, and how the sample was mounted.

Each row comes once, by its uuid, in the order of writing. It may arrive for a run that is here already.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.errors import StoreError
from labctl.store.queries.run_parts import OF_RUNS
from labctl.store.structure import newest

Row = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """Ids of one run and of its sample, in our file and in theirs."""

    our_run: int
    our_sample: int
    their_run: int
    their_sample: int


def copy_knowledge(ours: sqlite3.Connection, theirs: sqlite3.Connection, pair: Pair) -> list[int]:
    """Copy amendments, facts and mount of a run of `theirs`, inside the caller's transaction.

    Returns
    -------
    list of int
        Our runs that stand on an amendment that came: they have to be derived again.
    """
    if not _has_tables(theirs):
        return []
    concerned: set[int] = set()
    for row in _rows(theirs, "amendments", "run_id = ? OR sample_id = ?", pair.their_run, pair.their_sample):
        if _copy(ours, theirs, "amendments", row, lambda row: _retargeted(row, pair)) is not None:
            concerned.update(_runs_of(ours, row, pair))
    for row in _rows(theirs, "facts", "sample_id = ?", pair.their_sample):
        _copy(ours, theirs, "facts", row, lambda row: row | {"sample_id": pair.our_sample})
    _copy_mount(ours, theirs, pair)
    return sorted(concerned)


def has_amendments(ours: sqlite3.Connection, sample_id: int) -> bool:
    """Return whether a sample of our file has amendments."""
    found = ours.execute("SELECT 1 FROM amendments WHERE sample_id = ? LIMIT 1", (sample_id,)).fetchone()
    return found is not None


def _retargeted(row: Row, pair: Pair) -> Row:
    run_id = None if row["run_id"] is None else pair.our_run
    return row | {"run_id": run_id, "sample_id": None if run_id is not None else pair.our_sample}


def _runs_of(ours: sqlite3.Connection, row: Row, pair: Pair) -> set[int]:
    """Return our runs that an amendment concerns, and those that continue them."""
    condition, value = ("id = ?", pair.our_run) if row["run_id"] else ("sample_id = ?", pair.our_sample)
    query = OF_RUNS.format(runs=f"SELECT id FROM runs WHERE {condition}")
    return {run_id for (run_id,) in ours.execute(query, (value,))}


def _copy_mount(ours: sqlite3.Connection, theirs: sqlite3.Connection, pair: Pair) -> None:
    """Copy the mount of a run and assign the run to it, unless it is assigned already."""
    if _is_mounted(ours, pair.our_run):
        return
    of_run = "id IN (SELECT mount_id FROM run_mounts WHERE run_id = ?)"
    about = {"sample_id": pair.our_sample, "job_id": None}
    for row in _rows(theirs, "mounts", of_run, pair.their_run):
        made = _copy(ours, theirs, "mounts", row, lambda row: row | about)
        mount_id = made if made is not None else _id_of(ours, "mounts", row["uuid"])
        ours.execute("INSERT INTO run_mounts (run_id, mount_id) VALUES (?, ?)", (pair.our_run, mount_id))


def _is_mounted(ours: sqlite3.Connection, run_id: int) -> bool:
    return ours.execute("SELECT 1 FROM run_mounts WHERE run_id = ?", (run_id,)).fetchone() is not None


def _copy(
    ours: sqlite3.Connection,
    theirs: sqlite3.Connection,
    table: str,
    row: Row,
    retarget: Callable[[Row], Mapping[str, Any]],
) -> int | None:
    """Insert a row unless its uuid is here; return its id, None where it was here."""
    if ours.execute(f"SELECT 1 FROM {table} WHERE uuid = ?", (row["uuid"],)).fetchone():
        return None
    new = {name: value for name, value in retarget(row).items() if name != "id"}
    if new.get("revokes") is not None:
        query = f"SELECT uuid FROM {table} WHERE id = ?"
        (revoked,) = theirs.execute(query, (new["revokes"],)).fetchone() or (None,)
        new["revokes"] = _id_of(ours, table, revoked)
    marks = ", ".join("?" * len(new))
    sql = f"INSERT INTO {table} ({', '.join(new)}) VALUES ({marks})"
    return ours.execute(sql, tuple(new.values())).lastrowid or 0


def _id_of(ours: sqlite3.Connection, table: str, uuid: str | None) -> int:
    found = ours.execute(f"SELECT id FROM {table} WHERE uuid = ?", (uuid,)).fetchone()
    if found is None:
        raise StoreError(f"a row of {table} refers to one that its own file does not have")
    return found[0]


def _rows(theirs: sqlite3.Connection, table: str, condition: str, *values: int) -> list[Row]:
    cursor = theirs.execute(f"SELECT * FROM {table} WHERE {condition} ORDER BY id", values)
    names = [column[0] for column in cursor.description]
    known = newest().tables[table]  # the names of others would become SQL
    return [
        {name: value for name, value in zip(names, row, strict=True) if name in known}
        for row in cursor.fetchall()
    ]


def _has_tables(theirs: sqlite3.Connection) -> bool:
    """Return whether a file knows amendments: one of an older labctl does not."""
    query = "SELECT 1 FROM main.sqlite_master WHERE name = 'amendments' AND type = 'table'"
    return theirs.execute(query).fetchone() is not None
