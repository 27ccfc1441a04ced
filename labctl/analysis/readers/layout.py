"""Layout of a table: the line where it begins and the meaning of its columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from labctl.analysis.readers.cells import SEPARATORS, filled, number, numbers, split
from labctl.analysis.readers.columns import Column, find_columns, is_complete, missing


@dataclass(frozen=True)
class Layout:
    """The columns of the lines from `first_line` on.

    `headings` counts the cells of the line that names them, `named` those up to the last that has a name.
    """

    columns: dict[str, Column]
    headings: int
    named: int
    first_line: int
    warnings: tuple[str, ...] = ()

    def allows(self, cells: int, filled: int) -> bool:
        """Whether a line of so many cells, up to the last that is not empty, has one for each heading."""
        return cells == self.headings or filled == self.named


def find_layout(lines: Sequence[str]) -> Layout:
    """The first line that names the columns of a spectrum, or three bare columns; else ValueError."""
    closest: dict[str, Column] = {}
    for i, line in enumerate(lines):
        for separator in SEPARATORS if "f" in line.lower() else ():  # as in frequency
            headings = split(line.strip(' "').removeprefix("Definition="), separator)
            columns = find_columns(headings)
            if is_complete(columns):
                units = split(lines[i + 1], separator) if i + 1 < len(lines) else []
                named = find_columns(headings, units) if _are_units(units) else columns
                return Layout(named, len(headings), _named(headings), i + 1)
            closest = max(closest, columns, key=len)
    if len(closest) >= 2:
        raise ValueError(missing(closest))
    return _without_heading(lines)


def _named(headings: list[str]) -> int:
    """Without empty headings at the end; VersaStudio ends its list with a number of its own."""
    named = filled(headings)
    while named and number(named[-1]) is not None:
        named = filled(named[:-1])
    return len(named)


def _without_heading(lines: Sequence[str]) -> Layout:
    """Three bare columns are frequency, Z', Z''; anything else is refused."""
    bare = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    rows = [numbers(line) for line in bare[:20]]
    if not rows or rows[0] is None or sum(row is not None and len(row) == 3 for row in rows) < len(rows) - 1:
        raise ValueError("no line names the columns frequency, Z' and Z''")
    columns = {name: Column(place, name) for place, name in enumerate(("frequency", "real", "imaginary"))}
    warning = "no column names: taken as frequency in Hz, Z' and Z'' in ohm"
    return Layout(columns, 3, 3, 0, (warning,))


def _are_units(cells: Sequence[str]) -> bool:
    return any(cell.strip().lower() in ("hz", "khz", "mhz") for cell in cells)
