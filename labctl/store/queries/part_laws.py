"""Temperature laws of the parts of a resistance: bulk and grain boundary."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_run(db: Rows, run_id: int) -> list[Row]:
    """The laws of the parts that were fitted when this run was derived, in the order of the parts."""
    return db.rows("SELECT * FROM part_laws WHERE run_id = ? ORDER BY id", (run_id,))


def newest_of_parts(db: Source[Result], runs: Sequence[int]) -> Result:
    """The laws of the last of the runs that has any: they saw the points of all runs before it."""
    last = f"SELECT max(run_id) FROM part_laws WHERE run_id IN ({marks(runs)})"
    return db.rows(f"SELECT * FROM part_laws WHERE run_id = ({last}) ORDER BY id", runs)
