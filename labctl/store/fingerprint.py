"""The content hash of a run: equal measured rows give an equal hash in every file.

1. It covers the run, its sample, provenance, instruments and every measured row, in text with exact numbers.
2. Keys of this file, the process and the job are left out, since they change when a run is merged into
   another file; so are derived rows, which can be computed again, and events, which can follow the end.
3. A key of a spectrum or a polarisation is replaced by its number in the run.
4. A column that is empty in all rows of the run is left out. So a later schema can add columns without
   changing the hash of older runs.
5. A table that came later is left out where the run has no row in it, for the same reason.
6. Runs of the first week have a hash of another definition under the same scheme: `earlier_content_hash`.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator

SCHEME = "labctl-1"

_ROWS = {  # table: where its rows of a run are, and in which order
    "samples": ("samples t JOIN runs r ON r.sample_id = t.id WHERE r.id = ?", "t.id"),
    "runs": ("runs t WHERE t.id = ?", "t.id"),
    "run_provenance": ("run_provenance t WHERE t.run_id = ?", "t.key"),
    "run_instruments": ("run_instruments t WHERE t.run_id = ?", "t.role"),
    "spectra": ("spectra t WHERE t.run_id = ?", "t.number"),
    "impedance_points": (
        "spectra o JOIN impedance_points t ON t.spectrum_id = o.id WHERE o.run_id = ?",
        "o.number, t.number",
    ),
    "polarisations": ("polarisations t WHERE t.run_id = ?", "t.number"),
    "polarisation_points": (
        "polarisations o JOIN polarisation_points t ON t.polarisation_id = o.id WHERE o.run_id = ?",
        "o.number, t.number",
    ),
    "temperature_log": ("temperature_log t WHERE t.run_id = ?", "t.number"),
    "records": ("records t WHERE t.run_id = ?", "t.number"),
    "check_points": (
        "spectra o JOIN check_points t ON t.spectrum_id = o.id WHERE o.run_id = ?",
        "o.number, t.number",
    ),
    "linearity_points": (
        "spectra o JOIN linearity_points t ON t.spectrum_id = o.id WHERE o.run_id = ?",
        "o.number, t.number",
    ),
    "monitor_readings": ("monitor_readings t WHERE t.run_id = ?", "t.number"),
    "thermal_steps": ("thermal_steps t WHERE t.run_id = ?", "t.number"),
}
_LATER_TABLES = ("check_points", "linearity_points", "monitor_readings", "thermal_steps")
_FIRST_WEEK = {  # part of the earlier hash: its query
    "sample": """
        SELECT s.name, s.composition, s.cation, s.thickness_m, s.thickness_u_m, s.area_m2, s.area_u_m2,
               s.electrodes, s.note
        FROM runs r JOIN samples s ON s.id = r.sample_id WHERE r.id = ?""",
    "run": """
        SELECT uuid, procedure, parameters, station, station_text, protocol_text, clock, status, reason,
               started_s, ended_s, host
        FROM runs WHERE id = ?""",
    "provenance": "SELECT key, value FROM run_provenance WHERE run_id = ? ORDER BY key",
    "instruments": """
        SELECT role, name, driver, address, identity, settings
        FROM run_instruments WHERE run_id = ? ORDER BY role""",
    "spectra": """
        SELECT s.number, s.step, s.branch, s.setpoint_k, s.amplitude_v, s.bias_v, s.integration_s,
               o.number, s.status, s.started_s, s.ended_s
        FROM spectra s LEFT JOIN spectra o ON o.id = s.repeat_of WHERE s.run_id = ? ORDER BY s.number""",
    "impedance_points": """
        SELECT s.number, p.number, p.time_s, p.frequency_hz, p.z_real_ohm, p.z_imag_ohm, p.temperature_k,
               p.status
        FROM spectra s JOIN impedance_points p ON p.spectrum_id = s.id
        WHERE s.run_id = ? ORDER BY s.number, p.number""",
    "polarisations": """
        SELECT number, step, setpoint_k, potential_v, rest_potential_v, status, started_s, ended_s
        FROM polarisations WHERE run_id = ? ORDER BY number""",
    "polarisation_points": """
        SELECT s.number, p.number, p.time_s, p.elapsed_s, p.potential_v, p.current_a, p.temperature_k,
               p.status
        FROM polarisations s JOIN polarisation_points p ON p.polarisation_id = s.id
        WHERE s.run_id = ? ORDER BY s.number, p.number""",
    "temperature_log": """
        SELECT number, time_s, temperature_k, setpoint_k, phase
        FROM temperature_log WHERE run_id = ? ORDER BY number""",
    "records": "SELECT number, time_s, data FROM records WHERE run_id = ? ORDER BY number",
}
_LATER = {  # table: columns that the earlier hash does not cover
    "samples": (
        *("lead_ohm", "lead_u_ohm", "fixture_short", "fixture_open"),
        *("temperature_max_k", "potential_max_v", "current_max_a"),
        *("electrode_sides", "pellet_area_m2", "pellet_area_u_m2"),
        *("thickness_after_m", "thickness_after_u_m"),
        *("thermal_expansion_per_k", "thermal_expansion_u_per_k"),
    ),
    "runs": ("cell",),
    "polarisations": ("rest_drift_v_s", "initial_spectrum_id", "steady_spectrum_id", "ended_by", "saved_s"),
}
_LEFT_OUT = ("id", "pid", "process_birth", "content_hash")
_NUMBERED = ("spectra", "polarisations")


def content_hash(connection: sqlite3.Connection, run_id: int) -> str:
    """`labctl-1:` and the SHA-256 of the run's measured content, in hexadecimal digits."""
    digest = hashlib.sha256()
    for table in _ROWS:
        for line in _lines(connection, table, run_id):
            digest.update(line.encode() + b"\n")
    return f"{SCHEME}:{digest.hexdigest()}"


