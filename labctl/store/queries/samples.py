"""Samples."""

from labctl.store.electrode_columns import as_text
from labctl.store.queries.source import Result, Row, Rows, Source


def all_samples(db: Source[Result]) -> Result:
    """Every sample, in the order added."""
    return db.rows("SELECT * FROM samples ORDER BY id", ())


def newest_first(db: Rows, most: int = -1) -> list[Row]:
    """The samples added last, at most so many (all by default), the newest first."""
    return [as_text(row) for row in db.rows("SELECT * FROM samples ORDER BY id DESC LIMIT ?", (most,))]


def with_id(db: Rows, sample_id: int) -> list[Row]:
    """The sample with this id, or none."""
    return [as_text(row) for row in db.rows("SELECT * FROM samples WHERE id = ?", (sample_id,))]


def ceilings_of_run(db: Rows, run_id: int) -> tuple[float | None, float | None, float | None]:
    """Highest temperature (K), potential (V), current (A) of a run's sample; None where not given."""
    query = """SELECT s.temperature_max_k, s.potential_max_v, s.current_max_a
               FROM runs r JOIN samples s ON s.id = r.sample_id WHERE r.id = ?"""
    (row,) = db.rows(query, (run_id,))
    return row["temperature_max_k"], row["potential_max_v"], row["current_max_a"]
