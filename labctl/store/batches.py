"""Insert many rows in one transaction: in one statement if all are valid, else one by one."""

import sqlite3
from collections.abc import Sequence
from itertools import chain, groupby
from typing import Any

from labctl.store.causes import ROW_ERRORS
from labctl.store.rows import Insertion

ROWS_PER_STATEMENT = 64
"""sqlite3 releases the interpreter lock once for each statement, so the procedure can continue."""

Row = tuple[Insertion, Sequence[Any]]
Refusal = tuple[Row, Exception]


def write_rows(connection: sqlite3.Connection, rows: Sequence[Row]) -> list[Refusal]:
    """Insert the rows in order; those that break a rule are left out and returned with their errors."""
    refusals: list[Refusal] = []
    for insertion, group in groupby(rows, key=_insertion):
        alike = list(group)
        for start in range(0, len(alike), ROWS_PER_STATEMENT):
            part = alike[start : start + ROWS_PER_STATEMENT]
            if len(part) < ROWS_PER_STATEMENT or not _write_together(connection, insertion, part):
                refusals += _write_singly(connection, insertion, part)
    return refusals


def _write_together(connection: sqlite3.Connection, insertion: Insertion, rows: Sequence[Row]) -> bool:
    """Whether all rows were good; if not, none is written."""
    values = list(chain.from_iterable(values for _, values in rows))
    try:
        connection.execute(insertion.sql_for(len(rows)), values)
    except ROW_ERRORS:
        return False
    return True


def _write_singly(connection: sqlite3.Connection, insertion: Insertion, rows: Sequence[Row]) -> list[Refusal]:
    refusals: list[Refusal] = []
    while rows:
        before = connection.total_changes
        try:
            connection.executemany(insertion.sql, [values for _, values in rows])
            rows = ()
        except ROW_ERRORS as error:
            written = connection.total_changes - before
            refusals.append((rows[written], error))
            rows = rows[written + 1 :]
    return refusals


def _insertion(row: Row) -> Insertion:
    return row[0]
