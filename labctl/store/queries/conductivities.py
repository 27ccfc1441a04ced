"""Conductivities, each derived from one spectrum."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks

CONDITION = "s.condition_quantity, s.condition_setpoint, s.condition_value"


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The conductivities of the parts with branch, number and condition of their spectrum, in its order."""
    query = f"""SELECT c.*, s.branch, s.number AS spectrum, {CONDITION}
                FROM conductivities c JOIN spectra s ON s.id = c.spectrum_id
                WHERE c.run_id IN ({marks(parts)}) ORDER BY c.spectrum_id, c.id"""
    return db.rows(query, parts)


def new_of_parts(db: Rows, parts: Sequence[int], after: int) -> list[Row]:
    """The conductivities of the parts with an id above `after`, columns as `of_parts`, in order derived."""
    query = f"""SELECT c.*, s.branch, s.number AS spectrum, {CONDITION}
                FROM conductivities c CROSS JOIN spectra s ON s.id = c.spectrum_id
                WHERE c.id > ? AND +c.run_id IN ({marks(parts)}) ORDER BY c.id"""
    return db.rows(query, (after, *parts))


def count_of_parts(db: Rows, parts: Sequence[int]) -> int:
    """Number of the conductivities of the parts."""
    query = f"SELECT count(*) AS n FROM conductivities WHERE run_id IN ({marks(parts)})"
    return db.rows(query, parts)[0]["n"]


def of_file(db: Rows) -> list[Row]:
    """The conductivities of all runs, in the order derived."""
    return db.rows("SELECT * FROM conductivities ORDER BY id", ())
