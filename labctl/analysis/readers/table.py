"""Find the table of numbers in a text and read it; broken rows are left out with a warning.

1. A line counts when it has as many cells as the others and as the headings say: one cell too few or too many
   puts numbers under the wrong headings.
2. Numbers alone on a line are the rest of a line that was torn: its neighbours do not count either.
3. Everything left out between the first line and the last is named in a warning.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.arrays import BoolArray, ComplexArray, FloatArray
from labctl.analysis.readers.cells import SEPARATORS, filled, is_value, number, split, value
from labctl.analysis.readers.columns import Column, needed, refuse_unknown_units
from labctl.analysis.readers.layout import Layout, find_layout

_END = re.compile(r"<|[A-Z]+\tTABLE|\[")
_FRAGMENT = re.compile(r"[-+.,;\d\seE]*\d[-+.,;\d\seE]*$")
MOST_BROKEN_LINES = 5
LARGEST_PHASE_IN_RADIANS = 1.6


@dataclass(frozen=True, eq=False)
class Table:
    """Content of the file: (n,) arrays in SI units, in its order."""

    frequency_hz: FloatArray
    z_ohm: ComplexArray
    status: tuple[str, ...] | None
    warnings: tuple[str, ...]
    imaginary_negated: bool


@dataclass(frozen=True)
class _Line:
    """A line; `kind`: row, fragment (numbers only), damaged (some numbers, or zeros), end, empty or other."""

    number: int
    kind: str
    cells: list[str]


def read_table(text: str) -> Table:
    """The spectrum in a text; ValueError when there is none that can be trusted."""
    lines = text.split("\n")
    layout = find_layout(lines)
    refuse_unknown_units(layout.columns)
    rows, warnings = _read_rows(lines, layout)
    if not rows:
        raise ValueError("the table has no complete line of numbers")
    _refuse_mixed_decimals(rows, layout.columns)
    frequency, z = _to_arrays(rows, layout.columns)
    keep = frequency != 0
    if skipped := int((~keep).sum()):
        warnings.append(f"{skipped} lines at 0 Hz (direct current) left out")
    if not keep.any():
        raise ValueError("the table has no line at a frequency above zero")
    return Table(
        frequency[keep],
        z[keep],
        _status(rows, layout.columns, keep),
        (*layout.warnings, *warnings, *_phase_warning(rows, layout.columns)),
        _is_negated(layout.columns),
    )


def _status(rows: list[list[str]], columns: dict[str, Column], keep: BoolArray) -> tuple[str, ...] | None:
    """Words of the status column; a maker's code numbers mean nothing here and become ""."""
    column = columns.get("status")
    if column is None:
        return None
    words = [row[column.place] if column.place < len(row) else "" for row in rows]
    return tuple(
        "" if number(word) is not None else word for word, kept in zip(words, keep, strict=True) if kept
    )


def _is_negated(columns: dict[str, Column]) -> bool:
    return any(columns[name].negated for name in ("imaginary", "phase") if name in columns)


def _read_rows(lines: Sequence[str], layout: Layout) -> tuple[list[list[str]], list[str]]:
    """The rows of the table in their cells, and warnings about rows left out."""
    separator = _data_separator(lines, layout)
    width = _usual_width(lines, layout, separator)
    everything = [_classified(n, line, layout, separator, width) for n, line in enumerate(lines, 1)]
    above, found = everything[: layout.first_line], everything[layout.first_line :]
    rows, warnings = _sound_rows([line for line in found if line.kind != "empty"], lines, layout)
    if earlier := sum(line.kind == "row" for line in above):
        warnings.append(f"{earlier} lines like those of the table stand above its headings: left out")
    return rows, warnings


def _sound_rows(
    found: Sequence[_Line], lines: Sequence[str], layout: Layout
) -> tuple[list[list[str]], list[str]]:
    fragments = [line.number for line in found if line.kind == "fragment" and line.number < len(lines)]
    torn = {number + side for number in fragments for side in (-1, 1)}
    rows: list[list[str]] = []
    warnings: list[str] = []
    broken: list[int] = []
    for place, line in enumerate(found):
        if line.kind == "row" and line.number not in torn and not _is_cut(lines, line, rows, layout):
            rows.append(line.cells)
            warnings += [f"line {n} is not a line of numbers: left out" for n in broken]
            broken = []
        elif rows and line.kind == "end":
            return rows, warnings + _ending(broken) + _after_the_end(found[place:])
        elif rows and len(broken) == MOST_BROKEN_LINES:
            return rows, [*warnings, f"the table ends at line {broken[0]}: what follows is not a table"]
        elif rows or line.kind in ("row", "fragment", "damaged"):
            broken.append(line.number)
    return rows, warnings + _ending(broken) + _without_line_end(lines, found, layout)