def earlier_content_hash(connection: sqlite3.Connection, run_id: int) -> str:
    """The content hash of a run by the definition of the first week.

    Empty if the run has a value in a column that this definition does not cover: no such hash was made of it.
    """
    if any(_has_later_values(connection, table, run_id) for table in _LATER):
        return ""
    if any(_has_rows(connection, table, run_id) for table in _LATER_TABLES):
        return ""
    digest = hashlib.sha256()
    for part, query in _FIRST_WEEK.items():
        digest.update(f"{part}\n".encode())
        for row in connection.execute(query, (run_id,)):
            digest.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return f"{SCHEME}:{digest.hexdigest()}"


def _has_later_values(connection: sqlite3.Connection, table: str, run_id: int) -> bool:
    rows, _ = _ROWS[table]
    present = [name for name in _columns(connection, table) if name in _LATER[table]]
    filled = " OR ".join(f"(t.{name} IS NOT NULL AND t.{name} <> '')" for name in present) or "0"
    return bool(connection.execute(f"SELECT count(*) FROM {rows} AND ({filled})", (run_id,)).fetchone()[0])


def _has_rows(connection: sqlite3.Connection, table: str, run_id: int) -> bool:
    """Whether a later table is in the file and has rows of the run."""
    if not connection.execute(f"PRAGMA table_info({table})").fetchall():
        return False
    rows, _ = _ROWS[table]
    return connection.execute(f"SELECT 1 FROM {rows} LIMIT 1", (run_id,)).fetchone() is not None


def references(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Columns of a table that are foreign keys, with the table each refers to."""
    return {row[3]: row[2] for row in connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()}


def _lines(connection: sqlite3.Connection, table: str, run_id: int) -> Iterator[str]:
    """The table and its columns in use, then one line for each row."""
    if table in _LATER_TABLES and not _has_rows(connection, table, run_id):
        return
    rows, order = _ROWS[table]
    columns = _columns(connection, table)
    filled = ", ".join(f"max(t.{_quoted(name)} IS NOT NULL AND t.{_quoted(name)} <> '')" for name in columns)
    in_use = connection.execute(f"SELECT {filled} FROM {rows}", (run_id,)).fetchone()
    names = [name for name, used in zip(columns, in_use, strict=True) if used]
    yield json.dumps([table, *names])
    if not names:
        return
    expressions = ", ".join(columns[name] for name in names)
    for row in connection.execute(f"SELECT {expressions} FROM {rows} ORDER BY {order}", (run_id,)):
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Columns to hash, by name, with the SQL expression of each."""
    leads_to = references(connection, table)
    names = sorted(row[1] for row in connection.execute(f"PRAGMA table_info({table})").fetchall())
    columns: dict[str, str] = {}
    for name in names:
        if name not in leads_to and name not in _LEFT_OUT:
            columns[name] = f"t.{_quoted(name)}"
        elif leads_to.get(name) in _NUMBERED:
            columns[name] = f"(SELECT number FROM {leads_to[name]} WHERE id = t.{_quoted(name)})"
    return columns


def _quoted(name: str) -> str:
    """The name of a column, which the maker of the file chose."""
    return '"' + name.replace('"', '""') + '"'
