"""The tables of a file: of a text the text itself, of a binary or packed file its tables turned into text.

All tables are then read by the same rules.
"""

from os import PathLike
from pathlib import Path

from labctl.analysis.readers import biologic, palmsens
from labctl.analysis.readers.part import Part
from labctl.analysis.readers.text import read_text

_START = 4096


def read_parts(path: str | PathLike[str]) -> list[Part]:
    """Return the tables of a file, in its order.

    Raises
    ------
    OSError
        When the file cannot be opened.
    ValueError
        When it is of a binary format that is not read, or damaged. The message does not name the file.
    """
    with Path(path).open("rb") as file:
        start = file.read(_START)
    if biologic.is_mpr(start):
        return biologic.mpr_parts(Path(path).read_bytes())
    if palmsens.is_session(start):
        return palmsens.session_parts(Path(path).read_bytes())
    return [Part(read_text(path))]
