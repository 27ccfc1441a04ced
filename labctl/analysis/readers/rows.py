"""Rows of a table: which lines are rows, and which are left out with a warning.

1. A line counts when it has as many cells as the others and as the headings say: one cell too few or too many
   puts numbers under the wrong headings.
2. Numbers alone on a line are the rest of a line that was torn: its neighbours do not count either.
3. Everything left out between the first line and the last is named in a warning.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from labctl.analysis.readers import immittance
from labctl.analysis.readers.cells import SEPARATORS, filled, is_value, number, split
from labctl.analysis.readers.columns import find_columns
from labctl.analysis.readers.layout import Layout

_END = re.compile(r"<|[A-Z]+\tTABLE|\[|END\s*$")
_NUMERIC = frozenset("-+.,;0123456789 \t\r\n\x0b\x0ceE")
MOST_BROKEN_LINES = 5
LEAST_TO_COMPARE = 4
LONGEST_LINE = 20_000
NOT_CERTAIN = "which number belongs to which is not certain; export the table with a heading for each column"


class WidthError(ValueError):
    """The rows do not have as many cells as the headings say."""


@dataclass(frozen=True)
class Row:
    """A row in its cells, and its line."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Rows:
    """The rows, and warnings: (line, words) with the line they belong to, 0 for the whole file."""

    rows: list[Row]
    warnings: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Line:
    """A line; `kind`: row, headings, fragment (numbers), damaged (some numbers, zeros), end, empty, other."""

    number: int
    kind: str
    cells: list[str]


@dataclass(frozen=True)
class Lines:
    """The lines of a file as the rows of a layout: separator and number of cells, and each line's kind."""

    separator: str
    width: int
    everything: list[_Line]

    def first_row(self, layout: Layout) -> int:
        """Place of the first row below the headings; the number of lines when there is none."""
        below = self.everything[layout.first_line :]
        return next((line.number - 1 for line in below if line.kind == "row"), len(self.everything))


def classify(lines: Sequence[str], layout: Layout) -> Lines:
    """The kind of each line; WidthError when the rows have more or fewer cells than the headings say."""
    separator = _data_separator(lines, layout)
    width = _usual_width(lines, layout, separator)
    places = [column.place for column in layout.needed]
    everything = [_classified(n, line, places, separator, width) for n, line in enumerate(lines, 1)]
    return Lines(separator, width, everything)


def read_rows(lines: Sequence[str], layout: Layout, sorted_lines: Lines, count_line: int = 0) -> Rows:
    """The sound rows and warnings about those left out; `count_line` is the line of the number of points."""
    everything = sorted_lines.everything
    above, found = everything[: layout.first_line], everything[layout.first_line :]
    result = _sound_rows(
        [line for line in found if line.kind != "empty" and line.number != count_line], lines, layout
    )
    if earlier := sum(line.kind == "row" for line in above):
        result.warnings.append(
            (0, f"{earlier} lines like those of the table stand above its headings: left out")
        )
    if layout.first_line == 0 and _begins_cut(result.rows):
        result.warnings.append((1, "the first number is shorter than those below it: it may be cut"))
    return result


def _begins_cut(rows: list[Row]) -> bool:
    """A table without headings may have lost its beginning, and its first number the first digits."""
    if len(rows) < LEAST_TO_COMPARE or rows[0].line != 1:
        return False
    return len(rows[0].cells[0]) < min(len(row.cells[0]) for row in rows[1:])


def _sound_rows(found: Sequence[_Line], lines: Sequence[str], layout: Layout) -> Rows:
    """Return the rows up to the end of the table; `broken` are the lines since the last sound row."""
    fragments = [line.number for line in found if line.kind == "fragment" and line.number < len(lines)]
    torn = {number + side for number in fragments for side in (-1, 1)}
    result = Rows([])
    broken: list[int] = []
    for place, line in enumerate(found):
        is_row = line.kind == "row" and line.number not in torn
        if is_row and not _is_cut(lines, line, result.rows, layout):
            result.rows.append(Row(line.number, line.cells))
            result.warnings.extend([(n, f"line {n} is not a line of numbers: left out") for n in broken])
            broken = []
            continue
        end = _end_of_table(found[place:], broken, lines, layout) if result.rows else None
        if end is not None:
            result.warnings.extend(end)
            return result
        if result.rows or line.kind in ("row", "fragment", "damaged"):
            broken.append(line.number)
    result.warnings.extend(_ending(broken) + _without_line_end(lines, found, layout))
    return result


def _end_of_table(
    rest: Sequence[_Line], broken: list[int], lines: Sequence[str], layout: Layout
) -> list[tuple[int, str]] | None:
    """Return the warnings where the first line of `rest` ends the table; None where the table goes on."""
    line = rest[0]
    if line.kind == "headings":
        if not _other_table(lines[line.number - 1], layout):
            return None
        note = f"line {line.number} begins another table: what follows is left out"
        return [*_ending(broken), (0, note)]
    if line.kind == "end":
        return _ending(broken) + _after_the_end(rest)
    if len(broken) == MOST_BROKEN_LINES:
        return [(0, f"the table ends at line {broken[0]}: what follows is not a table")]
    return None


