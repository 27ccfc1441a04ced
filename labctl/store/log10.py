"""log10, which the views in laboratory units need, for an SQLite built without mathematical functions."""

import math
import sqlite3


def add_log10(connection: sqlite3.Connection) -> None:
    """Add log10 to a connection if its SQLite has none."""
    try:
        connection.execute("SELECT log10(1.0)").fetchall()
    except sqlite3.OperationalError:
        connection.create_function("log10", 1, _log10, deterministic=True)


def _log10(value: float | None) -> float | None:
    return math.log10(value) if value is not None and value > 0 else None
