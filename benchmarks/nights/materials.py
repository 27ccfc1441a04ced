"""True conductivities over temperature, written out from their textbook formulas with numpy alone.

Temperatures in K, conductivities in S/m, energies in eV. Nothing here is imported from labctl.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

BOLTZMANN_EV_K = 8.617333262e-5  # CODATA 2018
ROOM_K = 298.15
Real = NDArray[np.float64]


@dataclass(frozen=True)
class Arrhenius:
    """sigma = (A / T) exp(-Ea / kB T); ln A of A in S K/m."""

    ln_a: float
    energy_ev: float
    law: str = "arrhenius"

    def ln_sigma(self, kelvin: ArrayLike) -> Real:
        """ln of sigma in S/m, (n,)."""
        t = np.asarray(kelvin, dtype=float)
        return self.ln_a - np.log(t) - self.energy_ev / (BOLTZMANN_EV_K * t)

    def truth(self) -> Mapping[str, float]:
        """True values by the name of the parameter in the results file."""
        return {"activation_energy": self.energy_ev, "pre_exponential": math.exp(self.ln_a)}


@dataclass(frozen=True)
class Vtf:
    """sigma = A T^-1/2 exp(-B / kB (T - T0)); ln A of A in S K^1/2 / m."""

    ln_a: float
    b_ev: float
    t0_k: float
    law: str = "vtf"

    def ln_sigma(self, kelvin: ArrayLike) -> Real:
        """ln of sigma in S/m, (n,)."""
        t = np.asarray(kelvin, dtype=float)
        return self.ln_a - 0.5 * np.log(t) - self.b_ev / (BOLTZMANN_EV_K * (t - self.t0_k))

    def truth(self) -> Mapping[str, float]:
        """True values by the name of the parameter in the results file."""
        values = {"pseudo_activation_energy": self.b_ev, "vogel_temperature": self.t0_k}
        return values | {"pre_exponential": math.exp(self.ln_a)}


@dataclass(frozen=True)
class Break:
    """sigma T is continuous at the break, with another energy on each side."""

    ln_sigma_t_at_break: float
    below_ev: float
    above_ev: float
    break_k: float
    law: str = "two_segments"

    def ln_sigma(self, kelvin: ArrayLike) -> Real:
        """ln of sigma in S/m, (n,)."""
        t = np.asarray(kelvin, dtype=float)
        energy = np.where(t < self.break_k, self.below_ev, self.above_ev)
        steps = (1 / t - 1 / self.break_k) / BOLTZMANN_EV_K
        return self.ln_sigma_t_at_break - energy * steps - np.log(t)

    def truth(self) -> Mapping[str, float]:
        """True values by the name of the parameter in the results file."""
        energies = {"activation_energy_below": self.below_ev, "activation_energy_above": self.above_ev}
        return energies | {"break_temperature": self.break_k}


Material = Arrhenius | Vtf | Break


def through(shape: Material, kelvin: float, sigma_s_m: float) -> Material:
    """The material with its conductivity scaled so that it is `sigma_s_m` at a temperature."""
    more = math.log(sigma_s_m) - float(shape.ln_sigma(kelvin))
    if isinstance(shape, Break):
        at_break = shape.ln_sigma_t_at_break + more
        return Break(at_break, shape.below_ev, shape.above_ev, shape.break_k)
    if isinstance(shape, Vtf):
        return Vtf(shape.ln_a + more, shape.b_ev, shape.t0_k)
    return Arrhenius(shape.ln_a + more, shape.energy_ev)


def drawn(kind: str, temperatures_k: Real, rng: Generator) -> Material:
    """A material of a kind for a series of temperatures; its conductivity is not yet to scale.

    Raises
    ------
    ValueError
        There is no such kind.
    """
    low, high = float(temperatures_k.min()), float(temperatures_k.max())
    if kind == "arrhenius":
        return Arrhenius(0.0, rng.uniform(0.2, 0.9))
    if kind == "vtf":
        return Vtf(0.0, rng.uniform(0.05, 0.14), low - rng.uniform(35.0, 80.0))
    if kind == "break":
        below, change = rng.uniform(0.4, 0.8), rng.uniform(0.15, 0.3)
        at = low + rng.uniform(0.45, 0.55) * (high - low)
        return Break(0.0, below, below - change, at)
    raise ValueError(f"no material {kind!r}")
