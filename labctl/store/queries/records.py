"""Rows of a procedure with columns of its own."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """Number, time and data of the records of the parts, in the order measured."""
    query = f"""SELECT number, time_s, data FROM records
                WHERE run_id IN ({marks(parts)}) ORDER BY run_id, number"""
    return db.rows(query, parts)


def stretch(db: Rows, run_id: int, begin: int, end: int) -> list[Row]:
    """Number and data of the records of a run from number `begin` up to `end`, that one left out."""
    query = "SELECT number, data FROM records WHERE run_id = ? AND number >= ? AND number < ? ORDER BY number"
    return db.rows(query, (run_id, begin, end))


def extremes(db: Rows, run_id: int, begin: int, end: int, bucket: int) -> list[Row]:
    """Number and data of the records of a stretch with the extremes of any column in each `bucket` rows."""
    one = f"""SELECT r.number AS number, {{}}(j.value) FROM records r, json_each(r.data) j
              WHERE r.run_id = ? AND r.number >= ? AND r.number < ? AND j.type IN ('integer', 'real')
              GROUP BY r.number / {int(bucket)}, j.key"""
    query = f"""SELECT number, data FROM records WHERE run_id = ? AND number IN (
                SELECT number FROM ({one.format("min")}) UNION SELECT number FROM ({one.format("max")})
                ) ORDER BY number"""
    return db.rows(query, (run_id, *(run_id, begin, end) * 2))


def open_cell_steps(db: Rows, run_id: int) -> list[Row]:
    """Data of the records of a run with a step and a potential of an open cell, in the order measured."""
    query = """SELECT data FROM records WHERE run_id = ? AND json_extract(data, '$.phase') IS NOT NULL
               AND json_extract(data, '$.step') IS NOT NULL
               AND json_extract(data, '$.potential_v') IS NOT NULL
               AND json_extract(data, '$.polarisation') IS NULL ORDER BY number"""
    return db.rows(query, (run_id,))


def numbers_of(db: Rows, run_id: int, names: tuple[str, str, str]) -> list[Row]:
    """Three columns of the records of a run as `a`, `b` and `c`, in order; NULL where there is no number."""
    columns = ", ".join(
        f"CASE WHEN json_type(data, ?) IN ('integer', 'real') THEN json_extract(data, ?) END AS {column}"
        for column in "abc"
    )
    paths = [path for name in names for path in (json_path(name),) * 2]
    query = f"SELECT {columns} FROM records WHERE run_id = ? ORDER BY number"
    return db.rows(query, (*paths, run_id))


def json_path(name: str) -> str:
    """Return the path of a key of a JSON object; SQLite takes no name with a double quote."""
    return f'$."{name}"'
