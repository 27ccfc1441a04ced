"""A line of a table in its cells, and a cell as a number."""

import csv
import math
import re
from collections.abc import Sequence

SEPARATORS = (r"\t", r";", r",", r"\s{2,}", r"\s+")
_NUMBER = re.compile(r"[-+]?(\d+([.]\d*)?|[.]\d+)([eEdD][-+]?\d+)?$")
LONGEST_NUMBER = 400
_NOT_A_NUMBER = {
    "nan",
    "-nan",
    "inf",
    "-inf",
    "+inf",
    "infinity",
    "-infinity",
    "∞",
    "overload",
    "ovld",
    "-",
    "--",
    "n/a",
}


def split(line: str, separator: str) -> list[str]:
    """The cells of a line, empty ones included; quotes around a cell are taken off in pairs."""
    text = line.strip(" \r")
    if separator == "," and text.count('"') >= 2 and (text.startswith('"') or ',"' in text):
        return [cell.strip() for cell in next(csv.reader([text], skipinitialspace=True))]
    return [_unquoted(cell.strip()) for cell in re.split(separator, text)]


def filled(cells: Sequence[str]) -> list[str]:
    """The same without the empty cells at the end."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def number(cell: str) -> float | None:
    """A number with a decimal point or comma; None for anything else, such as 1e999."""
    text = _decimal(cell)
    if text is None:
        return None
    found = float(text)
    return found if math.isfinite(found) else None


def numbers(line: str) -> list[float] | None:
    """The numbers of a line that holds at least two and nothing else, however they are separated."""
    for separator in SEPARATORS:
        found = [number(cell) for cell in filled(split(line, separator))]
        if len(found) > 1 and None not in found:
            return [value for value in found if value is not None]
    return None


def is_value(cell: str) -> bool:
    """A number, or one of the words for a value that could not be measured."""
    return _decimal(cell) is not None or cell.strip().lower() in _NOT_A_NUMBER


def value(cell: str) -> float:
    """The number in a cell, nan for a word."""
    found = number(cell)
    return math.nan if found is None else found


def _decimal(cell: str) -> str | None:
    """The text of a number as Python writes it; None for anything else."""
    text = cell.strip()
    if len(text) > LONGEST_NUMBER:
        return None
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    return text.lower().replace("d", "e") if _NUMBER.match(text) else None


def _unquoted(cell: str) -> str:
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
