"""Numbers that differ between two derivations of a run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

RELATIVE = "relative_uncertainty_resistance"

_KEYS = {
    "conductivities": ("spectrum_id",),
    "law_fits": ("branch", "law", "form"),
    "transference_numbers": ("polarisation_id",),
}
_NUMBERS = {
    "conductivities": (
        ("conductivity_s_m", "standard_uncertainty_s_m"),
        ("total_resistance_ohm", RELATIVE),
        ("temperature_k", "temperature_u_k"),
    ),
    "law_fits": (("activation_energy_ev", "standard_uncertainty_ev"),),
    "transference_numbers": (("value", "standard_uncertainty"),),
}


@dataclass(frozen=True)
class Move:
    """One derived number before and after; None where there is none.

    Attributes
    ----------
    run_id : int
    quantity : str
        Name of its column, with the unit.
    place : mapping
        Its key among others of its kind: `spectrum_id`, or `branch`, `law` and `form`, or
        `polarisation_id`; and `temperature_k` after the change where it has one.
    before, after, u_before, u_after : float or None
        Values and standard uncertainties in the unit of the quantity.
    """

    run_id: int
    quantity: str
    place: Mapping[str, Any]
    before: float | None
    after: float | None
    u_before: float | None = None
    u_after: float | None = None

    @property
    def factor(self) -> float | None:
        """After divided by before; None where one of them is missing or 0."""
        return self.after / self.before if self.before and self.after is not None else None


def moves(
    before: Mapping[int, Mapping[str, Sequence[Row]]], after: Mapping[int, Mapping[str, Sequence[Row]]]
) -> list[Move]:
    """Return every number, by run, that two derivations give differently, uncertainties included."""
    return [
        move
        for run_id in after
        for table in _KEYS
        for move in _moves_of(run_id, table, before[run_id][table], after[run_id][table])
        if (move.before, move.u_before) != (move.after, move.u_after)
    ]


def _moves_of(run_id: int, table: str, before: Sequence[Row], after: Sequence[Row]) -> Iterator[Move]:
    old, new = ({_key(table, row): row for row in rows} for rows in (before, after))
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key, {}), new.get(key, {})
        place = dict(zip(_KEYS[table], key, strict=True))
        kelvin = (now or was).get("temperature_k")
        place |= {} if kelvin is None else {"temperature_k": kelvin}
        for name, u_name in _NUMBERS[table]:
            u = (_uncertainty(row, name, u_name) for row in (was, now))
            yield Move(run_id, name, place, was.get(name), now.get(name), *u)
        if table == "law_fits":
            at_room = [row.get("parameters", {}).get("conductivity_at_25_degc", {}) for row in (was, now)]
            values = [parameter.get("value") for parameter in at_room]
            u_values = [parameter.get("standard_uncertainty") for parameter in at_room]
            yield Move(run_id, "conductivity_at_25_degc_s_m", place, *values, *u_values)


def _uncertainty(row: Row, name: str, u_name: str) -> float | None:
    value, u = row.get(name), row.get(u_name)
    if u_name != RELATIVE or value is None or u is None:
        return u
    return value * u


def _key(table: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _KEYS[table])
