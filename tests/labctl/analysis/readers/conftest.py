"""A writer of EC-Lab binary files, for files that nobody measured."""

import struct
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

SIZES = {4: "d", 5: "f", 6: "f", 8: "f", 11: "d", 24: "d", 32: "f", 37: "f", 38: "f", 36: "f", 35: "f"}
FLAGS = (1, 2, 3, 21, 31, 65)


def module(name: str, version: int, data: bytes, new: bool = False) -> bytes:
    head = b"MODULE" + name.encode().ljust(10) + name.encode().ljust(25)
    if new:
        sizes = struct.pack("<4I", 0xFFFFFFFF, len(data), 0, version)
    else:
        sizes = struct.pack("<2I", len(data), version)
    return head + sizes + b"01/02/24" + data


def data_of(columns: Sequence[int], rows: Sequence[Sequence[float]], version: int) -> bytes:
    numbers = struct.pack(f"<{len(columns)}H", *columns)
    if version >= 10:
        head = struct.pack("<IH", len(rows), len(columns)) + numbers
    else:
        head = struct.pack("<IB", len(rows), len(columns)) + numbers
    head = head.ljust({2: 405, 3: 406, 10: 1007, 11: 1007}[version], b"\0")
    stored = [number for number in columns if number not in FLAGS]
    layout = "<" + ("B" if len(stored) < len(columns) else "") + "".join(SIZES[number] for number in stored)
    flags = (0,) if len(stored) < len(columns) else ()
    return head + b"".join(struct.pack(layout, *flags, *row) for row in rows)


def mpr(columns: Sequence[int], rows: Sequence[Sequence[float]], version: int = 3) -> bytes:
    new = version >= 10
    first = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + bytes(4)
    settings = module("VMP Set", 0, bytes(100), new)
    return first + settings + module("VMP data", version, data_of(columns, rows, version), new)


@pytest.fixture
def mpr_bytes():
    return SimpleNamespace(mpr=mpr, module=module)
