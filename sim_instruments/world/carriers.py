"""A cell in which several ions, electrons and holes carry the current.

    Z(w) = jw L_c + R_lead + 1 / (jw C + G_el + 1 / Z_ions)
    Z_ions = Z_layer + 1 / sum_k 1 / (R_k + Z_k),      R_k = R / share_k,  R = thickness / (sigma area)

Each ion passes the working and the counter electrode, one of them, or none. Z_k is 0 where it passes both;
where it is blocked and ions with a share p of the ionic conductivity pass, a gradient builds up,
R_k T / (p (1 - T)), T = tanh(sqrt(jw tau)) / sqrt(jw tau), tau = L^2 / (4 D): of one passing and one blocked
ion this is R (1 + (1 - p) T / p), as of a salt between reversible electrodes (`world.cell`);
where no ion passes, it is the constant phase element 1 / (Q (jw)^n). The layer is on electrodes that pass an
ion; electrons run beside it.

An ion that passes both electrodes, between activities a_w and a_c of what it is exchanged as, has the
electromotive force E_k = -(R T / z F) ln(a_w / a_c), z with its sign. The potential at rest is the one
without a current, electrons included: G (E - U) = I_el(U).

The current of electrons and holes does not wait for ions (Wagner, Proc. 7th CITCE (1957) 361):

    one electrode blocks    I = (G R T / F) {s_n [1 - exp(-F V / R T)] + s_p [exp(F V / R T) - 1]}
    both block              I = G (s_n + s_p) (2 R T / F) tanh(F V / 2 R T)
    none blocks             I = G (s_n + s_p) V

with V of the blocking against the reversible electrode, G = 1 / R, s the shares at the reversible electrode.
"""

import cmath
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from sim_instruments.world.diffusion import tanh
from sim_instruments.world.laws import Law
from sim_instruments.world.step_response import inverse_laplace

BOLTZMANN_V_K = 8.617333262e-5
VACUUM_F_M = 8.8541878128e-12
LARGEST_EXPONENT = 60.0
HALVINGS = 80
Passes = Literal["both", "working", "counter", "none"]


@dataclass(frozen=True)
class MovingIon:
    """One ion: `share` of the conductivity, signed charge, electrodes that it passes.

    `activity_ratio` is that at the working over that at the counter electrode, of what it is exchanged as.
    """

    share: float
    charge: int = 1
    passes: Passes = "both"
    activity_ratio: float = 1.0
    molar_mass_kg_mol: float = 0.0

    @property
    def is_passing(self) -> bool:
        """Whether a steady current of it can flow."""
        return self.passes == "both"

    def emf_v(self, temperature_k: float) -> float:
        """Electromotive force of a cell with this ion alone, of the working against the counter electrode."""
        return -BOLTZMANN_V_K * temperature_k / self.charge * math.log(self.activity_ratio)


@dataclass(frozen=True)
class Layer:
    """Layer on the electrodes that pass an ion: `share` of R when fresh, growing exponentially to a limit."""

    share: float = 0.0
    growth_share: float = 0.0
    growth_time_s: float = 3600.0
    capacitance_f_m2: float = 0.02

    def ohm(self, ohm: float, age_s: float) -> float:
        """Resistance of the layer of a sample of `ohm` after `age_s` seconds."""
        grown = self.growth_share * (1 - math.exp(-max(age_s, 0.0) / self.growth_time_s))
        return ohm * (self.share + grown)


