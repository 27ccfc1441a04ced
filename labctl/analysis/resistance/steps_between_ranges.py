"""Noise of a spectrum beside the steps that an analyser makes between its current ranges.

An error of gain and phase that is another one in each range bends a spectrum. A circuit cannot follow, its
residuals grow, and its covariance with them. Where the accuracy of the analyser is stated this error has a
part of its own (`analyser_share`), so the residuals count without it: they are fitted together with one error
of gain and one of phase for each range, and the degrees of freedom that these take are given back. Where a
range begins is not recorded; the beginning with the smallest residuals counts. Steps beyond the stated limits
are no steps of the analyser, and the residuals then stay as they are.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labctl.analysis.circuits.circuit import parse_circuit
from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.numerics.arrays import ComplexArray, FloatArray
from labctl.analysis.numerics.budget import estimate_of
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.residuals import examine
from labctl.analysis.resistance.analyser_share import BEGINNINGS, current_ranges
from labctl.analysis.spectra.analyser_accuracy import AnalyserAccuracy

FEWEST_FREE = 20
"""Residuals that must remain beyond parameters and steps."""
NOISE = "fit and noise"
CERTAIN = 3.0  # standard uncertainties of a step


def without_steps(
    estimate: Estimate, fit: CircuitFit, resistances: Sequence[str], accuracy: AnalyserAccuracy
) -> Estimate:
    """The estimate of the sum of the parameters `resistances` of a fit, its noise without the steps."""
    ratio = noise_ratio(fit, resistances, accuracy)
    if ratio >= 1 or not math.isfinite(estimate.standard_uncertainty):
        return estimate
    parts = [one.scaled(ratio) if one.source == NOISE and not one.common else one for one in estimate.parts]
    less = estimate_of(estimate.value, parts)
    return replace(
        estimate,
        standard_uncertainty=less.standard_uncertainty,
        degrees_of_freedom=less.degrees_of_freedom,
        components=less.components,
    )


def noise_ratio(fit: CircuitFit, resistances: Sequence[str], accuracy: AnalyserAccuracy) -> float:
    """Uncertainty of the sum of parameters without the steps over that with them, at most 1."""
    jacobian, residuals = _jacobian(fit), _in_turn(fit.residuals)
    left, taken = _left(fit, jacobian, residuals, accuracy)
    free = residuals.size - len(jacobian)
    if not taken or free - taken < FEWEST_FREE:
        return 1.0
    held = np.array([name in fit.at_bound for name in fit.parameters])
    names = list(fit.parameters)
    towards = np.zeros(len(names))
    chosen = [names.index(name) for name in resistances]
    towards[chosen] = fit.values[chosen]
    before, after = (
        examine(one, jacobian, held, False).covariance
        for one in (residuals, left * math.sqrt(free / (free - taken)))
    )
    whole, less = float(towards @ before @ towards), float(towards @ after @ towards)
    return min(math.sqrt(less / whole), 1.0) if whole > 0 and less > 0 else 1.0


def _left(
    fit: CircuitFit, jacobian: FloatArray, residuals: FloatArray, accuracy: AnalyserAccuracy
) -> tuple[FloatArray, int]:
    """Residuals (2n,) without the steps, and the degrees of freedom these take; 0 where there are none."""
    limits = [one[np.isfinite(one)] for one in accuracy.relative_uncertainty(fit.frequency_hz, fit.z_ohm)]
    largest = math.sqrt(3) * max((float(one.max()) for one in limits if one.size), default=0.0)
    best, taken, within = residuals, 0, True
    for begin in BEGINNINGS:
        steps = _steps(fit, current_ranges(fit, accuracy, begin))
        if len(steps) < 4:  # of one range alone: its error scales the spectrum and bends nothing
            continue
        design = np.concatenate([jacobian, steps]).T
        found, _, rank, _ = np.linalg.lstsq(design, residuals, rcond=1e-9)
        left = residuals - design @ found
        if left @ left < best @ best:
            noise = np.sqrt(left @ left / max(residuals.size - rank, 1) / np.einsum("kn,kn->k", steps, steps))
            sizes = found[len(jacobian) :].reshape(2, -1)
            apart = np.abs(sizes - sizes.mean(axis=1, keepdims=True)) - CERTAIN * noise.reshape(2, -1)
            best, taken, within = left, int(rank) - len(jacobian), bool(apart.max() <= 2 * largest)
    return (best, taken) if within else (residuals, 0)


def _steps(fit: CircuitFit, ranges: FloatArray) -> FloatArray:
    """Change of the residuals by one error of gain of each of k ranges, then by one of phase: (2k, 2n)."""
    unit = fit.z_ohm / np.abs(fit.z_ohm)
    masks = [ranges == one for one in np.unique(ranges)]
    return np.array([_in_turn(turn * unit * mask) for turn in (1.0, 1j) for mask in masks])


def _jacobian(fit: CircuitFit) -> FloatArray:
    """Derivatives of the residuals by the logarithm of each parameter, (p, 2n)."""
    z, slopes = parse_circuit(fit.circuit).log_jacobian(np.log(fit.values), fit.frequency_hz)
    return np.array([_in_turn(one) for one in slopes / np.abs(z)])


def _in_turn(values: ComplexArray) -> FloatArray:
    """Real and imaginary parts (2n,) in turn of complex values (n,)."""
    return np.stack([values.real, values.imag], axis=-1).ravel()
