"""Temperature laws fitted to conductivities."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_run(db: Rows, run_id: int) -> list[Row]:
    """The laws that were fitted when this run was derived, by branch."""
    return db.rows("SELECT * FROM law_fits WHERE run_id = ? ORDER BY branch, id", (run_id,))


def newest_of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The laws of the last part that has any: they saw the points of all parts before it."""
    last = f"SELECT max(run_id) FROM law_fits WHERE run_id IN ({marks(parts)})"
    return db.rows(f"SELECT * FROM law_fits WHERE run_id = ({last}) ORDER BY id", parts)
