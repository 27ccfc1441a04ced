"""Queries about the isolation of channels: cells that were measured open and shorted."""

from collections.abc import Mapping
from typing import Any

from labctl.store.encoding import encode
from labctl.store.queries.source import Row, Rows
from labctl.store.transactions import WriteConnection


def add_isolation_check(connection: WriteConnection, row: Mapping[str, Any]) -> None:
    """Insert a check; its `channels` and `points` are lists."""
    lists = {name: encode(row[name]) for name in ("channels", "points")}
    connection.insert("isolation_checks", {**row, **lists})


def about(db: Rows, station: str, cell: str, kind: str, at_s: float) -> Row | None:
    """Return the last measured check of a cell, `open` or `short`, before a time; else the first after it."""
    where = "station = ? AND cell = ? AND kind = ? AND outcome = 'measured'"
    before = (
        f"SELECT * FROM isolation_checks WHERE {where} AND time_s <= ? ORDER BY time_s DESC, id DESC LIMIT 1"
    )
    after = f"SELECT * FROM isolation_checks WHERE {where} AND time_s > ? ORDER BY time_s, id LIMIT 1"
    named = (station, cell, kind, at_s)
    return next(iter(db.rows(before, named) or db.rows(after, named)), None)
