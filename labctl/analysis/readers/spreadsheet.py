"""Spreadsheets (.xlsx, .xls, .ods): the cells of each sheet as a table in text.

Read by python-calamine, the extra `spreadsheets` of labctl.
"""

from collections.abc import Sequence
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any

from labctl.analysis.readers.part import Part

FORMAT = "spreadsheet"
ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
INSTALL = 'python -m pip install "python-calamine>=0.3,<1"'
_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def is_spreadsheet(path: Path, start: bytes) -> bool:
    """Whether a file is a spreadsheet, by its ending and its first bytes."""
    return path.suffix.lower() in ENDINGS and start.startswith((_ZIP, _COMPOUND))


def sheet_parts(path: str | PathLike[str]) -> list[Part]:
    """Return the sheets with cells in them, each as a table with tabs between its cells.

    Raises
    ------
    ValueError
        When python-calamine is not installed, or the file is damaged, locked by a password, or empty.
    """
    calamine = _calamine()
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as workbook:
            sheets = {name: workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names}
    except calamine.CalamineError as error:
        raise ValueError(f"spreadsheet: it cannot be read ({error}); save the sheet as csv") from None
    parts = [Part(_text(rows), name, FORMAT) for name, rows in sheets.items() if rows]
    if not parts:
        raise ValueError("spreadsheet: no sheet has a cell with content")
    return parts


def _calamine() -> Any:
    try:
        return import_module("python_calamine")
    except ImportError:
        raise ValueError(f"a spreadsheet is read by python-calamine, not installed here: {INSTALL}") from None


def _text(rows: Sequence[Sequence[Any]]) -> str:
    return "\n".join("\t".join(map(_cell, row)) for row in rows) + "\n"


def _cell(content: Any) -> str:
    """Return a cell in the digits that give its number back; line ends and tabs inside become blanks."""
    if isinstance(content, float):
        return repr(int(content)) if content.is_integer() and abs(content) < 1e15 else repr(content)
    return " ".join(str(content).split())
