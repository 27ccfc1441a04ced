"""Sentences about check points: the drift of the sample during each sweep with check points."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from labctl.readmodel.unreadable import or_as_unreadable
from labctl.store import Database


def check_points_in_words(database: Database, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for each spectrum with check points, significant or not; `rows` in order of spectra."""
    return [
        or_as_unreadable(
            partial(_line, database, number, list(of_one)), f"check points of spectrum {number}: {{}}".format
        )
        for number, of_one in groupby(rows, key=itemgetter("spectrum"))
    ]


def _line(database: Database, number: int, rows: list[dict[str, Any]]) -> str:
    from labctl.analysis.spectra.drift import drift  # slow to import: only where there are check points
    from labctl.derive.drifts import change, not_checked, repeated, repeated_points

    found = drift(database.spectrum(rows[0]["spectrum_id"]), repeated_points(rows))
    if found is None:
        return f"check points of spectrum {number}: {not_checked(rows)}"
    return f"check points of spectrum {number}: changed by {change(found)} ({repeated(found)})"
