"""The gas around the sample, and a conductivity that answers it with a lag and a hysteresis.

    sigma(T, p) = sigma(T) sum_k s_k (p / p0)^m_k

with s the shares of the carriers at p0 and m their exponents: 1/2 protons from H2O, 1/4 holes and -1/4
electrons in O2, 0 ions of a fixed number. p is the pressure that the sample is in equilibrium with: it
follows that of the gas with a time constant. Where the gas has become drier (poorer) since its last turn, the
conductivity is higher by the hysteresis, relative.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim_instruments.world.laws import Law

SMALLEST_PA = 1e-3
NOTICEABLE = 1e-3


@dataclass(frozen=True)
class Term:
    """One carrier: its share at the reference pressure, and its exponent."""

    share: float
    exponent: float


class Gas:
    """State of the gas, advanced with the world; `attach` names what sets its pressure."""

    def __init__(
        self,
        terms: Sequence[Term] = (),
        reference_pa: float = 1000.0,
        lag_s: float = 0.0,
        hysteresis: float = 0.0,
    ) -> None:
        self.terms, self.reference_pa = tuple(terms), reference_pa
        self.lag_s, self.hysteresis = lag_s, hysteresis
        self.sample_pa = reference_pa
        self._turned_pa, self._falls, self._time_s = reference_pa, False, 0.0
        self._source: Callable[[], float] | None = None

    def attach(self, source: Callable[[], float]) -> None:
        """Take the pressure in Pa from `source`, called with the world at the present."""
        self._source = source

    def advance(self, time_s: float) -> None:
        """Let the sample follow the gas until `time_s`."""
        passed_s, self._time_s = max(time_s - self._time_s, 0.0), max(time_s, self._time_s)
        if self._source is None or not self.terms:
            return
        gas_pa = max(self._source(), SMALLEST_PA)
        self._turn(gas_pa)
        followed = 1 - math.exp(-passed_s / self.lag_s) if self.lag_s else 1.0
        self.sample_pa += (gas_pa - self.sample_pa) * followed

    @property
    def factor(self) -> float:
        """Conductivity relative to that at the reference pressure; 1 without terms."""
        if not self.terms:
            return 1.0
        ratio = self.sample_pa / self.reference_pa
        answer = sum(term.share * ratio**term.exponent for term in self.terms)
        return answer * (1 + self.hysteresis if self._falls else 1.0)

    def _turn(self, gas_pa: float) -> None:
        if abs(gas_pa / self._turned_pa - 1) > NOTICEABLE:
            self._falls, self._turned_pa = gas_pa < self._turned_pa, gas_pa


@dataclass(frozen=True)
class LawInGas:
    """A law of the temperature times the answer to the gas."""

    law: Law
    gas: Gas

    def conductivity_s_m(self, temperature_k: float) -> float:
        """Conductivity in S/m at a temperature in kelvin, in the gas as it is."""
        return self.law.conductivity_s_m(temperature_k) * self.gas.factor


def gas_from(given: Mapping[str, Any] | None) -> Gas:
    """Make the gas of a rig's option `gas`; raises TypeError or ValueError naming the invalid entry."""
    entries = dict(given or {})
    terms = entries.pop("terms", [])
    if unknown := sorted(set(entries) - {"reference_pa", "lag_s", "hysteresis"}):
        there = "terms, reference_pa, lag_s, hysteresis"
        raise TypeError(f"gas: {', '.join(unknown)} unknown; there are {there}")
    for name, value in entries.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ValueError(f"gas: {name}: a number of zero or more is needed, got {value!r}")
    made = [_term(one) for one in terms]
    if given is not None and not math.isclose(sum(term.share for term in made), 1.0, abs_tol=1e-9):
        raise ValueError("gas: terms: shares must add up to 1")
    return Gas(made, **entries)


def _term(given: Any) -> Term:
    if not isinstance(given, Mapping) or set(given) != {"share", "exponent"}:
        raise TypeError(f"gas: terms: a table with share and exponent is needed, got {given!r}")
    return Term(float(given["share"]), float(given["exponent"]))
