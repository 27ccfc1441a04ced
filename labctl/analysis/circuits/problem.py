"""A spectrum made ready for the fit of a circuit: scaled, sorted, weighted, with limits and first guesses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.circuits.circuit import Circuit, parse_circuit
from labctl.analysis.circuits.elements import CAPACITANCE, CPE_ADMITTANCE, EXPONENT, INDUCTANCE, TIME, WARBURG
from labctl.analysis.circuits.first_guess import starting_points
from labctl.analysis.numerics.arrays import ComplexArray, FloatArray
from labctl.analysis.spectra.spectrum import Spectrum

Weights = Literal["modulus", "unit"] | ArrayLike


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
    """First guesses of each problem, (count or fewer, p), best first.

    Those with the same circuit and the same frequencies are made together.
    """
    alike: dict[tuple[str, bytes], list[int]] = {}
    for i, problem in enumerate(problems):
        alike.setdefault((problem.circuit.description, problem.omega.tobytes()), []).append(i)
    found: dict[int, FloatArray] = {}
    for places in alike.values():
        z = np.array([problems[i].z for i in places])
        weight = np.array([problems[i].weight for i in places])
        first = problems[places[0]]
        found.update(zip(places, starting_points(first.circuit, first.omega, z, weight, count), strict=True))
    return [found[i] for i in range(len(problems))]


def bounds(circuit: Circuit, ln_w: FloatArray, z: ComplexArray) -> tuple[FloatArray, FloatArray]:
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
