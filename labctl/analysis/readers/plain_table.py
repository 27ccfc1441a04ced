"""A table with one line of headings: its cells by column, from any file that labctl reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from labctl.analysis.readers.cells import SEPARATORS, filled, is_value, number, split
from labctl.analysis.readers.part import Part
from labctl.analysis.readers.parts import read_parts

MOST_LINES_ABOVE = 400


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
    """Read the table of each part of a file.

    Raises
    ------
    OSError
        When the file cannot be opened.
    ValueError
        When a part has no line of headings above lines of cells.
    """
    return [plain_table(part) for part in read_parts(path)]


def plain_table(part: Part) -> PlainTable:
    """Find the headings, the last line of words above the numbers, and the rows below them."""
    lines = [line for line in part.text.split("\n") if line.strip() and not re.match(r"\s*[#%]", line)]
    separator = max(SEPARATORS, key=lambda one: _score(lines, one))
    cells = [tuple(split(line, separator)) for line in lines]
    first = _first_row(cells)
    headings = _headings(cells[:first], len(cells[first]))
    width = len(headings)
    short = next((row for row in cells[first:] if len(filled(row)) > width), None)
    if short is not None:
        raise ValueError(
            f"a line has {len(filled(short))} cells under {width} headings: {' '.join(short)!r:.80}"
        )
    rows = tuple((*row, *[""] * width)[:width] for row in cells[first:])
    return PlainTable(headings, rows, part)


def _score(lines: Sequence[str], separator: str) -> tuple[int, int]:
    """Prefer the separator by which most of the last lines have one width above 1, with numbers."""
    sample = [split(line, separator) for line in lines[-40:]]
    widths = [len(row) for row in sample]
    usual = max(set(widths), key=widths.count) if widths else 0
    alike = [row for row in sample if len(row) == usual > 1 and any(number(cell) is not None for cell in row)]
    return len(alike), sum(number(cell) is not None for row in alike for cell in row)


def _first_row(cells: Sequence[Sequence[str]]) -> int:
    """Return the place of the first line of the table: as wide as the last, and with a number."""
    width = len(cells[-1]) if cells else 0
    for place, row in enumerate(cells[:MOST_LINES_ABOVE]):
        if place and width > 1 and len(row) == width and any(is_value(cell) for cell in row):
            below = cells[place : place + 3]
            if all(len(one) == width for one in below):
                return place
    raise ValueError("it has no line of headings above lines of numbers")


def _headings(above: Sequence[Sequence[str]], width: int) -> tuple[str, ...]:
    """Return the line of names; a line of units below it is joined to it in brackets."""
    names = [tuple(row) for row in above if len(filled(row)) == width or len(row) == width]
    if not names:
        raise ValueError("it has no line of headings as wide as the lines of numbers")
    if len(names) > 1 and names[-1] and _are_units(names[-1]):
        return tuple(
            f"{name} [{unit}]" if unit else name for name, unit in zip(names[-2], names[-1], strict=False)
        )
    return names[-1]


def _are_units(row: Sequence[str]) -> bool:
    """Whether the cells are units rather than names."""
    known = {
        "k",
        "°c",
        "degc",
        "c",
        "s/cm",
        "s/m",
        "ms/cm",
        "s cm-1",
        "s",
        "a",
        "v",
        "ma",
        "mv",
        "h",
        "min",
        "#",
    }
    words = [cell.strip("[]() ").lower() for cell in row if cell.strip("[]() ")]
    return bool(words) and all(word in known for word in words)
