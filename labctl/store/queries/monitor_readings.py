"""Readings of monitors, beside the temperatures of a run."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The readings of the parts, in the order read; those without a value say why in `status`."""
    query = f"SELECT * FROM monitor_readings WHERE run_id IN ({marks(parts)}) ORDER BY run_id, number"
    return db.rows(query, parts)


def summary(db: Rows, parts: Sequence[int]) -> list[Row]:
    """One row for each quantity of each monitor of the parts, in the order of their names.

    `instrument`, `quantity` (empty: it did not answer), `readings` with a value, `failures` without,
    mean, least and greatest value (`mean`, `low`, `high`), `begun_s` and `ended_s`.
    """
    query = f"""SELECT instrument, quantity, count(value) AS readings, sum(status <> 'ok') AS failures,
            avg(value) AS mean, min(value) AS low, max(value) AS high,
            min(time_s) AS begun_s, max(time_s) AS ended_s
        FROM monitor_readings WHERE run_id IN ({marks(parts)})
        GROUP BY instrument, quantity ORDER BY instrument, quantity"""
    return db.rows(query, parts)


def names(db: Rows, parts: Sequence[int]) -> list[Row]:
    """Instrument and quantity of every reading with a value, once each."""
    query = f"""SELECT DISTINCT instrument, quantity FROM monitor_readings
        WHERE run_id IN ({marks(parts)}) AND status = 'ok' ORDER BY instrument, quantity"""
    return db.rows(query, parts)


def after(db: Rows, part: int, number: int, most: int) -> list[Row]:
    """The readings of a part numbered above `number`, at most so many, in order."""
    query = "SELECT * FROM monitor_readings WHERE run_id = ? AND number > ? ORDER BY number LIMIT ?"
    return db.rows(query, (part, number, most))
