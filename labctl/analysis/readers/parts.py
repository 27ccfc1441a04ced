"""The tables of a file as text: a text file as it is, a binary file or spreadsheet converted.

All tables are then read by the same rules.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TypeVar

from labctl.analysis.readers import biologic, palmsens, spreadsheet
from labctl.analysis.readers.named_formats import refuse_named
from labctl.analysis.readers.part import Part
from labctl.analysis.readers.text import read_text

Found = TypeVar("Found")
_START = 4096


def read_parts(path: str | PathLike[str]) -> list[Part]:
    """Return the tables of a file, in its order.

    Raises
    ------
    OSError
        When the file cannot be opened.
    ValueError
        When it is of a binary format that is not read, or damaged, or needs a package that is not installed.
        The message does not name the file.
    """
    with Path(path).open("rb") as file:
        start = file.read(_START)
    if biologic.is_mpr(start):
        return biologic.mpr_parts(Path(path).read_bytes())
    if palmsens.is_session(start):
        return palmsens.session_parts(Path(path).read_bytes())
    if spreadsheet.is_spreadsheet(Path(path), start):
        return spreadsheet.sheet_parts(path)
    refuse_named(Path(path), start)
    return [Part(read_text(path))]


def read_each(parts: Sequence[Part], read: Callable[[Part], Found]) -> list[Found]:
    """Return the result of `read` for each part; refused parts are named in the warnings of the others.

    Raises
    ------
    ValueError
        When it refuses all of them.
    """
    refused: dict[str, str] = {}
    accepted: list[tuple[Part, Found]] = []
    for part in parts:
        try:
            accepted.append((part, read(part)))
        except ValueError as error:
            refused[part.name] = str(error)
    if not accepted:
        reasons = [f"{name}: {reason}" if name else reason for name, reason in refused.items()]
        raise ValueError("; ".join(reasons))
    if not refused:
        return [found for _, found in accepted]
    words = tuple(f"{name!r} is not read: {reason}" for name, reason in refused.items())
    return [read(replace(part, warnings=(*part.warnings, *words))) for part, _ in accepted]
