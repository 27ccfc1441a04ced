"""Distribution of relaxation times: a picture of how many arcs there are, not a measurement of them.

Z(w) = R + jwL + 1/(jwC) + integral gamma(ln tau) / (1 + jw tau) d ln tau, gamma >= 0, by Tikhonov
regularisation of the first derivative of gamma (Wan et al., Electrochim. Acta 184 (2015) 483,
10.1016/j.electacta.2015.09.097); its strength by cross-validation of the real against the imaginary part
(Saccoccio et al., Electrochim. Acta 147 (2014) 470, 10.1016/j.electacta.2014.09.058).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from labctl.analysis.numerics.arrays import ComplexArray, FloatArray
from labctl.analysis.spectra.spectrum import Spectrum

STRENGTHS = np.logspace(-4, 1, 11)
TIMES_PER_DECADE = 10
FEWEST_POINTS = 5


@dataclass(frozen=True, eq=False)
class RelaxationTimes:
    """A distribution over k relaxation times.

    Attributes
    ----------
    tau_s, gamma_ohm : (k,)
        Time constants, and resistance per unit of ln(tau), not negative.
    series_ohm, inductance_h : float
    capacitance_f : float
        Of the blocking electrodes, infinite when there is none.
    peaks_s : (p,)
        Time constants of the maxima that hold more than 1 % of the area, fastest first.
    z_ohm : (n,) complex
        What it describes, at the n usable points, highest frequency first.
    rms : float
        Of the real and imaginary residuals over |Z|.
    strength : float
        Regularisation used.
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


def drt(spectrum: Spectrum, strength: float | None = None) -> RelaxationTimes:
    """Distribution of relaxation times of the usable points.

    `strength` is the weight of the regularisation, for residuals relative to |Z| and gamma relative to its
    median; by default cross-validation chooses it.

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
    problem = _Tikhonov(clean)
    chosen = strength if strength is not None else min(STRENGTHS, key=problem.cross_validation)
    return problem.describe(problem.solve(float(chosen), (True, True)), float(chosen))


class _Tikhonov:
    def __init__(self, clean: Spectrum) -> None:
        self.clean = clean
        omega = 2 * np.pi * clean.frequency_hz
        self.modulus, self.scale = np.abs(clean.z_ohm), float(np.median(np.abs(clean.z_ohm)))
        self.w = float(np.exp(np.log(omega).mean()))
        low, high = np.log10(0.1 / omega.max()), np.log10(10 / omega.min())
        self.tau = np.logspace(low, high, max(5, int(TIMES_PER_DECADE * (high - low)) + 1))
        step = float(np.log(self.tau[1] / self.tau[0]))
        pairs = step / (1 + 1j * omega * self.tau[:, None])
        series = [np.ones(omega.size, complex), 1j * omega / self.w, -1j * self.w / omega]
        self.columns = np.concatenate([pairs, series]) * self.scale / self.modulus
        self.target = clean.z_ohm / self.modulus
        roughness = np.diff(np.eye(self.tau.size), axis=0) / np.sqrt(step)
        self.roughness = np.hstack([roughness, np.zeros((len(roughness), 3))])

    def solve(self, strength: float, parts: tuple[bool, bool]) -> FloatArray:
        """Non-negative amplitudes from the real part, the imaginary part or both."""
        from scipy.optimize import nnls

        rows = [p for p, used in zip((self.columns.real, self.columns.imag), parts, strict=True) if used]
        goal = [p for p, used in zip((self.target.real, self.target.imag), parts, strict=True) if used]
        a = np.vstack([*(block.T for block in rows), np.sqrt(strength) * self.roughness])
        b = np.concatenate([*goal, np.zeros(len(self.roughness))])
        return nnls(a, b, maxiter=50 * a.shape[1])[0]

    def cross_validation(self, strength: float) -> float:
        """Misfit of each half's prediction of the other; components a half does not see are refitted."""
        total = 0.0
        for parts, turn, unseen in (((True, False), -1j, slice(-2, None)), ((False, True), 1, slice(-3, -2))):
            x = self.solve(strength, parts)
            x[unseen] = 0
            left = ((self.target - x @ self.columns) * turn).real
            blind = (self.columns[unseen] * turn).real
            left = left - np.linalg.lstsq(blind.T, left, rcond=None)[0] @ blind
            total += float(left @ left)
        return total

    def describe(self, x: FloatArray, strength: float) -> RelaxationTimes:
        """The result in SI units."""
        gamma, fitted = x[:-3] * self.scale, np.asarray(x @ self.columns, complex)
        residuals = self.target - fitted
        return RelaxationTimes(
            tau_s=self.tau,
            gamma_ohm=gamma,
            series_ohm=float(x[-3] * self.scale),
            inductance_h=float(x[-2] * self.scale / self.w),
            capacitance_f=float(1 / (x[-1] * self.scale * self.w)) if x[-1] > 0 else float("inf"),
            peaks_s=self.tau[_maxima(gamma)],
            z_ohm=fitted * self.modulus,
            rms=float(np.sqrt(np.mean(np.abs(residuals) ** 2) / 2)),
            strength=strength,
        )


def _maxima(gamma: FloatArray) -> np.ndarray:
    """Places of the maxima with more than 1 % of the area between the valleys on either side."""
    steps = np.diff(np.concatenate([[0.0], gamma, [0.0]]))
    moves = np.flatnonzero(steps)
    turns = np.flatnonzero((steps[moves][:-1] > 0) & (steps[moves][1:] < 0))
    tops = moves[turns + 1] - 1
    valleys = [a + int(np.argmin(gamma[a:b])) for a, b in pairwise(tops)]
    areas = [gamma[a:b].sum() for a, b in pairwise([0, *valleys, gamma.size])] if tops.size else []
    return tops[np.array(areas, float) > 0.01 * gamma.sum()]
