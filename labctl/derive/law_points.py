"""Points of temperature laws, kept in columns.

A run of weeks has tens of thousands of points. A dict of each, with its decoded budget, takes some kilobytes;
a row of these columns takes about a third of one.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labctl.analysis.numerics.budget import Component, combined
from labctl.derive.budgets import CONDUCTIVITY, budget_of, components_in, not_stated_in

Point = Mapping[str, Any]
NUMBERS = (
    "temperature_k",
    "temperature_min_k",
    "temperature_max_k",
    "temperature_u_k",
    "temperature_rate_k_s",
    "lag_k",
    "lag_u_k",
    "conductivity_s_m",
    "total_resistance_ohm",
    "relative_uncertainty_resistance",
    "relative_uncertainty_analyser",
    "setpoint_k",
    "band_k",
    "started_s",
    "ended_s",
    "correction_k",
    "condition_setpoint",
)
KEYS = ("spectrum_id", "part_id", "number", "repeat_of")
WORDS = (
    *("branch", "status", "bound", "excluded", "left_out", "repeated", "is_repetition", "parts", "flags"),
    "condition_quantity",
    "circuit",
)
"""Columns of objects that many rows have in common, but for `parts`."""
NAMES = (*NUMBERS, *KEYS, *WORDS)


class PointParts:
    """Content of the budget of a point about its conductivity.

    Attributes
    ----------
    own_relative_u : float or None
        Relative standard uncertainty without what the point shares with others; None where it is not known,
        or where nothing is left.
    not_stated : tuple of str
    """

    __slots__ = ("_causes", "_changes", "not_stated", "own_relative_u")

    def __init__(
        self, own_relative_u: float | None, shared: Iterable[Component], not_stated: Iterable[str]
    ) -> None:
        shared = list(shared)
        self.own_relative_u = own_relative_u
        self.not_stated = _once(tuple(not_stated))
        self._causes = _once(
            tuple(
                (one.source, one.kind, one.common, one.cause, one.degrees_of_freedom, one.distribution)
                for one in shared
            )
        )
        self._changes = array("d", [one.change for one in shared])

    @classmethod
    def of(cls, point: Point) -> "PointParts":
        """Read the budget of a row of conductivities."""
        budget, sigma = budget_of(point), point["conductivity_s_m"]
        components = components_in(budget, CONDUCTIVITY) if sigma else ()
        shared = {
            one.cause: one.scaled(1 / sigma)
            for one in components
            if one.common and one.cause and math.isfinite(one.change)
        }
        return cls(_own_relative_u(point, components), shared.values(), not_stated_in(budget))

    def shared(self) -> dict[str, Component]:
        """Return the components that other points share, relative to the conductivity, by their cause."""
        named = zip(self._causes, self._changes, strict=True)
        return {
            cause: Component(source, change, kind, common, cause, freedom, shape)
            for (source, kind, common, cause, freedom, shape), change in named
        }


def _own_relative_u(point: Point, components: tuple[Component, ...]) -> float | None:
    total, analyser = point["relative_uncertainty_resistance"], point["relative_uncertainty_analyser"]
    if total is None:
        return None
    if components:
        return combined(one for one in components if not one.common) / point["conductivity_s_m"] or None
    return total if analyser is None else math.sqrt(max(total**2 - analyser**2, 0.0))


def parts_of(point: Point) -> PointParts:
    """Return the content of the budget of a point: read already, or read now."""
    return point.get("parts") or PointParts.of(point)


_SEEN: dict[Any, Any] = {}
_MOST_SEEN = 10_000


def _once(value: Any) -> Any:
    """Return an equal object that was seen before, so that equal texts of many points are kept once."""
    if len(_SEEN) > _MOST_SEEN:
        _SEEN.clear()
    return _SEEN.setdefault(value, value)


class LawPoint(Mapping[str, Any]):
    """One row of the columns; decisions about a point are set in it."""

    __slots__ = ("_columns", "_row")

    def __init__(self, columns: dict[str, Any], row: int) -> None:
        self._columns, self._row = columns, row

    def __getitem__(self, name: str) -> Any:
        value = self._columns[name][self._row]
        if name in KEYS:
            return None if value < 0 else value
        return None if value != value else value  # an unknown number is NaN

    def __setitem__(self, name: str, value: Any) -> None:
        self._columns[name][self._row] = _kept(name, value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def in_columns(rows: Iterable[Point]) -> list[LawPoint]:
    """Return the points of rows of conductivities and their spectra; each row is forgotten once read."""
    columns: dict[str, Any] = {name: array("d") for name in NUMBERS}
    columns |= {name: array("q") for name in KEYS} | {name: [] for name in WORDS}
    for row in rows:
        known = {**row, "parts": PointParts.of(row), "correction_k": 0.0}
        for name in NAMES:
            columns[name].append(_kept(name, known.get(name)))
    return [LawPoint(columns, row) for row in range(len(columns["number"]))]


def _kept(name: str, value: Any) -> Any:
    """Return a value as its column keeps it; in a file of other people, text for a number is unknown."""
    if name in NUMBERS:
        return float(value) if isinstance(value, int | float) else math.nan
    if name in KEYS:
        return value if isinstance(value, int) else -1
    if name == "flags":
        return _once(tuple(str(flag) for flag in value or ()))
    return _once(value) if isinstance(value, str) else value
