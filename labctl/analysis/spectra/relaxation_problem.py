"""Non-negative distribution of relaxation times beside a blocking electrode, as a regularised linear problem.

Z(w) = R + jwL + integral gamma(ln tau) / (1 + jw tau) d ln tau + A (jw)^-n, with R, L, gamma and A not
negative and the first derivative of gamma penalised. Residuals are relative to |Z|.

A constant-phase element is itself a distribution without an end (tau^n), so the two can be separated only
where a valley of -Z'' lies between them: the distribution then ends a decade beyond the valley, and A and n
are fitted.
"""

from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.arrays import ComplexArray, FloatArray
from labctl.analysis.spectra.spectrum import Spectrum

FASTEST, SLOWEST = 0.1, 10.0  # time constants over 1/w of the first and last point
BEYOND_THE_VALLEY = 10.0  # slowest time constant over 1/w at the valley
FEWEST_ON_THE_RISE = 4  # points
LEAST_RISE = 0.05  # -Z'' over |Z| at the lowest frequency
EXPONENT_RANGE = (0.4, 1.0)
LARGEST_STEP, SMALLEST_STEP, MOST_STEPS = 0.1, 1e-4, 6  # of the exponent
CAPACITOR = 1.0
LEAST_DIAGONALS = (1e-13, 1e-11, 1e-9, 1e-7)  # of a normal matrix, relative, until it is definite


def valley_before_electrode(clean: Spectrum) -> int | None:
    """Place of the minimum of -Z'' from which it rises to the lowest frequency; None where it does not rise.

    `clean` has its highest frequency first. 0: it rises over the whole spectrum, no arc is in sight.
    """
    reactance = -clean.z_ohm.imag
    if reactance.size < FEWEST_ON_THE_RISE or reactance[-1] < LEAST_RISE * abs(clean.z_ohm[-1]):
        return None
    logarithm = np.pad(np.log(np.maximum(reactance, 1e-300)), 1, mode="edge")
    smooth = 0.25 * logarithm[:-2] + 0.5 * logarithm[1:-1] + 0.25 * logarithm[2:]
    falls = np.flatnonzero(np.diff(smooth) < 0)
    place = int(falls[-1]) + 1 if falls.size else 0
    return place if smooth.size - place >= FEWEST_ON_THE_RISE else None


@dataclass(frozen=True, eq=False)
class Solution:
    """A solution for one strength of the regularisation.

    Attributes
    ----------
    amplitudes : (k + 2,)
        gamma at the k time constants in units of the scale, then R, then L; not negative.
    electrode : float
        A in units of the scale at the mean angular frequency; of a branch of another shape its multiple.
    exponent : float
        n; 1 for a capacitor.
    exponent_is_free : bool
        It was fitted and is at no bound.
    residuals : (2n,)
        Real parts, then imaginary parts, over |Z|.
    strength : float
    """

    amplitudes: FloatArray
    electrode: float
    exponent: float
    exponent_is_free: bool
    residuals: FloatArray
    strength: float


