"""Queries about pre-flights: short measurements before a job is queued."""

from collections.abc import Mapping
from typing import Any

from labctl.store.encoding import encode
from labctl.store.queries.source import Row, Rows
from labctl.store.transactions import WriteConnection


def add_preflight(connection: WriteConnection, row: Mapping[str, Any]) -> None:
    """Insert a pre-flight; its `findings` and `points` are lists."""
    encoded = {name: encode(row[name]) for name in ("findings", "points")}
    connection.insert("preflights", {**row, **encoded})


def newest_by_station(db: Rows) -> list[Row]:
    """Return the newest pre-flight of each station; none in a file of an older labctl."""
    if not db.rows("SELECT 1 FROM sqlite_master WHERE name = 'preflights'", ()):
        return []
    query = """SELECT id, time_s, person, station, simulated, sample, outcome, words FROM preflights p
               WHERE NOT EXISTS (SELECT 1 FROM preflights q WHERE q.station = p.station AND q.id > p.id)
               ORDER BY station"""
    return list(db.rows(query, ()))
