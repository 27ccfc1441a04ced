"""Polarisations and their points."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The polarisations of the parts, in order."""
    return db.rows(f"SELECT * FROM polarisations WHERE run_id IN ({marks(parts)}) ORDER BY id", parts)


def exists(db: Rows, polarisation_id: int) -> bool:
    """Return whether there is a polarisation with this id."""
    return bool(db.rows("SELECT 1 FROM polarisations WHERE id = ?", (polarisation_id,)))


def points(db: Source[Result], polarisation_id: int) -> Result:
    """The points of a polarisation, bad ones included, in the order measured."""
    query = "SELECT * FROM polarisation_points WHERE polarisation_id = ? ORDER BY number"
    return db.rows(query, (polarisation_id,))


def good_currents_of_file(db: Rows) -> list[Row]:
    """Time, current and step above the potential at rest of every good point of all polarisations."""
    query = """SELECT p.elapsed_s, p.current_a, p.potential_v - coalesce(h.rest_potential_v, 0) AS step_v
               FROM polarisation_points p JOIN polarisations h ON h.id = p.polarisation_id
               WHERE p.status = 'ok'"""
    return db.rows(query, ())
