"""A table with one line of headings: its cells by column, from any file that labctl reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike

from labctl.analysis.readers.cells import SEPARATORS, filled, is_value, number, split
from labctl.analysis.readers.part import Part
from labctl.analysis.readers.parts import read_each, read_parts

_UNITS = {"#", "k", "°c", "degc", "c", "s/cm", "s/m", "ms/cm", "s", "ms", "h", "min", "hz", "ohm", "deg"}
_UNITS |= {"a", "ma", "ua", "µa", "na", "v", "mv", "bits"}


@dataclass(frozen=True)
class PlainTable:
    """Headings and rows of equal length, all as text; the part of the file that it was read from."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    part: Part

    def column(self, place: int) -> tuple[str, ...]:
        """Return the cells of one column."""
        return tuple(row[place] for row in self.rows)


def read_plain_tables(path: str | PathLike[str]) -> list[PlainTable]:
    """Read the table of each part of a file; a sheet without one is named in the warnings of the others.

    Raises
    ------
    OSError
        When the file cannot be opened.
    ValueError
        When no part has a line of headings above lines of numbers.
    """
    return read_each(read_parts(path), plain_table)


def plain_table(part: Part) -> PlainTable:
    """Find the headings, the last line of words above the numbers, and the rows below them."""
    lines = [line for line in part.text.split("\n") if line.strip() and not re.match(r"\s*[#%](?!\t)", line)]
    separator = max(SEPARATORS, key=lambda one: _score(lines, one))
    cells = [tuple(filled(split(line, separator))) for line in lines]
    width = _usual_width(cells)
    first = _first_row(cells, width)
    headings = _headings(cells[:first])
    long = next((row for row in cells[first:] if len(row) > width), None)
    if long is not None:
        raise ValueError(f"a line has {len(long)} cells under {width} headings: {' '.join(long)!r:.80}")
    rows = tuple((*row, *[""] * width)[:width] for row in cells[first:])
    _refuse_mixed_decimals(rows)
    return PlainTable(headings, rows, part)


def _score(lines: Sequence[str], separator: str) -> tuple[int, int]:
    """Prefer the separator by which most of the last lines have one width above 1, with numbers."""
    sample = [filled(split(line, separator)) for line in lines[-40:]]
    width = _usual_width(sample)
    alike = [row for row in sample if len(row) == width > 1 and _has_number(row)]
    return len(alike), sum(number(cell) is not None for row in alike for cell in row)


def _usual_width(cells: Sequence[Sequence[str]]) -> int:
    """Return the width, among those of the last three lines, that most lines with numbers have."""
    widths = [len(row) for row in cells[-40:] if _has_number(row)]
    return max(dict.fromkeys(len(row) for row in cells[-3:]), key=widths.count, default=0)


def _has_number(row: Sequence[str]) -> bool:
    return any(number(cell) is not None for cell in row)


def _first_row(cells: Sequence[Sequence[str]], width: int) -> int:
    """Return the place of the first line with numbers below a line of as many words."""
    for place, (above, row) in enumerate(pairwise(cells), 1):
        is_row = len(row) == width > 1 and _has_number(row)
        if is_row and len(above) == width and not any(is_value(cell) for cell in above):
            return place
    raise ValueError("it has no line of headings above lines of numbers")


def _headings(above: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the last line above; a line of units is joined to the line of names above it."""
    last = tuple(above[-1])
    if len(above) > 1 and len(above[-2]) == len(last) and _are_units(last):
        return tuple(f"{name} [{unit}]" for name, unit in zip(above[-2], last, strict=True))
    return last


def _are_units(row: Sequence[str]) -> bool:
    """Whether at least three quarters of the cells are units."""
    words = [re.sub(r"\s+vs\b.*$", "", cell.strip("[]() ").lower()) for cell in row]
    return 4 * sum(word in _UNITS for word in words) >= 3 * len(words)


def _refuse_mixed_decimals(rows: Sequence[Sequence[str]]) -> None:
    """ValueError for 1,234 beside 1.5: a thousand, or one and a quarter."""
    values = [cell for row in rows for cell in row if number(cell) is not None]
    commas, points = (next((cell for cell in values if sign in cell), None) for sign in ",.")
    if commas and points:
        raise ValueError(
            f"the numbers have commas ({commas}) and points ({points}): which is the decimal sign?"
        )
