"""Temperatures of spectra that were measured elsewhere: from file names, from the files, or from a table.

Nothing is guessed: a name with two temperatures, or without one, refuses its file. Numbers without a unit are
given as they are; the straightness of the Arrhenius line decides what they are, or they are refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from labctl.analysis.readers.cells import number
from labctl.analysis.readers.plain_table import PlainTable, read_plain_tables
from labctl.analysis.readers.quantities import kelvin_of, temperatures
from labctl.errors import InvalidRequest

FROM_NAME, FROM_FILE = "from-name", "from-file"
HIGHEST_K = 3000.0
_IN_NAME = re.compile(
    r"(?<![A-Za-z0-9.,])(?:T|temp)?\s*[=_]?(?P<value>[-+−]?\d+(?:[.,]\d+)?)\s*_?"
    r"(?P<unit>°\s?C|degC|deg|C|K)(?![A-Za-z0-9])"
)
_FILE_NAMES = {"file", "filename", "filenames", "name", "files"}
_SWEEPS = {"sweep", "spectrum", "number"}


class Measured(Protocol):
    """A spectrum or a polarisation from a file."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """Statements of the file about it."""
        ...


@dataclass(frozen=True)
class FileTemperatures:
    """Where temperatures come from: `""` (none are known), `from-name`, `from-file`, or `table`.

    `of_table` holds kelvin by file name and number of the spectrum in it; None: of every spectrum. Without
    `has_unit` they are numbers of an unknown unit.
    """

    source: str = ""
    of_table: Mapping[tuple[str, int | None], float] = field(default_factory=dict)
    has_unit: bool = True

    def without_unit(self, path: Path, found: Sequence[Measured]) -> list[float]:
        """Return the temperatures of a file as numbers without a unit; empty where the unit is known.

        Raises
        ------
        ValueError
            When the table does not name the file.
        """
        if self.of_table and not self.has_unit:
            return [self._from_table(path.name, sweep) for sweep in range(len(found))]
        numbers = [one.metadata.get("temperature_without_unit") for one in found]
        if self.source != FROM_FILE or any("temperature_k" in one.metadata for one in found):
            return []
        return [float(number) for number in numbers if number is not None] if all(numbers) else []

    def of(self, path: Path, found: Sequence[Measured]) -> list[float | None]:
        """Return the temperature of each spectrum or polarisation of a file in kelvin.

        Raises
        ------
        ValueError
            When one has none, although temperatures were asked for, or it is impossible.
        """
        if self.source == FROM_NAME:
            return [possible(_from_name(path.stem, one.metadata.get("part", ""))) for one in found]
        if self.source == FROM_FILE:
            return [possible(_from_file(one)) for one in found]
        if self.source:
            return [possible(self._from_table(path.name, sweep)) for sweep in range(len(found))]
        return [None] * len(found)

    def _from_table(self, name: str, sweep: int) -> float:
        for key in ((name, sweep + 1), (name, None)):
            if key in self.of_table:
                return self.of_table[key]
        what = f"spectrum {sweep + 1} of {name}" if any(file == name for file, _ in self.of_table) else name
        raise ValueError(
            f"the table of temperatures does not name {what}; where a file has several spectra, a column "
            "`sweep` says which (1, 2, ...)"
        )


def file_temperatures(option: str) -> FileTemperatures:
    """Return the source of temperatures that a person named: `""`, from-name, from-file, or a table's path.

    Raises
    ------
    InvalidRequest
        There is no such table, or it has no column of files or of temperatures with their unit.
    """
    if option in ("", FROM_NAME, FROM_FILE):
        return FileTemperatures(option)
    try:
        (table,) = read_plain_tables(option)
        found, has_unit = _by_file(table)
        return FileTemperatures("table", found, has_unit)
    except OSError as error:
        raise InvalidRequest(
            f"--temperatures: {option!r} is neither from-name, from-file nor a table: {error.strerror}"
        ) from None
    except ValueError as error:
        raise InvalidRequest(f"--temperatures: {option}: {error}") from None


def _by_file(table: PlainTable) -> tuple[dict[tuple[str, int | None], float], bool]:
    """Return the temperatures by file and spectrum, and whether their unit is known."""
    plain = [re.sub(r"[\s_.]", "", heading.lower()) for heading in table.headings]
    files = next((place for place, name in enumerate(plain) if name in _FILE_NAMES), None)
    sweeps = next((place for place, name in enumerate(plain) if name in _SWEEPS), None)
    kelvin = temperatures(table.headings)
    if files is None or len(kelvin) != 1:
        raise ValueError("it needs a column `file` and one of temperatures, such as `T (degC)`")
    found: dict[tuple[str, int | None], float] = {}
    for row in table.rows:
        value = number(row[kelvin[0].place])
        if value is None:
            raise ValueError(f"{row[files]}: {row[kelvin[0].place]!r} is not a temperature")
        sweep = None if sweeps is None else _whole(row[sweeps])
        key = (Path(row[files].replace("\\", "/")).name, sweep)
        kelvin_here = float(kelvin[0].to_si(np.array([value]))[0])
        if found.setdefault(key, kelvin_here) != kelvin_here:
            raise ValueError(f"{row[files]} has two temperatures")
    return found, kelvin[0].has_unit


def _whole(cell: str) -> int | None:
    if not cell:
        return None
    if not cell.isdigit():
        raise ValueError(f"{cell!r} is not the number of a spectrum")
    return int(cell)


def _from_name(file: str, part: str) -> float:
    """Return the temperature in the name of a file, or of the sheet or measurement in it."""
    found = {
        _kelvin(match["value"], match["unit"]) for name in (file, part) for match in _IN_NAME.finditer(name)
    }
    if len(found) == 1:
        return found.pop()
    names = f"its name and that of its part {part!r} have" if part else "its name has"
    if found:
        raise ValueError(f"{names} {len(found)} temperatures: rename the file, or give a table")
    raise ValueError(f"{names} no temperature, such as 25C, 25degC, -20°C or 298K")


def _kelvin(value: str, unit: str) -> float:
    to_kelvin = kelvin_of("K" if unit == "K" else "degC")
    assert to_kelvin is not None
    return float(to_kelvin(np.array([float(value.replace(",", ".").replace("−", "-"))]))[0])


def _from_file(one: Measured) -> float:
    if "temperature_k" not in one.metadata:
        raise ValueError(
            "the file names no temperature with its unit, such as a column `T (degC)`; give "
            "`--temperatures from-name` or a table"
        )
    return float(one.metadata["temperature_k"])


def possible(kelvin: float) -> float:
    """Return a temperature; ValueError where no sample can have it."""
    if not 0 < kelvin < HIGHEST_K:
        raise ValueError(f"a temperature of {kelvin:g} K is not possible")
    return kelvin
