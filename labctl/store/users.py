"""List other programs that use a file, from its rows."""

import os
import platform
import sqlite3

from labctl.store.processes import is_gone

_PROCESSES = {  # table: query for processes of this computer that use the file
    "runs": "SELECT pid, process_birth, 'run ' || id FROM runs WHERE status = 'running' AND host = ?",
    "heartbeats": "SELECT pid, process_birth, process FROM heartbeats WHERE state = 'alive' AND host = ?",
}


def users_of(connection: sqlite3.Connection) -> list[str]:
    """Every other running process that measures or watches, as `a runner (pid 123)`."""
    query = "SELECT 1 FROM sqlite_master WHERE name = ?"
    found: dict[int, str] = {}
    for table, query_of_processes in _PROCESSES.items():
        if not connection.execute(query, (table,)).fetchall():
            continue
        for pid, birth, what in connection.execute(query_of_processes, (platform.node(),)).fetchall():
            if pid != os.getpid() and not is_gone(pid, birth):
                found[pid] = f"a {what} (pid {pid})" if table == "heartbeats" else f"{what} (pid {pid})"
    return list(found.values())
