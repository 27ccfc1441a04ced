"""Polarisations and their points."""

from collections.abc import Sequence

from labctl.store.queries.fetching import Fetch, FetchRows, Result, Row, marks


def of_parts(fetch: Fetch[Result], parts: Sequence[int]) -> Result:
    """The polarisations of the parts, in order."""
    return fetch(f"SELECT * FROM polarisations WHERE run_id IN ({marks(parts)}) ORDER BY id", parts)


def points(fetch: Fetch[Result], polarisation_id: int) -> Result:
    """The points of a polarisation, bad ones included, in the order measured."""
    query = "SELECT * FROM polarisation_points WHERE polarisation_id = ? ORDER BY number"
    return fetch(query, (polarisation_id,))


def good_currents_of_file(rows: FetchRows) -> list[Row]:
    """Time, current and step above the potential at rest of every good point of all polarisations."""
    query = """SELECT p.elapsed_s, p.current_a, p.potential_v - coalesce(h.rest_potential_v, 0) AS step_v
               FROM polarisation_points p JOIN polarisations h ON h.id = p.polarisation_id
               WHERE p.status = 'ok'"""
    return rows(query, ())