class RelaxationProblem:
    """The problem of one spectrum for given time constants.

    Parameters
    ----------
    clean : Spectrum
        Usable points, highest frequency first.
    valley : int or None
        See `valley_before_electrode`. None: the time constants cover the whole window, and a capacitor takes
        the place of the constant-phase element.
    per_decade : int
        Time constants for each decade.
    beyond : float
        Slowest time constant over 1/w at the valley.
    branch_ohm : (n,), optional
        Impedance of a blocking electrode of another shape than a constant-phase element. Its amplitude is
        fitted.
    """

    def __init__(
        self,
        clean: Spectrum,
        valley: int | None,
        per_decade: int,
        beyond: float = BEYOND_THE_VALLEY,
        branch_ohm: ComplexArray | None = None,
    ) -> None:
        omega = 2 * np.pi * clean.frequency_hz
        self.clean, self.modulus = clean, np.abs(clean.z_ohm)
        self.scale_ohm = float(np.median(self.modulus))
        self.w_rad_s = float(np.exp(np.log(omega).mean()))
        self.omega = omega / self.w_rad_s
        self.is_open, self.branch_ohm = valley is None, branch_ohm
        slowest = SLOWEST / omega.min() if valley is None else beyond / omega[valley]
        low, high = float(np.log10(FASTEST / omega.max())), float(np.log10(slowest))
        self.tau_s = np.logspace(low, high, max(5, int(per_decade * (high - low)) + 1))
        self.step = float(np.log(self.tau_s[1] / self.tau_s[0]))
        weight = self.scale_ohm / self.modulus
        pairs = self.step / (1 + 1j * omega * self.tau_s[:, None])
        series = [np.ones(omega.size, complex), 1j * self.omega]
        self.weight = weight
        self.columns = _parts(np.asarray(np.concatenate([pairs, series]) * weight, np.complex128))
        self.target = _parts(clean.z_ohm / self.modulus)
        self.roughness = self._roughness()
        self.grams = self.columns @ self.columns.T, self.roughness.T @ self.roughness

    def _roughness(self) -> FloatArray:
        """Differences of neighbouring gamma; a distribution that a valley closes ends at zero."""
        size = self.tau_s.size
        differences = np.diff(np.eye(size + 1), axis=0)[:, :size]
        used = differences[:-1] if self.is_open else differences
        return np.hstack([used / np.sqrt(self.step), np.zeros((len(used), 2))])

    def electrode_columns(self, exponent: float) -> FloatArray:
        """(2, 2n): the blocking branch of amplitude one, and its derivative by the exponent.

        (1, 2n) for a branch of another shape, which has none.
        """
        if self.branch_ohm is not None:
            return _parts((self.branch_ohm / self.modulus)[None])
        log_w = np.log(1j * self.omega)
        branch = np.exp(-exponent * log_w) * self.weight
        return _parts(np.array([branch, -log_w * branch], dtype=np.complex128))

    def solve(self, strength: float, exponent: float = 0.9) -> Solution:
        """The solution for this strength; the exponent is fitted from a start, unless a capacitor stands."""
        if self.is_open or self.branch_ohm is not None:
            return self._with_exponent(strength, CAPACITOR)
        solution, better = self._near_exponent(strength, exponent)
        for _ in range(MOST_STEPS):
            if abs(better - solution.exponent) < SMALLEST_STEP:
                break
            solution, better = self._near_exponent(strength, better)
        return self._with_exponent(strength, better) if better in EXPONENT_RANGE else solution

    def _near_exponent(self, strength: float, exponent: float) -> tuple[Solution, float]:
        """The solution with the exponent free in first order, and a better exponent inside its range."""
        free = self.electrode_columns(exponent)
        x, c = Regularised(self.columns, self.roughness, strength, free, self.grams).solve_both(self.target)
        step = float(np.clip(c[1] / c[0], -LARGEST_STEP, LARGEST_STEP)) if c[0] > 0 else 0.0
        residuals = self.target - x @ self.columns - c @ free
        better = float(np.clip(exponent + step, *EXPONENT_RANGE))
        return Solution(x, float(c[0]), exponent, True, residuals, strength), better

    def _with_exponent(self, strength: float, exponent: float) -> Solution:
        """The solution for a given exponent; the electrode's amplitude is not negative."""
        columns = np.vstack([self.columns, self.electrode_columns(exponent)[:1]])
        rough = np.hstack([self.roughness, np.zeros((len(self.roughness), 1))])
        x = Regularised(columns, rough, strength).solve(self.target)
        return Solution(x[:-1], float(x[-1]), exponent, False, self.target - x @ columns, strength)

    def _electrode_of(self, solution: Solution) -> FloatArray:
        """(1 or 2, 2n) the columns of the electrode that the solution is free in."""
        return self.electrode_columns(solution.exponent)[: 2 if solution.exponent_is_free else 1]

    def noise(self, solution: Solution) -> float:
        """Standard deviation of the residuals, for the freedom that the solution leaves them."""
        used, normal = self._linearised(solution)
        spent = float(np.trace(np.linalg.solve(normal, used @ used.T)))
        left = max(self.target.size - spent, 1.0)
        return float(np.sqrt(solution.residuals @ solution.residuals / left))

    def total_ohm(self, solution: Solution) -> tuple[float, float]:
        """R and the area of gamma together with its standard uncertainty, in ohm.

        Linearised at the solution: zeros stay zero, the regularisation is the prior.
        """
        weights = np.full(self.tau_s.size + 2, self.step)
        weights[-2:] = 1.0, 0.0
        _, normal = self._linearised(solution)
        positive = solution.amplitudes > 0
        functional = np.concatenate([weights[positive], np.zeros(len(normal) - positive.sum())])
        variance = float(functional @ np.linalg.solve(normal, functional))
        u = self.noise(solution) * np.sqrt(max(variance, 0.0))
        return float(weights @ solution.amplitudes) * self.scale_ohm, float(u) * self.scale_ohm

    def _linearised(self, solution: Solution) -> tuple[FloatArray, FloatArray]:
        """Columns of the amplitudes above zero and of the electrode, and their regularised normal matrix."""
        positive = solution.amplitudes > 0
        electrode = self._electrode_of(solution)
        used = np.vstack([self.columns[positive], electrode])
        rough = np.hstack([self.roughness[:, positive], np.zeros((len(self.roughness), len(electrode)))])
        normal = used @ used.T + solution.strength * (rough.T @ rough)
        return used, normal + 1e-12 * np.trace(normal) * np.eye(len(normal))

    def log_evidence(self, solution: Solution) -> float:
        """Logarithm of the probability of the data for the strength of a solution, up to a constant.

        The regularisation is a Gaussian prior and the noise is integrated over (MacKay, Neural Comput. 4
        (1992) 415, 10.1162/neco.1992.4.3.415); that gamma is not negative enters by the solution alone.
        """
        electrode = self._electrode_of(solution)
        shared = self.columns @ electrode.T
        of_gamma = self.grams[0] + solution.strength * self.grams[1]
        normal = np.block([[of_gamma, shared], [shared.T, electrode @ electrode.T]])
        normal += 1e-13 * np.trace(normal) * np.eye(len(normal))
        differences = self.roughness @ solution.amplitudes
        misfit = solution.residuals @ solution.residuals + solution.strength * (differences @ differences)
        freedom = self.target.size - (len(normal) - len(self.roughness))
        prior = len(self.roughness) * np.log(solution.strength)
        return float(prior - freedom * np.log(max(misfit, 1e-300)) - np.linalg.slogdet(normal)[1]) / 2

    def samples(self, solution: Solution, count: int, seed: int) -> FloatArray:
        """(count, k + 2) solutions for data and prior that are disturbed by their own noise.

        Randomise, then optimise: for a linear problem without bounds these are draws from the posterior
        (Bardsley & Fox, Inverse Probl. Sci. Eng. 20 (2012) 477, 10.1080/17415977.2011.637208, with bounds).
        """
        random, noise = np.random.default_rng(seed), self.noise(solution)
        free = self._electrode_of(solution)
        problem = Regularised(self.columns, self.roughness, solution.strength, free, self.grams)
        drawn = np.empty((count, self.tau_s.size + 2))
        for place in range(count):
            data = self.target + noise * random.standard_normal(self.target.size)
            drawn[place] = problem.solve(data, noise * random.standard_normal(len(self.roughness)))
        return drawn

    def fitted_ohm(self, solution: Solution) -> ComplexArray:
        """(n,) impedance of the solution, in ohm."""
        return _complex(self.target - solution.residuals) * self.modulus


