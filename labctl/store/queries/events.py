"""Events of a run or of the station, in words."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks

RECOGNISED = "cell recognised"
"""Kind of the event that tells that a spectrum is as in an earlier run of the same mount."""


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The events of the parts, oldest first."""
    return db.rows(f"SELECT * FROM events WHERE run_id IN ({marks(parts)}) ORDER BY id", parts)


def newest_of_parts(db: Rows, parts: Sequence[int], after: int, most: int) -> list[Row]:
    """The newest events of the parts with an id above `after`, at most so many, newest first."""
    query = f"SELECT * FROM events WHERE run_id IN ({marks(parts)}) AND id > ? ORDER BY id DESC LIMIT ?"
    return db.rows(query, (*parts, after, most))


def of_station(db: Source[Result]) -> Result:
    """The events that belong to no run, oldest first."""
    return db.rows("SELECT * FROM events WHERE run_id IS NULL ORDER BY id", ())


def newest_of_station(db: Rows, most: int) -> list[Row]:
    """The newest events that belong to no run, at most so many, newest first."""
    return db.rows("SELECT * FROM events WHERE run_id IS NULL ORDER BY id DESC LIMIT ?", (most,))


def last_id_of_station(db: Rows) -> int:
    """Id of the newest event that belongs to no run; 0 where there is none."""
    return db.rows("SELECT max(id) AS id FROM events WHERE run_id IS NULL", ())[0]["id"] or 0


def messages_of_kind(db: Rows, parts: Sequence[int], kind: str) -> list[str]:
    """The messages of the events of one kind of the parts, oldest first."""
    query = f"SELECT message FROM events WHERE run_id IN ({marks(parts)}) AND kind = ? ORDER BY id"
    return [row["message"] for row in db.rows(query, (*parts, kind))]
