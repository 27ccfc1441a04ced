"""Queries about standards that were measured in place of the sample."""

from collections.abc import Mapping
from typing import Any

from labctl.store.encoding import encode
from labctl.store.queries.source import Row, Rows
from labctl.store.transactions import WriteConnection


def add_analyser_check(connection: WriteConnection, row: Mapping[str, Any]) -> None:
    """Insert a check; its `points` are a list."""
    connection.insert("analyser_checks", {**row, "points": encode(row["points"])})


def newest(db: Rows, station: str, standard: str, simulated: bool) -> Row | None:
    """Return the newest check of a station with a standard, on real or on simulated instruments."""
    query = """SELECT * FROM analyser_checks WHERE station = ? AND standard = ? AND simulated = ?
               ORDER BY time_s DESC, id DESC LIMIT 1"""
    found = db.rows(query, (station, standard, int(simulated)))
    return found[0] if found else None


def runs_since_last(db: Rows, station: str, instrument: str, before_s: float) -> list[int]:
    """Return the ended runs of a station since the last measured check with its resistor before a time.

    Empty where there was none.
    """
    last = """SELECT max(time_s) FROM analyser_checks WHERE station = ? AND instrument = ? AND time_s < ?
              AND standard = 'resistor' AND outcome = 'measured'"""
    query = f"""SELECT DISTINCT r.id FROM runs r JOIN run_instruments i ON i.run_id = r.id
                WHERE r.station = ? AND i.role = 'fra' AND i.name = ? AND r.ended_s <= ?
                AND r.started_s >= ({last}) ORDER BY r.id"""
    rows = db.rows(query, (station, instrument, before_s, station, instrument, before_s))
    return [row["id"] for row in rows]


def about(db: Rows, station: str, instrument: str, begun_s: float, ended_s: float) -> list[Row]:
    """Return the last measured check with the resistor before a time, and the first after another one.

    Checks of the analyser of that name in a station; the list holds those that exist, oldest first.
    """
    where = "station = ? AND instrument = ? AND standard = 'resistor' AND outcome = 'measured'"
    before = (
        f"SELECT * FROM analyser_checks WHERE {where} AND time_s <= ? ORDER BY time_s DESC, id DESC LIMIT 1"
    )
    after = f"SELECT * FROM analyser_checks WHERE {where} AND time_s >= ? ORDER BY time_s, id LIMIT 1"
    return [
        *db.rows(before, (station, instrument, begun_s)),
        *db.rows(after, (station, instrument, ended_s)),
    ]
