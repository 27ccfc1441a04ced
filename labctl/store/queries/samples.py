"""Samples."""

from labctl.store.queries.source import Result, Row, Rows, Source


def all_samples(db: Source[Result]) -> Result:
    """Every sample, in the order added."""
    return db.rows("SELECT * FROM samples ORDER BY id", ())


def newest_first(db: Rows, most: int = -1) -> list[Row]:
    """The samples added last, at most so many (all by default), the newest first."""
    return db.rows("SELECT * FROM samples ORDER BY id DESC LIMIT ?", (most,))


def with_id(db: Rows, sample_id: int) -> list[Row]:
    """The sample with this id, or none."""
    return db.rows("SELECT * FROM samples WHERE id = ?", (sample_id,))
