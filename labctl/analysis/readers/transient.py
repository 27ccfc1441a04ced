"""Read a polarisation that was measured elsewhere: current and potential against time.

Known are EC-Lab text and binary, Gamry .DTA, PalmSens sessions and tables with units in their headings.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike

import numpy as np

from labctl.analysis.numerics.arrays import BoolArray, FloatArray
from labctl.analysis.readers.cells import value
from labctl.analysis.readers.claims import describe
from labctl.analysis.readers.part import Part
from labctl.analysis.readers.parts import read_each, read_parts
from labctl.analysis.readers.plain_table import PlainTable, plain_table
from labctl.analysis.readers.quantities import (
    CURRENTS_A,
    POTENTIALS_V,
    TIMES_S,
    name_and_unit,
    temperature_with_unit,
)

_TIME = {"t", "time", "times", "elapsedtime", "elapsed", "correctedtime"}
_CURRENT = {"i", "im", "current", "we(1)current", "currentmeasured"}
_POTENTIAL = {
    "e",
    "u",
    "v",
    "vf",
    "ewe",
    "ecell",
    "potential",
    "voltage",
    "we(1)potential",
    "potentialmeasured",
}
_FREQUENCY = {"f", "freq", "frequency"}
_STEP = {"ns"}
_GAMRY_TABLE = re.compile(r"^(?P<name>\w*CURVE\w*)\tTABLE\b.*$", re.M)
_AT_REST = "OCVCURVE"
MOVED_K = 1.0
CHOOSE_STEP = "step= in Python, --step of `labctl import`"


@dataclass(frozen=True, eq=False)
class Transient:
    """A measured polarisation, in the order of time.

    Attributes
    ----------
    elapsed_s : (n,) float
        Since the first row; when the potential was applied is not known from a file.
    current_a : (n,) float
    potential_v : (n,) float or None
        None where the file has no potential.
    warnings : tuple of str
        Rows left out and anything guessed.
    metadata : mapping of str to str
        `format` names the program that wrote the file, `starts_at_s` the time of the first row in it,
        `temperature_k` the mean of a column of temperatures with a unit.
    """

    elapsed_s: FloatArray
    current_a: FloatArray
    potential_v: FloatArray | None
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.elapsed_s.size


def read_transient(path: str | PathLike[str], step: int | None = None) -> Transient:
    """Read current and potential against time from a file.

    Parameters
    ----------
    path : str or path
    step : int, optional
        Which step of a file with several: `Ns` of EC-Lab, else the number of the table, from 0.

    Raises
    ------
    OSError
        When the file cannot be opened.
    ValueError
        When it holds no transient that can be trusted: a column or a unit is missing, time goes back, it has
        several steps and none was chosen. The message names the file and the reason.
    """
    try:
        found = read_each(read_parts(path), lambda part: list(tables_of(part)))
        return _transient(_chosen([table for tables in found for table in tables], step), str(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def tables_of(part: Part) -> Iterator[PlainTable]:
    """Yield the tables of a part; a Gamry file has one for each curve, that at rest is left out."""
    places = list(_GAMRY_TABLE.finditer(part.text))
    if not places or not part.text.startswith("EXPLAIN"):
        yield plain_table(part)
        return
    ends = [match.start() for match in places[1:]] + [len(part.text)]
    for match, end in zip(places, ends, strict=True):
        if match["name"] != _AT_REST:
            block = _table_lines(part.text[match.end() + 1 : end])
            yield plain_table(Part(block, match["name"], "Gamry", part.acquired, part.warnings))


def has_polarisation(table: PlainTable) -> bool:
    """Whether the headings name a time and a current, and no frequency."""
    return all(_place(table, names) is not None for names in (_TIME, _CURRENT)) and not has_frequency(table)


def has_frequency(table: PlainTable) -> bool:
    """Whether the headings name a frequency."""
    return _place(table, _FREQUENCY) is not None


def _table_lines(block: str) -> str:
    """Return the lines of a table of Gamry, which begin with a tab."""
    lines = block.split("\n")
    end = next((place for place, line in enumerate(lines) if not line.startswith("\t")), len(lines))
    return "\n".join(line.lstrip("\t") for line in lines[:end]) + "\n"


def _chosen(tables: Sequence[PlainTable], step: int | None) -> PlainTable:
    """Return the table of the step, with its own rows only."""
    if len(tables) > 1:
        return _numbered(tables, step)
    (table,) = tables
    place = _place(table, _STEP)
    if place is None:
        if step:
            raise ValueError("it has one step: leave `step` out")
        return table
    steps = sorted({int(value(cell)) for cell in table.column(place) if np.isfinite(value(cell))})
    if len(steps) > 1 and step is None:
        raise ValueError(f"it has the steps {', '.join(map(str, steps))}: choose one ({CHOOSE_STEP})")
    if step is not None and step not in steps:
        raise ValueError(f"it has no step {step}; it has {', '.join(map(str, steps))}")
    wanted = steps[0] if step is None else step
    rows = tuple(row for row in table.rows if value(row[place]) == wanted)
    return PlainTable(table.headings, rows, table.part)


def _numbered(tables: Sequence[PlainTable], step: int | None) -> PlainTable:
    names = ", ".join(f"{place} ({table.part.name})" for place, table in enumerate(tables))
    if step is None:
        raise ValueError(f"it has the steps {names}: choose one ({CHOOSE_STEP})")
    if not 0 <= step < len(tables):
        raise ValueError(f"it has no step {step}; it has {names}")
    return tables[step]


def _transient(table: PlainTable, path: str) -> Transient:
    if has_frequency(table):
        raise ValueError("it has a column of frequencies: it is a spectrum, which read_spectra reads")
    time_s = _column(table, _TIME, TIMES_S, "time", "s")
    current_a = _column(table, _CURRENT, CURRENTS_A, "current", "A")
    potential_v = None
    if _place(table, _POTENTIAL) is not None:
        potential_v = _column(table, _POTENTIAL, POTENTIALS_V, "potential", "V")
    sound = np.isfinite(time_s) & np.isfinite(current_a)
    if potential_v is not None:
        sound &= np.isfinite(potential_v)
        potential_v = potential_v[sound]
    warnings = (*table.part.warnings, *_overloads(table))
    if left_out := int((~sound).sum()):
        warnings = (*warnings, f"{left_out} of {sound.size} lines are not numbers: left out")
    time_s, current_a = time_s[sound], current_a[sound]
    _refuse_impossible(time_s)
    mean_k, moved = _temperature_k(table, sound)
    warnings = (*warnings, *moved)
    metadata = {"format": table.part.format or describe(table.part.text), "path": path}
    metadata |= {"starts_at_s": repr(float(time_s[0]))}
    metadata |= {"part": table.part.name} if table.part.name else {}
    metadata |= {"acquired": table.part.acquired} if table.part.acquired else {}
    metadata |= {} if mean_k is None else {"temperature_k": f"{mean_k:.10g}"}
    return Transient(time_s - time_s[0], current_a, potential_v, warnings, metadata)


def _temperature_k(table: PlainTable, sound: BoolArray) -> tuple[float | None, tuple[str, ...]]:
    """Return the mean of a column of temperatures with a unit (None without), and a warning if it moved."""
    column = temperature_with_unit(table.headings)
    if column is None:
        return None, ()
    kelvin = column.to_si(np.array([value(cell) for cell in table.column(column.place)]))[sound]
    kelvin = kelvin[np.isfinite(kelvin)]
    if not kelvin.size:
        return None, ()
    moved_k = float(np.ptp(kelvin))
    words = (f"the temperature moved by {moved_k:.3g} K",) if moved_k > MOVED_K else ()
    return float(kelvin.mean()), words


def _refuse_impossible(time_s: FloatArray) -> None:
    if time_s.size < 2:
        raise ValueError("it has fewer than two lines of numbers")
    back = np.flatnonzero(np.diff(time_s) < 0)
    if back.size:
        raise ValueError(
            f"the time goes back from {time_s[back[0]]:g} to {time_s[back[0] + 1]:g} s: "
            "several measurements in one table cannot be told apart"
        )
    if time_s[0] == time_s[-1]:
        raise ValueError("the time does not move")


def _column(
    table: PlainTable, names: set[str], units: Mapping[str, float], meaning: str, example: str
) -> FloatArray:
    """Return a column in SI units."""
    place = _place(table, names)
    if place is None:
        raise ValueError(
            f"no column for the {meaning}; its headings are {', '.join(filter(None, table.headings))}"
        )
    _, unit = name_and_unit(table.headings[place])
    bare = re.sub(r"\s+vs\b.*$", "", unit).strip()
    if not bare:
        raise ValueError(f"the column {table.headings[place]!r} has no unit; write {meaning} ({example})")
    if bare not in units:
        raise ValueError(f"the unit {unit!r} of the column {table.headings[place]!r} is not known")
    return np.array([value(cell) for cell in table.column(place)]) * units[bare]


def _place(table: PlainTable, names: set[str]) -> int | None:
    """Return the place of the first column with one of these names."""
    found = (place for place, heading in enumerate(table.headings) if name_and_unit(heading)[0] in names)
    return next(found, None)


def _overloads(table: PlainTable) -> tuple[str, ...]:
    """Count the rows that Gamry marks as overloaded."""
    place = _place(table, {"over"})
    if place is None or table.part.format != "Gamry":
        return ()
    marked = sum(any(sign not in ".-" for sign in cell) for cell in table.column(place))
    return (f"{marked} of {len(table.rows)} lines are marked as overloaded",) if marked else ()
