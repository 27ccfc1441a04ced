"""Meaning of a column's heading: `-Im(Z)/Ohm`, `Zs''[ohm]`, `Frequency (kHz)`, `z_real_ohm` ..."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan, pi

_NAMES = {
    "frequency": {"freq", "frequency", "f", "frequenz"},
    "real": {"z'", "zs'", "re(z)", "rez", "zre", "zr", "zreal", "real", "realz", "real(z)", "re", "realteil",
             "z'(a)", "reimpedance", "realimpedance"},
    "imaginary": {"z''", "zs''", "im(z)", "imz", "zim", "zimg", "zi", "zimag", "imag", "imagz", "imag(z)",
                  "im", "imaginary", "imaginärteil", "z''(b)", "imimpedance", "imaginaryimpedance"},
    "modulus": {"|z|", "zmod", "mod(z)", "abs(z)", "z", "modulus", "magnitude", "zmodulus", "impedance"},
    "phase": {"phase", "phase(z)", "zphz", "zphase", "theta", "arg(z)", "phi", "phasez", "phaseofz"},
    "status": {"status"},
}  # fmt: skip
_UNITS = {
    "frequency": {"hz": 1.0, "khz": 1e3, "MHz": 1e6, "mHz": 1e-3, "ghz": 1e9},
    "real": {"ohm": 1.0, "ohms": 1.0, "Ω": 1.0, "kohm": 1e3, "kΩ": 1e3, "Mohm": 1e6, "MOhm": 1e6, "MΩ": 1e6,
             "mohm": 1e-3, "mOhm": 1e-3, "mΩ": 1e-3},
    "phase": {"deg": pi / 180, "°": pi / 180, "degrees": pi / 180, "rad": 1.0},
}  # fmt: skip
_UNITS["imaginary"] = _UNITS["modulus"] = _UNITS["real"]
_UNIT_AT_END = re.compile(
    r"^(.*?)\s*(?:/\s*|[\[(]\s*|_)([A-Za-zΩ°]+(?:\s*[.·*x ]?\s*c?m(?:²|\^?2)?)?)\s*[\])]?$"
)
_PER_AREA = re.compile(r"(ohm|Ω)\S*\s*[.·*x ]?\s*c?m\s*(²|\^?2)", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A column's place and meaning; `factor` turns its numbers into SI with the true sign.

    `unit` is as the file names it; the factor of an unknown unit is nan.
    """

    place: int
    meaning: str
    factor: float = 1.0
    negated: bool = False
    unit: str = ""


def find_columns(headings: Sequence[str], units: Sequence[str] = ()) -> dict[str, Column]:
    """The columns a spectrum needs, by meaning; the first of each counts.

    `units` is the row of units below the headings, if there is one. ValueError for impedance times area.
    """
    found: dict[str, Column] = {}
    for place, heading in enumerate(headings):
        column = _read_heading(place, heading, units[place] if place < len(units) else "")
        if column is not None:
            found.setdefault(column.meaning, column)
    return found


def is_complete(columns: dict[str, Column]) -> bool:
    """A frequency, and either both parts or modulus and phase."""
    return "frequency" in columns and (
        {"real", "imaginary"} <= columns.keys() or {"modulus", "phase"} <= columns.keys()
    )


def needed(columns: dict[str, Column]) -> list[Column]:
    """The frequency, then both parts or else modulus and phase."""
    parts = ("real", "imaginary") if {"real", "imaginary"} <= columns.keys() else ("modulus", "phase")
    return [columns[name] for name in ("frequency", *parts)]


def refuse_unknown_units(columns: dict[str, Column]) -> None:
    """ValueError when the unit of a needed column is not known (MOHM may be milli or mega)."""
    for column in needed(columns):
        if isnan(column.factor):
            raise ValueError(f"the unit {column.unit!r} of the {column.meaning} column is not known")


def missing(columns: dict[str, Column]) -> str:
    """What keeps the columns from being a spectrum, in words."""
    lacking = [name for name in ("frequency", "real", "imaginary") if name not in columns]
    return "no column for " + ", ".join(
        {"real": "Z'", "imaginary": "Z''"}.get(n, "the " + n) for n in lacking
    )


def _read_heading(place: int, heading: str, unit_below: str) -> Column | None:
    text = heading.strip().strip('"').strip()
    for look_alike, plain in (
        ("′", "'"),
        ("’", "'"),
        ("″", "''"),
        ('"', "''"),
        ("−", "-"),
        ("\u2126", "\u03a9"),
    ):
        text = text.replace(look_alike, plain)
    name, unit = _split_unit(text)
    bare = re.sub(r"[\s_.]", "", name.lower())
    negated = bare.startswith("-")
    bare = bare.lstrip("-").removeprefix("neg") if negated else bare
    for meaning, names in _NAMES.items():
        if bare in names:
            if meaning in ("real", "imaginary", "modulus") and _PER_AREA.search(f"{text} {unit_below}"):
                raise ValueError(f"column {text!r} is impedance times an area, which is not the sample's")
            named = unit or unit_below.strip()
            factor = _factor(meaning, named)
            return Column(place, meaning, -factor if negated else factor, negated, named)
    return None


def _split_unit(text: str) -> tuple[str, str]:
    match = _UNIT_AT_END.match(text)
    if match is None or not match.group(1):
        return text, ""
    known = {unit.lower() for units in _UNITS.values() for unit in units}
    unit = match.group(2)
    if unit.lower() in known or _PER_AREA.search(unit):
        return match.group(1), unit
    return text, ""


def _factor(meaning: str, unit: str) -> float:
    units = _UNITS.get(meaning, {})
    if not unit or not units:
        return units.get("deg", 1.0)
    if unit in units:
        return units[unit]
    folded = {name.lower(): value for name, value in units.items() if name[0] not in "mM"}
    return folded.get(unit.lower(), nan)
