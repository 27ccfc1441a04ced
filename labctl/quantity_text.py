"""Quantities that monitors and atmospheres name, such as `dew_point_k`, in words and units for people."""

from dataclasses import dataclass
from typing import Any

from labctl.units import ZERO_CELSIUS_K

_UNITS = {
    "percent": ("%", 1.0, 0.0),
    "ppm": ("ppm", 1.0, 0.0),
    "m3_s": ("mL/min", 6e7, 0.0),
    "m_s": ("m/s", 1.0, 0.0),
    "pa": ("Pa", 1.0, 0.0),
    "k": ("°C", 1.0, -ZERO_CELSIUS_K),
    "v": ("V", 1.0, 0.0),
    "a": ("A", 1.0, 0.0),
    "ohm": ("Ω", 1.0, 0.0),
    "s": ("s", 1.0, 0.0),
}
"""Ending of the name: unit shown, factor and offset from the unit stored. mL/min are at 0 °C, 101325 Pa."""


@dataclass(frozen=True)
class Quantity:
    """A quantity for people: `value` shown is `factor` times the value stored, plus `offset`."""

    words: str
    unit: str = ""
    factor: float = 1.0
    offset: float = 0.0

    @property
    def label(self) -> str:
        """Name for an axis or the head of a column."""
        return f"{self.words} / {self.unit}" if self.unit else self.words

    def shown(self, value: Any) -> Any:
        """Return a stored value, or an array of them, in the unit shown."""
        return self.factor * value + self.offset

    def text(self, value: float | None) -> str:
        """Return a stored value with its unit; `?` where it is not known."""
        return "?" if value is None else f"{self.shown(value):.4g} {self.unit}".rstrip()


def quantity_named(name: str) -> Quantity:
    """Return the quantity of a name; without a known unit at its end it is shown as it is stored."""
    for ending, (unit, factor, offset) in _UNITS.items():
        if name.endswith(f"_{ending}"):
            words = name.removesuffix(f"_{ending}").replace("_", " ")
            return Quantity(words, unit, factor, offset)
    return Quantity(name.replace("_", " "))
