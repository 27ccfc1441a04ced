"""Decimal signs: commas and points in one table, and commas that may separate thousands."""

import re
from collections.abc import Sequence

_GROUPS = re.compile(r"[-+]?[1-9]\d{0,2}(?:([,.])\d{3})+$")
_SMALL = re.compile(r"[-+]?\d{1,3}$")
_SPACED = re.compile(r"[-+]?\d{1,3}(?:(?:[ '’\u00a0\u202f,]\d{3})+|(?:\.\d{3}){2,})(?:[.,]\d+)?$")
_LEAST_MIXED = 4


def refuse_ambiguous(cells: Sequence[str]) -> None:
    """ValueError when the cells do not show whether a sign is a decimal one or separates thousands."""
    commas, points = (next((cell for cell in cells if sign in cell), None) for sign in ",.")
    if commas and points:
        raise ValueError(
            f"the numbers have commas ({commas}) and points ({points}): which is the decimal sign?"
        )
    if commas and all(_GROUPS.match(cell) for cell in cells if "," in cell):
        raise ValueError(
            f"every comma ({commas}) is followed by three digits: thousands separator or decimal sign? "
            "Export the numbers without thousands separators"
        )
    if points and _are_thousands_with_points(cells):
        raise ValueError(
            f"every point ({points}) is followed by three digits, and other numbers have none: "
            "thousands separator or decimal sign?"
        )


def _are_thousands_with_points(cells: Sequence[str]) -> bool:
    grouped = sum(_GROUPS.match(cell) is not None for cell in cells)
    small = sum(_SMALL.match(cell) is not None for cell in cells)
    return min(grouped, small) >= _LEAST_MIXED and grouped + small == len(cells)


def refuse_grouped(cells: Sequence[str]) -> None:
    """ValueError for cells of lines left out that are numbers with thousands separators."""
    found = next((cell for cell in cells if _SPACED.match(cell)), None)
    if found is not None:
        raise ValueError(f"{found!r} has thousands separators; export the numbers without them")
