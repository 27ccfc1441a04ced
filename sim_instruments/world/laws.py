"""Conductivity as a function of temperature.

Use `Arrhenius` for ceramics and hydrides, `VogelTammannFulcher` for amorphous polymers,
`TwoRegimes` for melting and order-disorder transitions. Equations 2 and 11 of O'Donnell & Greenbaum,
Batteries 2021, 7, 3 (10.3390/batteries7010003).
"""

import math
from dataclasses import dataclass
from typing import Protocol

BOLTZMANN_EV_K = 8.617333262e-5


class Law(Protocol):
    """A conductivity as a function of temperature."""

    def conductivity_s_m(self, temperature_k: float) -> float:
        """Conductivity in S/m at a temperature in kelvin."""
        ...


@dataclass(frozen=True)
class Arrhenius:
    """`sigma T` (form `ln_sigma_t`) or `sigma` (form `ln_sigma`) proportional to exp(-Ea / kB T)."""

    reference_s_m: float
    reference_k: float
    activation_energy_ev: float
    form: str = "ln_sigma_t"

    def conductivity_s_m(self, temperature_k: float) -> float:
        """Conductivity in S/m at a temperature in kelvin."""
        exponent = self.activation_energy_ev / BOLTZMANN_EV_K * (1 / self.reference_k - 1 / temperature_k)
        prefactor = self.reference_k / temperature_k if self.form == "ln_sigma_t" else 1.0
        return self.reference_s_m * prefactor * math.exp(exponent)


@dataclass(frozen=True)
class VogelTammannFulcher:
    """`sigma` proportional to T^exponent exp(-B / kB (T - T0)); frozen (1e-15 of the reference) near T0."""

    reference_s_m: float
    reference_k: float
    pseudo_activation_energy_ev: float
    vogel_temperature_k: float
    prefactor_exponent: float = -0.5

    def conductivity_s_m(self, temperature_k: float) -> float:
        """Conductivity in S/m at a temperature in kelvin."""
        b_k = self.pseudo_activation_energy_ev / BOLTZMANN_EV_K
        exponent = b_k * (self._inverse_distance(self.reference_k) - self._inverse_distance(temperature_k))
        prefactor = (temperature_k / self.reference_k) ** self.prefactor_exponent
        return self.reference_s_m * prefactor * max(math.exp(min(exponent, 50.0)), 1e-15)

    def _inverse_distance(self, temperature_k: float) -> float:
        return 1 / max(temperature_k - self.vogel_temperature_k, 1.0)


@dataclass(frozen=True)
class TwoRegimes:
    """One law below a transition and another above it, blended over `width_k` (in ln sigma)."""

    below: Law
    above: Law
    transition_k: float
    width_k: float = 2.0

    def conductivity_s_m(self, temperature_k: float) -> float:
        """Conductivity in S/m at a temperature in kelvin."""
        share_above = 0.5 * (1 + math.tanh((temperature_k - self.transition_k) / self.width_k))
        below, above = self.below.conductivity_s_m(temperature_k), self.above.conductivity_s_m(temperature_k)
        return math.exp((1 - share_above) * math.log(below) + share_above * math.log(above))


def law_from(entry: dict) -> Law:
    """Make a law from its table in a materials file or in `cell={"law": {...}}`.

    Raises ValueError naming an entry that is missing, unknown or not a number.
    """
    kinds = {"arrhenius": _arrhenius, "vtf": _vtf, "two_regimes": _two_regimes}
    kind = entry.get("law", "arrhenius")
    if kind not in kinds:
        raise ValueError(f"law: {kind!r} is not one of {sorted(kinds)}")
    return kinds[kind](entry)


def _number(entry: dict, key: str, default: float | None = None) -> float:
    value = entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key}: a number is needed, got {value!r}")
    return float(value)


def _arrhenius(entry: dict) -> Law:
    form = entry.get("form", "ln_sigma_t")
    if form not in ("ln_sigma_t", "ln_sigma"):
        raise ValueError(f"form: {form!r} is neither 'ln_sigma_t' nor 'ln_sigma'")
    return Arrhenius(
        _number(entry, "conductivity_s_m"),
        _number(entry, "temperature_k"),
        _number(entry, "activation_energy_ev"),
        form,
    )


def _vtf(entry: dict) -> Law:
    return VogelTammannFulcher(
        _number(entry, "conductivity_s_m"),
        _number(entry, "temperature_k"),
        _number(entry, "pseudo_activation_energy_ev"),
        _number(entry, "vogel_temperature_k"),
        _number(entry, "prefactor_exponent", -0.5),
    )


def _two_regimes(entry: dict) -> Law:
    for side in ("below", "above"):
        if not isinstance(entry.get(side), dict):
            raise ValueError(f"{side}: a law of its own is needed, got {entry.get(side)!r}")
    return TwoRegimes(
        law_from(entry["below"]),
        law_from(entry["above"]),
        _number(entry, "transition_k"),
        _number(entry, "width_k", 2.0),
    )
