"""Candidate circuits of a cell, the relaxations in their fits, and the objections that rule a fit out.

A candidate is one entry of BLOCKING or REVERSIBLE; labels are free, the parts are read from the parsed
circuit.

The gates keep a fit from dressing up a spike as an arc of huge resistance: a resistance must be seen on the
real axis, its relaxation must be inside the window, and the data must determine it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.elements import EXPONENT, INDUCTANCE, RESISTANCE
from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import Capacitive, Dispersion, ResistiveArc, names_of_kinds, pieces_of
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
    """The arcs of a fit, fastest first."""
    found = [_relaxation(fit, arc) for arc in pieces_of(fit.circuit).arcs]
    return tuple(sorted(found, key=lambda arc: arc.time_s))


def _relaxation(fit: CircuitFit, arc: ResistiveArc) -> Relaxation:
    resistance = fit.parameters[arc.resistance].value
    if isinstance(arc.beside, Dispersion):
        time_s, n = (fit.parameters[name].value for name in (arc.beside.time, arc.beside.exponent))
        return Relaxation(arc.resistance, resistance, time_s, n)
    q, n = _admittance(fit, arc.beside)
    log_tau = float(np.log(resistance) + np.log(q)) / n
    return Relaxation(arc.resistance, resistance, float(np.exp(min(log_tau, 600.0))), n)


def _admittance(fit: CircuitFit, element: Capacitive) -> tuple[float, float]:
    """Q and n of a CPE; C and 1 of a capacitor."""
    n = 1.0 if element.exponent is None else fit.parameters[element.exponent].value
    return fit.parameters[element.admittance].value, n


def objections(fit: CircuitFit, electrodes: Electrodes) -> tuple[str, ...]:
    """Why a fit cannot be the cell; empty when nothing speaks against it."""
    circuit, pieces = parse_circuit(fit.circuit), pieces_of(fit.circuit)
    exponents = names_of_kinds(circuit, EXPONENT)
    real_axis = MOST_OF_THE_REAL_AXIS * float((fit.z_ohm.real).max())
    found = [] if fit.converged else ["did not converge"]
    found += [f"{name} at its bound" for name in fit.at_bound if name not in exponents]
    found += [f"{name} not determined" for name in _vague(fit)]
    found += [f"{name} is neither in series, nor in an arc, nor of diffusion" for name in pieces.unread]
    for name in (*pieces.resistors, *(arc.resistance for arc in pieces.arcs)):
        if fit.parameters[name].value > real_axis:
            found.append(f"{name} beyond the real axis")
    for arc in relaxations(fit):
        found += _arc_objections(arc, fit)
    slowest_s = max((arc.time_s for arc in relaxations(fit)), default=0.0)
    if any(fit.parameters[name].value < slowest_s for name in pieces.diffusion_times):
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
    spike = pieces_of(fit.circuit).spike
    if spike is None:
        return 0.0
    q, n = _admittance(fit, spike)
    return float(np.sin(n * np.pi / 2) * omega**-n / q)


def _vague(fit: CircuitFit) -> list[str]:
    """Resistances and inductances with too large a relative standard uncertainty.

    A weak Warburg element may stay: it does no harm, and leaving it out bends the arc before it.
    """
    judged = names_of_kinds(parse_circuit(fit.circuit), RESISTANCE, INDUCTANCE)
    return [name for name in judged if fit.parameters[name].relative_uncertainty > MOST_RELATIVE_UNCERTAINTY]


def spike_capacitance_f(fit: CircuitFit) -> float:
    """Capacitance of the blocking electrodes at the lowest frequency; infinite when there are none."""
    omega = 2 * np.pi * float(fit.frequency_hz.min())
    reactance = _spike_reactance_ohm(fit, omega)
    return 1 / (omega * reactance) if reactance > 0 else float("inf")


def is_inductive(z_imag_ohm: FloatArray) -> bool:
    """The three highest frequencies (first in the array) lie above the real axis."""
    return z_imag_ohm.size >= 6 and bool((z_imag_ohm[:3] > 0).all())
