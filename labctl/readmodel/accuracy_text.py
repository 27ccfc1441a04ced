"""Intervals of a run that do not contain the stated error of its analyser, as text."""

from collections.abc import Mapping, Sequence
from typing import Any

MOST_NAMED = 8


def analyser_left_out(stated: Mapping[str, Any], conductivities: Sequence[Mapping[str, Any]]) -> str:
    """Return which intervals do not contain the stated error of the analyser; "" where all do."""
    if not isinstance(stated.get("analyser"), Mapping):
        return ""
    silent = [
        str(row.get("spectrum", "?"))
        for row in conductivities
        if row.get("standard_uncertainty_s_m") and not row.get("relative_uncertainty_analyser")
    ]
    if not silent:
        return ""
    more = len(silent) - MOST_NAMED
    named = ", ".join(silent[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    which = "any spectrum" if len(silent) == len(conductivities) else f"spectrum {named}"
    return (
        f"analyser: its error is not in the interval of {which}: points outside its stated ranges "
        "decide more than a tenth of it, its fit does not determine it, or an older labctl derived it"
    )
