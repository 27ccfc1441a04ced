"""Queries about pre-flights: short measurements before a job is queued."""

from collections.abc import Mapping
from typing import Any

from labctl.store.encoding import encode
from labctl.store.queries.source import Row, Rows
from labctl.store.transactions import WriteConnection

_NAMED = "id, time_s, person, station, simulated, sample, outcome, words"


def add_preflight(connection: WriteConnection, row: Mapping[str, Any]) -> None:
    """Insert a pre-flight; its `findings` and `points` are lists."""
    encoded = {name: encode(row[name]) for name in ("findings", "points")}
    connection.insert("preflights", {**row, **encoded})


def newest_by_station(db: Rows) -> list[Row]:
    """Return the newest pre-flight of each station; none in a file of an older labctl."""
    if not _has_any(db):
        return []
    query = f"""SELECT {_NAMED} FROM preflights p
                WHERE NOT EXISTS (SELECT 1 FROM preflights q WHERE q.station = p.station AND q.id > p.id)
                ORDER BY station"""
    return list(db.rows(query, ()))


def before_run(db: Rows, run_id: int) -> Row | None:
    """Return the last pre-flight of the sample of a run on its station before it began; None without one."""
    if not _has_any(db):
        return None
    query = f"""SELECT {_NAMED} FROM preflights p WHERE EXISTS (
                    SELECT 1 FROM runs r JOIN samples s ON s.id = r.sample_id
                    WHERE r.id = ? AND r.station = p.station AND s.name = p.sample
                    AND p.time_s <= r.started_s)
                ORDER BY id DESC LIMIT 1"""
    found = db.rows(query, (run_id,))
    return dict(found[0]) if found else None


def _has_any(db: Rows) -> bool:
    """Return whether the file has the table: one of an older labctl has not."""
    return bool(db.rows("SELECT 1 FROM sqlite_master WHERE name = 'preflights'", ()))
