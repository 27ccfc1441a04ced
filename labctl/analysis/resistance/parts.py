"""The parts of a fitted cell: which resistance is bulk, grain boundary or of an interface.

The meaning of each arc is decided in `judgement`, by the declared geometry. A grain boundary alone in the
window may be called bulk; the total is the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import pieces_of
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance import capacitances
from labctl.analysis.resistance.judgement import Declared, JudgedArc


@dataclass(frozen=True)
class Arc:
    """A part of the resistance: `bulk`, `grain boundary`, `interphase`, `electrode` or `series`.

    `series` is what has relaxed above the window: leads, and the bulk where its arc is out of sight.
    `interphase` is an interface of a reversible electrode, `electrode` one of blocking electrodes (contact
    layer, leak, dispersion); neither counts in the total. capacitance_f, its standard uncertainty from the
    fit alone, and apex_hz are nan for `series`.
    """

    name: str
    resistance_ohm: Estimate
    capacitance_f: float
    apex_hz: float
    capacitance_u_f: float = math.nan


def named_arcs(fit: CircuitFit, judged: Sequence[JudgedArc], declared: Declared) -> tuple[Arc, ...]:
    """The parts with their names, fastest first."""
    series = pieces_of(fit.circuit).resistors
    arcs = [Arc("series", fit.sum_of(series), math.nan, math.nan)] if series else []
    bulk_taken = False
    for one in judged:
        arc = one.relaxation
        is_bulk = one.material and not bulk_taken and arc.capacitance_f <= declared.scales.bulk_f
        bulk_taken = bulk_taken or is_bulk
        name = "bulk" if is_bulk else "grain boundary" if one.material else declared.interface
        apex_hz = 1 / (2 * math.pi * arc.time_s)
        u_f = capacitances.capacitance_u_f(fit, arc.name)
        arcs.append(Arc(name, fit.parameters[arc.name], arc.capacitance_f, apex_hz, u_f))
    return tuple(arcs)


def specific_boundary_ohm(fit: CircuitFit, arcs: Sequence[Arc]) -> Estimate | None:
    """Resistance of the boundaries' own material (brick layer); None without one bulk and one boundary."""
    of_name = {id(estimate): name for name, estimate in fit.parameters.items()}
    bulk, boundary = (
        [of_name[id(arc.resistance_ohm)] for arc in arcs if arc.name == name]
        for name in ("bulk", "grain boundary")
    )
    if len(bulk) != 1 or len(boundary) != 1:
        return None
    return capacitances.specific_boundary_ohm(fit, bulk[0], boundary[0])


def arc_flags(fit: CircuitFit, arcs: tuple[Arc, ...]) -> tuple[str, ...]:
    """What of the electrolyte's arcs is not in the window."""
    highest = float(fit.frequency_hz.max())
    relaxing = [arc for arc in arcs if arc.name in ("bulk", "grain boundary")]
    if not relaxing:
        return ("arc not resolved: only its low-frequency end is in the window",)
    return tuple(
        f"arc not resolved: {arc.name} has its apex at {arc.apex_hz:.2g} Hz, above {highest:.2g} Hz"
        for arc in relaxing
        if arc.apex_hz > highest
    )
