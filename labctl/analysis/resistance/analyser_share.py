"""The analyser's part in the uncertainty of a resistance.

An analyser that reads Z_i (1 + g_i + j f_i) instead of Z_i, with small errors g of the gain and f of the
phase, moves the parameters of a least-squares fit with weights 1/|Z| by the linear propagation of JCGM
100:2008 (5.1): with A the derivatives of Z/|Z| (real rows, then imaginary ones) with respect to ln p,

    d(ln p) = (A^T A)^-1 A^T r,    r_i = (Z_i / |Z_i|) (g_i + j f_i),

and the resistance R, a sum of parameters, by dR = sum_i (a_i g_i + b_i f_i). The errors of the points that
one current range measures are one error, so their a_i are summed before they are squared; a_i of different
ranges are independent. A current range is not recorded. At a constant amplitude it goes with the decade of
|Z|: points of one decade count as one range, and the variance is the mean over where a decade can begin. The
limits are rectangular, u = limit / sqrt(3) (4.3.7).

A gain that is common to all points scales the whole impedance: the sum of all a_i is R itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.spectra.analyser_accuracy import AnalyserAccuracy

BEGINNINGS = (0.0, 0.2, 0.4, 0.6, 0.8)  # of a decade, in log10
ONE_LIMIT = 0.9
"""Share of the variance from which the error of one range decides, and the part is a limit of error."""
MOST_NOT_STATED = 0.1
"""Share of the resistance that points without a stated accuracy may decide."""


@dataclass(frozen=True)
class AnalyserShare:
    """Standard uncertainty of a resistance that the accuracy of the analyser leaves (type B).

    Attributes
    ----------
    gain_ohm, phase_ohm : float
        From gain and phase; common to all spectra that the same ranges measured.
    phase_stated : bool
        The phase error is stated; where it is not, `phase_ohm` is 0 and the share is a lower bound.
    sources : tuple of str
    is_one_limit : bool
        The gain or the phase of one range gives nearly all of it: the error is rectangular.
    """

    gain_ohm: float
    phase_ohm: float
    phase_stated: bool
    sources: tuple[str, ...]
    is_one_limit: bool = False

    @property
    def standard_uncertainty_ohm(self) -> float:
        """Both parts together; they are independent."""
        return math.hypot(self.gain_ohm, self.phase_ohm)

    def added_to(self, resistance_ohm: Estimate) -> Estimate:
        """The resistance with this part in its uncertainty; degrees of freedom after Welch-Satterthwaite."""
        u = math.hypot(resistance_ohm.standard_uncertainty, self.standard_uncertainty_ohm)
        if not u or not math.isfinite(u):
            return resistance_ohm
        ratio = (resistance_ohm.standard_uncertainty / u) ** 4
        freedom = resistance_ohm.degrees_of_freedom / ratio if ratio else math.inf
        return resistance_ohm.widened(
            u,
            "analyser",
            common=True,
            cause="analyser",
            degrees_of_freedom=freedom,
            distribution="rectangular" if self.is_one_limit else "normal",
        )


def analyser_share(
    fit: CircuitFit, resistances: Sequence[str], accuracy: AnalyserAccuracy
) -> AnalyserShare | None:
    """Return the analyser's part in the sum of the parameters `resistances` of a fit.

    None where points without a stated accuracy decide more than a tenth of the resistance, or where the fit
    does not determine it: the part is then not stated, which is not zero.
    """
    found = _sensitivities(fit, resistances)
    if found is None:
        return None
    by_gain, by_phase = found
    gain, phase = accuracy.relative_uncertainty(fit.frequency_hz, fit.z_ohm)
    unknown = np.isnan(gain)
    if abs(by_gain[unknown]).sum() > MOST_NOT_STATED * abs(by_gain).sum() or unknown.all():
        return None
    ranges = [current_ranges(fit, accuracy, begin) for begin in BEGINNINGS]
    gain_ohm, gain_of_one = _combined(by_gain, np.where(unknown, np.nanmax(gain), gain), ranges)
    phase_stated = not np.isnan(phase[~unknown]).all()
    largest = float(np.nanmax(phase)) if phase_stated else 0.0
    phase_ohm, phase_of_one = _combined(by_phase, np.where(np.isnan(phase), largest, phase), ranges)
    of_one = max(gain_of_one, phase_of_one) ** 2 >= ONE_LIMIT * (gain_ohm**2 + phase_ohm**2)
    return AnalyserShare(gain_ohm, phase_ohm, phase_stated, accuracy.sources, of_one)


def _sensitivities(fit: CircuitFit, resistances: Sequence[str]) -> tuple[FloatArray, FloatArray] | None:
    """dR/dg_i and dR/df_i of each point, (n,) in ohm; None where the fit does not determine R."""
    circuit = parse_circuit(fit.circuit)
    z, slopes = circuit.log_jacobian(np.log(fit.values), fit.frequency_hz)
    relative = (slopes / np.abs(z)).T
    stacked = np.concatenate([relative.real, relative.imag])
    chosen = [circuit.index(name) for name in resistances]
    towards = np.zeros(fit.values.size)
    towards[chosen] = fit.values[chosen]
    try:
        solved = np.linalg.solve(stacked.T @ stacked, towards)
    except np.linalg.LinAlgError:
        return None
    rows = stacked @ solved
    real, imaginary = np.split(rows, 2)
    unit = z / np.abs(z)
    return real * unit.real + imaginary * unit.imag, imaginary * unit.real - real * unit.imag


def current_ranges(fit: CircuitFit, accuracy: AnalyserAccuracy, begin: float) -> FloatArray:
    """(n,) number of the range that measured each point: the stated range and the decade of |Z|."""
    decade = np.floor(np.log10(np.abs(fit.z_ohm)) + begin)
    stated = accuracy.range_of(fit.frequency_hz, fit.z_ohm)
    return stated * 1000.0 + decade


def _combined(
    sensitivity: FloatArray, relative: FloatArray, ranges: Sequence[FloatArray]
) -> tuple[float, float]:
    """Root of the variance, averaged over the possible ranges, and of the part of the largest range."""
    moves = sensitivity * relative
    each = [[moves[of == one].sum() ** 2 for one in np.unique(of)] for of in ranges]
    variance, of_largest = np.mean([sum(one) for one in each]), np.mean([max(one) for one in each])
    return float(np.sqrt(variance)), float(np.sqrt(of_largest))
