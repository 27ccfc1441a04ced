"""The thermal history of a run: steps that were held before it measured."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The steps of the parts, in the order of their ends."""
    query = f"SELECT * FROM thermal_steps WHERE run_id IN ({marks(parts)}) ORDER BY run_id, number"
    return db.rows(query, parts)
