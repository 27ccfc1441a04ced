"""Tables with a line for each quantity instead of a column (LabOne's csv of a sweep)."""

import re
from collections.abc import Sequence

_LABONE = re.compile(r"^\s*chunk;timestamp;size;fieldname\b", re.IGNORECASE)


def upright(lines: Sequence[str]) -> list[str]:
    """The lines as they are, or the table of a LabOne sweep with its fields as columns.

    LabOne's file of sweeps has a line for each field of each chunk: `chunk;timestamp;size;fieldname;data`.
    ValueError when the fields of a chunk are not equally long.
    """
    start = next((n for n, line in enumerate(lines[:50]) if _LABONE.match(line)), None)
    if start is None:
        return list(lines)
    fields: dict[str, dict[str, list[str]]] = {}
    for line in lines[start + 1 :]:
        cells = [cell.strip() for cell in line.split(";")]
        if len(cells) > 4:
            fields.setdefault(cells[0], {})[cells[3]] = _data(cells)
    columns = _columns(fields)
    rows = [";".join(row) for row in zip(*columns.values(), strict=True)]
    return [";".join(columns), *rows, ""]


def _data(cells: list[str]) -> list[str]:
    """The numbers of a field; ValueError when there are not as many as the line says."""
    data = cells[4:]
    while data and not data[-1]:
        data.pop()
    if cells[2].isdigit() and int(cells[2]) != len(data):
        raise ValueError(
            f"the field {cells[3]} promises {cells[2]} numbers and holds {len(data)}: it may be cut"
        )
    return data


def _columns(fields: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """The fields of every chunk one after the other, with the number of the chunk as the cycle."""
    wanted = ("frequency", "realz", "imagz", "absz", "phasez (rad)")
    columns: dict[str, list[str]] = {"cycle": []}
    for chunk, found in fields.items():
        held = {name: found[name.split(" ")[0]] for name in wanted if name.split(" ")[0] in found}
        sizes = {len(data) for data in held.values()}
        if len(sizes) != 1:
            raise ValueError(f"the fields of chunk {chunk} differ in length: the file may be cut")
        columns["cycle"] += [chunk] * sizes.pop()
        for name, data in held.items():
            columns.setdefault(name, []).extend(data)
    return columns
