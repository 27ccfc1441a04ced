"""Numbers of rows as cells: the text for people, and the number of the database behind it."""

import re
from collections.abc import Mapping
from typing import Any

from labctl.readmodel.formatting import celsius, with_uncertainty
from labctl.readmodel.shown_columns import conductivity_s_cm, inverse_temperature
from labctl.report.pages.document import Cell, text

Row = Mapping[str, Any]
S_CM = 0.01  # S/cm of one S/m
_EXPONENT = re.compile(r"(?<=[\d)])e([+-]\d+)\b")
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def with_powers(shown: str) -> str:
    """Return a number as a paper prints it: `(8.31 ± 0.12)×10⁻⁷` for `(8.31 ± 0.12)e-07`."""
    return _EXPONENT.sub(lambda found: f"×10{str(int(found[1])).translate(_SUPERSCRIPTS)}", shown)


def plain(row: Row, column: str, digits: str = ".4g", factor: float = 1.0) -> Cell:
    """Return a number of a row in a format; an empty cell where it has none."""
    value = row.get(column)
    if value is None:
        return text("")
    shown = format(value if factor == 1.0 else factor * value, digits)
    return Cell(with_powers(shown), column, value)


def estimated(row: Row, column: str, u_column: str, factor: float = 1.0) -> Cell:
    """Return a number of a row with its standard uncertainty."""
    value, u = row.get(column), row.get(u_column)
    if value is None:
        return text("")
    shown = with_uncertainty(factor * value, None if u is None else factor * u)
    return Cell(with_powers(shown), column, value)


def temperature(row: Row, column: str = "temperature_k") -> Cell:
    """Return a temperature of a row in degC."""
    value = row.get(column)
    return text("") if value is None else Cell(celsius(value), column, value)


def inverse(row: Row) -> Cell:
    """Return 1000 K / T of a row."""
    return text(inverse_temperature(row))


def conductivity(row: Row) -> Cell:
    """Return the conductivity of a row in S/cm with its standard uncertainty, or its bound."""
    return Cell(with_powers(conductivity_s_cm(row)), "conductivity_s_m", row["conductivity_s_m"])


def parameter(described: Row, name: str) -> tuple[Cell, Cell]:
    """Return a parameter of a law with its standard uncertainty, and its 95 % interval."""
    in_s_cm = described.get("unit") == "S/m" and name.startswith("conductivity")
    factor, unit = (S_CM, "S/cm") if in_s_cm else (1.0, described.get("unit", ""))
    value, u = described["value"], described.get("standard_uncertainty")
    shown = with_uncertainty(factor * value, None if u is None else factor * u)
    return Cell(f"{with_powers(shown)} {unit}".rstrip(), name, value), text(interval(described, factor))


def interval(described: Row, factor: float = 1.0) -> str:
    """Return the 95 % interval of a described number; empty where it is not known."""
    low, high = described.get("low_95"), described.get("high_95")
    if low is None or high is None:
        return ""
    return with_powers(f"{factor * low:.5g} to {factor * high:.5g}")