class Regularised:
    """min |A x + F c - b|^2 + strength |D x|^2 with x >= 0, c free; solved for many b.

    columns (k, m) of A, roughness (r, k) of D, free (q, m) of F; `grams`: A A' and D'D (k, k) where they
    are known. Goes through the normal equations: the regularisation keeps their condition near 1e8.
    """

    def __init__(
        self,
        columns: FloatArray,
        roughness: FloatArray,
        strength: float,
        free: FloatArray | None = None,
        grams: tuple[FloatArray, FloatArray] | None = None,
    ) -> None:
        self.columns, self.roughness, self.strength = columns, roughness, strength
        self.basis = np.zeros((columns.shape[1], 0)) if free is None else np.linalg.qr(free.T)[0]
        self.free = free
        shared = columns @ self.basis
        of_columns, of_roughness = grams or (columns @ columns.T, roughness.T @ roughness)
        normal = of_columns - shared @ shared.T + strength * of_roughness
        self.lower = _lower_of(normal)

    def solve(self, b: FloatArray, prior: FloatArray | None = None) -> FloatArray:
        """x (k,) for the data b (m,); `prior` (r,): the right-hand side of the regularisation, else zero."""
        from scipy.linalg import solve_triangular
        from scipy.optimize import nnls

        right = self.columns @ (b - self.basis @ (self.basis.T @ b))
        if prior is not None:
            right += np.sqrt(self.strength) * (prior @ self.roughness)
        target = solve_triangular(self.lower, right, lower=True, check_finite=False)
        return nnls(self.lower.T, target, maxiter=50 * len(target))[0]

    def solve_both(self, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        """x (k,) and c (q,)."""
        x = self.solve(b)
        assert self.free is not None
        c = np.linalg.lstsq(self.free.T, b - x @ self.columns, rcond=None)[0]
        return x, np.asarray(c, np.float64)


def _lower_of(normal: FloatArray) -> FloatArray:
    """Cholesky's factor (k, k) of normal equations; where rounding spoils them their diagonal is raised."""
    diagonal = np.einsum("kk->k", normal)
    for least in LEAST_DIAGONALS:
        diagonal += least * np.maximum(diagonal, diagonal.max() * least)
        try:
            return np.asarray(np.linalg.cholesky(normal), np.float64)
        except np.linalg.LinAlgError:
            continue
    raise ValueError("spectrum: its points do not determine relaxation times")


def _parts(values: ComplexArray) -> FloatArray:
    """Real parts, then imaginary parts, along the last axis."""
    return np.concatenate([values.real, values.imag], axis=-1)


def _complex(parts: FloatArray) -> ComplexArray:
    half = parts.shape[-1] // 2
    return parts[..., :half] + 1j * parts[..., half:]
