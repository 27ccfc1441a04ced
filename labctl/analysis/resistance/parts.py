"""The parts of a fitted cell: which resistance is bulk, grain boundary or interphase.

By the capacitance that goes with it (J. T. S. Irvine, D. C. Sinclair & A. R. West, Electroceramics:
Characterization by Impedance Spectroscopy, Adv. Mater. 2 (1990) 132, table 1, for a sample as wide as it is
thick): bulk near 1e-12 F, grain boundaries 1e-11 to 1e-8 F, surface layers to 1e-7 F, interfaces with the
electrodes above. Flat samples have more, so the fastest arc is called bulk up to 1e-9 F, and a slower
or larger one a grain boundary. A grain boundary alone in the window may so be called bulk; the total is the
same.
"""

import math
from dataclasses import dataclass

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import pieces_of
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.candidates import Electrodes, relaxations

INTERPHASE_CAPACITANCE_F = 1e-7
GRAIN_BOUNDARY_CAPACITANCE_F = 1e-9


@dataclass(frozen=True)
class Arc:
    """A part of the resistance: `bulk`, `grain boundary`, `interphase` or `series`.

    `series` is what has relaxed above the window: leads, and the bulk where its arc is out of sight.
    capacitance_f and apex_hz are nan for it.
    """

    name: str
    resistance_ohm: Estimate
    capacitance_f: float
    apex_hz: float


def total(fit: CircuitFit, electrodes: Electrodes) -> Estimate:
    """Resistance of the electrolyte (leads included); nan when the circuit has none."""
    arcs = [a.name for a in relaxations(fit) if not _is_interphase(a.capacitance_f, electrodes)]
    names = [*pieces_of(fit.circuit).resistors, *arcs]
    return fit.sum_of(names) if names else Estimate(math.nan, math.nan)


def interphase(fit: CircuitFit, electrodes: Electrodes) -> Estimate | None:
    """Sum of the interphase arcs, None when there is none."""
    names = [a.name for a in relaxations(fit) if _is_interphase(a.capacitance_f, electrodes)]
    return fit.sum_of(names) if names else None


def named_arcs(fit: CircuitFit, electrodes: Electrodes) -> tuple[Arc, ...]:
    """The parts with their names, fastest first."""
    series = pieces_of(fit.circuit).resistors
    arcs = [Arc("series", fit.sum_of(series), math.nan, math.nan)] if series else []
    bulk_taken = False
    for arc in relaxations(fit):
        is_bulk = not bulk_taken and arc.capacitance_f <= GRAIN_BOUNDARY_CAPACITANCE_F
        bulk_taken = bulk_taken or is_bulk
        name = "bulk" if is_bulk else "grain boundary"
        if _is_interphase(arc.capacitance_f, electrodes):
            name = "interphase"
        apex_hz = 1 / (2 * math.pi * arc.time_s)
        arcs.append(Arc(name, fit.parameters[arc.name], arc.capacitance_f, apex_hz))
    return tuple(arcs)


def arc_flags(fit: CircuitFit, arcs: tuple[Arc, ...]) -> tuple[str, ...]:
    """What of the arcs is not in the window."""
    highest = float(fit.frequency_hz.max())
    relaxing = [arc for arc in arcs if not math.isnan(arc.apex_hz)]
    if not relaxing:
        return ("arc not resolved: only its low-frequency end is in the window",)
    return tuple(
        f"arc not resolved: {arc.name} has its apex at {arc.apex_hz:.2g} Hz, above {highest:.2g} Hz"
        for arc in relaxing
        if arc.apex_hz > highest
    )


def _is_interphase(capacitance_f: float, electrodes: Electrodes) -> bool:
    return electrodes == "reversible" and capacitance_f > INTERPHASE_CAPACITANCE_F
