"""The ledger of analyses: each derivation of a run is one entry with rows of its own.

1. A run that grows has one provisional analysis, which its inline fits replace. It closes with the run.
2. A closed analysis and its rows are never changed or deleted; triggers refuse it.
3. One analysis of each run is current: the newest, or the one chosen by a person. A `fit` of a run that
   still grows stands beside the provisional analysis, which stays current.
4. Every change is one transaction: an analysis is there with all of its rows, or not at all.
5. A run that was interrupted keeps its provisional analysis until it is continued or derived again.
"""

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labctl.errors import InvalidRequest, StoreError
from labctl.store.encoding import encode
from labctl.store.migrations.part_law_tables import RUN_CONDITION, TABLE_OF

Insertions = Sequence[tuple[str, Sequence[Sequence[Any]]]]
"""INSERT statements whose last value, added when they are executed, is the id of the analysis; each with its
rows."""
_JSON = ("method_versions", "options", "inputs", "amendments")


@dataclass(frozen=True)
class Maker:
    """Who made an analysis, by what, from what: columns of `analyses`.

    Attributes
    ----------
    created_s : float
        Seconds since 1970-01-01 UTC.
    person, labctl_version : str
        Empty: not known.
    method_versions, options, inputs : mapping
    amendments : sequence of int
        Ids of the amendments in force.
    content_hash : str or None
        Of the run that it was made from; None while the run has not ended.
    uuid : str
        Given in advance where another analysis names this one; empty: made when it is written.
    """

    created_s: float
    person: str = ""
    labctl_version: str = ""
    method_versions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    amendments: Sequence[int] = ()
    content_hash: str | None = None
    uuid: str = ""


def provisional(connection: sqlite3.Connection, run_id: int, maker: Maker) -> int:
    """Return the provisional analysis of a run; begun if the run has none, and made the current one.

    Raises
    ------
    StoreError
        The run has ended and its analyses are closed.
    """
    query = "SELECT id FROM analyses WHERE run_id = ? AND closed_s IS NULL AND origin <> 'fit'"
    found = connection.execute(query, (run_id,)).fetchone()
    if found is not None:
        return found[0]
    if not _grows(connection, run_id) and _has_any(connection, run_id):
        raise StoreError(
            f"the analyses of run {run_id} are closed: their rows cannot be replaced; "
            f"`labctl fit {run_id}` makes a new one"
        )
    made = _insert(connection, run_id, maker, "inline", "")
    _make_current(connection, run_id, made)
    return made


def describe_provisional(connection: sqlite3.Connection, analysis_id: int, maker: Maker) -> None:
    """Write anew how a provisional analysis was made."""
    values = _values(maker)
    del values["created_s"], values["content_hash"]
    assignments = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE analyses SET {assignments} WHERE id = ?", (*values.values(), analysis_id))


def clear(connection: sqlite3.Connection, analysis_id: int, run_id: int) -> None:
    """Delete the rows of a provisional analysis."""
    for public, table in TABLE_OF.items():
        connection.execute(
            f"DELETE FROM {table} WHERE {RUN_CONDITION[public]} AND analysis_id = ?", (run_id, analysis_id)
        )


def record(
    connection: sqlite3.Connection,
    run_id: int,
    maker: Maker,
    name: str,
    insertions: Insertions,
) -> int:
    """Write a closed analysis with its rows and make it current; return its id.

    `insertions`: INSERT statements (their last value, added here, is the id of the analysis), each with its
    rows. The analysis of a run that grows becomes current only if the run has no other.
    """
    if (
        name
        and connection.execute(
            "SELECT 1 FROM analyses WHERE run_id = ? AND name = ?", (run_id, name)
        ).fetchone()
    ):
        raise InvalidRequest(f"run {run_id} has an analysis {name!r} already; a name is given once")
    grows = _grows(connection, run_id)
    if not grows:
        close_provisional(connection, run_id, maker.created_s)
    had = _has_any(connection, run_id)
    made = _insert(connection, run_id, maker, "fit", name)
    fill(connection, made, insertions)
    connection.execute("UPDATE analyses SET closed_s = ? WHERE id = ?", (maker.created_s, made))
    if not grows or not had:
        _make_current(connection, run_id, made)
        _note_choice(connection, run_id, made, maker.created_s, maker.person, "newest")
    return made


def fill(
    connection: sqlite3.Connection,
    analysis_id: int,
    insertions: Insertions,
) -> None:
    """Insert rows of an analysis that is not closed; see `record`."""
    for sql, rows in insertions:
        connection.executemany(sql, ((*row, analysis_id) for row in rows))


def close_provisional(connection: sqlite3.Connection, run_id: int, closed_s: float) -> None:
    """Close the provisional analysis of a run, if it has one."""
    statement = "UPDATE analyses SET closed_s = ? WHERE run_id = ? AND closed_s IS NULL"
    connection.execute(statement, (closed_s, run_id))


def choose(connection: sqlite3.Connection, run_id: int, analysis_id: int, time_s: float, person: str) -> None:
    """Make a closed analysis the current one of its run; the choice is kept."""
    if _grows(connection, run_id):
        raise InvalidRequest(f"run {run_id} is being measured: its provisional analysis is the current one")
    _make_current(connection, run_id, analysis_id)
    _note_choice(connection, run_id, analysis_id, time_s, person, "chosen")


def _make_current(connection: sqlite3.Connection, run_id: int, analysis_id: int) -> None:
    connection.execute("UPDATE analyses SET is_current = 0 WHERE run_id = ? AND is_current = 1", (run_id,))
    connection.execute("UPDATE analyses SET is_current = 1 WHERE id = ?", (analysis_id,))


def _note_choice(
    connection: sqlite3.Connection, run_id: int, analysis_id: int, time_s: float, person: str, reason: str
) -> None:
    statement = (
        "INSERT INTO analysis_choices (run_id, analysis_id, time_s, person, reason) VALUES (?, ?, ?, ?, ?)"
    )
    connection.execute(statement, (run_id, analysis_id, time_s, person, reason))


def _insert(connection: sqlite3.Connection, run_id: int, maker: Maker, origin: str, name: str) -> int:
    row = {
        "uuid": maker.uuid or str(uuid.uuid4()),
        "run_id": run_id,
        "name": name,
        "origin": origin,
    } | _values(maker)
    marks = ", ".join("?" * len(row))
    sql = f"INSERT INTO analyses ({', '.join(row)}) VALUES ({marks})"
    return connection.execute(sql, tuple(row.values())).lastrowid or 0


def _values(maker: Maker) -> dict[str, Any]:
    names = ("created_s", "person", "labctl_version", *_JSON, "content_hash")
    values = {name: getattr(maker, name) for name in names}
    values["amendments"] = list(maker.amendments)
    return values | {name: encode(values[name]) for name in _JSON}


def _grows(connection: sqlite3.Connection, run_id: int) -> bool:
    found = connection.execute("SELECT status FROM runs WHERE id = ?", (run_id,)).fetchone()
    if found is None:
        raise StoreError(f"there is no run {run_id}")
    return found[0] == "running"


def _has_any(connection: sqlite3.Connection, run_id: int) -> bool:
    return connection.execute("SELECT 1 FROM analyses WHERE run_id = ?", (run_id,)).fetchone() is not None
