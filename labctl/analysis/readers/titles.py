"""Words above a table that say what its columns are, and the geometry a file states."""

import re
from collections.abc import Collection, Iterable
from math import pi

from labctl.analysis.readers.units import read_unit

_TOUCHSTONE = re.compile(r"^\s*#\s*[kMG]?HZ\s+([SYZGH])\s+(RI|MA|DB)\b.*$", re.MULTILINE | re.IGNORECASE)
_SUBJECTS = {
    "admittance": re.compile(r"\badmittan(?:ce|z)\b", re.IGNORECASE),
    "permittivity": re.compile(
        r"\b(?:permittivity|dielectric constant|dielectric function)\b", re.IGNORECASE
    ),
    "electric modulus": re.compile(
        r"\b(?:electric(?:al)?|dielectric|complex)[ _]modulus\b|\bmodulus (?:spectr|represent|formal|plot)",
        re.IGNORECASE,
    ),
    "S-parameters": re.compile(r"\bS[- ]?parameters?\b|\bS11\b|\breflection coefficient\b", re.IGNORECASE),
    "capacitance": re.compile(r"\b(?:complex )?capacitance\b(?! range| limit)", re.IGNORECASE),
    "conductivity": re.compile(r"\b(?:complex |ac )?conductivity\b", re.IGNORECASE),
    "impedance": re.compile(r"\b(?:impedance|impedanz|EIS)\b", re.IGNORECASE),
}
_SIZES = {
    name: re.compile(
        rf"\b{name}\b[^\d\n]{{0,20}}?(?:[\[(]\s*(mm|cm|m|µm|um)\s*[\])])?\s*[=:]?\s*"
        r"(\d+(?:\.\d+)?(?:e[-+]?\d+)?)\s*(mm|cm|m|µm|um)?\b",
        re.IGNORECASE,
    )
    for name in ("thickness", "diameter")
}
_METRES = {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "µm": 1e-6, "um": 1e-6}
_WORD = re.compile(r"(?<!\d )\b[A-Za-zΩµ]+(?:[ ·*.]?cm\s*(?:\^?2|²))?")
_NORMALISED = re.compile(r"\barea[- ](?:normali[sz]ed|specific)\b", re.IGNORECASE)
LONGEST_LINE = 400


def refuse_touchstone(text: str) -> None:
    """ValueError for a Touchstone file: its numbers are not the impedance of the sample."""
    found = _TOUCHSTONE.search(text[:20000])
    if found is None:
        return
    option = found.group(0).strip()
    words = {"S": "reflection S11, not an impedance: Z = R (1 + S) / (1 - S) with the R of that line"}
    what = words.get(found.group(1).upper(), "network parameters normalised to the R of that line")
    raise ValueError(f"a Touchstone file ({option}): it holds {what}. Export the impedance instead")


def subject(lines: Iterable[str]) -> str:
    """Quantity of plain columns according to the titles: impedance (the default) or admittance.

    ValueError where they name a quantity that is no impedance, or several.
    """
    text = "\n".join(line[:LONGEST_LINE] for line in lines)
    found = [name for name, words in _SUBJECTS.items() if words.search(text)]
    if not found or found == ["impedance"]:
        return "impedance"
    if found == ["admittance"]:
        return "admittance"
    if len(found) == 1:
        raise ValueError(f"the title says {found[0]} and the columns do not name Z: export the impedance")
    raise ValueError(f"the titles speak of {' and '.join(found)}; name the quantity in the columns' headings")


def refuse_units_above(lines: Iterable[str], without_unit: Collection[str]) -> None:
    """ValueError when a title names another unit than Hz and ohm and the columns of that kind have none.

    `without_unit` are the meanings of the needed columns without a unit.
    """
    kinds = {"frequency"} & set(without_unit)
    kinds |= (
        {"resistance", "resistance times area"}
        if {"real", "imaginary", "modulus"} & set(without_unit)
        else set()
    )
    for line in lines if kinds else ():
        shown = line.strip()[:80]
        if "resistance" in kinds and _NORMALISED.search(line[:LONGEST_LINE]):
            raise ValueError(f"a title says the impedance is per area, which is not the sample's: {shown!r}")
        for word in _WORD.findall(line[:LONGEST_LINE]):
            unit = read_unit(word)
            if unit is not None and unit.kind in kinds and unit.factor != 1:
                raise ValueError(f"a title names {word} and the columns name no unit: {shown!r}")


def length_per_area(text: str) -> float | None:
    """Thickness over area (1/m) with which the file's program has computed; None if not stated."""
    sizes = [_size_m(pattern, text[:20000]) for pattern in _SIZES.values()]
    if sizes[0] is None or sizes[1] is None:
        return None
    return sizes[0] / (pi / 4 * sizes[1] ** 2)


def _size_m(pattern: re.Pattern[str], text: str) -> float | None:
    """The size of all statements that have a unit, if they agree."""
    found = {
        float(number) * _METRES[(before or after).lower()]
        for before, number, after in pattern.findall(text)
        if before or after
    }
    return found.pop() if len(found) == 1 else None
