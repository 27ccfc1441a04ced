"""Queries about pauses of the queue."""

from collections.abc import Mapping
from typing import Any

from labctl.store.transactions import Row, WriteConnection


def add_pause(connection: WriteConnection, row: Mapping[str, Any]) -> None:
    """Insert a pause. In a transaction, after the pauses in force are lifted."""
    connection.insert("queue_pauses", row)


def lift_pauses(connection: WriteConnection, resumed_s: float) -> int:
    """End the pauses in force; return how many there were."""
    statement = "UPDATE queue_pauses SET resumed_s = ? WHERE resumed_s IS NULL"
    return connection.execute(statement, (resumed_s,))


def pause_in_force(connection: WriteConnection) -> Row | None:
    """Return after, reason, person, paused_s of the pause in force; None where there is none."""
    query = """SELECT after, reason, person, paused_s FROM queue_pauses WHERE resumed_s IS NULL
               ORDER BY id DESC LIMIT 1"""
    return next(iter(connection.rows(query)), None)
