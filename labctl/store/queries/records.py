"""Rows of a procedure with columns of its own."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """Number, time and data of the records of the parts, in the order measured."""
    query = f"""SELECT number, time_s, data FROM records
                WHERE run_id IN ({marks(parts)}) ORDER BY run_id, number"""
    return db.rows(query, parts)


def every(db: Rows, run_id: int, begin: int, step: int) -> list[Row]:
    """Data of the records of a run numbered `begin` and above, each number a multiple of `step`."""
    query = """SELECT data FROM records WHERE run_id = ? AND number >= ? AND number % ? = 0
               ORDER BY number"""
    return db.rows(query, (run_id, begin, step))
