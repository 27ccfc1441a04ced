"""The content hash of a run: equal measured rows give an equal hash in every file.

1. It covers the run, its sample, provenance, instruments and every measured row, in text with exact numbers.
2. Keys of this file, the process and the job are left out, since they change when a run is merged into
   another file; so are derived rows, which can be computed again, and events, which can follow the end.
3. A key of a spectrum or a polarisation is replaced by its number in the run.
4. A column that is empty in all rows of the run is left out. So a later schema can add columns without
   changing the hash of older runs.
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


def references(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Columns of a table that are foreign keys, with the table each refers to."""
    return {row[3]: row[2] for row in connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()}


def _lines(connection: sqlite3.Connection, table: str, run_id: int) -> Iterator[str]:
    """The table and its columns in use, then one line for each row."""
    rows, order = _ROWS[table]
    columns = _columns(connection, table)
    filled = ", ".join(f"max(t.{name} IS NOT NULL AND t.{name} <> '')" for name in columns)
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
            columns[name] = f"t.{name}"
        elif leads_to.get(name) in _NUMBERED:
            columns[name] = f"(SELECT number FROM {leads_to[name]} WHERE id = t.{name})"
    return columns
