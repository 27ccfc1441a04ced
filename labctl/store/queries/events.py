"""Events: what happened, in words, in a run or on the station."""

from collections.abc import Sequence

from labctl.store.queries.fetching import Fetch, FetchRows, Result, Row, marks


def of_parts(fetch: Fetch[Result], parts: Sequence[int]) -> Result:
    """The events of the parts, oldest first."""
    return fetch(f"SELECT * FROM events WHERE run_id IN ({marks(parts)}) ORDER BY id", parts)


def newest_of_parts(rows: FetchRows, parts: Sequence[int], after: int, most: int) -> list[Row]:
    """The newest events of the parts with an id above `after`, at most so many, newest first."""
    query = f"SELECT * FROM events WHERE run_id IN ({marks(parts)}) AND id > ? ORDER BY id DESC LIMIT ?"
    return rows(query, (*parts, after, most))


def of_station(fetch: Fetch[Result]) -> Result:
    """The events that belong to no run, oldest first."""
    return fetch("SELECT * FROM events WHERE run_id IS NULL ORDER BY id", ())


def newest_of_station(rows: FetchRows, most: int) -> list[Row]:
    """The newest events that belong to no run, at most so many, newest first."""
    return rows("SELECT * FROM events WHERE run_id IS NULL ORDER BY id DESC LIMIT ?", (most,))


def last_id_of_station(rows: FetchRows) -> int:
    """Id of the newest event that belongs to no run; 0 where there is none."""
    return rows("SELECT max(id) AS id FROM events WHERE run_id IS NULL", ())[0]["id"] or 0
