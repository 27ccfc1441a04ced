"""Fit a circuit to a spectrum: complex non-linear least squares in logarithms, without start values.

Modulus and angular frequency are divided by their geometric means; residuals are divided by
|Z| unless the noise is known (Boukamp, Solid State Ionics 20 (1986) 31, 10.1016/0167-2738(86)90031-7).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from math import exp, log, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.circuits.cell_flags import cell_flags
from labctl.analysis.circuits.circuit import Circuit, parse_circuit
from labctl.analysis.circuits.elements import CAPACITANCE, CPE_ADMITTANCE, EXPONENT, INDUCTANCE, TIME, WARBURG
from labctl.analysis.circuits.first_guess import starting_points
from labctl.analysis.circuits.piece_order import fastest_first
from labctl.analysis.numerics.arrays import BoolArray, ComplexArray, FloatArray, IndexArray
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.least_squares import Minimum, minimise
from labctl.analysis.numerics.residuals import Residuals, examine, examine_all, looks_white
from labctl.analysis.spectra.spectrum import Spectrum

MOST_ITERATIONS = 200
PART = 125  # spectra that a process is given at once

Weights = Literal["modulus", "unit"] | ArrayLike


@dataclass(frozen=True, eq=False)
class CircuitFit:
    """A fitted circuit.

    Attributes
    ----------
    circuit : str
    parameters : dict of str to Estimate
        SI units, in the order of the description. Student intervals through `Estimate.interval`.
    covariance : (p, p)
        Of the parameters, same order and units.
    frequency_hz, z_ohm : (n,)
        The points used, highest frequency first, and the fitted impedance there.
    residuals : (n,) complex
        (measured - fitted) / |measured| (with other weights: times the weight).
    rms : float
        Root mean square of the real and imaginary residuals, divided by the degrees of freedom.
    autocorrelation : float
        Of neighbouring residuals (first-order autoregression); 0 when nothing speaks for one.
    effective_points : float
        How many independent numbers the 2n residuals are worth.
    flags : tuple of str
    """

    circuit: str
    parameters: Mapping[str, Estimate]
    covariance: FloatArray
    frequency_hz: FloatArray
    z_ohm: ComplexArray
    residuals: ComplexArray
    rms: float
    autocorrelation: float
    effective_points: float
    converged: bool
    at_bound: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def values(self) -> FloatArray:
        """(p,) the parameters as an array."""
        return np.array([estimate.value for estimate in self.parameters.values()])

    @property
    def bic(self) -> float:
        """Bayesian information criterion with the effective number of points (10.1214/aos/1176344136)."""
        return self.bic_for(self.effective_points)

    def bic_for(self, effective_points: float) -> float:
        """The same for a number of points that the compared fits share."""
        p = len(self.parameters)
        return effective_points * self._log_mean_square + p * log(max(effective_points, 1.0))

    @cached_property
    def _log_mean_square(self) -> float:
        return log(
            max(float(np.vdot(self.residuals, self.residuals).real) / (2 * self.residuals.size), 1e-30)
        )

    def sum_of(self, names: Sequence[str]) -> Estimate:
        """Sum of some parameters, with their covariance."""
        places = {name: place for place, name in enumerate(self.parameters)}
        chosen = [places[name] for name in names]
        variance = float(self.covariance[chosen][:, chosen].sum())
        first = next(iter(self.parameters.values()))
        total = sum(self.parameters[name].value for name in names)
        return Estimate(total, sqrt(max(variance, 0.0)), first.degrees_of_freedom)


def fit_circuit(
    spectrum: Spectrum,
    circuit: str,
    *,
    start: Mapping[str, float] | None = None,
    weights: Weights = "modulus",
    starts: int | None = None,
) -> CircuitFit:
    """Fit `circuit` (see `labctl.analysis.circuits.circuit`) to the usable points of a spectrum.

    The points are fitted as they are: leads and fixture that the spectrum's cell states stay in the
    parameters, with a flag. A circuit that passes direct current where the electrodes are stated as blocking,
    or none where they are stated as reversible, carries a flag too.

    Parameters
    ----------
    start
        SI values to start from, all of them; without it the first guess is made here.
    weights
        `"modulus"` (residuals relative to |Z|), `"unit"`, or the standard deviation of each point (n,) in
        ohm (same for the real and the imaginary part), in the order of the spectrum.
    starts
        How many first guesses to follow at most; by default 1 for circuits up to six parameters, else 3. The
        others are followed only where the best guess leads to residuals that are not white.

    Raises
    ------
    ValueError
        When the circuit cannot be read, `start` lacks a parameter, `weights` has the wrong shape, or the
        spectrum has fewer usable numbers than the circuit has parameters.
    """
    return fit_circuits([spectrum], circuit, starts=starts, start=start, weights=[weights])[0]


def fit_circuits(
    spectra: Sequence[Spectrum],
    circuit: str,
    *,
    start: Mapping[str, float] | None = None,
    weights: Sequence[Weights] | None = None,
    starts: int | None = None,
    executor: Executor | None = None,
) -> list[CircuitFit]:
    """Fit one circuit to many spectra in one go; arguments as in `fit_circuit`, weights one per spectrum.

    A `concurrent.futures` executor of processes is given parts of the work; it pays from some thousand
    spectra on, or where it stays open for the next batch.
    """
    model = parse_circuit(circuit)
    if weights is None:
        weights = ["modulus"] * len(spectra)
    if executor is not None:
        part = partial(_fit_part, circuit=circuit, start=start, starts=starts)
        places = range(0, len(spectra), PART)
        parts = [(spectra[i : i + PART], weights[i : i + PART]) for i in places]
        return [fit for fits in executor.map(part, parts) for fit in fits]
    count = starts or (1 if len(model.names) <= 6 else 3)
    relative = [Problem.of(spectrum, model, "modulus") for spectrum in spectra]
    begin = guesses(relative, count) if start is None else [problem.starts(start) for problem in relative]
    fits = fit_problems(relative, begin)
    for i, (spectrum, w) in enumerate(zip(spectra, weights, strict=True)):
        if not (isinstance(w, str) and w == "modulus"):
            fits[i] = _with_other_weights(Problem.of(spectrum, model, w), fits[i])
    return [_with_cell_flags(fit, spectrum) for fit, spectrum in zip(fits, spectra, strict=True)]


def _with_cell_flags(fit: CircuitFit, spectrum: Spectrum) -> CircuitFit:
    flags = cell_flags(spectrum.cell, fit.circuit, fit.values, float(fit.frequency_hz.min()))
    return replace(fit, flags=(*fit.flags, *flags)) if flags else fit


def _fit_part(part: tuple[Sequence[Spectrum], Sequence[Weights]], **arguments: Any) -> list[CircuitFit]:
    """What another process does; by name, so that it can be sent there."""
    spectra, weights = part
    return fit_circuits(spectra, weights=weights, **arguments)


def _with_other_weights(problem: "Problem", fit: CircuitFit) -> CircuitFit:
    """The same fit with other weights, which see less of the small impedances and need a start that close."""
    start = {name: estimate.value for name, estimate in fit.parameters.items()}
    return fit_problems([problem], [problem.starts(start)])[0]


@dataclass(frozen=True, eq=False)
class Problem:
    """A spectrum made ready for one circuit: scaled, sorted, weighted."""

    circuit: Circuit
    omega: FloatArray
    z: ComplexArray
    weight: FloatArray
    ln_w: FloatArray
    z_scale_ohm: float
    w_scale_rad_s: float
    noise_known: bool

    @classmethod
    def of(cls, spectrum: Spectrum, circuit: Circuit, weights: Weights) -> "Problem":
        """Raises ValueError as `fit_circuit` does."""
        clean = spectrum.cleaned()
        _check_points(len(clean), circuit)
        modulus = np.abs(clean.z_ohm)
        omega = 2 * np.pi * clean.frequency_hz
        ln_w = np.log(omega)
        ln_scale = float(ln_w.sum()) / ln_w.size
        z_scale, w_scale = exp(float(np.log(modulus).sum()) / ln_w.size), exp(ln_scale)
        weight = _weight(weights, spectrum, modulus) * z_scale
        return cls(
            circuit, omega / w_scale, clean.z_ohm / z_scale, weight, ln_w - ln_scale, z_scale, w_scale,
            noise_known=not isinstance(weights, str),
        )  # fmt: skip

    def starts(self, given: Mapping[str, float]) -> FloatArray:
        """Where to begin with given SI values, (1, p)."""
        missing = [name for name in self.circuit.names if name not in given]
        if missing:
            raise ValueError(f"start lacks {', '.join(missing)} of {self.circuit.description}")
        values = np.array([float(given[name]) for name in self.circuit.names])
        if not (np.isfinite(values) & (values > 0)).all():
            raise ValueError("start must hold positive finite numbers")
        return self.circuit.from_si(np.log(values)[None, :], self.z_scale_ohm, self.w_scale_rad_s)

    def with_circuit(self, circuit: Circuit) -> "Problem":
        """The same spectrum with another circuit; raises ValueError where it has too few points for that."""
        _check_points(self.omega.size, circuit)
        return replace(self, circuit=circuit)


def _check_points(points: int, circuit: Circuit) -> None:
    if 2 * points <= len(circuit.names):
        raise ValueError(
            f"spectrum: {points} usable points cannot hold the {len(circuit.names)} parameters "
            f"of {circuit.description}"
        )


def guesses(problems: Sequence[Problem], count: int) -> list[FloatArray]:
    """First guesses of each problem, all of one circuit, (count or fewer, p), best first.

    Those with the same frequencies are made together.
    """
    alike: dict[bytes, list[int]] = {}
    for i, problem in enumerate(problems):
        alike.setdefault(problem.omega.tobytes(), []).append(i)
    found: dict[int, FloatArray] = {}
    for places in alike.values():
        z = np.array([problems[i].z for i in places])
        weight = np.array([problems[i].weight for i in places])
        first = problems[places[0]]
        found.update(zip(places, starting_points(first.circuit, first.omega, z, weight, count), strict=True))
    return [found[i] for i in range(len(problems))]


def _bounds(circuit: Circuit, ln_w: FloatArray, z: ComplexArray) -> tuple[FloatArray, FloatArray]:
    """Limits (b, p) by meaning, as logarithms in scaled units, for spectra (b, n)."""
    modulus = np.abs(z)
    ends = np.log([modulus.min(axis=1), modulus.max(axis=1)])
    seen = np.array([np.ones(len(z)), *ends, -ln_w[:, 0], -ln_w[:, -1], np.minimum(-ln_w[:, 0], 0.0)]).T
    lower, upper = _limits(circuit.description)
    return seen @ lower, seen @ upper


@lru_cache(maxsize=256)
def _limits(description: str) -> tuple[FloatArray, FloatArray]:
    """Limits as sums (6, p) over one, small and large |Z|, fast and slow time, and fast where below zero."""
    one, small, large, fast, slow, fast_below_zero = np.eye(6)
    slowness = (fast - large - 9 * one, slow - small + 9 * one)
    limits = {
        EXPONENT: (log(0.3) * one, 0.0 * one),
        TIME: (fast - 7 * one, slow + 9 * one),
        INDUCTANCE: (small + fast - 16 * one, large + 16 * one - fast_below_zero),
        CAPACITANCE: slowness,
        CPE_ADMITTANCE: slowness,
        WARBURG: (small - 9 * one - slow / 2, large + 9 * one - fast / 2),
    }
    usual = (small - 9 * one, large + 9 * one)
    both = np.array([limits.get(kind, usual) for kind in parse_circuit(description).kinds])
    return both[:, 0].T.copy(), both[:, 1].T.copy()


def _weight(weights: Weights, spectrum: Spectrum, modulus: FloatArray) -> FloatArray:
    if isinstance(weights, str):
        if weights not in ("modulus", "unit"):
            raise ValueError(f"weights must be 'modulus', 'unit' or standard deviations, got {weights!r}")
        return 1 / modulus if weights == "modulus" else np.full(modulus.size, 1 / np.median(modulus))
    deviation = np.asarray(weights, float)
    if deviation.shape != spectrum.frequency_hz.shape or not (deviation[spectrum.usable] > 0).all():
        raise ValueError("weights must hold one positive standard deviation for each point")
    keep = np.flatnonzero(spectrum.usable)
    return 1 / deviation[keep[np.argsort(-spectrum.frequency_hz[keep], kind="stable")]]


def fit_problems(
    problems: Sequence[Problem], starts: Sequence[FloatArray], max_iterations: int = MOST_ITERATIONS
) -> list[CircuitFit]:
    """Follow every start (k, p) of every problem, all of one circuit, and keep the best of each."""
    fits: dict[int, CircuitFit] = {}
    for points in sorted({problem.omega.size for problem in problems}):
        chosen = [i for i, problem in enumerate(problems) if problem.omega.size == points]
        batch = _fit_batch([problems[i] for i in chosen], [starts[i] for i in chosen], max_iterations)
        fits.update(zip(chosen, batch, strict=True))
    return [fits[i] for i in range(len(problems))]


def _fit_batch(
    problems: Sequence[Problem], starts: Sequence[FloatArray], max_iterations: int
) -> list[CircuitFit]:
    """The same for problems with the same number of points.

    A first start that leaves white residuals has no better minimum beside it worth the search; elsewhere all
    starts are followed.
    """
    batch = _Batch.of(problems, max_iterations)
    everyone = np.arange(len(problems))
    minimum = batch.minimum(everyone, np.array([own[0] for own in starts]))
    unsure = np.array([i for i, own in enumerate(starts) if len(own) > 1], np.intp)
    if unsure.size:
        unsure = unsure[~looks_white(minimum.residuals[unsure])]
    if unsure.size:
        owner = np.repeat(unsure, [len(starts[i]) - 1 for i in unsure])
        others = batch.minimum(owner, np.concatenate([starts[i][1:] for i in unsure]), minimum.x)
        minimum = minimum.replaced_where_better(owner, others)
    return _describe(problems, minimum, batch.lower, batch.upper)


@dataclass(frozen=True, eq=False)
class _Batch:
    """The data of b problems of one circuit with n points each; weight (b, 1, 2n), limits (b, p)."""

    circuit: Circuit
    ln_w: FloatArray
    z: ComplexArray
    weight: FloatArray
    lower: FloatArray
    upper: FloatArray
    max_iterations: int

    @classmethod
    def of(cls, problems: Sequence[Problem], max_iterations: int) -> "_Batch":
        circuit = problems[0].circuit
        ln_w = np.array([problem.ln_w for problem in problems])
        z = np.array([problem.z for problem in problems])
        weight = np.array([problem.weight for problem in problems]).repeat(2, axis=1)[:, None]
        return cls(circuit, ln_w, z, weight, *_bounds(circuit, ln_w, z), max_iterations)

    def minimum(self, owner: IndexArray, starts: FloatArray, known: FloatArray | None = None) -> Minimum:
        """Follow starts (k, p) of the problems `owner` (k,), as far as they do not lead to `known` (b, p)."""
        size, points = len(self.circuit.names), self.ln_w.shape[1]
        single = len(self.ln_w) == 1

        def table(x: FloatArray, index: IndexArray) -> FloatArray:
            own = slice(None) if single else owner[index]
            rows = np.empty((len(x), size + 1, points), complex)
            model = self.circuit.evaluate(x, self.ln_w[own], rows[:, :size])
            np.subtract(model, self.z[own], out=rows[:, size])
            parts = rows.view(float)
            parts *= self.weight[own]
            return parts

        known = None if known is None else known[owner]
        lower, upper = self.lower[owner], self.upper[owner]
        return minimise(table, starts, lower, upper, self.max_iterations, known=known)


def _describe(
    problems: Sequence[Problem], minimum: Minimum, lower: FloatArray, upper: FloatArray
) -> list[CircuitFit]:
    """Describe the minimum of each problem."""
    circuit, residuals, x, jacobian = problems[0].circuit, minimum.residuals, minimum.x, minimum.jacobian
    order = fastest_first(circuit, x)
    if order is not None:
        x = np.take_along_axis(x, order, axis=1)
        jacobian = np.take_along_axis(jacobian, order[:, :, None], axis=1)
    held = (x <= lower + 1e-9) | (x >= upper - 1e-9)
    if len(problems) == 1 or len({problem.noise_known for problem in problems}) > 1:
        judged = [
            examine(*own, problem.noise_known)
            for own, problem in zip(zip(residuals, jacobian, held, strict=True), problems, strict=True)
        ]
    else:
        judged = examine_all(residuals, jacobian, held, problems[0].noise_known)
    z_scale = np.array([problem.z_scale_ohm for problem in problems])
    w_scale = np.array([problem.w_scale_rad_s for problem in problems])
    log_si, change = circuit.to_si(x, z_scale, w_scale)
    values = np.exp(log_si)
    scale = values[:, :, None] * change
    covariance = scale @ np.array([one.covariance for one in judged]) @ scale.swapaxes(1, 2)
    rows = zip(
        problems, judged, values, covariance, held, -residuals, minimum.converged.tolist(), strict=True
    )
    return [_described(*row) for row in rows]


def _described(
    problem: Problem,
    examined: Residuals,
    values: FloatArray,
    covariance: FloatArray,
    held: BoolArray,
    residuals: FloatArray,
    converged: bool,
) -> CircuitFit:
    names = problem.circuit.names
    deviation = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    parameters = {
        name: Estimate(v, u, examined.degrees_of_freedom)
        for name, v, u in zip(names, values.tolist(), deviation.tolist(), strict=True)
    }
    complex_residuals = residuals.view(complex)
    at_bound = tuple(name for name, is_held in zip(names, held.tolist(), strict=True) if is_held)
    return CircuitFit(
        circuit=problem.circuit.description,
        parameters=parameters,
        covariance=covariance,
        frequency_hz=problem.omega * (problem.w_scale_rad_s / (2 * np.pi)),
        z_ohm=(problem.z - complex_residuals / problem.weight) * problem.z_scale_ohm,
        residuals=complex_residuals,
        rms=examined.rms,
        autocorrelation=examined.autocorrelation,
        effective_points=examined.effective_points,
        converged=converged,
        at_bound=at_bound,
        flags=_flags(examined, at_bound, converged, parameters),
    )


def _flags(
    examined: Residuals, at_bound: tuple[str, ...], converged: bool, parameters: Mapping[str, Estimate]
) -> tuple[str, ...]:
    flags = []
    if not converged:
        flags.append("fit did not converge")
    flags += [f"parameter at its bound: {name}" for name in at_bound]
    vague = [n for n, e in parameters.items() if n not in at_bound and e.relative_uncertainty > 0.5]
    flags += [f"parameter not determined: {name}" for name in vague]
    if examined.autocorrelation > 0:
        flags.append(f"residuals correlated: {examined.autocorrelation:.2f} from point to point")
    return tuple(flags)