def _ending(broken: list[int]) -> list[str]:
    if not broken:
        return []
    return [f"the file ends in a broken line ({broken[0]}): it may be cut, the rest is missing"]


def _after_the_end(rest: Sequence[_Line]) -> list[str]:
    more = sum(line.kind == "row" for line in rest)
    return [f"line {rest[0].number} ends the table, but {more} like it follow: left out"] if more else []


def _without_line_end(lines: Sequence[str], found: Sequence[_Line], layout: Layout) -> list[str]:
    """A last number that nothing follows may have lost digits."""
    last = found[-1]
    ends_in_needed = len(last.cells) - 1 == max(column.place for column in needed(layout.columns))
    if last.number == len(lines) and last.kind == "row" and ends_in_needed:
        return ["the last line has no line end: its last number may be cut"]
    return []


def _classified(place: int, line: str, layout: Layout, separator: str, width: int) -> _Line:
    cells = split(line, separator)
    kind = "other"
    if not line.strip():
        kind = "empty"
    elif "\0" in line:
        kind = "damaged"
    elif len(cells) == width and _has_numbers(cells, layout):
        kind = "row"
    elif _FRAGMENT.match(line):
        kind = "fragment"
    elif _END.match(line):
        kind = "end"
    elif any(number(cell) is not None for cell in cells):
        kind = "damaged"
    return _Line(place, kind, filled(cells))


def _data_separator(lines: Sequence[str], layout: Layout) -> str:
    """The separator with which most of the first lines are as the headings say."""
    sample = [line for line in lines[layout.first_line : layout.first_line + 40] if line.strip()]

    def score(separator: str) -> tuple[int, int]:
        rows = [cells for line in sample if _has_numbers(cells := split(line, separator), layout)]
        return sum(layout.allows(len(row), len(filled(row))) for row in rows), len(rows)

    return max(SEPARATORS, key=score)


def _usual_width(lines: Sequence[str], layout: Layout, separator: str) -> int:
    """How many cells most of the rows have; ValueError when the headings mean another number."""
    cells = [split(line, separator) for line in lines[layout.first_line :]]
    sizes = Counter((len(row), len(filled(row))) for row in cells if _has_numbers(row, layout))
    if not sizes:
        raise ValueError("the table has no complete line of numbers")
    (width, used), _ = sizes.most_common(1)[0]
    if not layout.allows(width, used):
        raise ValueError(
            f"the headings name {layout.named} columns and most lines hold {used}: "
            "which number belongs to which is not certain"
        )
    return width


def _has_numbers(cells: Sequence[str], layout: Layout) -> bool:
    return all(c.place < len(cells) and is_value(cells[c.place]) for c in needed(layout.columns))


def _is_cut(lines: Sequence[str], line: _Line, rows: list[list[str]], layout: Layout) -> bool:
    """The last line has no end, its last number is needed, and it is shorter than those above it."""
    if line.number != len(lines) or len(rows) < 2:
        return False
    last = max(column.place for column in needed(layout.columns))
    if len(line.cells) - 1 > last and len(line.cells) >= len(rows[-1]):
        return False
    usual = min(len(row[last].lstrip("-+")) for row in rows[-20:])
    return len(line.cells) < len(rows[-1]) or len(line.cells[last].lstrip("-+")) < usual


def _refuse_mixed_decimals(rows: list[list[str]], columns: dict[str, Column]) -> None:
    """1,234 beside 1.5 is a thousand, not one and a quarter; there is no other sign."""
    cells = [row[column.place] for row in rows for column in needed(columns)]
    commas, points = (next((cell for cell in cells if sign in cell), None) for sign in ",.")
    if commas and points:
        raise ValueError(
            f"the numbers have commas ({commas}) and points ({points}): which is the decimal sign?"
        )


def _phase_warning(rows: list[list[str]], columns: dict[str, Column]) -> list[str]:
    phase = needed(columns)[-1]
    if phase.meaning != "phase" or phase.unit:
        return []
    largest = max(
        (abs(value(row[phase.place])) for row in rows if number(row[phase.place]) is not None), default=0
    )
    if largest > LARGEST_PHASE_IN_RADIANS:
        return []
    return ["the phase has no unit and is taken as degrees; all of it is small enough to be radians"]


def _to_arrays(rows: list[list[str]], columns: dict[str, Column]) -> tuple[FloatArray, ComplexArray]:
    chosen = needed(columns)
    values = np.array([[value(row[c.place]) * c.factor for c in chosen] for row in rows])
    frequency, first, second = values.T
    if chosen[1].meaning == "real":
        return frequency, first + 1j * second
    return frequency, first * np.exp(1j * second)
