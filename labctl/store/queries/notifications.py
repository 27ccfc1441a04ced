"""Queries about events, as notifications and `labctl status` need them."""

from collections.abc import Mapping
from typing import Any

from labctl.store.transactions import Row, WriteConnection


def add_event(connection: WriteConnection, row: Mapping[str, Any]) -> None:
    """Insert an event."""
    connection.insert("events", row)


def newest_event_id(connection: WriteConnection) -> int:
    """Return the id of the newest event, 0 where there is none."""
    return connection.value("SELECT coalesce(max(id), 0) FROM events")


def events_after(connection: WriteConnection, event_id: int) -> list[Row]:
    """Return at most 100 events newer than that one, oldest first."""
    return connection.rows("SELECT * FROM events WHERE id > ? ORDER BY id LIMIT 100", (event_id,))


def last_warnings(connection: WriteConnection) -> list[Row]:
    """Return time_s, level, kind, message of the last five warnings and errors, newest first."""
    query = """SELECT time_s, level, kind, message FROM events
               WHERE level <> 'info' ORDER BY id DESC LIMIT 5"""
    return connection.rows(query)
