"""Temperatures of a table: degC or kelvin, as the unit says or the numbers show."""

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.numerics.celsius import without_a_unit
from labctl.analysis.readers.units import read_unit
from labctl.units import ZERO_CELSIUS_K

COLDEST_K = 120.0  # no solid or polymer electrolyte conducts measurably below


def kelvin(numbers: FloatArray, kind: str) -> tuple[FloatArray, list[str]]:
    """The (n,) temperatures in K and warnings; nan where nothing decides between degC and K.

    `kind` is "celsius", "kelvin" or "" when the file names no unit.
    """
    if kind == "celsius":
        return numbers + ZERO_CELSIUS_K, []
    if kind == "kelvin":
        return numbers, []
    if np.isfinite(numbers).any() and np.nanmax(numbers) < COLDEST_K:
        ends = dict.fromkeys(f"{end:g}" for end in (np.nanmin(numbers), np.nanmax(numbers)))
        shown = " to ".join(ends)
        return numbers + ZERO_CELSIUS_K, [
            f"the temperature has no unit: {shown} is taken as degC, too cold for K"
        ]
    if np.isfinite(numbers).any() and np.nanmin(numbers) < 0:
        return numbers + ZERO_CELSIUS_K, ["the temperature has no unit: below zero it is degC"]
    refused = "the temperature has no unit and may be degC or K: it is not used"
    return np.full_like(numbers, np.nan), [refused]


def kelvin_by_straightness(numbers: FloatArray, ln_sigma: FloatArray) -> tuple[FloatArray, str]:
    """The (n,) temperatures without a unit in K, and how their unit was found; ln sigma (n,) of any unit.

    The numbers decide where they can, else the Arrhenius line.

    Raises
    ------
    ValueError
        When neither decides.
    """
    found, (why,) = kelvin(numbers, "")
    if np.isfinite(found).any():
        return found, why
    kind, why = without_a_unit(numbers, ln_sigma)
    if not kind:
        raise ValueError(f"the temperature has no unit and may be degC or K: {why}; write T (degC) or T (K)")
    return kelvin(numbers, kind)[0], f"the temperature has no unit: {why}"


def kind_of(unit: str) -> str:
    """The kind of a unit as text: "celsius" for C, degC; "kelvin" for K; "" for others."""
    if unit.strip() in ("C", "c"):
        return "celsius"
    found = read_unit(unit)
    return found.kind if found is not None and found.kind in ("celsius", "kelvin") else ""
