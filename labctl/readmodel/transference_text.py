"""A transference number as text."""

from labctl.derive.budgets import not_stated_in
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


def newman_number(row: Row) -> str:
    """Return Ne = 1 / rho+ - 1 with its standard uncertainty; empty for another quantity, or none.

    It is the ratio of diffusion to ohmic resistance (Balsara & Newman, 10.1149/2.0651514jes).
    """
    if row["quantity"] != "rho_plus" or row["value"] is None or not row["value"] > 0:
        return ""
    u = row["standard_uncertainty"]
    return with_uncertainty(1 / row["value"] - 1, None if u is None else u / row["value"] ** 2)


def check(row: Row) -> str:
    """Return rho+ with I0 of the transient, which does not need Rb; empty where it is not kept."""
    found = (row.get("relaxation") or {}).get("value_from_transient")
    return "" if found is None else f"{found:.4g}"


def number_in_words(row: Row) -> str:
    """Return e.g. `rho+ (Bruce-Vincent) = 0.200 ± 0.010 (95 %: 0.18 to 0.22), Ne = 4.00 ± 0.25`."""
    if row["value"] is None:
        return f"{quantity(row)}: none"
    within, newman = interval(row), newman_number(row)
    words = f"{quantity(row)} = {value(row)}" + (f" (95 %: {within})" if within else "")
    return words + (f", Ne = {newman}" if newman else "")


def not_stated(row: Row) -> list[str]:
    """Return e.g. `potentiostat: not stated` for each part that is in no interval."""
    return [name if ":" in name else f"{name}: not stated" for name in not_stated_in(row.get("budget"))]
