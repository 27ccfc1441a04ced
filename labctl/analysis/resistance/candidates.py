"""Candidate circuits of a cell, the relaxations in their fits, and the objections that rule a fit out.

A candidate is one entry of BLOCKING or REVERSIBLE; labels are free, the parts are read from the parsed
circuit.

The gates keep a fit from dressing up a spike as an arc of huge resistance: a resistance must be seen on the
real axis, its relaxation must be inside the window, and the data must determine it.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.elements import EXPONENT, INDUCTANCE
from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import Dispersion, names_of_kinds, pieces_of
from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.resistance.judgement import (
    MOST_OF_THE_REAL_AXIS,
    MOST_RELATIVE_UNCERTAINTY,
    Declared,
    JudgedArc,
    passes_no_current,
    total_of,
)
from labctl.analysis.resistance.relaxations import (
    Relaxation,
    electrode_capacitance_f,
    electrode_reactance_ohm,
    electrode_relaxation,
)
from labctl.analysis.spectra.spectrum import Spectrum

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
ARCS = (
    "R0-p(R1,CPE1)",
    "p(R1,CPE1)-p(R2,CPE2)",
    "R0-p(R1,CPE1)-p(R2,CPE2)",
    "p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)",
)
"""Cells that pass direct current although an electrode was declared blocking."""

HEADS = ("R0", "p(R1,CPE1)", "R0-p(R1,CPE1)", "p(R1,CPE1)-p(R2,CPE2)", "R0-p(R1,CPE1)-p(R2,CPE2)")
THREE_ARCS = "p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)"
ROUGH, BRANCHED, TO_RESERVOIR = "TLM4", "p(CPE4,R5-CPE5)", "Ws4"
SLOWEST_ARC = "p(R3,CPE3)-CPE4"
DIFFUSION_BEHIND = f"{THREE_ARCS}-Ws4"
DIFFUSION_INSIDE = "p(R1,CPE1)-p(R2,CPE2)-p(R3-Ws3,CPE3)"
RICHER = {
    "blocking": (
        *(f"{head}-{electrode}" for electrode in (ROUGH, BRANCHED) for head in HEADS),
        f"{THREE_ARCS}-CPE4",
        f"R0-{THREE_ARCS}-CPE4",
    ),
    "conducting": (*ARCS, f"R0-{THREE_ARCS}", *(f"{head}-{TO_RESERVOIR}" for head in HEADS)),
    "reversible": (
        THREE_ARCS,
        f"R0-{THREE_ARCS}",
        DIFFUSION_BEHIND,
        *(f"{head}-p(R3-Ws3,CPE3)" for head in HEADS),
    ),
}
"""Electrodes that are tried where the usual candidates leave more than the spectrum allows: transmission line
(rough, also diffusion against a wall), a slow branch beside the double layer, a contact layer behind two
arcs, a leak, diffusion to a reservoir, and charge transfer with diffusion beside the double layer."""
RICHEST = (f"{THREE_ARCS}-{ROUGH}",)
"""Contact layer and diffusion against a wall behind two arcs, tried where all others leave much."""
RICHER_ALONE = frozenset(RICHEST) | frozenset(c for of_kind in RICHER.values() for c in of_kind) - {
    *BLOCKING,
    *REVERSIBLE,
    *ARCS,
}
END_POINTS = 5
CONDUCTS_SLOPE = -0.45  # of ln(-Z'') against ln(f); a spike has -0.5 to -1
BLOCKS_PHASE_RAD = np.radians(-60)
MOST_OF_A_TAIL = 0.05
SLOWEST_ELECTRODE = 5.0  # tau of an electrode's arc times the lowest angular frequency
SLOWEST_RELAXATION = 0.5  # tau times the lowest angular frequency
LEAST_ARC_EXPONENT = 0.45
WORST_FIT = 0.1  # rms of the residuals over |Z|
FASTEST_APEX = 100.0  # apex above the highest frequency, as a factor
WELL_INSIDE = 5.0  # highest frequency over the apex of an arc whose fast flank is seen
OVERLAPS_SPIKE = 1.0
HIDDEN_BY_SPIKE = 0.2  # reactance of the blocking electrode at the apex, over the arc's resistance


def objections(fit: CircuitFit, arcs: Sequence[JudgedArc], declared: Declared) -> tuple[str, ...]:
    """Why a fit cannot be the cell; empty when nothing speaks against it.

    Arcs that belong to an electrode are not part of the answer and need not be well determined.
    """
    circuit, pieces = parse_circuit(fit.circuit), pieces_of(fit.circuit)
    of_material = {arc.relaxation.name for arc in arcs if arc.material}
    asked, inner = {*pieces.resistors, *of_material}, electrode_relaxation(fit)
    free = {*names_of_kinds(circuit, EXPONENT), *(_names_beside(fit, asked))}
    found = [] if fit.converged else ["did not converge"]
    found += [f"{name} at its bound" for name in fit.at_bound if name not in free]
    found += [f"{name} not determined" for name in _vague(fit, asked, inner)]
    found += [f"{name} is neither in series, nor in an arc, nor of diffusion" for name in pieces.unread]
    real_axis = MOST_OF_THE_REAL_AXIS * float((fit.z_ohm.real).max())
    found += [f"{name} beyond the real axis" for name in asked if fit.parameters[name].value > real_axis]
    for arc in arcs:
        found += _arc_objections(arc.relaxation, fit) if arc.material else _electrode_objections(arc, fit)
    slowest_s = max((arc.relaxation.time_s for arc in arcs), default=0.0)
    if any(fit.parameters[name].value < slowest_s for name in pieces.diffusion_times):
        found.append("diffusion faster than an arc")
    if pieces.electrode is not None and electrode_capacitance_f(fit) < declared.scales.electrode_f:
        found.append("the spike is too small a capacitance to be an electrode")
    if inner is not None and inner.capacitance_f < declared.scales.double_layer_f:
        found.append(f"{inner.name} relaxes with too small a capacitance to be in the electrode")
    if electrode_tail(fit, arcs) > MOST_OF_A_TAIL:
        found.append("the electrode's arcs go on above the window: the electrolyte is not seen apart")
    total = total_of(fit, arcs)
    if not total.relative_uncertainty <= MOST_RELATIVE_UNCERTAINTY:
        found.append("the electrolyte's resistance is not determined")
    if fit.rms > WORST_FIT:
        found.append("does not describe the data")
    return tuple(found)


def _names_beside(fit: CircuitFit, asked: set[str]) -> set[str]:
    """Parameters that belong to an electrode alone: not asked for, so that a bound does no harm."""
    pieces = pieces_of(fit.circuit)
    names = set[str]()
    for arc in pieces.arcs:
        if arc.resistance not in asked:
            beside = arc.beside
            names.add(beside.time if isinstance(beside, Dispersion) else beside.admittance)
    return names


def electrode_tail(fit: CircuitFit, arcs: Sequence[JudgedArc]) -> float:
    """What Z' at the highest frequency exceeds the series resistors by, over these.

    0 where the electrolyte has an arc or the electrode no dispersion: nothing is extrapolated then.
    """
    if any(arc.material for arc in arcs):
        return 0.0
    resistors = pieces_of(fit.circuit).resistors
    dispersive = arcs or pieces_of(fit.circuit).spike is None
    if not dispersive or not resistors:
        return 0.0
    return float(fit.z_ohm.real[0]) / fit.sum_of(resistors).value - 1


def hidden(name: str) -> str:
    """The objection to an arc with its apex under the blocking electrode."""
    return f"{name} is hidden by the spike: dispersion of the electrode"


def _electrode_objections(arc: JudgedArc, fit: CircuitFit) -> list[str]:
    """In a circuit that passes direct current an electrode's arc is seen, or it dresses up a spike."""
    if passes_no_current(fit):
        return []
    relaxation, name = arc.relaxation, arc.relaxation.name
    found = []
    if relaxation.time_s * 2 * np.pi * fit.frequency_hz.min() > SLOWEST_ELECTRODE:
        found.append(f"{name} relaxes below the window")
    if fit.parameters[name].relative_uncertainty > MOST_RELATIVE_UNCERTAINTY:
        found.append(f"{name} not determined")
    return found


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
    if electrode_reactance_ohm(fit, 1 / arc.time_s) > allowed * arc.resistance_ohm:
        found.append(hidden(arc.name))
    return found


