"""The runs that make up one: itself and the earlier runs of its job that it continues."""

from collections.abc import Sequence

from labctl.store.queries.source import Rows, marks

OF_RUNS = "SELECT DISTINCT run_id FROM run_parts WHERE part_id IN ({runs})"
"""The runs that stand on some runs: these, and the runs that continue one of them; `runs` as SQL."""

FIRST_OF = "(SELECT min(part_id) FROM run_parts WHERE run_id = {run})"
"""The oldest part of a run; `run` as SQL."""


def part_ids(db: Rows, run_id: int) -> list[int]:
    """Return the ids of a run and of the runs that it continues, oldest first."""
    query = "SELECT part_id FROM run_parts WHERE run_id = ? ORDER BY part_id"
    return [row["part_id"] for row in db.rows(query, (run_id,))]


def standing_on(db: Rows, runs: Sequence[int]) -> list[int]:
    """Return the ids of some runs and of the runs that continue one of them, rising."""
    found = db.rows(OF_RUNS.format(runs=marks(runs)), runs)
    return sorted(row["run_id"] for row in found)
