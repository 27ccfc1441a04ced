"""Binary files of BioLogic's EC-Lab (`.mpr`), turned into the table that EC-Lab exports as text.

The file is a line of text and a chain of modules. A module is the word MODULE, a short name (10 bytes), a
long name (25), its length, its version and a date; in newer programs 0xFFFFFFFF stands before the length.
The module `VMP data` holds the number of rows, the numbers of its columns, and rows without gaps.
Numbers and sizes of columns are facts of the format; 40 files were compared with their text exports.
A file is refused when modules, rows and columns do not account for every byte of it.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from labctl.analysis.readers.part import Part

FIRST_LINE = b"BIO-LOGIC MODULAR FILE\x1a"
FORMAT = "EC-Lab binary"
EXPORT = 'open the file in EC-Lab and choose "Export as Text" to get an .mpt file, which labctl reads'

_FIRST_MODULE = 52
_SHORT_NAME, _LONG_NAME = 10, 25
_NEW_HEADER = 0xFFFFFFFF
_ACQUIRED_AT = 0x249  # in the module VMP LOG: days since 1899-12-30
_ROWS_AT = {2: 405, 3: 406, 10: 1007, 11: 1007}  # by the version of the module VMP data
_WIDE_COUNT_FROM = 10  # version from which the number of columns has two bytes
_FLAGS = {1, 2, 3, 21, 31, 65}  # mode, ox/red, error, control, Ns and counter changes: bits of one byte

_NAMED = {
    4: ("time/s", "<f8"),
    6: ("Ewe/V", "<f4"),
    8: ("I/mA", "<f4"),
    11: ("<I>/mA", "<f8"),
    24: ("cycle number", "<f8"),
    32: ("freq/Hz", "<f4"),
    35: ("Phase(Z)/deg", "<f4"),
    36: ("|Z|/Ohm", "<f4"),
    37: ("Re(Z)/Ohm", "<f4"),
    38: ("-Im(Z)/Ohm", "<f4"),
    76: ("<I>/mA", "<f4"),
    77: ("<Ewe>/V", "<f4"),
    131: ("Ns", "<u2"),
    174: ("<Ewe>/V", "<f4"),
}
_UNUSED = {  # columns that no analysis reads: only their size counts
    "<u2": {39},
    "<u4": {468, 469},
    "<f8": {7, 13, 23, 74, 123, 124, 125, 126, 438, 467, 880, 883, 884},
    "<f4": {5, 9, 16, 17, 19, 20, 33, 34, 70, 75, 78, 96, 98, 99, 100, 101, 163, 168, 169, 172, 173, 241, 242}
    | {271, 272, 301, 302, 331, 332, 361, 362, 391, 392, 422, 423, 424, 425, 426, 430, 431, 432, 433}
    | {434, 435, 441, 462, 471, 473, 474, 475, 476, 477, 478, 479, 480, 481, *range(486, 498)},
}  # fmt: skip
_SIZES = {number: size for size, numbers in _UNUSED.items() for number in numbers}


@dataclass(frozen=True)
class _Module:
    name: str
    version: int
    data: bytes


def is_mpr(start: bytes) -> bool:
    """Whether a file begins as a binary file of EC-Lab does."""
    return start.startswith(FIRST_LINE)


def mpr_parts(raw: bytes) -> list[Part]:
    """Return the measured columns of a file as one table in text.

    Raises
    ------
    ValueError
        When the file is cut, or has a version or column that is not known; the message says how to export.
    """
    try:
        modules = list(_modules(raw))
        rows = _rows(_only_data(modules))
    except (ValueError, struct.error) as error:
        raise ValueError(f"EC-Lab binary file: {error}; {EXPORT}") from None
    if rows.size == 0:
        raise ValueError("EC-Lab binary file: it holds no measured row")
    return [Part(_text(rows), format=FORMAT, acquired=_acquired(modules))]


def _modules(raw: bytes) -> Iterator[_Module]:
    place = _FIRST_MODULE
    while place < len(raw):
        if raw[place : place + 6] != b"MODULE":
            raise ValueError(f"no module begins at byte {place}")
        place += 6
        name = raw[place : place + _SHORT_NAME].decode("latin-1").strip()
        place += _SHORT_NAME + _LONG_NAME
        length, version = struct.unpack_from("<2I", raw, place)
        header = 16
        if length == _NEW_HEADER:
            length, _, version = struct.unpack_from("<3I", raw, place + 4)
            header = 24
        place += header
        if place + length > len(raw):
            raise ValueError(
                f"it is cut: the module {name!r} has {length} bytes, {max(len(raw) - place, 0)} are here"
            )
        yield _Module(name, version, raw[place : place + length])
        place += length


def _only_data(modules: Sequence[_Module]) -> _Module:
    found = [module for module in modules if module.name == "VMP data"]
    if len(found) != 1:
        raise ValueError(f"it has {len(found)} modules of data instead of one")
    return found[0]


def _rows(module: _Module) -> np.ndarray[Any, Any]:
    if module.version not in _ROWS_AT:
        raise ValueError(f"its data have version {module.version}, which is not known")
    row_type = _row_type(_column_numbers(module))
    (count,) = struct.unpack_from("<I", module.data)
    rows = module.data[_ROWS_AT[module.version] :]
    if count * row_type.itemsize != len(rows):
        raise ValueError(
            f"{count} rows of {row_type.itemsize} bytes are not the {len(rows)} bytes of its table"
        )
    return np.frombuffer(rows, row_type)


def _column_numbers(module: _Module) -> list[int]:
    if module.version >= _WIDE_COUNT_FROM:
        (count,), first = struct.unpack_from("<H", module.data, 4), 6
    else:
        count, first = module.data[4], 5
    return list(struct.unpack_from(f"<{count}H", module.data, first))


def _row_type(numbers: Sequence[int]) -> np.dtype[Any]:
    """Return the layout of a row; columns have their number as name, the byte of flags is `flags`."""
    columns: dict[str, str] = {}
    for number in numbers:
        if number in _FLAGS:
            columns["flags"] = "|u1"
        elif number in _NAMED or number in _SIZES:
            columns[str(number)] = _NAMED[number][1] if number in _NAMED else _SIZES[number]
        else:
            raise ValueError(f"its column number {number} is not known")
    return np.dtype(list(columns.items()))


def _text(rows: np.ndarray[Any, Any]) -> str:
    """Return the columns with a name, each number in the fewest digits that give it back."""
    names = rows.dtype.names or ()
    used = [name for name in names if name.isdigit() and int(name) in _NAMED]
    headings = [_NAMED[int(name)][0] for name in used]
    cells = [[_digits(value) for value in rows[name]] for name in used]
    lines = ["\t".join(headings), *map("\t".join, zip(*cells, strict=True))]
    return "\n".join(lines) + "\n"


def _digits(value: np.floating[Any] | np.integer[Any]) -> str:
    if isinstance(value, np.integer):
        return str(value)
    return np.format_float_scientific(value, unique=True, trim="0") if np.isfinite(value) else "nan"


def _acquired(modules: Sequence[_Module]) -> str:
    """Return when the measurement began on the clock of its computer, `""` where the file does not say."""
    log = next((module.data for module in modules if module.name == "VMP LOG"), b"")
    if len(log) < _ACQUIRED_AT + 8:
        return ""
    (days,) = struct.unpack_from("<d", log, _ACQUIRED_AT)
    if not 20000 < days < 80000:  # years 1954 to 2119
        return ""
    return (datetime(1899, 12, 30) + timedelta(days=days)).isoformat(sep=" ", timespec="seconds")
