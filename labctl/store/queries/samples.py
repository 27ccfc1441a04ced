"""Samples."""

from labctl.store.queries.fetching import Fetch, FetchRows, Result, Row


def all_samples(fetch: Fetch[Result]) -> Result:
    """Every sample, in the order added."""
    return fetch("SELECT * FROM samples ORDER BY id", ())


def newest_first(rows: FetchRows, most: int = -1) -> list[Row]:
    """The samples added last, at most so many (all by default), the newest first."""
    return rows("SELECT * FROM samples ORDER BY id DESC LIMIT ?", (most,))


def with_id(rows: FetchRows, sample_id: int) -> list[Row]:
    """The sample with this id, or none."""
    return rows("SELECT * FROM samples WHERE id = ?", (sample_id,))
