"""The temperature log."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The temperature log of the parts, in the order measured."""
    query = f"SELECT * FROM temperature_log WHERE run_id IN ({marks(parts)}) ORDER BY run_id, number"
    return db.rows(query, parts)
