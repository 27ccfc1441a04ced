"""Which other programs work with a file now, as far as its rows tell."""

import os
import platform
import sqlite3

from labctl.store.processes import is_gone

_TOLD = {  # table: what its rows tell about processes of this computer
    "runs": "SELECT pid, process_birth, 'run ' || id FROM runs WHERE status = 'running' AND host = ?",
    "heartbeats": "SELECT pid, process_birth, process FROM heartbeats WHERE state = 'alive' AND host = ?",
}


def users_of(connection: sqlite3.Connection) -> list[str]:
    """Each living process but this one that measures or watches, as `a runner (pid 123)`."""
    query = "SELECT 1 FROM sqlite_master WHERE name = ?"
    found: dict[int, str] = {}
    for table, told in _TOLD.items():
        if not connection.execute(query, (table,)).fetchall():
            continue
        for pid, birth, what in connection.execute(told, (platform.node(),)).fetchall():
            if pid != os.getpid() and not is_gone(pid, birth):
                found[pid] = f"a {what} (pid {pid})" if table == "heartbeats" else f"{what} (pid {pid})"
    return list(found.values())
