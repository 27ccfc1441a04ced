"""Transference numbers, each derived from one polarisation."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The transference numbers of the parts with the end of their polarisation, in the order measured."""
    query = f"""SELECT t.*, p.ended_by, p.saved_s FROM transference_numbers t
                JOIN polarisations p ON p.id = t.polarisation_id
                WHERE t.run_id IN ({marks(parts)}) ORDER BY p.id, t.id"""
    return db.rows(query, parts)


def of_file(db: Rows) -> list[Row]:
    """The transference numbers of all runs, in the order derived."""
    return db.rows("SELECT * FROM transference_numbers ORDER BY id", ())
