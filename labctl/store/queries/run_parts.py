"""The runs that make up one: itself and the earlier runs of its job that it continues."""

from labctl.store.queries.source import Rows


def part_ids(db: Rows, run_id: int) -> list[int]:
    """Return the ids of a run and of the runs that it continues, oldest first."""
    query = "SELECT part_id FROM run_parts WHERE run_id = ? ORDER BY part_id"
    return [row["part_id"] for row in db.rows(query, (run_id,))]
