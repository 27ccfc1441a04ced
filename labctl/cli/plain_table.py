"""Long lists as aligned columns: a table with borders takes longer to draw than its rows to read."""

import shutil
import textwrap
from collections.abc import Sequence

from labctl.cli import terminal
from labctl.plain_text import on_one_line

GAP = "  "
NARROWEST = 8


def print_columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print headings and rows in columns of the terminal's width; a long cell goes on in the next line."""
    cells = [[on_one_line(cell) for cell in row] for row in (headings, *rows)]
    widths = _widths(cells, shutil.get_terminal_size().columns)
    lines = [line for row in cells for line in _lines(row, widths)]
    lines.insert(len(_lines(cells[0], widths)), GAP.join("-" * width for width in widths))
    terminal.echo("\n".join(lines))


def _widths(cells: Sequence[Sequence[str]], available: int) -> list[int]:
    """Return the width of each column; the widest columns give way where the terminal is narrow."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    while sum(widths) + len(GAP) * (len(widths) - 1) > available and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    if all(len(cell) <= width for cell, width in zip(row, widths, strict=True)):
        return [GAP.join(map(str.ljust, row, widths)).rstrip()]
    parts = [
        [cell] if len(cell) <= width else textwrap.wrap(cell, width)
        for cell, width in zip(row, widths, strict=True)
    ]
    height = max(map(len, parts))
    filled = [part + [""] * (height - len(part)) for part in parts]
    return [GAP.join(map(str.ljust, line, widths)).rstrip() for line in zip(*filled, strict=True)]
