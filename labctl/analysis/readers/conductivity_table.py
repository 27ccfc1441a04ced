"""Read conductivities against temperature from a table: csv, text, spreadsheet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.readers.cells import value
from labctl.analysis.readers.plain_table import PlainTable, read_plain_tables
from labctl.analysis.readers.quantities import Quantity, conductivities, temperatures
from labctl.analysis.readers.temperatures import kelvin_by_straightness

SAME_K, SAME_LOG10 = 0.1, 0.005  # two columns of one quantity agree within the rounding of a printed table


@dataclass(frozen=True, eq=False)
class MeasuredConductivities:
    """Conductivities against temperature, in the order of the table.

    Attributes
    ----------
    temperature_k, conductivity_s_m : (n,) float
    other : mapping of str to tuple of str
        The other columns by heading, as text; by them a table of several series comes apart.
    warnings : tuple of str
        Rows left out, and temperatures that occur more than once.
    metadata : mapping of str to str
        `temperature` and `conductivity` are the headings that were taken.
    """

    temperature_k: FloatArray
    conductivity_s_m: FloatArray
    other: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.temperature_k.size


def read_conductivities(path: str | PathLike[str], sheet: str = "") -> MeasuredConductivities:
    """Read a table of conductivities against temperature, each with its unit in the heading.

    Where only the unit of the temperature is missing, the numbers or the straightness of the Arrhenius line
    decide between K and degC, with a warning, or the table is refused. Temperatures are in K, in degC or as
    1000/T; conductivities in S/cm, mS/cm, S/m and the like, or log10 or ln of one of these. Two columns of
    one quantity must agree.

    Parameters
    ----------
    path : str or path
    sheet : str, optional
        Which sheet of a spreadsheet with several.

    Raises
    ------
    OSError
        When the file cannot be opened.
    ValueError
        When a column or a unit is missing, columns contradict each other, or a value is impossible. The
        message names the file and the reason.
    """
    try:
        return _conductivities(_named(read_plain_tables(path), sheet), str(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def has_conductivities(table: PlainTable) -> bool:
    """Whether the headings name temperatures and conductivities, with a unit or without."""
    return _names_any(table, temperatures) and _names_any(table, conductivities)


def _names_any(table: PlainTable, quantity: Callable[[Sequence[str]], Sequence[Quantity]]) -> bool:
    try:
        return bool(quantity(table.headings))
    except ValueError:  # a heading of this quantity whose unit is missing or not known
        return True


def _named(tables: Sequence[PlainTable], sheet: str) -> PlainTable:
    names = [table.part.name for table in tables]
    if sheet:
        if sheet not in names:
            raise ValueError(f"it has no sheet {sheet!r}; it has {', '.join(names)}")
        return tables[names.index(sheet)]
    if len(tables) > 1:
        raise ValueError(f"it has the sheets {', '.join(names)}: choose one with sheet=")
    return tables[0]


def _conductivities(table: PlainTable, path: str) -> MeasuredConductivities:
    kelvin, sigma = temperatures(table.headings), conductivities(table.headings)
    for meaning, found in (("temperatures", kelvin), ("conductivities", sigma)):
        if not found:
            raise ValueError(f"no column of {meaning}; its headings are {', '.join(table.headings)}")
    temperature_k, conductivity_s_m = (_values(table, found[0]) for found in (kelvin, sigma))
    decided = ""
    if not kelvin[0].has_unit:
        temperature_k, decided = _decided(temperature_k, conductivity_s_m)
    sound = np.isfinite(temperature_k) & np.isfinite(conductivity_s_m)
    _refuse_contradictions(table, kelvin, sound, SAME_K, lambda kelvin: kelvin)
    _refuse_contradictions(table, sigma, sound, SAME_LOG10, np.log10)
    _refuse_impossible(temperature_k[sound], conductivity_s_m[sound])
    warnings = [*table.part.warnings, *filter(None, (decided,))]
    if left_out := int((~sound).sum()):
        warnings.append(f"{left_out} of {sound.size} lines are not numbers: left out")
    if np.unique(temperature_k[sound]).size < sound.sum():
        warnings.append("temperatures occur more than once: the table may hold several series")
    used = {quantity.place for quantity in (*kelvin, *sigma)}
    other = {
        heading: tuple(cell for cell, keep in zip(table.column(place), sound, strict=True) if keep)
        for place, heading in enumerate(table.headings)
        if place not in used and heading
    }
    metadata = {"path": path, "temperature": kelvin[0].heading, "conductivity": sigma[0].heading}
    return MeasuredConductivities(
        temperature_k[sound], conductivity_s_m[sound], other, tuple(warnings), metadata
    )


def _decided(numbers: FloatArray, conductivity_s_m: FloatArray) -> tuple[FloatArray, str]:
    """Return temperatures without a unit in K, and how it was found; ValueError where it is not."""
    with np.errstate(all="ignore"):
        return kelvin_by_straightness(numbers, np.log(conductivity_s_m))


def _values(table: PlainTable, quantity: Quantity) -> FloatArray:
    with np.errstate(all="ignore"):
        return quantity.to_si(np.array([value(cell) for cell in table.column(quantity.place)]))


def _refuse_contradictions(
    table: PlainTable,
    columns: Sequence[Quantity],
    sound: np.ndarray,
    within: float,
    scale: Callable[[FloatArray], FloatArray],
) -> None:
    """ValueError where two columns of one quantity differ by more than the rounding of a table."""
    first = columns[0]
    for other in columns[1:]:
        with np.errstate(all="ignore"):
            apart = np.abs(scale(_values(table, first)) - scale(_values(table, other)))[sound]
        if (worst := np.nanmax(apart, initial=0.0)) > within:
            raise ValueError(
                f"the columns {first.heading!r} and {other.heading!r} differ by up to {worst:.3g}"
            )


def _refuse_impossible(temperature_k: FloatArray, conductivity_s_m: FloatArray) -> None:
    if not temperature_k.size:
        raise ValueError("the table has no complete line of numbers")
    if (temperature_k <= 0).any():
        raise ValueError(f"a temperature of {temperature_k.min():g} K is not possible")
    if (conductivity_s_m <= 0).any():
        raise ValueError(f"a conductivity of {conductivity_s_m.min():g} S/m is not possible")
