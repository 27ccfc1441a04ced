"""The newest derived rows of a run: they show whether there is anything new."""

from collections.abc import Sequence

from labctl.store.queries.source import Row, Rows, marks


def newest_ids(db: Rows, run_id: int, parts: Sequence[int]) -> Row:
    """Highest ids of the conductivities and transference numbers of the parts and of the laws of the run."""
    query = f"""SELECT
        (SELECT max(id) FROM conductivities WHERE run_id IN ({marks(parts)})) AS conductivities,
        (SELECT max(id) FROM law_fits WHERE run_id = ?) AS fits,
        (SELECT max(id) FROM transference_numbers WHERE run_id IN ({marks(parts)})) AS numbers"""
    return db.rows(query, (*parts, run_id, *parts))[0]