def _other_table(line: str, layout: Layout) -> bool:
    """Whether headings inside the table mean other columns or units than those above it."""
    above = find_columns(layout.names)
    return not any(find_columns(split(line, separator)) == above for separator in SEPARATORS)


def _ending(broken: list[int]) -> list[tuple[int, str]]:
    if not broken:
        return []
    return [(broken[0], f"the file ends in a broken line ({broken[0]}): it may be cut, the rest is missing")]


def _after_the_end(rest: Sequence[_Line]) -> list[tuple[int, str]]:
    more = sum(line.kind == "row" for line in rest)
    note = f"line {rest[0].number} ends the table, but {more} like it follow: left out"
    return [(0, note)] if more else []


def _without_line_end(lines: Sequence[str], found: Sequence[_Line], layout: Layout) -> list[tuple[int, str]]:
    """A last number that nothing follows may have lost digits."""
    last = found[-1]
    ends_in_needed = len(last.cells) - 1 == max(column.place for column in layout.needed)
    if last.number == len(lines) and last.kind == "row" and ends_in_needed:
        return [(last.number, "the last line has no line end: its last number may be cut")]
    return []


def _classified(place: int, line: str, needed: list[int], separator: str, width: int) -> _Line:
    if len(line) > LONGEST_LINE:
        return _Line(place, "damaged" if line[:1].isdigit() else "other", [])
    cells = split(line, separator)
    kind = "other"
    if not line.strip():
        kind = "empty"
    elif "\0" in line:
        kind = "damaged"
    elif len(cells) == width and _has_numbers(cells, needed):
        kind = "row"
    elif _NUMERIC.issuperset(line) and any(c.isdigit() for c in line):
        kind = "fragment"
    elif _END.match(line):
        kind = "end"
    elif any(number(cell) is not None for cell in cells):
        kind = "damaged"
    elif _are_headings(line):
        kind = "headings"
    return _Line(place, kind, filled(cells))


def _are_headings(line: str) -> bool:
    if len(line) > 2000 or not any(c in "fFωw" for c in line):
        return False
    try:
        return any(immittance.is_complete(find_columns(split(line, separator))) for separator in SEPARATORS)
    except ValueError:
        return True


def _data_separator(lines: Sequence[str], layout: Layout) -> str:
    """The separator with which most of the first lines are as the headings say."""
    below = lines[layout.first_line : layout.first_line + 40]
    sample = [line for line in below if line.strip() and len(line) <= LONGEST_LINE]
    needed = [column.place for column in layout.needed]

    def score(separator: str) -> tuple[int, int]:
        rows = [cells for line in sample if _has_numbers(cells := split(line, separator), needed)]
        return sum(layout.allows(len(row), len(filled(row))) for row in rows), len(rows)

    return max(SEPARATORS, key=score)


def _usual_width(lines: Sequence[str], layout: Layout, separator: str) -> int:
    """How many cells most of the rows have; ValueError when the headings mean another number."""
    needed = [column.place for column in layout.needed]
    cells = [split(line, separator) for line in lines[layout.first_line :] if len(line) <= LONGEST_LINE]
    sizes = Counter((len(row), len(filled(row))) for row in cells if _has_numbers(row, needed))
    if not sizes:
        raise WidthError("the table has no complete line of numbers" + _grouped_by_thousands(lines, layout))
    (width, used), _ = sizes.most_common(1)[0]
    if not layout.allows(width, used):
        raise WidthError(
            f"the headings name {layout.named} columns and most lines hold {used}: {NOT_CERTAIN}"
        )
    return width


def _grouped_by_thousands(lines: Sequence[str], layout: Layout) -> str:
    grouped = re.compile(r"(?<![\d.,])\d{1,3}(?:[,.'\u2019\u00a0\u202f ]\d{3}){2,}(?!\d)")
    for line in lines[layout.first_line : layout.first_line + 40]:
        found = grouped.search(line[:500])
        if found:
            return f": {found.group(0)!r} has thousands separators; export the numbers without them"
    return ""


def _has_numbers(cells: Sequence[str], needed: Sequence[int]) -> bool:
    return all(place < len(cells) and is_value(cells[place]) for place in needed)


def _is_cut(lines: Sequence[str], line: _Line, rows: list[Row], layout: Layout) -> bool:
    """The last line has no end, its last number is needed, and it is shorter than those above it."""
    if line.number != len(lines) or len(rows) < 2:
        return False
    last = max(column.place for column in layout.needed)
    cells = line.cells
    if len(cells) - 1 > last and len(cells) >= len(rows[-1].cells):
        return False
    usual = min(len(row.cells[last].lstrip("-+")) for row in rows[-20:])
    return len(cells) < len(rows[-1].cells) or len(cells[last].lstrip("-+")) < usual
