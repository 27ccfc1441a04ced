"""Meaning of a column of temperatures, conductivities, times, currents or potentials, from its heading.

A heading is a name and a unit in brackets, behind a slash, a comma or an underscore. A quantity without a
unit is refused; of a temperature, 300 may be kelvin or degrees, which the reader of the table decides.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray
from labctl.units import ZERO_CELSIUS_K

_LOOK_ALIKES = (
    ("−", "-"),
    ("⁻¹", "-1"),
    ("º", "°"),
    ("℃", "°c"),
    ("µ", "u"),
    ("μ", "u"),
    ("·", " "),
    ("⋅", " "),
)
_UNIT = re.compile(r"^(?P<name>.*?)\s*(?:[\[(](?P<in>[^\])]*)[\])]|[/,]\s*(?P<slash>[^\s/,][^,]*))\s*$")
_TEMPERATURE = {"t", "temp", "temperature", "temperatur", "tsample", "sampletemperature"}
_SIGMA = {
    "sigma",
    "σ",
    "cond",
    "conductivity",
    "ionicconductivity",
    "kappa",
    "κ",
    "leitfähigkeit",
    "sigmaionic",
}
_LOG = re.compile(r"^(log10|lg|ln|log)[\s_(]*")
_INVERSE = re.compile(r"^(?:1000|10\^?3|1e3)\s*/\s*t\b|^inverse_temperature_1000(?:_per)?(?:_k)?$", re.I)
_KELVIN, _CELSIUS = {"k", "kelvin"}, {"c", "°c", "degc", "deg c", "celsius", "° c", "degrees c"}
_S_M = {"s/cm": 100.0, "ms/cm": 0.1, "us/cm": 1e-4, "s/m": 1.0, "ms/m": 1e-3}

TIMES_S: Mapping[str, float] = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "hours": 3600.0}
POTENTIALS_V: Mapping[str, float] = {"V": 1.0, "mV": 1e-3, "uV": 1e-6}
CURRENTS_A: Mapping[str, float] = {"A": 1.0, "mA": 1e-3, "uA": 1e-6, "nA": 1e-9, "pA": 1e-12}


@dataclass(frozen=True)
class Quantity:
    """A column: where it is, and the function from its numbers to SI units; `has_unit`: it is known."""

    place: int
    heading: str
    to_si: Callable[[FloatArray], FloatArray]
    has_unit: bool = True


def name_and_unit(heading: str) -> tuple[str, str]:
    """Return the name in small letters without blanks, and the unit as written; `""` without one."""
    text = re.sub(r"[<>]", "", heading).strip().strip('"').strip()  # <Ewe>/V, also written <Ewe/V>
    for look_alike, plain in _LOOK_ALIKES:
        text = text.replace(look_alike, plain)
    match = _UNIT.match(text)
    name, unit = (match["name"], match["in"] or match["slash"] or "") if match else (text, "")
    if not match and "_" in text:
        name, unit = _behind_underscore(text)
    return re.sub(r"[\s_.]", "", name.lower()), unit.strip()


def temperatures(headings: Sequence[str]) -> list[Quantity]:
    """Return the columns of temperatures, to kelvin; one without a unit only where no other has one.

    Raises
    ------
    ValueError
        When a column named as a temperature has an unknown unit.
    """
    every = [_temperature(place, heading) for place, heading in enumerate(headings)]
    found = [one for one in every if one is not None]
    return [one for one in found if one.has_unit] or found


def temperature_with_unit(headings: Sequence[str]) -> Quantity | None:
    """Return the first column of temperatures whose unit is known; None where there is none."""
    for place, heading in enumerate(headings):
        name, unit = name_and_unit(heading)
        to_kelvin = kelvin_of(unit)
        if name in _TEMPERATURE and to_kelvin is not None:
            return Quantity(place, heading, to_kelvin)
    return None


def conductivities(headings: Sequence[str]) -> list[Quantity]:
    """Return the columns of conductivities, to S/m; raises ValueError as `temperatures`."""
    found = [_conductivity(place, heading) for place, heading in enumerate(headings)]
    return [one for one in found if one is not None]


def kelvin_of(unit: str) -> Callable[[FloatArray], FloatArray] | None:
    """Return the function from a unit of temperature to kelvin; None for an unknown unit."""
    plain = unit.strip().lower()
    if plain in _KELVIN:
        return lambda values: values
    return (lambda values: values + ZERO_CELSIUS_K) if plain in _CELSIUS else None


def _temperature(place: int, heading: str) -> Quantity | None:
    if _INVERSE.match(heading.strip().strip('"').lower()):
        return Quantity(place, heading, lambda values: 1000.0 / values)
    name, unit = name_and_unit(heading)
    if name not in _TEMPERATURE:
        return None
    if not unit:
        return Quantity(place, heading, lambda values: values, has_unit=False)
    to_kelvin = kelvin_of(unit)
    if to_kelvin is None:
        raise ValueError(
            f"the unit {unit!r} of the column {heading!r} is not known; write T (K), T (degC) or 1000/T (1/K)"
        )
    return Quantity(place, heading, to_kelvin)


def _conductivity(place: int, heading: str) -> Quantity | None:
    text = heading.strip().strip('"').lower()
    log = _LOG.match(text)
    bare = re.sub(r"[()]*$", "", text[log.end() :]) if log else text
    name, unit = _sigma_and_unit(bare if log else heading)
    if name not in _SIGMA:
        if re.fullmatch(r"(sigma|σ)\s*[*x]?\s*t", name):
            raise ValueError(
                f"the column {heading!r} is conductivity times temperature; give the conductivity"
            )
        return None
    factor = _S_M.get(_plain_unit(unit))
    if factor is None:
        said = f"the unit {unit!r} of the column {heading!r} is not known" if unit else _no_unit(heading)
        raise ValueError(f"{said}; write sigma (S/cm), sigma (S/m), sigma (mS/cm) or log10(sigma / (S/cm))")
    if log is None:
        return Quantity(place, heading, lambda values: values * factor)
    if log[1] == "log":
        raise ValueError(f"the column {heading!r}: write log10 or ln, 'log' may be either")
    power = np.exp if log[1] == "ln" else lambda values: 10.0**values
    return Quantity(place, heading, lambda values: power(values) * factor)


def _sigma_and_unit(text: str) -> tuple[str, str]:
    """Return name and unit of `sigma (S/cm)`, `sigma / S cm-1`, `sigma_S_per_cm`, `sigma/(S/cm)`."""
    plain = text.strip().strip('"').strip()
    for look_alike, replacement in _LOOK_ALIKES:
        plain = plain.replace(look_alike, replacement)
    match = re.match(r"^([^\W\d]+(?:[ _]conductivity)?)\s*[\[(/,_ ]*\s*(.*?)[\])\s]*$", plain)
    if match and "_" in match[1] and match[1].lower() not in ("ionic_conductivity",):
        name, _, unit = match[1].partition("_")
        return name.lower(), f"{unit} {match[2]}".strip()
    name = re.sub(r"[\s_]", "", match[1].lower()) if match else plain.lower()
    return name, (match[2] if match else "")


def _plain_unit(unit: str) -> str:
    text = unit.strip().lower().replace("_", " ").replace("per", "/").replace("^", "")
    text = re.sub(r"[()\[\]{}]", "", text)
    text = re.sub(r"\s*/\s*", "/", text)
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"^(m|u)?s (cm|m)(-1)?$", lambda m: f"{m[1] or ''}s/{m[2]}", text)
    return re.sub(r"^(m|u)?s[.*](cm|m)-1$", lambda m: f"{m[1] or ''}s/{m[2]}", text)


def _behind_underscore(text: str) -> tuple[str, str]:
    """Split `temperature_degc`, `T_K`, `current_mA`, `elapsed_s` at the last underscore."""
    name, _, unit = text.rpartition("_")
    return name, unit


def _no_unit(heading: str) -> str:
    return f"the column {heading!r} has no unit"
