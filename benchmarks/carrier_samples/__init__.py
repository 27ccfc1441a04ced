"""Simulated samples of several carriers, and what four methods measure on them.

Written without labctl: the shares of cation, anion, protons, and electrons are drawn, and every method is
computed from them by its own physics. Sample number n has the seed n. A fault breaks a presumption of one
method:

* leak: ions pass the blocking electrode of the Hebb-Wagner cell, with 0.2 to 2 times the electronic
conductivity; * offset: the emf of all ratios is shifted by 2 to 10 mV; * lost mass: 0.2 to 2 mg leave the
part with the cathode of the Tubandt stack.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

R_OVER_F = 8.314462618 / 96485.33212
FARADAY = 96485.33212
CARRIERS = ("electrons", "cation", "anion", "protons")
FAULTS = ("", "leak", "offset", "lost mass")
SIGMA_S_M = 0.1
CATION = ("M2+", 2, 0.065)
ANION = ("X-", -1, 0.060)
PROTON = ("H+", 1, 0.001008)


@dataclass(frozen=True)
class Truth:
    """A sample: its shares, their kind (the main carrier, or mixed), and the temperature."""

    kind: str
    shares: dict[str, float]
    holes: float
    temperature_k: float
    fault: str

    @property
    def ions(self) -> float:
        return 1 - self.shares["electrons"]


@dataclass(frozen=True)
class Measured:
    """Readings of all four methods with their standard uncertainties."""

    potential_v: np.ndarray
    current_a: np.ndarray
    current_u_a: np.ndarray
    total_s_m: tuple[float, float]
    emf_v: list[tuple[float, float]]
    theory_v: list[tuple[float, float]]
    charge_c: tuple[float, float]
    masses_kg: dict[str, tuple[float, float, float]]
    pressure_pa: list[float] = field(default_factory=list)
    sigma_s_m: list[tuple[float, float]] = field(default_factory=list)


def draw(seed: int, fault: str = "") -> tuple[Truth, Measured]:
    """Return a sample and its readings."""
    rng = np.random.default_rng(seed)
    truth = _truth(rng, fault)
    return truth, Measured(
        **_hebb_wagner(rng, truth), **_emf(rng, truth), **_tubandt(rng, truth), **_pressures(rng, truth)
    )


def _truth(rng: np.random.Generator, fault: str) -> Truth:
    kind = str(rng.choice([*CARRIERS, "mixed"]))
    if kind == "mixed":
        weights = rng.dirichlet([4.0, 4.0, 4.0, 4.0])
        while weights.max() > 0.45:
            weights = rng.dirichlet([4.0, 4.0, 4.0, 4.0])
        shares: dict[str, float] = dict(zip(CARRIERS, map(float, weights), strict=True))
    else:
        main = float(rng.uniform(0.65, 0.999))
        rest = (1 - main) * rng.dirichlet([1.0, 1.0, 1.0])
        others = [name for name in CARRIERS if name != kind]
        shares = {kind: main} | dict(zip(others, map(float, rest), strict=True))
    kelvin, holes = float(rng.uniform(400, 1000)), float(rng.uniform(0.02, 0.98))
    return Truth(kind, shares, holes, kelvin, fault)


def _hebb_wagner(rng: np.random.Generator, truth: Truth) -> dict[str, Any]:
    """Integral of the local electronic conductivity over the potential, by Simpson's rule; A / L = 1 m."""
    unit_v = R_OVER_F * truth.temperature_k
    electronic = SIGMA_S_M * truth.shares["electrons"]
    leak = electronic * float(rng.uniform(0.2, 2.0)) if truth.fault == "leak" else 0.0
    potential = unit_v * np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0])

    def current(volt: float) -> float:
        v = np.linspace(0.0, volt, 401)
        local = (
            electronic * ((1 - truth.holes) * np.exp(-v / unit_v) + truth.holes * np.exp(v / unit_v)) + leak
        )
        weights = np.ones(401)
        weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
        return float(weights @ local) * (v[1] - v[0]) / 3

    exact = np.array([current(volt) for volt in potential])
    u = 0.003 * np.abs(exact) + 1e-7
    total_u = 0.005 * SIGMA_S_M
    return {
        "potential_v": potential,
        "current_a": exact + u * rng.standard_normal(exact.size),
        "current_u_a": u,
        "total_s_m": (SIGMA_S_M + total_u * float(rng.standard_normal()), total_u),
    }


def _emf(rng: np.random.Generator, truth: Truth) -> dict[str, Any]:
    """E = t_ion E_th at four ratios of activity, with the same share at each."""
    offset = float(rng.choice([-1, 1]) * rng.uniform(2e-3, 10e-3)) if truth.fault == "offset" else 0.0
    ratios = np.array([3.0, 10.0, 30.0, 100.0])
    theory = R_OVER_F * truth.temperature_k / 2 * np.log(ratios)
    emf = truth.ions * theory + offset + 2e-4 * rng.standard_normal(4)
    given = theory + 1e-4 * rng.standard_normal(4)
    return {"emf_v": [(float(v), 2e-4) for v in emf], "theory_v": [(float(v), 1e-4) for v in given]}


def _tubandt(rng: np.random.Generator, truth: Truth) -> dict[str, Any]:
    """Count ions across the planes of contact, one mole of charge after the other.

    Electrodes of M, weighed alone, dissolve and grow by what all ions carry: hydrogen reacts there with M.
    """
    charge = float(rng.uniform(50, 300))
    moles = charge / FARADAY
    towards_cathode = sum(
        math.copysign(truth.shares[name] * mass / abs(z), z)
        for name, (_, z, mass) in (("cation", CATION), ("anion", ANION), ("protons", PROTON))
    )
    over = -moles * towards_cathode
    dissolved = moles * truth.ions * CATION[2] / CATION[1]
    changes = {"anode side": over, "middle": 0.0, "cathode side": -over}
    changes |= {"anode metal": -dissolved, "cathode metal": dissolved}
    if truth.fault == "lost mass":
        changes["cathode side"] -= float(rng.uniform(2e-7, 2e-6))
    u = 1e-8
    masses = {}
    for place, change in changes.items():
        before = float(rng.uniform(5e-4, 2e-3))
        noise = u * rng.standard_normal(2)
        masses[place] = (before + float(noise[0]), before + change + float(noise[1]), u)
    return {
        "charge_c": (charge * (1 + 1e-3 * float(rng.standard_normal())), 1e-3 * charge),
        "masses_kg": masses,
    }


def _pressures(rng: np.random.Generator, truth: Truth) -> dict[str, Any]:
    """Total conductivity where holes go as p^(1/4), electrons as p^(-1/4), and ions stay."""
    pressures = [1e2, 1e3, 1e4, 1e5]
    electronic, values = truth.shares["electrons"], []
    for pressure in pressures:
        power = (pressure / 1e4) ** 0.25
        share = truth.ions + electronic * (truth.holes * power + (1 - truth.holes) / power)
        values.append(
            (SIGMA_S_M * share * (1 + 0.005 * float(rng.standard_normal())), 0.005 * SIGMA_S_M * share)
        )
    return {"pressure_pa": pressures, "sigma_s_m": values}
