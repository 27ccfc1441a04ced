"""Declarations about the cell of a spectrum: electrodes, geometry and leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labctl.analysis.numerics.estimate import Estimate

KINDS = ("blocking", "reversible")
EXAMPLE = "'blocking', 'reversible' or 'blocking/reversible'"
Sides = tuple[str, str]


def electrode_sides(text: str | Sequence[str]) -> Sides:
    """Return the kinds of both electrodes, e.g. of `blocking`, `blocking/reversible` or a pair.

    Raises
    ------
    ValueError
        A kind is neither `blocking` nor `reversible`, or there are more than two.
    """
    parts = text.split("/") if isinstance(text, str) else list(text)
    kinds = [str(part).strip() for part in parts]
    if len(kinds) not in (1, 2) or not set(kinds) <= set(KINDS):
        raise ValueError(
            f"electrodes must be 'blocking', 'reversible' or 'blocking/reversible', got {text!r}"
        )
    return kinds[0], kinds[-1]


@dataclass(frozen=True)
class Cell:
    """Declarations about the cell that a spectrum was measured on; None: not known."""

    electrodes: Sides | None = None
    thickness_m: Estimate | None = None
    area_m2: Estimate | None = None
    pellet_area_m2: Estimate | None = None
    lead_ohm: Estimate | None = None

    @classmethod
    def of(cls, electrodes: str | Sequence[str] | None = None, **declared: Any) -> "Cell":
        """Return a cell from plain values: electrodes as text, numbers without uncertainty as Estimates."""
        sides = None if electrodes is None else electrode_sides(electrodes)
        plain = {name: _estimate(value) for name, value in declared.items()}
        return cls(electrodes=sides, **plain)


def _estimate(value: Any) -> Any:
    return Estimate(float(value), 0.0) if isinstance(value, int | float) else value
