"""Write amendments together with everything derived anew from them, in one transaction.

The derivation takes its time without a lock, so that a run goes on measuring. Only then the transaction
begins; it writes nothing if the file is no longer the one that the derivation saw: another person amended,
or a growing run gained a spectrum. The caller derives again.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labctl.store.queries.source import Rows, marks
from labctl.store.rows import DERIVED_TABLES

Row = Mapping[str, Any]
DerivedRows = Mapping[str, Sequence[Row]]
"""Rows by the name of their table."""

_SEEN = """
SELECT (SELECT group_concat(status) FROM runs WHERE id IN ({marks})) AS status,
    (SELECT count(*) FROM spectra WHERE status = 'finished' AND run_id IN ({marks})) AS spectra,
    (SELECT count(*) FROM polarisations WHERE status = 'finished' AND run_id IN ({marks})) AS polarisations,
    (SELECT max(r.id) FROM resistances r JOIN spectra s ON s.id = r.spectrum_id
        WHERE s.run_id IN ({marks})) AS resistance,
    (SELECT max(id) FROM conductivities WHERE run_id IN ({marks})) AS conductivity,
    (SELECT max(id) FROM law_fits WHERE run_id IN ({marks})) AS law,
    (SELECT max(id) FROM transference_numbers WHERE run_id IN ({marks})) AS number,
    (SELECT max(id) FROM amendments) AS amendment
"""
_PLACES = _SEEN.count("{marks}")
_OF_A_RUN = {"resistances": "spectrum_id IN (SELECT id FROM spectra WHERE run_id = ?)"}


def seen(db: Rows, runs: Sequence[int]) -> tuple[Any, ...]:
    """Return what differs as soon as another program amends, or measures or derives in one of the runs."""
    (row,) = db.rows(_SEEN.format(marks=marks(runs)), (*runs,) * _PLACES)
    return tuple(row.values())


def seen_by(connection: sqlite3.Connection, runs: Sequence[int]) -> tuple[Any, ...]:
    """Return the same by the connection of a writer, inside its transaction."""
    return connection.execute(_SEEN.format(marks=marks(runs)), (*runs,) * _PLACES).fetchone()


def replace_derived_rows(
    connection: sqlite3.Connection, run_id: int, insertions: Iterable[tuple[str, Sequence[Any]]]
) -> None:
    """Delete all derived rows of a run and insert others, inside the caller's transaction."""
    for table in DERIVED_TABLES:
        condition = _OF_A_RUN.get(table, "run_id = ?")
        connection.execute(f"DELETE FROM {table} WHERE {condition}", (run_id,))
    for sql, values in insertions:
        connection.execute(sql, values)
