"""The displayed columns of a conductivity, in `labctl show` and in the window: heading, unit, format.

`show --json`, the csv export and pandas frames hold every column of the database and need no entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labctl.readmodel.formatting import celsius, typeset, with_uncertainty

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ShownColumn:
    """A column of a table.

    Attributes
    ----------
    symbol, unit : str
        They make the heading, in letters that every terminal has.
    text : callable
        The cell of a row; empty where the row has no value.
    """

    symbol: str
    unit: str
    text: Callable[[Row], str]

    @property
    def heading(self) -> str:
        """Heading for a terminal: `sigma / S/cm`."""
        return f"{self.symbol} / {self.unit}"

    @property
    def typeset_heading(self) -> str:
        """Heading for a window: `σ / S cm⁻¹`."""
        return typeset(self.heading)


def number(column: str, digits: str) -> Callable[[Row], str]:
    """Return the text of a number of the database in Python's format `digits`.

    It is empty where there is no value, also in a file that is older than the column.
    """
    return lambda row: "" if row.get(column) is None else format(row[column], digits)


def inverse_temperature(row: Row) -> str:
    """Return 1000 K / T to four decimals."""
    return f"{1000 / row['temperature_k']:.4f}" if row["temperature_k"] else ""


def temperature(row: Row) -> str:
    """Return the temperature in degrees Celsius."""
    return celsius(row["temperature_k"]) if row["temperature_k"] else ""


def conductivity_s_cm(row: Row) -> str:
    """Return the conductivity in S/cm with its standard uncertainty, or the bound."""
    sigma_s_cm = row["conductivity_s_m"] / 100
    if row["bound"]:
        return f"{'<' if row['bound'] == 'upper' else '>'} {sigma_s_cm:.2g}"
    u_s_m = row["standard_uncertainty_s_m"]
    return with_uncertainty(sigma_s_cm, None if u_s_m is None else u_s_m / 100)


CONDUCTIVITY = (
    ShownColumn("T", "°C", temperature),
    ShownColumn("1000 K", "T", inverse_temperature),
    ShownColumn("R", "ohm", number("total_resistance_ohm", ".5g")),
    ShownColumn("sigma", "S/cm", conductivity_s_cm),
)
