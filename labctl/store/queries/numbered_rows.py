"""Tables with rows numbered within their run, spectrum or polarisation; they may be a million long."""

from dataclasses import dataclass

from labctl.store.queries.source import Row, Rows

_PARENT = {
    "temperature_log": "run_id",
    "records": "run_id",
    "impedance_points": "spectrum_id",
    "polarisation_points": "polarisation_id",
}
_GOOD_CURRENT = "CASE WHEN status = 'ok' THEN current_a END"  # an overloaded one is a number too


@dataclass(frozen=True)
class Series:
    """Numbers of such a table, one expression for each, and which of them must keep their extremes."""

    table: str
    columns: tuple[str, ...]
    extremes_of: tuple[int, ...]


TEMPERATURES = Series("temperature_log", ("time_s", "temperature_k", "setpoint_k"), (1, 2))
GOOD_CURRENTS = Series("polarisation_points", ("elapsed_s", _GOOD_CURRENT), (1,))


def last_number(db: Rows, table: str, parent: int) -> int | None:
    """Number of the last row of a parent; None where it has none."""
    query = f"SELECT max(number) AS last FROM {table} WHERE {_PARENT[table]} = ?"
    return db.rows(query, (parent,))[0]["last"]


def next_page(db: Rows, table: str, parent: int, after: int, most: int) -> list[Row]:
    """The rows of a parent numbered above `after`, in order, at most so many."""
    query = f"SELECT * FROM {table} WHERE {_PARENT[table]} = ? AND number > ? ORDER BY number LIMIT ?"
    return db.rows(query, (parent, after, most))


def stretch(db: Rows, series: Series, parent: int, begin: int, end: int) -> list[Row]:
    """Number and columns of a series from number `begin` up to `end`, that one left out."""
    query = f"SELECT number, {', '.join(series.columns)} {_stretch(series.table)} ORDER BY number"
    return db.rows(query, (parent, begin, end))


def extremes(db: Rows, series: Series, parent: int, begin: int, end: int, bucket: int) -> list[Row]:
    """The rows of a stretch with the least and the greatest value of each `bucket` rows, in order.

    A row without a value stays too. `number` stands before the columns of the series, the extreme value
    behind them; a row that is extreme twice comes twice.
    """
    selects = []
    for place in series.extremes_of:
        key = series.columns[place]
        for extreme, where in (
            (f"min({key})", ""),
            (f"max({key})", ""),
            ("min(number)", f"AND {key} IS NULL"),
        ):
            selects.append(
                f"SELECT number, {', '.join(series.columns)}, {extreme} AS extreme "
                f"{_stretch(series.table)} {where} GROUP BY number / {int(bucket)}"
            )
    query = f"{' UNION ALL '.join(selects)} ORDER BY 1"
    return db.rows(query, (parent, begin, end) * len(selects))


def _stretch(table: str) -> str:
    return f"FROM {table} WHERE {_PARENT[table]} = ? AND number >= ? AND number < ?"
