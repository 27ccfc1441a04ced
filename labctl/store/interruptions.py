"""Mark runs of ended processes as interrupted, and seal ended runs that have no content hash."""

import platform
import sqlite3
from typing import Any

from labctl.clock import RealClock
from labctl.store.ending import end_run, seal
from labctl.store.fingerprint import content_hash
from labctl.store.processes import is_gone

HIGHEST_PID = 2**31 - 1
_LAST_SIGN = """
SELECT max(time_s) FROM (
    SELECT started_s AS time_s FROM runs WHERE id = :run
    UNION ALL SELECT max(p.time_s) FROM spectra s JOIN impedance_points p ON p.spectrum_id = s.id
        WHERE s.run_id = :run
    UNION ALL SELECT max(p.time_s) FROM spectra s JOIN check_points p ON p.spectrum_id = s.id
        WHERE s.run_id = :run
    UNION ALL SELECT max(p.time_s) FROM spectra s JOIN linearity_points p ON p.spectrum_id = s.id
        WHERE s.run_id = :run
    UNION ALL SELECT max(p.time_s) FROM polarisations s JOIN polarisation_points p ON p.polarisation_id = s.id
        WHERE s.run_id = :run
    UNION ALL SELECT max(time_s) FROM temperature_log WHERE run_id = :run
    UNION ALL SELECT max(time_s) FROM records WHERE run_id = :run
    UNION ALL SELECT max(time_s) FROM monitor_readings WHERE run_id = :run
    UNION ALL SELECT max(ended_s) FROM thermal_steps WHERE run_id = :run
    UNION ALL SELECT max(time_s) FROM events WHERE run_id = :run)
"""


def mark_interrupted(connection: sqlite3.Connection) -> list[int]:
    """Mark runs of this computer as interrupted if their process has ended; return their ids.

    Runs of other computers are not changed, since their state is not known here.
    """
    gone = _left_by_processes_gone(connection, "status = 'running'")
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


def seal_ended(connection: sqlite3.Connection) -> None:
    """Seal ended runs of this computer that have no content hash because their process was killed."""
    for run_id, _ in _left_by_processes_gone(connection, "status <> 'running' AND content_hash IS NULL"):
        seal(connection, run_id, content_hash(connection, run_id))


def being_sealed(connection: sqlite3.Connection) -> list[int]:
    """Return the runs that have ended, and that a living process of this computer has yet to seal."""
    query = """SELECT id, pid, process_birth FROM runs
               WHERE status <> 'running' AND content_hash IS NULL AND host = ?
               AND typeof(pid) = 'integer' AND pid BETWEEN 1 AND ? AND typeof(process_birth) = 'text'"""
    runs = connection.execute(query, (platform.node(), HIGHEST_PID)).fetchall()
    return [run_id for run_id, pid, birth in runs if not is_gone(pid, birth)]


def _left_by_processes_gone(connection: sqlite3.Connection, condition: str) -> list[tuple[int, int]]:
    """Return (id, pid) of such runs."""
    query = f"SELECT id, pid, process_birth FROM runs WHERE {condition} AND host = ?"
    runs = connection.execute(query, (platform.node(),)).fetchall()
    return [(run_id, pid) for run_id, pid, birth in runs if is_gone(pid, birth)]


def _interrupt(connection: sqlite3.Connection, run_id: int, pid: int) -> bool:
    """Mark one run; return False if another process has marked it first."""
    query = "SELECT 1 FROM runs WHERE id = ? AND status = 'running'"
    if not connection.execute(query, (run_id,)).fetchall():
        return False
    reason = f"its process (pid {pid} on {platform.node()}) ended unexpectedly"
    (last_sign_s,) = connection.execute(_LAST_SIGN, {"run": run_id}).fetchone()
    changes: dict[str, Any] = {"status": "interrupted", "reason": reason, "ended_s": last_sign_s}
    event = (
        "INSERT INTO events (run_id, time_s, level, kind, message) VALUES (?, ?, 'error', 'interrupted', ?)"
    )
    connection.execute(event, (run_id, RealClock().time(), f"Run {run_id} was interrupted: {reason}."))
    end_run(connection, run_id, changes)
    return True
