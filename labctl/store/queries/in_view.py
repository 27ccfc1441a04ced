"""Extremes of a series in equal columns of a view: any number of rows as a screen can show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labctl.store.queries.records import json_path
from labctl.store.queries.source import Row, Rows


@dataclass(frozen=True)
class Series:
    """Rows with numbers x and y: the `FROM` and `WHERE` of their query, with its parameters."""

    x: str
    y: str
    source: str
    parameters: tuple[Any, ...]


def temperatures(run_id: int) -> tuple[Series, ...]:
    """Temperature against time of one part of a run: of its log, and of the points of its measurements."""
    points = (
        ("spectra", "impedance_points", "spectrum_id"),
        ("polarisations", "polarisation_points", "polarisation_id"),
    )
    return (
        Series("time_s", "temperature_k", "temperature_log WHERE run_id = ?", (run_id,)),
        *(
            Series(
                "p.time_s",
                "p.temperature_k",
                f"{parents} s JOIN {table} p ON p.{key} = s.id WHERE s.run_id = ? AND p.temperature_k > 0",
                (run_id,),
            )
            for parents, table, key in points
        ),
    )


def currents(polarisation_id: int) -> tuple[Series, ...]:
    """Good currents of a polarisation against the time since its potential was applied."""
    good = "CASE WHEN status = 'ok' THEN current_a END"
    return (Series("elapsed_s", good, "polarisation_points WHERE polarisation_id = ?", (polarisation_id,)),)


def columns_of_records(run_id: int, x: str, y: str) -> tuple[Series, ...]:
    """One column of the procedure of one part of a run against another."""
    number = "CASE WHEN json_type(data, {0}) IN ('integer', 'real') THEN json_extract(data, {0}) END"
    return (
        Series(
            number.format("?2"),
            number.format("?3"),
            "records WHERE run_id = ?1",
            (run_id, json_path(x), json_path(y)),
        ),
    )


def extremes(db: Rows, series: Series, low: float, high: float, columns: int) -> list[Row]:
    """Return x and y of the rows with the least and greatest y of each of `columns` equal columns, by x.

    A row without y stays in a column that has one. A column of x reaches from its left border, which belongs
    to it, to its right one; the last has both.
    """
    base = len(series.parameters)
    lowest, highest, scale = (f"?{base + n}" for n in (1, 2, 3))
    source = series.source if "?1" in series.source else series.source.replace("?", "?1")
    place = f"min(CAST((x - {lowest}) * {scale} AS INTEGER), {int(columns) - 1})"
    query = f"""WITH seen AS MATERIALIZED (
                    SELECT {series.x} AS x, {series.y} AS y FROM {source}),
                placed AS MATERIALIZED (
                    SELECT x, y, {place} AS place FROM seen WHERE x >= {lowest} AND x <= {highest})
                SELECT x, y, min(y) AS extreme FROM placed GROUP BY place
                UNION SELECT x, y, max(y) AS extreme FROM placed GROUP BY place
                UNION SELECT min(x), NULL, NULL FROM placed WHERE y IS NULL GROUP BY place
                ORDER BY 1"""
    return db.rows(query, _parameters(series, low, high, columns))


def _parameters(series: Series, low: float, high: float, columns: int) -> Sequence[Any]:
    return (*series.parameters, low, high, columns / (high - low))
