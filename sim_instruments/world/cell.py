"""Equivalent circuit of the cell, shared by all instruments.

    Z(w) = jw L_c + R_lead + sum_k R_k / (1 + (jw R_k C_k)^n_k) + Z_d(w)

with k over bulk, grain boundary and interphase, and electrodes

    blocking    Z_d = 1 / (Q (jw)^n)
    reversible  Z_d = R_d tanh(sqrt(jw tau_d)) / sqrt(jw tau_d),  R_d = R (1 - t+) / t+,  tau_d = L^2 / (4 D)

where R = R_bulk + R_grain_boundary, so that the direct-current resistance less the interphase is R / t+
(finite-length diffusion: Barsoukov & Macdonald, Impedance Spectroscopy, 2018, 10.1002/9781119381860).
An electronic leakage is one resistance in parallel with all of it.
"""

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sim_instruments.world.carriers import CarrierCell
from sim_instruments.world.diffusion import tanh
from sim_instruments.world.laws import Law
from sim_instruments.world.step_response import step_conductance_s

OPEN_OHM = 1e13
SHORT_OHM = 0.01


class Electrochemistry(Protocol):
    """Electrical response of a cell: impedance and step conductance at any frequency, temperature and age."""

    def impedance_ohm(self, frequency_hz: float, temperature_k: float, age_s: float = 0.0) -> complex:
        """Impedance in ohm, imaginary part negative when capacitive."""
        ...

    def step_conductance_s(self, elapsed_s: float, temperature_k: float, age_s: float = 0.0) -> float:
        """Current per volt `elapsed_s` after a step of potential."""
        ...


@dataclass(frozen=True)
class Interphase:
    """Layer on reversible electrodes: a `share` of the ionic resistance when fresh, growing with age.

    With its own `law` its resistance is thickness / (law area) instead, with the sample's thickness.
    `growth_per_sqrt_hour` is the relative growth with the square root of time; `growth_share` and
    `growth_time_s` an exponential approach.
    """

    share: float = 0.4
    law: Law | None = None
    capacitance_f_m2: float = 0.02
    exponent: float = 0.92
    growth_per_sqrt_hour: float = 0.0
    growth_share: float = 0.0
    growth_time_s: float = 3600.0

    def growth(self, age_s: float) -> float:
        """Resistance relative to the fresh one after `age_s` seconds."""
        if not (self.growth_per_sqrt_hour or self.growth_share):
            return 1.0
        root = self.growth_per_sqrt_hour * math.sqrt(max(age_s, 0.0) / 3600)
        return 1 + root + self.growth_share * (1 - math.exp(-max(age_s, 0.0) / self.growth_time_s))


