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
    """Numbers of such a table, one expression for each, and which of them must keep their extremes.

    Rows without a value in the columns of `known` do not belong to it.
    """

    table: str
    columns: tuple[str, ...]
    extremes_of: tuple[int, ...]
    known: tuple[int, ...] = ()


TEMPERATURES = Series("temperature_log", ("time_s", "temperature_k", "setpoint_k"), (1, 2))
GOOD_CURRENTS = Series("polarisation_points", ("elapsed_s", _GOOD_CURRENT), (1,))
_SETPOINT = "(SELECT s.setpoint_k FROM polarisations s WHERE s.id = polarisation_id)"
POLARISED_TEMPERATURES = Series(
    "polarisation_points", ("time_s", "temperature_k", _SETPOINT), (1,), known=(1,)
)


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
    query = f"SELECT number, {', '.join(series.columns)} {_stretch(series)} ORDER BY number"
    return db.rows(query, (parent, begin, end))


def extremes(db: Rows, series: Series, parent: int, begin: int, end: int, bucket: int) -> list[Row]:
    """The rows of a stretch with the least and the greatest value of each `bucket` rows, in order.

    The first row without a value of each bucket is given too. `number` stands before the columns of the
    series; a row that is extreme twice comes twice.
    """
    stretch_of = (parent, begin, end)
    orders: list[str] = []
    for place in series.extremes_of:
        key = series.columns[place]
        orders += [f"AND {key} IS NOT NULL ORDER BY {key} {way}" for way in ("", "DESC")]
        if place not in series.known and _lacks_any(db, series, key, stretch_of):
            orders.append(f"AND {key} IS NULL ORDER BY number")
    query = (
        f"{_buckets(bucket)} {' UNION ALL '.join(_of_buckets(series, order) for order in orders)} ORDER BY 1"
    )
    return db.rows(query, stretch_of)


def _buckets(width: int) -> str:
    """Begin and end of each bucket: one look for the extremes of each needs no sorting of all rows."""
    end = f"min((begins / {int(width)} + 1) * {int(width)}, ?3)"
    return f"""WITH RECURSIVE begins(begins) AS (
                   VALUES (?2) UNION ALL
                   SELECT (begins / {int(width)} + 1) * {int(width)} FROM begins
                   WHERE (begins / {int(width)} + 1) * {int(width)} < ?3),
               buckets AS (SELECT begins, {end} AS ends FROM begins)"""


def _of_buckets(series: Series, order: str) -> str:
    """The first row of each bucket in an order."""
    return f"""SELECT number, {", ".join(series.columns)} FROM buckets JOIN {series.table}
               ON {_PARENT[series.table]} = ?1 AND number = (
                   SELECT number FROM {series.table} WHERE {_PARENT[series.table]} = ?1
                   AND number >= begins AND number < ends{_known(series)} {order} LIMIT 1)"""


def has_any(db: Rows, series: Series, parent: int, begin: int, end: int) -> bool:
    """Return whether a stretch has a row of the series."""
    return bool(db.rows(f"SELECT 1 AS found {_stretch(series)} LIMIT 1", (parent, begin, end)))


def _lacks_any(db: Rows, series: Series, key: str, stretch_of: tuple[int, int, int]) -> bool:
    """Return whether a row of a stretch has no value: cheaper than a look in every bucket."""
    return bool(db.rows(f"SELECT 1 AS found {_stretch(series)} AND {key} IS NULL LIMIT 1", stretch_of))


def _stretch(series: Series) -> str:
    parent = _PARENT[series.table]
    return f"FROM {series.table} WHERE {parent} = ? AND number >= ? AND number < ?{_known(series)}"


def _known(series: Series) -> str:
    return "".join(f" AND {series.columns[place]} IS NOT NULL" for place in series.known)
