"""Distributions of relaxation times, each derived from one spectrum."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.store.queries.source import Result, Row, Rows, Source, marks


def of_parts(db: Source[Result], parts: Sequence[int]) -> Result:
    """The distributions of the parts with the number of their spectrum, in the order measured."""
    query = f"""SELECT t.*, s.number FROM relaxation_times t JOIN spectra s ON s.id = t.spectrum_id
                WHERE t.run_id IN ({marks(parts)}) ORDER BY s.id, t.id"""
    return db.rows(query, parts)


def newest_id(db: Rows) -> int:
    """Id of the newest distribution of the current analyses of the file; 0 where there is none."""
    return db.rows("SELECT max(id) AS id FROM relaxation_times", ())[0]["id"] or 0


def new_of_parts(db: Rows, parts: Sequence[int], after: int, until: int) -> list[Row]:
    """The distributions of the parts with an id above `after`, up to `until`, in order."""
    query = f"""SELECT * FROM relaxation_times WHERE id > ? AND id <= ? AND run_id IN ({marks(parts)})
                ORDER BY id"""
    return db.rows(query, (after, until, *parts))


def same_points(db: Rows, spectrum_id: int, points_hash: str, method_version: str) -> list[Row]:
    """The newest distribution of a spectrum in any analysis that stands on these points, or none."""
    query = """SELECT * FROM all_relaxation_times WHERE spectrum_id = ? AND points_hash = ?
               AND method_version = ? ORDER BY id DESC LIMIT 1"""
    return db.rows(query, (spectrum_id, points_hash, method_version))


PEAK = ("time_s", "fastest_s", "slowest_s", "resistance_ohm", "standard_uncertainty_ohm")
"""Names of the numbers of a peak."""


def is_readable(row: Mapping[str, Any]) -> bool:
    """Return whether a row of any file holds a distribution: rising ends, three lists as long, peaks."""
    lists = [row["gamma"], row["gamma_low"], row["gamma_high"]]
    ends = (row["fastest_s"], row["slowest_s"])
    return (
        all(_is_number(end) and end > 0 for end in ends)
        and ends[0] < ends[1]
        and all(isinstance(one, list) and one and all(map(_is_number, one)) for one in lists)
        and len({len(one) for one in lists}) == 1
        and isinstance(row["peaks"], list)
        and all(_is_peak(peak) for peak in row["peaks"])
    )


def _is_peak(peak: Any) -> bool:
    if not (isinstance(peak, dict) and peak.keys() == set(PEAK)):
        return False
    return all(map(_is_number, peak.values())) and peak["time_s"] > 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
