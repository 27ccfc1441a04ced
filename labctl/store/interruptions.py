"""Runs whose process vanished: a run says "running" only while somebody writes it."""

import platform
import sqlite3
from typing import Any

from labctl.clock import RealClock
from labctl.store.ending import end_run
from labctl.store.processes import is_gone

_LAST_SIGN = """
SELECT max(time_s) FROM (
    SELECT started_s AS time_s FROM runs WHERE id = :run
    UNION ALL SELECT max(p.time_s) FROM spectra s JOIN impedance_points p ON p.spectrum_id = s.id
        WHERE s.run_id = :run
    UNION ALL SELECT max(p.time_s) FROM polarisations s JOIN polarisation_points p ON p.polarisation_id = s.id
        WHERE s.run_id = :run
    UNION ALL SELECT max(time_s) FROM temperature_log WHERE run_id = :run
    UNION ALL SELECT max(time_s) FROM records WHERE run_id = :run
    UNION ALL SELECT max(time_s) FROM events WHERE run_id = :run)
"""


def mark_interrupted(connection: sqlite3.Connection) -> list[int]:
    """End the runs of this computer whose process is gone; return their ids.

    A run of another computer is left alone: from here nobody can tell whether it is still written.
    """
    query = "SELECT id, pid, process_birth FROM runs WHERE status = 'running' AND host = ?"
    running = connection.execute(query, (platform.node(),)).fetchall()
    gone = [(run_id, pid) for run_id, pid, birth in running if is_gone(pid, birth)]
    if not gone:
        return []
    connection.execute("BEGIN IMMEDIATE")
    try:
        marked = [run_id for run_id, pid in gone if _interrupt(connection, run_id, pid)]
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return marked


def _interrupt(connection: sqlite3.Connection, run_id: int, pid: int) -> bool:
    """Whether it was this process, and no other that opens the file just now, which marked the run."""
    query = "SELECT 1 FROM runs WHERE id = ? AND status = 'running'"
    if not connection.execute(query, (run_id,)).fetchall():
        return False
    reason = f"its process (pid {pid} on {platform.node()}) ended without a word"
    (last_sign_s,) = connection.execute(_LAST_SIGN, {"run": run_id}).fetchone()
    changes: dict[str, Any] = {"status": "interrupted", "reason": reason, "ended_s": last_sign_s}
    event = (
        "INSERT INTO events (run_id, time_s, level, kind, message) VALUES (?, ?, 'error', 'interrupted', ?)"
    )
    connection.execute(event, (run_id, RealClock().time(), f"Run {run_id} was interrupted: {reason}."))
    end_run(connection, run_id, changes)
    return True
