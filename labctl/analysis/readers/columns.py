"""Meaning of a column's heading: `-Im(Z)/Ohm`, `Zs''[ohm]`, `Frequency (kHz)`, `z_real_ohm`, `Cp (pF)` ..."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan, nan, pi

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.readers.names import NAMES
from labctl.analysis.readers.units import Unit, is_per_area, read_unit, unwrapped

_MEANING = {name: meaning for meaning, names in NAMES.items() for name in names.split()}
_KINDS = {
    "frequency": ("frequency", "per second", "angular frequency"),
    "omega": ("angular frequency", "per second"),
    "temperature": ("celsius", "kelvin"),
    "bias": ("voltage",),
    "time": ("time",),
    **dict.fromkeys(("phase", "any phase", "y phase"), ("angle",)),
    **dict.fromkeys(("real", "imaginary", "modulus", "resistance", "reactance", "rs", "rp"), ("resistance",)),
    **dict.fromkeys(("any real", "any imaginary", "any modulus"), ("resistance", "conductance")),
    **dict.fromkeys(("y real", "y imaginary", "y modulus", "conductance", "susceptance"), ("conductance",)),
    **dict.fromkeys(("cs", "cp"), ("capacitance",)),
    **dict.fromkeys(("ls", "lp"), ("inductance",)),
    **dict.fromkeys(("sigma real", "sigma imaginary"), ("conductivity",)),
}
_OF_IMPEDANCE = ("real", "imaginary", "modulus", "resistance", "reactance", "any real", "any imaginary")
_UNIT_AT_END = (
    re.compile(r"^(.+?)\s*[\[({<]\s*([^\[\](){}<>]*(?:\([^()]*\))?)\s*[\])}>]$"),
    re.compile(r"^([^/]+?)\s*/\s*(.+)$"),
    re.compile(r"^(.+?)\s*,\s*(.+)$"),
    re.compile(r"^(.+?)[\s_]+in[\s_]+(.+)$", re.IGNORECASE),
    re.compile(r"^(.+)_([^_]+)$"),
    re.compile(r"^(.+)\s+(\S+)$"),
    re.compile(r"^(.+)_([^_]+_[^_]+)$"),
)
_LOG = re.compile(
    r"^(log10|log_10|lg|log|ln)\s*(?:[\s_]+|(?=[(\[|]))(.*)$|^(log10|lg|ln|log)([fωw]|freq\w*)$",
    re.IGNORECASE,
)
_LOOK_ALIKES = (
    ("′", "'"), ("’", "'"), ("‘", "'"), ("´", "'"), ("`", "'"), ("″", "''"), ('"', "''"), ("”", "''"),
    ("−", "-"), ("–", "-"), ("\u2126", "\u03a9"), ("μ", "µ"),
)  # fmt: skip
LONGEST_HEADING = 80


@dataclass(frozen=True)
class Column:
    """A column's place and meaning; `factor` turns its numbers into SI with the true sign.

    `unit` is as the file names it; the factor of an unknown unit is nan. `scale` is "linear", "log10", "ln",
    or "log" for a base that is not named. `kind` is the quantity of the unit ("" when the file names none).
    """

    place: int
    meaning: str
    factor: float = 1.0
    negated: bool = False
    unit: str = ""
    scale: str = "linear"
    kind: str = ""

    def to_si(self, numbers: FloatArray) -> FloatArray:
        """The (n,) numbers of the column in SI units with their true sign."""
        if self.scale == "linear":
            return numbers * self.factor
        with np.errstate(over="ignore"):
            return (10.0 if self.scale == "log10" else np.e) ** numbers * self.factor


def find_columns(headings: Sequence[str], units: Sequence[str] = ()) -> dict[str, Column]:
    """The columns that have a known meaning; the first of each counts.

    `units` is a row of units above or below the headings, if there is one. ValueError for impedance times
    an area.
    """
    found: dict[str, Column] = {}
    for place, heading in enumerate(headings):
        column = _read_heading(place, heading, units[place] if place < len(units) else "")
        if column is not None:
            found.setdefault(column.meaning, column)
    return found


def refuse_unknown_units(columns: Sequence[Column]) -> None:
    """ValueError when the unit of a needed column is not known (MOHM may be milli or mega)."""
    for column in columns:
        if column.scale == "log":
            raise ValueError(f"the {column.meaning} column is a logarithm of a base that is not named")
        if isnan(column.factor):
            name = column.meaning.removeprefix("any ")
            raise ValueError(f"the unit {column.unit!r} of the {name} column is not known")


def _read_heading(place: int, heading: str, unit_beside: str) -> Column | None:
    text = plain_heading(heading)
    if not text or len(text) > LONGEST_HEADING:
        return None
    scale, text = _without_logarithm(text)
    negated, text = _without_minus(text)
    name, named = _split_unit(text)
    meaning = _MEANING.get(_bare(name)) or _temperature_or_time(name)
    if meaning is None:
        return None
    given = unwrapped(named) or unwrapped(unit_beside)
    if meaning in _OF_IMPEDANCE and (is_per_area(given) or is_per_area(text)):
        raise ValueError(f"column {heading.strip()!r} is impedance times an area, which is not the sample's")
    beside = read_unit(unit_beside)
    if named and beside is not None and read_unit(named) not in (None, beside, Unit("number", 1.0)):
        raise ValueError(
            f"the heading {heading.strip()!r} and the unit {unit_beside.strip()!r} beside it differ"
        )
    return _with_unit(Column(place, meaning, 1.0, negated, given, scale), read_unit(given) if given else None)


def _with_unit(column: Column, unit: Unit | None) -> Column:
    """The column with the factor of its unit; a unit of another quantity counts as unknown."""
    kinds = _KINDS.get(column.meaning, ())
    usual = pi / 180 if kinds == ("angle",) else 1.0
    scale = unit.scale if unit is not None and unit.scale != "linear" else column.scale
    if not column.unit or (unit is not None and unit.kind == "number" and _says_nothing(unit, column.unit)):
        factor = usual
    elif unit is None or (kinds and unit.kind not in kinds):
        factor = nan if kinds else 1.0
    else:
        factor = unit.factor / (2 * pi) if _is_angular(column.meaning, unit.kind) else unit.factor
    kind = "" if unit is None or unit.kind == "number" else unit.kind
    return replace(column, factor=-factor if column.negated else factor, scale=scale, kind=kind)


def _says_nothing(unit: Unit, text: str) -> bool:
    return unit.scale != "linear" or text in ("-", "1", "#")


def _is_angular(meaning: str, kind: str) -> bool:
    """A column named frequency with the unit of an angular frequency."""
    return meaning == "frequency" and kind == "angular frequency"


def plain_heading(heading: str) -> str:
    """A heading with look-alike signs replaced and the words of an exporting program taken off."""
    text = heading.strip().strip('"').strip()
    for look_alike, plain in _LOOK_ALIKES:
        text = text.replace(look_alike, plain)
    text = re.sub(r"^data:\s*", "", text, flags=re.IGNORECASE)
    return re.sub(r"-data$", "", text, flags=re.IGNORECASE).strip()


def _without_logarithm(text: str) -> tuple[str, str]:
    match = _LOG.match(text)
    if match is None:
        return "linear", text
    name = (match.group(1) or match.group(3)).lower()
    inner = (match.group(2) or match.group(4)).strip()
    closing = {"(": ")", "[": "]"}.get(inner[:1])
    if closing and closing in inner:
        end = inner.rindex(closing) if inner.endswith(closing) else inner.index(closing)
        inner = (inner[1:end] + " " + inner[end + 1 :]).strip()
    return {"lg": "log10", "log_10": "log10"}.get(name, name), inner


def _without_minus(text: str) -> tuple[bool, str]:
    match = re.match(r"^(-\s*1?\s*\*?\s*|neg(?:ative)?[\s._]+|minus[\s._]+)(.+)$", text, re.IGNORECASE)
    if match is None:
        return False, text
    inner = match.group(2).strip()
    whole = re.match(r"^\(([^()]+)\)(.*)$", inner)
    return True, whole.group(1) + whole.group(2) if whole else inner


def _split_unit(text: str) -> tuple[str, str]:
    """Name and unit; a heading that is a name as a whole has no unit."""
    if _bare(text) in _MEANING:
        return text, ""
    for sure, pattern in zip((True, True, True, True, False, False, False), _UNIT_AT_END, strict=True):
        match = pattern.match(text)
        if match is None or (
            _bare(match.group(1)) not in _MEANING and not _temperature_or_time(match.group(1))
        ):
            continue
        if sure or read_unit(match.group(2)) is not None:
            return match.group(1), match.group(2)
    return text, ""


def _bare(name: str) -> str:
    bare = re.sub(r"[\s_.*-]", "", name.lower())
    return bare[:-2] + "" if bare.endswith("()") and bare not in _MEANING else bare


def _temperature_or_time(name: str) -> str | None:
    return {"T": "temperature", "t": "time"}.get(name.strip())
