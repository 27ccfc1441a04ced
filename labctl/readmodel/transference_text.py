"""A transference number as text."""

from labctl.readmodel.formatting import with_uncertainty
from labctl.readmodel.snapshot import Row

QUANTITIES = {"rho_plus": "rho+ (Bruce-Vincent)", "electronic": "t_el (Hebb-Wagner)"}


def quantity(row: Row) -> str:
    """Return e.g. `rho+ (Bruce-Vincent)`."""
    return str(QUANTITIES.get(row["quantity"], row["quantity"]))


def value(row: Row) -> str:
    """Return the number with its standard uncertainty; `none` without a number."""
    return "none" if row["value"] is None else with_uncertainty(row["value"], row["standard_uncertainty"])


def interval(row: Row) -> str:
    """Return the 95 % interval, e.g. `0.18 to 0.22`; empty where it is not known."""
    if row["low_95"] is None or row["high_95"] is None:
        return ""
    return f"{row['low_95']:.4g} to {row['high_95']:.4g}"


def number_in_words(row: Row) -> str:
    """Return e.g. `rho+ (Bruce-Vincent) = 0.200 ± 0.010 (95 %: 0.18 to 0.22)`."""
    if row["value"] is None:
        return f"{quantity(row)}: none"
    within = interval(row)
    return f"{quantity(row)} = {value(row)}" + (f" (95 %: {within})" if within else "")