@dataclass(frozen=True)
class CircuitCell:
    """A sample between two electrodes; lengths in m, areas in m2, capacitances per m2 of electrode.

    `growth_per_hour` is the growth of bulk and grain boundary relative to their fresh resistances.
    `grain_boundary_share` divides the resistance given by `law` between bulk and grain boundary, so that the
    total conductivity follows the law; a `grain_boundary_law` adds thickness / (grain_boundary_law area).
    """

    law: Law
    thickness_m: float
    area_m2: float
    electrodes: str = "blocking"
    transference_number: float = 0.5
    salt_diffusivity_m2_s: float = 1e-11
    electronic_share: float = 0.0
    growth_per_hour: float = 0.0
    grain_boundary_share: float = 0.0
    grain_boundary_law: Law | None = None
    grain_boundary_capacitance_f_m2: float = 1.3e-5
    grain_boundary_exponent: float = 0.95
    bulk_permittivity: float = 15.0
    bulk_exponent: float = 0.97
    blocking_q_s_sn_m2: float = 0.127
    blocking_exponent: float = 0.92
    lead_ohm: float = 0.05
    cable_inductance_h: float = 1e-7
    interphase: Interphase = field(default_factory=Interphase)

    def growth(self, age_s: float) -> float:
        """Resistance of bulk and grain boundary relative to the fresh ones after `age_s` seconds."""
        return 1 + self.growth_per_hour * max(age_s, 0.0) / 3600

    def ionic_ohm(self, temperature_k: float) -> float:
        """Resistance of bulk and grain boundary in series, when fresh."""
        return self.bulk_ohm(temperature_k) + self.grain_boundary_ohm(temperature_k)

    def bulk_ohm(self, temperature_k: float) -> float:
        """Resistance of the bulk."""
        return self._ohm(self.law, temperature_k) * (1 - self.grain_boundary_share)

    def grain_boundary_ohm(self, temperature_k: float) -> float:
        """Resistance of the grain boundary; 0 without one."""
        own_ohm = self._ohm(self.law, temperature_k) * self.grain_boundary_share
        return own_ohm + self._ohm(self.grain_boundary_law, temperature_k)

    def _ohm(self, law: Law | None, temperature_k: float) -> float:
        """thickness / (conductivity area)."""
        return self.thickness_m / (law.conductivity_s_m(temperature_k) * self.area_m2) if law else 0.0

    def interphase_ohm(self, temperature_k: float, age_s: float = 0.0) -> float:
        """Resistance of both interphases; 0 with blocking electrodes."""
        if self.electrodes == "blocking":
            return 0.0
        fresh_ohm = self._ohm(self.interphase.law, temperature_k)
        fresh_ohm = fresh_ohm or self.interphase.share * self.ionic_ohm(temperature_k)
        return fresh_ohm * self.interphase.growth(age_s)

    def diffusion_ohm(self, temperature_k: float) -> float:
        """Resistance of the concentration gradient at steady state."""
        t_plus = self.transference_number
        return self.ionic_ohm(temperature_k) * (1 - t_plus) / t_plus

    @property
    def diffusion_time_s(self) -> float:
        """Time constant of salt diffusion from either electrode."""
        return self.thickness_m**2 / (4 * self.salt_diffusivity_m2_s)

    def electronic_ohm(self, temperature_k: float) -> float:
        """Resistance of the electronic path beside the ions; infinite without one.

        The electronic transference number is then R_ionic / (R_ionic + R_electronic) = `electronic_share`.
        """
        if not self.electronic_share:
            return math.inf
        return self.ionic_ohm(temperature_k) * (1 - self.electronic_share) / self.electronic_share

    def direct_ohm(self, temperature_k: float, age_s: float = 0.0) -> float:
        """Steady-state resistance to direct current; infinite for blocking electrodes without leakage."""
        ions_ohm = math.inf
        if self.electrodes != "blocking":
            ions_ohm = self.growth(age_s) * self.ionic_ohm(temperature_k) + self.interphase_ohm(
                temperature_k, age_s
            )
            ions_ohm += self.diffusion_ohm(temperature_k)
        return self.lead_ohm + _parallel_ohm(ions_ohm, self.electronic_ohm(temperature_k))

    def impedance_ohm(self, frequency_hz: float, temperature_k: float, age_s: float = 0.0) -> complex:
        """Impedance in ohm at one frequency in Hz; imaginary part negative when capacitive."""
        return self.impedance_at_s_ohm(2j * math.pi * frequency_hz, temperature_k, age_s)

    def impedance_at_s_ohm(self, s_per_s: complex, temperature_k: float, age_s: float = 0.0) -> complex:
        """Impedance at a complex frequency s (jw on the imaginary axis), for the step response."""
        ions = self._arcs_ohm(s_per_s, temperature_k, age_s) + self._electrode_ohm(
            s_per_s, temperature_k, age_s
        )
        if self.electronic_share:
            ions = 1 / (1 / ions + 1 / self.electronic_ohm(temperature_k))
        return s_per_s * self.cable_inductance_h + self.lead_ohm + ions

    def step_conductance_s(self, elapsed_s: float, temperature_k: float, age_s: float = 0.0) -> float:
        """Current per volt, S, `elapsed_s` after a step of potential."""
        return step_conductance_s(lambda s: self.impedance_at_s_ohm(s, temperature_k, age_s), elapsed_s)

    def _arcs_ohm(self, s_per_s: complex, temperature_k: float, age_s: float) -> complex:
        growth = self.growth(age_s)
        bulk_f = 8.8541878128e-12 * self.bulk_permittivity * self.area_m2 / self.thickness_m
        z_ohm = _arc_ohm(s_per_s, growth * self.bulk_ohm(temperature_k), bulk_f, self.bulk_exponent)
        boundary_ohm = self.grain_boundary_ohm(temperature_k)
        if boundary_ohm:
            boundary_f = self.grain_boundary_capacitance_f_m2 * self.area_m2
            z_ohm += _arc_ohm(s_per_s, growth * boundary_ohm, boundary_f, self.grain_boundary_exponent)
        return z_ohm

    def _electrode_ohm(self, s_per_s: complex, temperature_k: float, age_s: float) -> complex:
        if self.electrodes == "blocking":
            return 1 / (self.blocking_q_s_sn_m2 * self.area_m2 * s_per_s**self.blocking_exponent)
        interphase_f = self.interphase.capacitance_f_m2 * self.area_m2
        z_ohm = _arc_ohm(
            s_per_s, self.interphase_ohm(temperature_k, age_s), interphase_f, self.interphase.exponent
        )
        root = cmath.sqrt(s_per_s * self.diffusion_time_s)
        diffusion_ohm = self.diffusion_ohm(temperature_k)
        return z_ohm + diffusion_ohm * (tanh(root) / root if root else 1.0)


