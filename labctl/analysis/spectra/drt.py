"""Distribution of relaxation times: a picture of how many arcs there are, not a measurement of them.

Z(w) = R + jwL + A (jw)^-n + integral gamma(ln tau) / (1 + jw tau) d ln tau, gamma >= 0, by Tikhonov
regularisation of the first derivative of gamma (Wan et al., Electrochim. Acta 184 (2015) 483,
10.1016/j.electacta.2015.09.097). Read as a Gaussian prior, its most probable strength follows from the data
(Liu & Ciucci, Electrochim. Acta 331 (2020) 135316, 10.1016/j.electacta.2019.135316). The blocking branch
A (jw)^-n is fitted together with gamma where a valley of -Z'' separates it from the arcs.

The 95 % intervals hold the noise, the prior, and a regularisation ten times weaker. They do not hold the
assumption that gamma is smooth: two sharp peaks that lie close together are shown as one.
"""

from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.arrays import ComplexArray, FloatArray
from labctl.analysis.spectra.relaxation_peaks import Gammas, RelaxationPeak
from labctl.analysis.spectra.relaxation_problem import (
    RelaxationProblem,
    Solution,
    valley_before_electrode,
)
from labctl.analysis.spectra.spectrum import Spectrum

__all__ = ["RelaxationPeak", "RelaxationTimes", "drt"]

STRENGTHS = np.logspace(-5, 1, 13)
WEAKER = 0.1  # strength of half of the samples, over the one used
TIMES_PER_DECADE = 8
FEWEST_POINTS = 5
SAMPLES, SEED = 120, 20261
FIRST_STRENGTH = 1e-4
MUCH_BETTER = 0.5  # residuals with the electrode in the distribution over those without it
NO_VALLEY = "no valley between arcs and electrode: slow relaxation times belong to the electrode"
INDUCTIVE = "inductive: the distribution describes no loops"


@dataclass(frozen=True, eq=False)
class RelaxationTimes:
    """A distribution over k relaxation times.

    Attributes
    ----------
    tau_s, gamma_ohm : (k,)
        Time constants, and resistance per unit of ln(tau), not negative.
    series_ohm, inductance_h : float
    capacitance_f : float
        Of the blocking electrodes at the lowest frequency, infinite when there is none.
    peaks_s : (p,)
        Time constants of the maxima that hold more than 1 % of the area, fastest first.
    z_ohm : (n,) complex
        What it describes, at the n usable points, highest frequency first.
    rms : float
        Of the real and imaginary residuals over |Z|.
    strength : float
        Regularisation used.
    gamma_low_ohm, gamma_high_ohm : (k,)
        95 % interval of each gamma.
    exponent : float
        Of the blocking electrodes: 1 a capacitor, less a constant-phase element; nan when there is none.
    peaks : tuple of RelaxationPeak
        The separate maxima: the upper end of the valley between two of them is below both lower ends. Each
        has at least 1 % of the resistance; a maximum that is not separate belongs to its larger neighbour.
    flags : tuple of str
    """

    tau_s: FloatArray
    gamma_ohm: FloatArray
    series_ohm: float
    inductance_h: float
    capacitance_f: float
    peaks_s: FloatArray
    z_ohm: ComplexArray
    rms: float
    strength: float
    gamma_low_ohm: FloatArray
    gamma_high_ohm: FloatArray
    exponent: float
    peaks: tuple[RelaxationPeak, ...]
    flags: tuple[str, ...]


def drt(spectrum: Spectrum, strength: float | None = None) -> RelaxationTimes:
    """Distribution of relaxation times of the usable points.

    `strength` is the weight of the regularisation, for residuals relative to |Z| and gamma relative to its
    median; by default the most probable one. The same spectrum gives the same result, bit for bit.

    Raises
    ------
    ValueError
        For fewer than five usable points or a strength that is not positive.
    """
    clean = spectrum.cleaned()
    if len(clean) < FEWEST_POINTS:
        raise ValueError(f"spectrum: {len(clean)} usable points are too few for relaxation times")
    if strength is not None and not strength > 0:
        raise ValueError(f"strength must be positive, got {strength!r}")
    problem, first, flags = _with_or_without_valley(clean)
    if strength is None:
        return _described(problem, _most_probable(problem, first), flags)
    return _described(problem, problem.solve(float(strength), first.exponent), flags)


def _with_or_without_valley(clean: Spectrum) -> tuple[RelaxationProblem, Solution, tuple[str, ...]]:
    """The problem, with a blocking branch where that describes the spectrum, and its first solution."""
    flags = (INDUCTIVE,) if (clean.z_ohm.imag > 0).sum() >= 3 and clean.z_ohm.imag[0] > 0 else ()
    valley = valley_before_electrode(clean)
    whole = RelaxationProblem(clean, None, TIMES_PER_DECADE)
    without = whole.solve(FIRST_STRENGTH)
    if valley is None:
        return whole, without, flags
    problem = RelaxationProblem(clean, valley, TIMES_PER_DECADE)
    first = problem.solve(FIRST_STRENGTH)
    if whole.noise(without) < MUCH_BETTER * problem.noise(first):
        return whole, without, (*flags, NO_VALLEY)
    return problem, first, flags


def _most_probable(problem: RelaxationProblem, first: Solution) -> Solution:
    """The solution with the most probable strength."""
    exponent, found = first.exponent, []
    for strength in STRENGTHS:
        found.append(problem.solve(float(strength), exponent))
        exponent = found[-1].exponent
    return max(found, key=problem.log_evidence)


def _described(problem: RelaxationProblem, solution: Solution, flags: tuple[str, ...]) -> RelaxationTimes:
    scale, x = problem.scale_ohm, solution.amplitudes
    weaker = problem.solve(WEAKER * solution.strength, solution.exponent)
    drawn = [problem.samples(one, SAMPLES // 2, SEED)[:, :-2] * scale for one in (solution, weaker)]
    gammas = Gammas(
        problem.tau_s, problem.step, x[:-2] * scale, weaker.amplitudes[:-2] * scale, np.vstack(drawn)
    )
    capacitance_f = _capacitance_f(problem, solution)
    return RelaxationTimes(
        tau_s=problem.tau_s,
        gamma_ohm=gammas.gamma_ohm,
        series_ohm=float(x[-2] * scale),
        inductance_h=float(x[-1] * scale / problem.w_rad_s),
        capacitance_f=capacitance_f,
        peaks_s=gammas.maxima_s(),
        z_ohm=problem.fitted_ohm(solution),
        rms=float(np.sqrt(np.mean(solution.residuals**2))),
        strength=solution.strength,
        gamma_low_ohm=gammas.low_ohm,
        gamma_high_ohm=gammas.high_ohm,
        exponent=solution.exponent if np.isfinite(capacitance_f) else float("nan"),
        peaks=gammas.peaks(),
        flags=flags,
    )


def _capacitance_f(problem: RelaxationProblem, solution: Solution) -> float:
    """Capacitance of the blocking branch at the lowest frequency."""
    if solution.electrode <= 0:
        return float("inf")
    lowest = float(problem.omega.min())
    reactance = solution.electrode * lowest**-solution.exponent * np.sin(solution.exponent * np.pi / 2)
    return float(1 / (reactance * problem.scale_ohm * lowest * problem.w_rad_s))
