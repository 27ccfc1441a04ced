"""Conductivity of grain boundaries, apparent and specific, which differ by their share of the thickness.

The apparent one divides the thickness of the whole sample by the boundaries' resistance. In the brick-layer
model the boundaries fill the share C_bulk / C_gb of the thickness where both have one permittivity, so that
the specific conductivity is the apparent one times C_bulk / C_gb (S. M. Haile, D. L. West & J. Campbell,
J. Mater. Res. 13 (1998) 1576, 10.1557/JMR.1998.0219).
"""

import math
from dataclasses import dataclass

import numpy as np

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import Capacitive, ResistiveArc, pieces_of
from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.conclusion import Resistance
from labctl.analysis.resistance.conductivity import conductivity


@dataclass(frozen=True)
class GrainBoundaryConductivity:
    """Conductivities of the grain boundaries in S/m.

    Attributes
    ----------
    apparent_s_m : Estimate
        By thickness and area of the whole sample.
    specific_s_m : Estimate
        Of the boundaries' own material, brick layer.
    """

    apparent_s_m: Estimate
    specific_s_m: Estimate


def grain_boundary_conductivity(
    found: Resistance, thickness_m: Estimate | float, area_m2: Estimate | float
) -> GrainBoundaryConductivity | None:
    """Return the conductivities of the grain boundaries; None where bulk and boundary are not both resolved.

    Raises
    ------
    ValueError
        As `conductivity`, for a thickness or an area that is not positive.
    """
    bulk = next((arc for arc in found.arcs if arc.name == "bulk"), None)
    boundary = next((arc for arc in found.arcs if arc.name == "grain boundary"), None)
    if found.fit is None or bulk is None or boundary is None:
        return None
    apparent = conductivity(boundary.resistance_ohm, thickness_m, area_m2)
    ratio = bulk.capacitance_f / boundary.capacitance_f
    exact = conductivity(Estimate(boundary.resistance_ohm.value, 0.0), thickness_m, area_m2)
    fitted = _log_slopes(found.fit, bulk.resistance_ohm, 1) + _log_slopes(
        found.fit, boundary.resistance_ohm, -1
    )
    fitted[_place(found.fit, boundary.resistance_ohm)] -= 1 / boundary.resistance_ohm.value
    relative = math.sqrt(max(float(fitted @ found.fit.covariance @ fitted), 0.0))
    whole = math.hypot(relative, exact.relative_uncertainty)
    value = apparent.value * ratio
    specific = Estimate(value, value * whole, apparent.degrees_of_freedom)
    return GrainBoundaryConductivity(apparent, specific)


def _place(fit: CircuitFit, resistance: Estimate) -> int:
    return next(i for i, one in enumerate(fit.parameters.values()) if one is resistance)


def _log_slopes(fit: CircuitFit, resistance: Estimate, sign: int) -> FloatArray:
    """Derivatives of sign ln C of the arc with this resistance, (p,), by the parameters in SI units."""
    names, slopes = list(fit.parameters), np.zeros(len(fit.parameters))
    arc = _arc_of(fit, names[_place(fit, resistance)])
    at_r = names.index(arc.resistance)
    r = fit.values[at_r]
    if not isinstance(arc.beside, Capacitive):
        slopes[names.index(arc.beside.time)] = sign / fit.parameters[arc.beside.time].value
        slopes[at_r] = -sign / r
        return slopes
    at_q = names.index(arc.beside.admittance)
    q, n = fit.values[at_q], 1.0
    if arc.beside.exponent is not None:
        n = fit.parameters[arc.beside.exponent].value
        slopes[names.index(arc.beside.exponent)] = -sign * math.log(r * q) / n**2
    slopes[at_r], slopes[at_q] = sign * (1 / n - 1) / r, sign / (n * q)
    return slopes


def _arc_of(fit: CircuitFit, name: str) -> ResistiveArc:
    return next(arc for arc in pieces_of(fit.circuit).arcs if arc.resistance == name)
