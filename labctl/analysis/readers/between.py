"""Lines between the headings and the numbers: units, a count, rules. A line not understood is refused."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from labctl.analysis.readers import immittance
from labctl.analysis.readers.cells import SEPARATORS, filled, split
from labctl.analysis.readers.columns import find_columns
from labctl.analysis.readers.layout import Layout
from labctl.analysis.readers.units import read_unit

_COUNT = re.compile(r"\s*(\d{1,7})\s*$")
_RULE = re.compile(r"[-=_*+|#~.:\s,;]+$")
_MARKS = re.compile(r"\s*(?:End Comments|</?\w+>|BEGIN\b.*|\[data\])\s*$", re.IGNORECASE)
_NOTE = re.compile(
    r"\s*[#%!]*\s*(?:sample|name|date|time|operator|user|comment|note|title|file|instrument|device|model)\s*[:=]",
    re.IGNORECASE,
)
_PARAMETER = re.compile(
    r"\s*[#%!]*\s*(T|temp(?:erature)?)\s*[:=]\s*([-+]?\d+(?:[.,]\d+)?)\s*(\S*)", re.IGNORECASE
)
_COMMENT = re.compile(r"^\s*(?:#|%|!|//)+\s*")
_WORDS = re.compile(r"[^\W\d_]{2,}|[A-Za-z]+(?![A-Za-z+\-\d])")
LONGEST_SHOWN = 60
LONGEST_UNIT = 20


@dataclass(frozen=True)
class Between:
    """Content of these lines: a row of units, the points promised, a temperature as (number, unit)."""

    units: tuple[str, ...] = ()
    promised: int | None = None
    notes: tuple[str, ...] = ()
    count_line: int = 0
    temperature: tuple[float, str] | None = None


def understood(layout: Layout, lines: Sequence[str], first_row: int) -> tuple[Layout, Between]:
    """The layout with the units beside its headings; ValueError naming a line that is not understood."""
    found = Between(units=_units_above(layout, lines))
    for place in range(layout.first_line, first_row):
        line = lines[place]
        if line.strip() and not _numbers_only(line):
            found = _read(found, layout, line, place + 1)
    if not found.units:
        return layout, found
    columns = find_columns(layout.names, found.units)
    if not immittance.is_complete(columns):
        raise ValueError(f"the row of units {found.units} does not fit the headings")
    return replace(layout, columns=columns), found


def _read(found: Between, layout: Layout, line: str, number: int) -> Between:
    count = _COUNT.match(line)
    if count:
        return replace(found, promised=int(count.group(1)), count_line=number)
    if _RULE.match(line) or _MARKS.match(line):
        return found
    if _NOTE.match(line):
        return replace(found, notes=(*found.notes, line))
    parameter = _PARAMETER.match(line)
    if parameter:
        value = float(parameter.group(2).replace(",", "."))
        return replace(found, temperature=(value, "" if ":" in parameter.group(3) else parameter.group(3)))
    units = units_of(line, layout)
    if units:
        if found.units and found.units != units:
            raise ValueError(f"line {number} has units and so has a line before it")
        return replace(found, units=units)
    if _repeats(line, layout):
        return found
    shown = line.strip()[:LONGEST_SHOWN]
    raise ValueError(f"line {number} between the headings and the numbers is not understood: {shown!r}")


def units_of(line: str, layout: Layout) -> tuple[str, ...]:
    """The cells of a row of units, one for each heading; empty when the line is something else."""
    if len(line) > 2000:
        return ()
    bare = _COMMENT.sub("", line) if not line.lstrip().startswith("#\t") else line
    for text in dict.fromkeys((line, bare)):
        for separator in dict.fromkeys((layout.separator, *SEPARATORS)):
            cells = split(text, separator)
            for row in (cells, [cell for cell in cells if cell]):
                if len(row) in (layout.headings, layout.named) and _are_units(row, layout):
                    return tuple(row)
    return ()


def _are_units(cells: Sequence[str], layout: Layout) -> bool:
    """Whether the frequency or half of the needed columns have a unit, and all cells could be one."""
    below = [cells[column.place] for column in layout.needed]
    known = [unit for unit in map(read_unit, below) if unit is not None]
    if any(len(cell) > LONGEST_UNIT for cell in below):
        return False
    first = read_unit(below[0])
    if first is not None and first.kind in ("frequency", "angular frequency", "per second"):
        return True
    says_something = any(unit.kind != "number" or unit.scale != "linear" for unit in known)
    return says_something and 2 * len(known) >= sum(bool(cell) for cell in below)


def _units_above(layout: Layout, lines: Sequence[str]) -> tuple[str, ...]:
    """A row of units above the headings, blank lines between them allowed."""
    for line in reversed(lines[max(layout.first_line - 4, 0) : max(layout.first_line - 1, 0)]):
        if line.strip():
            return units_of(line, layout)
    return ()


def _repeats(line: str, layout: Layout) -> bool:
    """Headings again, with the same meaning."""
    for separator in SEPARATORS:
        columns = find_columns(split(line, separator))
        if immittance.is_complete(columns):
            return columns == find_columns(layout.names)
    return False


def _numbers_only(line: str) -> bool:
    """A broken line of the table; the reader of its rows reports it. A lone count is not one."""
    if _COUNT.match(line):
        return False
    if "\0" in line or not _WORDS.search(line):
        return not _RULE.match(line)
    cells = [cell for cell in filled(split(line, r"[\t;, ]+")) if cell]
    numeric = sum(cell.replace(".", "").replace("e", "").lstrip("+-").isdigit() for cell in cells)
    return numeric * 2 >= len(cells)
