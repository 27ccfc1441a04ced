"""Find the table of numbers in a text and read it, leaving out what is broken and saying so."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.readers.columns import Column, find_columns, is_complete, missing
from labctl.analysis.spectrum import BoolArray, ComplexArray, FloatArray

_SEPARATORS = (r"\t", r";", r",", r"\s{2,}", r"\s+")
_NUMBER = re.compile(r"[-+]?(\d+([.]\d*)?|[.]\d+)([eEdD][-+]?\d+)?$")
_NOT_A_NUMBER = {"nan", "-nan", "inf", "-inf", "+inf", "infinity", "overload", "ovld", "-", "--", "n/a"}
_END = re.compile(r"<|[A-Z]+\tTABLE|\[")
MOST_BROKEN_LINES = 5


@dataclass(frozen=True, eq=False)
class Table:
    """What the file holds: (n,) arrays in SI units, in its order."""

    frequency_hz: FloatArray
    z_ohm: ComplexArray
    status: tuple[str, ...] | None
    warnings: tuple[str, ...]
    imaginary_negated: bool


@dataclass(frozen=True)
class _Layout:
    columns: dict[str, Column]
    width: int
    first_line: int
    warnings: tuple[str, ...] = ()


def read_table(text: str) -> Table:
    """The spectrum in a text; ValueError when there is none that can be trusted."""
    lines = text.split("\n")
    layout = _find_layout(lines)
    separator = _data_separator(lines, layout)
    rows, warnings = _read_rows(lines, layout, separator)
    if not rows:
        raise ValueError("the table has no complete line of numbers")
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
        (*layout.warnings, *warnings),
        _is_negated(layout.columns),
    )


def _status(rows: list[list[str]], columns: dict[str, Column], keep: BoolArray) -> tuple[str, ...] | None:
    """Words of the status column; a maker's code numbers mean nothing here and become ""."""
    column = columns.get("status")
    if column is None:
        return None
    words = [row[column.place] if column.place < len(row) else "" for row in rows]
    return tuple(
        "" if _number(word) is not None else word for word, kept in zip(words, keep, strict=True) if kept
    )


def _is_negated(columns: dict[str, Column]) -> bool:
    return any(columns[name].negated for name in ("imaginary", "phase") if name in columns)


def _find_layout(lines: Sequence[str]) -> _Layout:
    closest: dict[str, Column] = {}
    for i, line in enumerate(lines):
        for separator in _SEPARATORS if "f" in line.lower() else ():  # as in frequency
            headings = _cells(line.strip(' "').removeprefix("Definition="), separator)
            columns = find_columns(headings)
            if is_complete(columns):
                units = _cells(lines[i + 1], separator) if i + 1 < len(lines) else []
                named = find_columns(headings, units) if _are_units(units) else columns
                return _Layout(named, len(headings), i + 1)
            closest = max(closest, columns, key=len)
    if len(closest) >= 2:
        raise ValueError(missing(closest))
    return _without_heading(lines)


def _without_heading(lines: Sequence[str]) -> _Layout:
    """Three bare columns are frequency, Z', Z''; anything else is refused."""
    filled = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    rows = [_numbers(line) for line in filled[:20]]
    if not rows or rows[0] is None or sum(row is not None and len(row) == 3 for row in rows) < len(rows) - 1:
        raise ValueError("no line names the columns frequency, Z' and Z''")
    columns = {
        name: Column(place, name, 1.0, negated=False)
        for place, name in enumerate(("frequency", "real", "imaginary"))
    }
    return _Layout(columns, 3, 0, ("no column names: taken as frequency in Hz, Z' and Z'' in ohm",))


def _are_units(cells: Sequence[str]) -> bool:
    return any(cell.strip().lower() in ("hz", "khz", "mhz") for cell in cells)


def _data_separator(lines: Sequence[str], layout: _Layout) -> str:
    """The separator that gives most of the first lines as many cells as there are headings."""
    sample = [line for line in lines[layout.first_line : layout.first_line + 40] if line.strip()]

    def score(separator: str) -> int:
        return sum(_has_numbers(_cells(line, separator), layout) for line in sample)

    return max(_SEPARATORS, key=score)


def _has_numbers(cells: Sequence[str], layout: _Layout) -> bool:
    if abs(len(cells) - layout.width) > 1:
        return False
    return all(c.place < len(cells) and _is_value(cells[c.place]) for c in _needed(layout.columns))


def _needed(columns: dict[str, Column]) -> list[Column]:
    parts = ("real", "imaginary") if {"real", "imaginary"} <= columns.keys() else ("modulus", "phase")
    return [columns[name] for name in ("frequency", *parts)]


def _read_rows(lines: Sequence[str], layout: _Layout, separator: str) -> tuple[list[list[str]], list[str]]:
    rows: list[list[str]] = []
    warnings: list[str] = []
    broken: list[int] = []
    for number, line in enumerate(lines[layout.first_line :], layout.first_line + 1):
        cells = _cells(line, separator)
        if _has_numbers(cells, layout) and not _is_cut(lines, number, cells, rows, layout):
            rows.append(cells)
            warnings += [f"line {n} is not a line of numbers: left out" for n in broken]
            broken = []
        elif rows and line.strip():
            if _END.match(line):
                break
            broken.append(number)
            if len(broken) > MOST_BROKEN_LINES:
                break
    if broken and len(broken) <= MOST_BROKEN_LINES:
        warnings.append(f"the file ends in a broken line ({broken[0]}): it may be cut, the rest is missing")
    elif broken:
        warnings.append(f"the table ends at line {broken[0]}: what follows is not a table")
    return rows, warnings


def _is_cut(
    lines: Sequence[str], number: int, cells: list[str], rows: list[list[str]], layout: _Layout
) -> bool:
    """The last line has no end, its last number is needed, and it is shorter than those above it."""
    if number != len(lines) or len(rows) < 2:
        return False
    last = max(column.place for column in _needed(layout.columns))
    if len(cells) - 1 > last and len(cells) >= len(rows[-1]):
        return False
    usual = min(len(row[last].lstrip("-+")) for row in rows[-20:])
    return len(cells) < len(rows[-1]) or len(cells[last].lstrip("-+")) < usual


def _to_arrays(rows: list[list[str]], columns: dict[str, Column]) -> tuple[FloatArray, ComplexArray]:
    needed = _needed(columns)
    values = np.array([[_value(row[c.place]) * c.factor for c in needed] for row in rows])
    frequency, first, second = values.T
    if needed[1].meaning == "real":
        return frequency, first + 1j * second
    return frequency, first * np.exp(1j * second)


def _cells(line: str, separator: str) -> list[str]:
    cells = [cell.strip().strip('"').strip() for cell in re.split(separator, line.strip(" \r"))]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _numbers(line: str) -> list[float] | None:
    for separator in _SEPARATORS:
        numbers = [_number(cell) for cell in _cells(line, separator)]
        if len(numbers) > 1 and None not in numbers:
            return [number for number in numbers if number is not None]
    return None


def _number(cell: str) -> float | None:
    """A number with a decimal point or comma; None for anything else, thousands separators included."""
    text = cell.strip()
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    if not _NUMBER.match(text):
        return None
    return float(text.lower().replace("d", "e"))


def _is_value(cell: str) -> bool:
    return _number(cell) is not None or cell.strip().lower() in _NOT_A_NUMBER


def _value(cell: str) -> float:
    number = _number(cell)
    return math.nan if number is None else number
