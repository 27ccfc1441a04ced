"""Queries about pauses of the queue."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.store.queries.source import marks
from labctl.store.transactions import Row, WriteConnection


def add_pause(connection: WriteConnection, row: Mapping[str, Any]) -> None:
    """Insert a pause. In a transaction, after the pauses in force are lifted."""
    connection.insert("queue_pauses", row)


def lift_pauses(connection: WriteConnection, resumed_s: float, stations: Sequence[str]) -> int:
    """End the pauses in force of these stations (`""`: of all stations); return how many there were."""
    named = f"station IN ({marks(stations)})"
    statement = f"UPDATE queue_pauses SET resumed_s = ? WHERE resumed_s IS NULL AND {named}"
    return connection.execute(statement, (resumed_s, *stations))


def lift_all_pauses(connection: WriteConnection, resumed_s: float) -> int:
    """End every pause in force; return how many there were."""
    statement = "UPDATE queue_pauses SET resumed_s = ? WHERE resumed_s IS NULL"
    return connection.execute(statement, (resumed_s,))


def pauses_in_force(connection: WriteConnection) -> list[Row]:
    """Return the pauses in force, newest first; a file of an older schema has no column `station`."""
    return connection.rows("SELECT * FROM queue_pauses WHERE resumed_s IS NULL ORDER BY id DESC")


def known_stations(connection: WriteConnection) -> list[str]:
    """Return the names of the stations that had a runner here or for which a job was queued."""
    query = """SELECT station FROM heartbeats UNION SELECT station FROM jobs UNION SELECT owner FROM jobs
               EXCEPT SELECT '' ORDER BY 1"""
    return [row["station"] for row in connection.rows(query)]
