"""Effective capacitances of the arcs of a fit, with their uncertainties.

C = tau / R with tau = (R Q)^(1/n), so that its uncertainty follows from the covariance of R, Q and n. The
boundaries' own material has the resistance R_gb C_gb / C_bulk in the brick-layer model (S. M. Haile,
D. L. West & J. Campbell, J. Mater. Res. 13 (1998) 1576, 10.1557/JMR.1998.0219).
"""

import math

import numpy as np

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.circuits.pieces import Capacitive, ResistiveArc, pieces_of
from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.resistance.relaxations import relaxations


def capacitance_u_f(fit: CircuitFit, name: str) -> float:
    """Standard uncertainty of the capacitance beside the resistance `name`, from the fit alone."""
    return _capacitance_f(fit, name) * _spread(fit, _log_slopes(fit, name))


def specific_boundary_ohm(fit: CircuitFit, bulk: str, boundary: str) -> Estimate:
    """R_gb C_gb / C_bulk, by the names of both resistances: of a layer as thick as the whole sample."""
    resistance = fit.parameters[boundary]
    slopes = _log_slopes(fit, boundary) - _log_slopes(fit, bulk)
    slopes[list(fit.parameters).index(boundary)] += 1 / resistance.value
    value = resistance.value * _capacitance_f(fit, boundary) / _capacitance_f(fit, bulk)
    return Estimate(value, value * _spread(fit, slopes), resistance.degrees_of_freedom)


def _capacitance_f(fit: CircuitFit, name: str) -> float:
    return next(arc.capacitance_f for arc in relaxations(fit) if arc.name == name)


def _spread(fit: CircuitFit, slopes: FloatArray) -> float:
    return math.sqrt(max(float(slopes @ fit.covariance @ slopes), 0.0))


def _log_slopes(fit: CircuitFit, name: str) -> FloatArray:
    """Derivatives of ln C of the arc with this resistance, (p,), by the parameters in SI units."""
    names, slopes = list(fit.parameters), np.zeros(len(fit.parameters))
    arc = _arc_of(fit, name)
    at_r = names.index(arc.resistance)
    r = fit.values[at_r]
    if not isinstance(arc.beside, Capacitive):
        slopes[names.index(arc.beside.time)] = 1 / fit.parameters[arc.beside.time].value
        slopes[at_r] = -1 / r
        return slopes
    at_q = names.index(arc.beside.admittance)
    q, n = fit.values[at_q], 1.0
    if arc.beside.exponent is not None:
        n = fit.parameters[arc.beside.exponent].value
        slopes[names.index(arc.beside.exponent)] = -math.log(r * q) / n**2
    slopes[at_r], slopes[at_q] = (1 / n - 1) / r, 1 / (n * q)
    return slopes


def _arc_of(fit: CircuitFit, name: str) -> ResistiveArc:
    return next(arc for arc in pieces_of(fit.circuit).arcs if arc.resistance == name)