@dataclass(frozen=True)
class CarrierCell:
    """A sample between a working and a counter electrode; lengths in m, areas in m2.

    `law` is the conductivity of all carriers together. `offset_v` is a potential at rest that no ion makes
    (unlike leads in a gradient of temperature).
    """

    law: Law
    thickness_m: float
    area_m2: float
    ions: Mapping[str, MovingIon]
    electrons: float = 0.0
    holes: float = 0.0
    offset_v: float = 0.0
    polarisation_time_s: float = 300.0
    layer: Layer = field(default_factory=Layer)
    permittivity: float = 15.0
    blocking_q_s_sn_m2: float = 0.127
    blocking_exponent: float = 0.92
    lead_ohm: float = 0.05
    cable_inductance_h: float = 1e-7

    def __post_init__(self) -> None:
        total = self.electrons + self.holes + sum(ion.share for ion in self.ions.values())
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(f"carriers: shares add up to {total:.6g}, not to 1")

    def ohm(self, temperature_k: float) -> float:
        """Resistance of the sample with all carriers."""
        return self.thickness_m / (self.law.conductivity_s_m(temperature_k) * self.area_m2)

    def impedance_ohm(self, frequency_hz: float, temperature_k: float, age_s: float = 0.0) -> complex:
        """Impedance in ohm at one frequency in Hz, without a bias; imaginary part negative if capacitive."""
        s_per_s = 2j * math.pi * frequency_hz
        capacitance_f = VACUUM_F_M * self.permittivity * self.area_m2 / self.thickness_m
        ohm = self.ohm(temperature_k)
        beside_s = s_per_s * capacitance_f + (self.electrons + self.holes) / ohm
        layer_ohm = self._fresh_or_grown_ohm(ohm, age_s)
        ions_s = 1 / self._ions_ohm(s_per_s, ohm, layer_ohm) if self.ions else 0.0
        return s_per_s * self.cable_inductance_h + self.lead_ohm + 1 / (beside_s + ions_s)

    def step_conductance_s(self, elapsed_s: float, temperature_k: float, age_s: float = 0.0) -> float:
        """Current of the ions per volt, S, `elapsed_s` after a step; that of electrons: `electronic_a`."""
        if not self.ions:
            return 0.0
        ohm = self.ohm(temperature_k)
        layer_ohm = self._fresh_or_grown_ohm(ohm, age_s)
        return inverse_laplace(lambda s: self._ions_s(s, ohm, layer_ohm) / s, elapsed_s)

    def charges_c(
        self,
        steps: Sequence[tuple[float, float]],
        between_s: tuple[float, float],
        potential_v: float,
        temperature_k: float,
    ) -> dict[str, float]:
        """Charge that each carrier takes to the counter electrode between two times, at one potential.

        `steps` are all earlier ones, (time in s, height in V), the first from the potential at rest.
        """
        begin_s, end_s = between_s
        at_rest_a = self.rest_currents_a(temperature_k)
        charge_c = {name: at_rest_a[name] * (end_s - begin_s) for name in self.ions}
        for since_s, change_v in steps:
            for name in self.ions:
                passed = [self._charge_c(name, t - since_s, temperature_k, t) for t in (begin_s, end_s)]
                charge_c[name] += change_v * (passed[1] - passed[0])
        electronic_a = self.electronic_a(potential_v, temperature_k)
        return charge_c | {"electrons and holes": electronic_a * (end_s - begin_s)}

    def _charge_c(self, name: str, elapsed_s: float, temperature_k: float, age_s: float) -> float:
        """Charge that an ion has carried until `elapsed_s` after a step of 1 V."""
        if elapsed_s <= 0:
            return 0.0

        ohm = self.ohm(temperature_k)
        layer_ohm = self._fresh_or_grown_ohm(ohm, age_s)

        def transform(s: complex) -> complex:
            return self._ions_s(s, ohm, layer_ohm) * self._part(name, s, ohm) / s**2

        return inverse_laplace(transform, elapsed_s)

    def rest_currents_a(self, temperature_k: float) -> dict[str, float]:
        """Current of each ion at the potential at rest; electrons carry the opposite of their sum."""
        inside_v = self._inside_v(temperature_k)
        return {
            name: ion.share / self.ohm(temperature_k) * (inside_v - ion.emf_v(temperature_k))
            if ion.is_passing
            else 0.0
            for name, ion in self.ions.items()
        }

    def rest_potential_v(self, temperature_k: float, age_s: float = 0.0) -> float:
        """Potential of the working against the counter electrode without a current, by bisection."""
        passing = [ion for ion in self.ions.values() if ion.is_passing]
        if not passing:
            return self.offset_v
        emf_v, source_ohm = self._source(temperature_k, age_s)
        low_v, high_v = sorted((0.0, emf_v))
        for _ in range(HALVINGS):
            middle_v = (low_v + high_v) / 2
            excess_a = (emf_v - middle_v) / source_ohm - self.electronic_a(
                middle_v + self.offset_v, temperature_k
            )
            low_v, high_v = (middle_v, high_v) if excess_a > 0 else (low_v, middle_v)
        return low_v + self.offset_v

    def electronic_a(self, potential_v: float, temperature_k: float) -> float:
        """Current of electrons and holes at a potential of the working against the counter electrode."""
        unit_v, ohm = BOLTZMANN_V_K * temperature_k, self.ohm(temperature_k)
        potential_v = potential_v - self.offset_v
        match self._blocking():
            case "working":
                return self._wagner_v(potential_v, unit_v) / ohm
            case "counter":
                return -self._wagner_v(-potential_v, unit_v) / ohm
            case "both":
                bent_v = 2 * unit_v * math.tanh(potential_v / (2 * unit_v))
                return (self.electrons + self.holes) * bent_v / ohm
        return (self.electrons + self.holes) * potential_v / ohm

    def _wagner_v(self, potential_v: float, unit_v: float) -> float:
        exponent = max(-LARGEST_EXPONENT, min(LARGEST_EXPONENT, potential_v / unit_v))
        return unit_v * (self.electrons * -math.expm1(-exponent) + self.holes * math.expm1(exponent))

    def _blocking(self) -> str:
        """Electrodes that no ion passes: `both`, `working`, `counter` or none."""
        passed = {ion.passes for ion in self.ions.values()}
        if "both" in passed or passed >= {"working", "counter"}:
            return "none"
        if "counter" in passed:
            return "working"
        return "counter" if "working" in passed else "both"

    def _source(self, temperature_k: float, age_s: float) -> tuple[float, float]:
        """Emf of all passing ions together, and the resistance in series with it."""
        passing = [ion for ion in self.ions.values() if ion.is_passing]
        share = sum(ion.share for ion in passing)
        emf_v = sum(ion.share * ion.emf_v(temperature_k) for ion in passing) / share
        ohm = self.ohm(temperature_k)
        return emf_v, ohm / share + self.layer.ohm(ohm, age_s)

    def _inside_v(self, temperature_k: float) -> float:
        """Potential across the sample at rest, within the layers."""
        if not any(ion.is_passing for ion in self.ions.values()):
            return 0.0
        emf_v, source_ohm = self._source(temperature_k, 0.0)
        rest_v = self.rest_potential_v(temperature_k) - self.offset_v
        outside_ohm = self.layer.ohm(self.ohm(temperature_k), 0.0)
        return rest_v + (emf_v - rest_v) * outside_ohm / source_ohm

    def _ions_s(self, s_per_s: complex, ohm: float, layer_ohm: float) -> complex:
        return 1 / (self.lead_ohm + self._ions_ohm(s_per_s, ohm, layer_ohm))

    def _ions_ohm(self, s_per_s: complex, ohm: float, layer_ohm: float) -> complex:
        """Impedance of the ions of a sample of `ohm` with a layer of `layer_ohm`."""
        arc_ohm = layer_ohm / (1 + s_per_s * layer_ohm * self.layer.capacitance_f_m2 * self.area_m2)
        return arc_ohm + 1 / self._all_ions_s(s_per_s, ohm)

    def _part(self, name: str, s_per_s: complex, ohm: float) -> complex:
        """Part of the ionic current that one ion carries."""
        one = self.ions[name]
        own_s = one.share / ohm if one.is_passing else self._blocked_s(one.share, s_per_s, ohm)
        return own_s / self._all_ions_s(s_per_s, ohm)

    def _all_ions_s(self, s_per_s: complex, ohm: float) -> complex:
        blocked = (self._blocked_s(share, s_per_s, ohm) for share in self._blocked_shares)
        return self._passing / ohm + sum(blocked)

    def _blocked_s(self, share: float, s_per_s: complex, ohm: float) -> complex:
        """Admittance of one ion that is blocked."""
        if not self._passing:
            q_s_sn = self.blocking_q_s_sn_m2 * self.area_m2
            return 1 / (ohm / share + 1 / (q_s_sn * s_per_s**self.blocking_exponent))
        root = cmath.sqrt(s_per_s * self.polarisation_time_s)
        reached = tanh(root) / root
        passing = self._passing / (self._passing + sum(self._blocked_shares))
        return share / (ohm * (1 + reached / (passing * (1 - reached))))

    @cached_property
    def _passing(self) -> float:
        """Share of the ions that pass both electrodes."""
        return sum(ion.share for ion in self.ions.values() if ion.is_passing)

    @cached_property
    def _blocked_shares(self) -> tuple[float, ...]:
        return tuple(ion.share for ion in self.ions.values() if not ion.is_passing)

    def _fresh_or_grown_ohm(self, ohm: float, age_s: float) -> float:
        """Resistance of the layer; 0 where no ion passes an electrode."""
        if all(ion.passes == "none" for ion in self.ions.values()):
            return 0.0
        return self.layer.ohm(ohm, age_s)
