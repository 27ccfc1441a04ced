"""Resistances, each derived from one spectrum."""

from collections.abc import Sequence

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """Every resistance of the spectra of the parts, in the order of the spectra."""
    query = f"""SELECT r.* FROM resistances r JOIN spectra s ON s.id = r.spectrum_id
                WHERE s.run_id IN ({marks(parts)}) ORDER BY s.id, r.id"""
    return db.rows(query, parts)


def of_two_arcs(db: Source[Result], parts: Sequence[int]) -> Result:
    """Bulk and grain boundary of the spectra of the parts that show both, in the order of the spectra."""
    query = f"""SELECT r.* FROM resistances r JOIN spectra s ON s.id = r.spectrum_id
                WHERE s.run_id IN ({marks(parts)}) AND r.quantity IN ('bulk', 'grain_boundary')
                    AND EXISTS (SELECT 1 FROM resistances o
                                WHERE o.spectrum_id = s.id AND o.quantity = 'grain_boundary')
                ORDER BY s.id, r.id"""
    return db.rows(query, parts)


def newest_id(db: Rows) -> int:
    """Id of the newest resistance of the file; 0 where there is none."""
    return db.rows("SELECT max(id) AS id FROM resistances", ())[0]["id"] or 0


def new_totals(db: Rows, parts: Sequence[int], after: int, until: int) -> list[Row]:
    """Total resistances of the spectra of the parts with an id above `after`, up to `until`, in order.

    The joins are made as written: only the new rows are read.
    """
    query = f"""SELECT r.* FROM resistances r CROSS JOIN spectra s ON s.id = r.spectrum_id
                WHERE r.id > ? AND r.id <= ? AND r.quantity = 'total' AND +s.run_id IN ({marks(parts)})
                ORDER BY r.id"""
    return db.rows(query, (after, until, *parts))
