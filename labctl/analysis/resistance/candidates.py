"""Which circuits a cell can be, which of their resistances belong to the electrolyte, and what rules one out.

The gates keep a fit from dressing up a spike as an arc of huge resistance: a resistance must be seen on the
real axis, its relaxation must be inside the window, and the data must determine it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.resistance.bound import LEAST_ELECTRODE_CAPACITANCE_F

Electrodes = Literal["blocking", "reversible"]

BLOCKING = (
    "R0-CPE1",
    "p(R1,CPE1)-CPE2",
    "R0-p(R1,CPE1)-CPE2",
    "p(R1,CPE1)-p(R2,CPE2)-CPE3",
    "R0-p(R1,CPE1)-p(R2,CPE2)-CPE3",
)
REVERSIBLE = (
    "R0-p(R1,CPE1)",
    "p(R1,CPE1)-p(R2,CPE2)",
    "R0-p(R1,CPE1)-W1",
    "R0-p(R1,CPE1)-Ws1",
    "R0-p(R1,CPE1)-p(R2,CPE2)",
    "p(R1,CPE1)-p(R2,CPE2)-W1",
    "p(R1,CPE1)-p(R2,CPE2)-Ws1",
    "R0-p(R1,CPE1)-p(R2,CPE2)-W1",
    "R0-p(R1,CPE1)-p(R2,CPE2)-Ws1",
)
CANDIDATES: dict[str, tuple[str, ...]] = {"blocking": BLOCKING, "reversible": REVERSIBLE}

MOST_OF_THE_REAL_AXIS = 1.5
SLOWEST_RELAXATION = 0.5  # tau times the lowest angular frequency
MOST_RELATIVE_UNCERTAINTY = 0.5
LEAST_ARC_EXPONENT = 0.45
WORST_FIT = 0.1  # rms of the residuals over |Z|
FASTEST_APEX = 30.0  # apex above the highest frequency, as a factor
WELL_INSIDE = 5.0  # highest frequency over the apex of an arc whose fast flank is seen
OVERLAPS_SPIKE = 1.0
HIDDEN_BY_SPIKE = 0.2  # reactance of the blocking electrode at the apex, over the arc's resistance


@dataclass(frozen=True)
class Relaxation:
    """An arc of a fit: its resistance's name, its time constant and effective capacitance.

    tau = (R Q)^(1/n) and C = tau / R (Hsu & Mansfeld, Corrosion 57 (2001) 747, 10.5006/1.3280607).
    """

    name: str
    resistance_ohm: float
    time_s: float
    exponent: float

    @property
    def capacitance_f(self) -> float:
        """Effective capacitance."""
        return self.time_s / self.resistance_ohm


def relaxations(fit: CircuitFit) -> tuple[Relaxation, ...]:
    """The parallel R and CPE (or C) pairs of a fit, fastest first."""
    found = []
    for number in range(1, 10):
        resistance = fit.parameters.get(f"R{number}")
        if resistance is None:
            continue
        q, n = fit.parameters[f"CPE{number}_Q"].value, fit.parameters[f"CPE{number}_n"].value
        log_tau = float(np.log(resistance.value) + np.log(q)) / n
        found.append(Relaxation(f"R{number}", resistance.value, float(np.exp(min(log_tau, 600.0))), n))
    return tuple(sorted(found, key=lambda arc: arc.time_s))


def objections(fit: CircuitFit, electrodes: Electrodes) -> tuple[str, ...]:
    """Why a fit cannot be the cell; empty when nothing speaks against it."""
    real_axis = MOST_OF_THE_REAL_AXIS * float((fit.z_ohm.real).max())
    found = [] if fit.converged else ["did not converge"]
    found += [f"{name} at its bound" for name in fit.at_bound if not name.endswith("_n")]
    found += [f"{name} not determined" for name in _vague(fit)]
    for name, estimate in fit.parameters.items():
        if name.startswith("R") and estimate.value > real_axis:
            found.append(f"{name} beyond the real axis")
    for arc in relaxations(fit):
        found += _arc_objections(arc, fit)
    diffusion = fit.parameters.get("Ws1_tau")
    if diffusion is not None and any(arc.time_s > diffusion.value for arc in relaxations(fit)):
        found.append("diffusion faster than an arc")
    if electrodes == "blocking" and spike_capacitance_f(fit) < LEAST_ELECTRODE_CAPACITANCE_F:
        found.append("the spike is too small a capacitance to be an electrode")
    if fit.rms > WORST_FIT:
        found.append("does not describe the data")
    return tuple(found)


def _arc_objections(arc: Relaxation, fit: CircuitFit) -> list[str]:
    omega = 2 * np.pi * fit.frequency_hz
    found = []
    if arc.time_s * omega.min() > SLOWEST_RELAXATION:
        found.append(f"{arc.name} relaxes below the window")
    if arc.time_s * omega.max() * FASTEST_APEX < 1:
        found.append(f"{arc.name} relaxes far above the window")
    if arc.exponent < LEAST_ARC_EXPONENT:
        found.append(f"{arc.name} is too flat to be an arc")
    resolved = arc.time_s * omega.max() > WELL_INSIDE
    allowed = OVERLAPS_SPIKE if resolved else HIDDEN_BY_SPIKE
    if _spike_reactance_ohm(fit, 1 / arc.time_s) > allowed * arc.resistance_ohm:
        found.append(f"{arc.name} is hidden by the spike: dispersion of the electrode")
    return found


def _spike_reactance_ohm(fit: CircuitFit, omega: float) -> float:
    """Modulus of the blocking electrode's -Z'' at omega; 0 when the circuit has none."""
    last = fit.circuit.rsplit("-", 1)[-1]
    if not last.startswith("CPE") or last.endswith(")"):
        return 0.0
    q, n = fit.parameters[f"{last}_Q"].value, fit.parameters[f"{last}_n"].value
    return float(np.sin(n * np.pi / 2) * omega**-n / q)


def _vague(fit: CircuitFit) -> list[str]:
    """R and L whose relative standard uncertainty is too large.

    A weak Warburg element may stay: it does no harm, and leaving it out bends the arc before it.
    """
    return [
        name
        for name, estimate in fit.parameters.items()
        if (name[0] in "RL" or name.endswith("_R"))
        and estimate.relative_uncertainty > MOST_RELATIVE_UNCERTAINTY
    ]


def spike_capacitance_f(fit: CircuitFit) -> float:
    """Capacitance of the blocking electrodes at the lowest frequency; infinite when there are none."""
    omega = 2 * np.pi * float(fit.frequency_hz.min())
    reactance = _spike_reactance_ohm(fit, omega)
    return 1 / (omega * reactance) if reactance > 0 else float("inf")


def is_inductive(z_imag_ohm: FloatArray) -> bool:
    """The three highest frequencies (first in the array) lie above the real axis."""
    return z_imag_ohm.size >= 6 and bool((z_imag_ohm[:3] > 0).all())