class Cell:
    """Present state of the sample: its electrochemistry and its faults.

    `open` and `shorted` are switches for tests and faults; a temperature above `melts_at_k` shorts the cell
    permanently.
    """

    def __init__(self, electrochemistry: Electrochemistry, melts_at_k: float = math.inf) -> None:
        self.electrochemistry = electrochemistry
        self.melts_at_k = melts_at_k
        self.open = False
        self.shorted = False

    def impedance_ohm(self, frequency_hz: float, temperature_k: float, age_s: float = 0.0) -> complex:
        """Impedance in ohm at one frequency in Hz; imaginary part negative when capacitive."""
        self.melt_if_hot(temperature_k)
        if self.open:
            return 1 / (1 / OPEN_OHM + 2j * math.pi * frequency_hz * 1e-13)
        if self.shorted:
            return complex(SHORT_OHM, 2 * math.pi * frequency_hz * 1e-7)
        return self.electrochemistry.impedance_ohm(frequency_hz, temperature_k, age_s)

    def step_conductance_s(self, elapsed_s: float, temperature_k: float, age_s: float = 0.0) -> float:
        """Current per volt, S, `elapsed_s` after a step of potential; 1e-13 S for an open cell."""
        self.melt_if_hot(temperature_k)
        if self.open:
            return 1 / OPEN_OHM
        if self.shorted:
            return 1 / SHORT_OHM
        return self.electrochemistry.step_conductance_s(elapsed_s, temperature_k, age_s)

    def rest_potential_v(self, temperature_k: float, age_s: float = 0.0) -> float:
        """Potential without a current; 0 for a cell without an electromotive force, open or shorted."""
        carriers = self._carriers()
        return carriers.rest_potential_v(temperature_k, age_s) if carriers else 0.0

    def electronic_a(self, potential_v: float, temperature_k: float) -> float:
        """Current beside the response to steps: that of electrons in a cell that tells its carriers apart."""
        carriers = self._carriers()
        return carriers.electronic_a(potential_v, temperature_k) if carriers else 0.0

    def charges_c(
        self,
        steps: Sequence[tuple[float, float]],
        between_s: tuple[float, float],
        potential_v: float,
        temperature_k: float,
    ) -> dict[str, float]:
        """Charge of each carrier between two times, after steps (time, V) of potential; empty without any."""
        carriers = self._carriers()
        return carriers.charges_c(steps, between_s, potential_v, temperature_k) if carriers else {}

    def _carriers(self) -> CarrierCell | None:
        told_apart = isinstance(self.electrochemistry, CarrierCell) and not (self.open or self.shorted)
        return self.electrochemistry if told_apart else None  # type: ignore[return-value] - just checked

    def melt_if_hot(self, temperature_k: float) -> None:
        """Short the cell if the temperature is above its melting point."""
        self.shorted = self.shorted or temperature_k > self.melts_at_k


def _arc_ohm(s_per_s: complex, resistance_ohm: float, capacitance_f: float, exponent: float) -> complex:
    return resistance_ohm / (1 + (s_per_s * resistance_ohm * capacitance_f) ** exponent)


def _parallel_ohm(first_ohm: float, second_ohm: float) -> float:
    if math.isinf(first_ohm) or math.isinf(second_ohm):
        return min(first_ohm, second_ohm)
    return first_ohm * second_ohm / (first_ohm + second_ohm)
