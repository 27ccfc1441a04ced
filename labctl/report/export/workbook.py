"""Export as .xlsx: a sheet for each table, with units above the columns; needs openpyxl (extra `export`)."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from labctl.errors import InvalidRequest
from labctl.plain_text import printable
from labctl.report.export.delimited import DESCRIPTION
from labctl.report.export.optional import needed
from labctl.report.export.tables import Table
from labctl.report.whole_files import whole_file

MOST_ROWS = 1_048_576 - 2
LONGEST_TEXT = 32_767
LARGEST_WHOLE = 2**53


def write_xlsx(tables: Sequence[Table], path: Path) -> list[Path]:
    """Write a workbook; raises InvalidRequest where a table has more rows than a sheet holds."""
    openpyxl = needed("openpyxl", "xlsx")
    for table in tables:
        if len(table.rows) > MOST_ROWS:
            problem = f"{table.name} has {len(table.rows)} rows, and a sheet holds {MOST_ROWS}"
            raise InvalidRequest(f"--format xlsx: {problem}; use csv or parquet")
    book = openpyxl.Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.name)
        rows = ([one.name for one in table.columns], [one.unit for one in table.columns], *table.rows)
        _fill(sheet, rows, openpyxl)
    described = [(t.name, one.name, one.unit, one.meaning) for t in tables for one in t.columns]
    sheet = book.create_sheet(DESCRIPTION.removesuffix(".csv"))
    _fill(sheet, [("table", "column", "unit", "meaning"), *described], openpyxl)
    with whole_file(path) as part:
        book.save(part)
    return [path]


def _fill(sheet: Any, rows: Iterable[Sequence[Any]], openpyxl: Any) -> None:
    cell = openpyxl.cell.WriteOnlyCell
    for row in rows:
        sheet.append([_cell(sheet, value, cell) for value in row])


def _cell(sheet: Any, value: Any, cell: Any) -> Any:
    """Return a cell: text is text, also where it begins like a formula.

    A whole number too long for a cell is text, and so is an infinite one, which no workbook holds.
    """
    if (isinstance(value, int) and abs(value) > LARGEST_WHOLE) or value in (math.inf, -math.inf):
        value = str(value)
    if not isinstance(value, str):
        return value
    made = cell(sheet, value=printable(value)[:LONGEST_TEXT])
    made.data_type = "s"
    return made
