"""Queries about heartbeats: one row for each process (runner, supervisor) of each station."""

from collections.abc import Mapping
from typing import Any

from labctl.store.transactions import Row, WriteConnection

_KEY = "process = :process AND station = :station"


def heartbeat(connection: WriteConnection, process: str, station: str) -> Row | None:
    """Return the row of a process; None where it never ran."""
    key = {"process": process, "station": station}
    return next(iter(connection.rows(f"SELECT * FROM heartbeats WHERE {_KEY}", key)), None)


def all_heartbeats(connection: WriteConnection) -> list[Row]:
    """Return the rows of all processes, by process and station."""
    return connection.rows("SELECT * FROM heartbeats ORDER BY process, station")


def runner_heartbeats(connection: WriteConnection) -> list[Row]:
    """Return the row of every station's runner."""
    return connection.rows("SELECT * FROM heartbeats WHERE process = 'runner'")


def replace_heartbeat(connection: WriteConnection, row: Mapping[str, Any]) -> None:
    """Put a new process in the place of the last one; `last_event_id` stays. In a transaction."""
    last = connection.value(f"SELECT last_event_id FROM heartbeats WHERE {_KEY}", row)
    replaced = {**row, "last_event_id": last}
    marks = ", ".join(f":{name}" for name in replaced)
    connection.execute(
        f"INSERT OR REPLACE INTO heartbeats ({', '.join(replaced)}) VALUES ({marks})", replaced
    )


def change_heartbeat(
    connection: WriteConnection, process: str, station: str, pid: int, changes: Mapping[str, Any]
) -> int:
    """Change columns of the row of a process, where the row has this pid; return how many rows there are."""
    assignments = ", ".join(f"{name} = :{name}" for name in changes)
    statement = f"UPDATE heartbeats SET {assignments} WHERE {_KEY} AND pid = :pid"
    return connection.execute(statement, {**changes, "process": process, "station": station, "pid": pid})


def set_last_event(connection: WriteConnection, station: str, event_id: int) -> None:
    """Write the last event that the supervisor of a station has looked at for notification."""
    statement = "UPDATE heartbeats SET last_event_id = ? WHERE process = 'supervisor' AND station = ?"
    connection.execute(statement, (event_id, station))
