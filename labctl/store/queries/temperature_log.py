"""The temperature log."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The temperature log of the parts, in the order measured."""
    query = f"SELECT * FROM temperature_log WHERE run_id IN ({marks(parts)}) ORDER BY run_id, number"
    return db.rows(query, parts)


def stretches(db: Rows, parts: Sequence[int]) -> list[Row]:
    """The temperature log of the parts by stretch: readings in a row with one set point and one phase.

    Each has `setpoint_k`, `phase`, `begun_s`, `ended_s`, `readings`, and mean, least and greatest temperature
    (`mean_k`, `min_k`, `max_k`), in the order measured.
    """
    query = f"""SELECT run_id, setpoint_k, phase, min(time_s) AS begun_s, max(time_s) AS ended_s,
            count(*) AS readings, avg(temperature_k) AS mean_k, min(temperature_k) AS min_k,
            max(temperature_k) AS max_k
        FROM (SELECT *, number - row_number() OVER (PARTITION BY run_id, setpoint_k, phase ORDER BY number)
              AS island FROM temperature_log WHERE run_id IN ({marks(parts)}))
        GROUP BY run_id, setpoint_k, phase, island ORDER BY run_id, min(number)"""
    return db.rows(query, parts)
