"""Laws of runs at several conditions beside the temperature: none of them is the law of the run."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.quantity_text import quantity_named

Row = Mapping[str, Any]


def condition_key(row: Row) -> tuple[str, float | None]:
    """Quantity and set point of the condition of a law or point; `""` and None without one."""
    return row.get("condition_quantity") or "", row.get("condition_setpoint")


def condition_words(row: Row) -> str:
    """Return e.g. `water 1000 Pa`; `""` without a condition."""
    name, setpoint = condition_key(row)
    if not name:
        return ""
    quantity = quantity_named(name)
    return f"{quantity.words} {quantity.text(setpoint)}"


def at_condition(row: Row) -> str:
    """Return e.g. `, at water 1000 Pa`, to follow the name of a law; `""` without a condition."""
    words = condition_words(row)
    return f", at {words}" if words else ""


def of_each_condition(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of each condition, in the order in which the conditions first occur."""
    found: dict[tuple[str, float | None], list[Row]] = {}
    for row in rows:
        found.setdefault(condition_key(row), []).append(row)
    return list(found.values())


def preferred_of_each(rows: Sequence[Row]) -> list[Row]:
    """Return the preferred law of all points at each condition that has one."""
    of_all = [row for row in rows if row["branch"] == "all" and row["preferred"]]
    return [same[0] for same in of_each_condition(of_all)]
