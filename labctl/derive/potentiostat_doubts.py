"""Doubts of steady current and step, from the accuracy of the potentiostat that was stated when a run began.

The zero of the potential is in no step: it is in the potential at rest as well. Limits of error are
rectangular: a limit over the root of 3 is a standard uncertainty.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labctl.accuracy import CurrentRange
from labctl.analysis.transport.fraction_budget import STEADY, STEP, Doubt

LIMIT_TO_STANDARD = 1 / math.sqrt(3)
SOURCE = "potentiostat"


@dataclass(frozen=True)
class Potentiostat:
    """Limits of error; None and no ranges: not stated."""

    potential_gain: float | None = None
    currents: tuple[CurrentRange, ...] = ()

    @classmethod
    def of(cls, stated: Any) -> "Potentiostat":
        """Return it from the form that a run keeps; nothing stated where that is another form."""
        if not isinstance(stated, Mapping):
            return cls()
        try:
            ranges = tuple(
                CurrentRange(
                    math.inf if one["up_to_a"] is None else one["up_to_a"], one["gain"], one["zero_a"]
                )
                for one in stated["currents"]
            )
            return cls(stated["potential_gain"], ranges)
        except (KeyError, TypeError):  # of a file that other people made
            return cls()

    @property
    def is_stated(self) -> bool:
        """Whether anything is stated."""
        return self.potential_gain is not None or bool(self.currents)

    @property
    def states_zero(self) -> bool:
        """Whether the zero of the current is stated."""
        return bool(self.currents)

    def scale_u(self, current_a: float) -> float:
        """Relative standard uncertainty of a current over a potential; 0 where nothing is stated."""
        held = self._range(current_a)
        return LIMIT_TO_STANDARD * math.hypot(self.potential_gain or 0.0, held.gain if held else 0.0)

    def zero_u_a(self, current_a: float) -> float:
        """Standard uncertainty of the zero of the current, A; 0 where nothing is stated."""
        held = self._range(current_a)
        return LIMIT_TO_STANDARD * held.zero_a if held else 0.0

    def doubts(self, steady_a: float, step_v: float, *, zero_known: bool) -> list[Doubt]:
        """Return the doubts of steady current and step, A and V; the stated zero where it is not measured."""
        found = []
        held = self._range(steady_a)
        if held is not None:
            found.append(self._doubt(STEADY, held.gain * steady_a, "potentiostat, gain of the current"))
        if held is not None and not zero_known:
            found.append(self._doubt(STEADY, held.zero_a, "potentiostat, zero of the current"))
        if self.potential_gain is not None:
            change_v = self.potential_gain * step_v
            found.append(self._doubt(STEP, change_v, "potentiostat, gain of the potential"))
        return found

    def _range(self, current_a: float) -> CurrentRange | None:
        return next((one for one in self.currents if abs(current_a) <= one.up_to_a), None)

    def _doubt(self, quantity: str, limit: float, cause: str) -> Doubt:
        return Doubt(
            quantity, SOURCE, limit * LIMIT_TO_STANDARD, "B", True, cause, distribution="rectangular"
        )
