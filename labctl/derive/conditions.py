"""Conditions beside the temperature: spectra at different ones belong to no common temperature law."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from labctl.quantity_text import quantity_named

Row = Mapping[str, Any]
Point = TypeVar("Point", bound=Row)


@dataclass(frozen=True)
class Condition:
    """A condition that was set, in the unit at the end of the name of its quantity; both None: none was."""

    quantity: str | None
    setpoint: float | None

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a law that stands on spectra at this condition."""
        return {"condition_quantity": self.quantity, "condition_setpoint": self.setpoint}

    @property
    def flag(self) -> str:
        """A sentence for a law at one of several conditions."""
        if self.quantity is None:
            return "of the spectra without a condition beside the temperature only"
        quantity = quantity_named(self.quantity)
        return f"of the spectra at {quantity.words} {quantity.text(self.setpoint)} only"


def condition_of(row: Row) -> Condition:
    """Return the condition of a spectrum or of a law."""
    return Condition(row.get("condition_quantity"), row.get("condition_setpoint"))


def by_condition(points: Sequence[Point]) -> list[tuple[Condition, list[Point]]]:
    """Return the points of each condition, in the order in which the conditions first occur."""
    found: dict[Condition, list[Point]] = {}
    for point in points:
        found.setdefault(condition_of(point), []).append(point)
    return list(found.items())
