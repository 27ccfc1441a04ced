"""Write amendments together with everything derived anew from them, in one transaction.

The derivation takes its time without a lock, so that a run goes on measuring. Only then the transaction
begins; it writes nothing if the file changed since the derivation read it: another person amended, or a
growing run gained a spectrum. The caller derives again.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.store import analyses
from labctl.store.analyses import Maker
from labctl.store.queries.source import Rows, marks

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


def seen(db: Rows, runs: Sequence[int]) -> tuple[Any, ...]:
    """Return what differs as soon as another program amends, or measures or derives in one of the runs."""
    (row,) = db.rows(_SEEN.format(marks=marks(runs)), (*runs,) * _PLACES)
    return tuple(row.values())


def seen_by(connection: sqlite3.Connection, runs: Sequence[int]) -> tuple[Any, ...]:
    """Return the same by the connection of a writer, inside its transaction."""
    return connection.execute(_SEEN.format(marks=marks(runs)), (*runs,) * _PLACES).fetchone()


def keep_analysis(
    connection: sqlite3.Connection, run_id: int, maker: Maker, insertions: analyses.Insertions
) -> None:
    """Keep the analysis of a run, inside the caller's transaction: of a growing run the provisional one."""
    query = "SELECT status FROM runs WHERE id = ?"
    if connection.execute(query, (run_id,)).fetchone() != ("running",):
        analyses.record(connection, run_id, maker, "", insertions)
        return
    analysis_id = analyses.provisional(connection, run_id, maker)
    analyses.describe_provisional(connection, analysis_id, maker)
    analyses.clear(connection, analysis_id, run_id)
    analyses.fill(connection, analysis_id, insertions)
