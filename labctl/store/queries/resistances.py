"""Resistances, each derived from one spectrum."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """Every resistance of the spectra of the parts, in the order of the spectra."""
    query = f"""SELECT r.* FROM resistances r JOIN spectra s ON s.id = r.spectrum_id
                WHERE s.run_id IN ({marks(parts)}) ORDER BY s.id, r.id"""
    return db.rows(query, parts)


def new_totals(db: Rows, parts: Sequence[int], after: int) -> list[Row]:
    """Total resistances of the spectra of the parts with an id above `after`, in the order derived."""
    query = f"""SELECT r.* FROM resistances r JOIN spectra s ON s.id = r.spectrum_id
                WHERE s.run_id IN ({marks(parts)}) AND r.quantity = 'total' AND r.id > ? ORDER BY r.id"""
    return db.rows(query, (*parts, after))