def _vague(fit: CircuitFit, asked: set[str], inner: Relaxation | None) -> list[str]:
    """Resistances asked for, those inside an electrode, and inductances with too large an uncertainty.

    A weak Warburg element may stay: it does no harm, and leaving it out bends the arc before it.
    """
    circuit = parse_circuit(fit.circuit)
    judged = asked | {*names_of_kinds(circuit, INDUCTANCE)} | ({inner.name} if inner else set())
    judged = [name for name in circuit.names if name in judged]
    return [name for name in judged if fit.parameters[name].relative_uncertainty > MOST_RELATIVE_UNCERTAINTY]


def conducts_at_the_end(clean: Spectrum) -> bool:
    """-Z'' no longer grows towards the lowest frequencies as for an electrode that blocks."""
    reactance = -clean.z_ohm.imag[-END_POINTS:]
    if (reactance <= 0).any():
        return True
    ln_f, ln_x = np.log(clean.frequency_hz[-END_POINTS:]), np.log(reactance)
    ln_f = ln_f - ln_f.mean()
    return float(ln_f @ ln_x) > CONDUCTS_SLOPE * float(ln_f @ ln_f)


def blocks_at_the_end(clean: Spectrum) -> bool:
    """The lowest frequencies show a capacitor."""
    return bool((np.angle(clean.z_ohm[-END_POINTS:]) < BLOCKS_PHASE_RAD).all())


def is_inductive(z_imag_ohm: FloatArray) -> bool:
    """The three highest frequencies (first in the array) lie above the real axis."""
    return z_imag_ohm.size >= 6 and bool((z_imag_ohm[:3] > 0).all())
