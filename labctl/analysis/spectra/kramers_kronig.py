"""The linear Kramers-Kronig test: consistency of a spectrum with a linear, causal, steady cell.

The spectrum is fitted by a chain that is Kramers-Kronig consistent by construction: a resistor, M parallel
RC pairs with time constants fixed on a logarithmic grid, a series inductor and a series capacitor. What it
cannot describe is noise, drift or non-linearity. M grows until mu = 1 - sum|R_k < 0| / sum|R_k >= 0| falls
below c (Schoenleber, Klotz & Ivers-Tiffee, Electrochim. Acta 131 (2014) 20, 10.1016/j.electacta.2014.01.034).
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np

from labctl.analysis.numerics.arrays import ComplexArray, FloatArray, IndexArray
from labctl.analysis.spectra.spectrum import Spectrum

FitPart = Literal["complex", "real", "imaginary"]

FEWEST_POINTS = 5
USUAL_C = 0.85
MOST_SECOND_CHANCES = 45
"""Pairs added at most after mu has fallen below c; 15 left 3 to 30 of 100 consistent spectra failed."""
SINGLE_STEPS = 15
LATER_STEP = 3
"""After so many second chances of one pair each, M grows by this many: a failing spectrum costs less."""
LARGEST_RMS = 0.005
LARGEST_RMS_OVER_NOISE = 2.0
SMALLEST_PIVOT = 1e-12
AT_ONCE = 24  # spectra solved together: their columns stay in the processor's cache


@dataclass(frozen=True, eq=False)
class KramersKronig:
    """Result of the test on the n usable points, highest frequency first.

    Attributes
    ----------
    frequency_hz : (n,)
    residuals : (n,) complex
        (measured - fitted) / |measured|.
    z_ohm : (n,) complex
        The consistent spectrum nearest to the measured one.
    m : int
        Number of RC pairs.
    mu : float
        1: no negative resistances; below c: the chain begins to fit noise.
    rms, noise : float
        Root mean square of a residual's real and imaginary parts; what of it differs from point to point.
    passed : bool
        The rms is below 0.5 %, or not much more than what differs from point to point.
    flags : tuple of str
    """

    frequency_hz: FloatArray
    residuals: ComplexArray
    z_ohm: ComplexArray
    m: int
    mu: float
    rms: float
    noise: float
    passed: bool
    flags: tuple[str, ...]


def kramers_kronig(
    spectrum: Spectrum,
    *,
    c: float | None = None,
    fit: FitPart = "complex",
    max_m: int = 60,
    series_capacitor: bool = True,
) -> KramersKronig:
    """Linear Kramers-Kronig test.

    Parameters
    ----------
    c : float, optional
        Between 0 and 1: where mu ends the growth of M, as published. By default 0.85, and where mu has fallen
        below it by accident (a few ideal arcs do that at M = 3), M grows on until the test passes, if it can.
    fit : "complex", "real" or "imaginary"
        Which part determines the resistances; the other part is then a prediction.
    max_m : int
        Largest M, also limited by the number of points.
    series_capacitor : bool
        Without it every cell with blocking electrodes fails.

    Raises
    ------
    ValueError
        For fewer than five usable points or an argument out of its range.
    """
    return kramers_kronig_all([spectrum], c=c, fit=fit, max_m=max_m, series_capacitor=series_capacitor)[0]


def kramers_kronig_all(
    spectra: Sequence[Spectrum],
    *,
    c: float | None = None,
    fit: FitPart = "complex",
    max_m: int = 60,
    series_capacitor: bool = True,
) -> list[KramersKronig]:
    """`kramers_kronig` for many spectra; those with the same number of points are solved together."""
    _check(c, fit, max_m)
    clean = [spectrum.cleaned() for spectrum in spectra]
    fewest = min(map(len, clean), default=FEWEST_POINTS)
    if fewest < FEWEST_POINTS:
        raise ValueError(f"spectrum: {fewest} usable points are too few for the Kramers-Kronig test")
    found: dict[int, KramersKronig] = {}
    for points in {len(one) for one in clean}:
        alike = [i for i, one in enumerate(clean) if len(one) == points]
        for begin in range(0, len(alike), AT_ONCE):
            places = alike[begin : begin + AT_ONCE]
            chains = _Chains([clean[i] for i in places], fit, series_capacitor)
            found.update(zip(places, _test_together(chains, c, max_m), strict=True))
    return [found[i] for i in range(len(clean))]


def _check(c: float | None, fit: str, max_m: int) -> None:
    if c is not None and not 0 < c < 1:
        raise ValueError(f"c must lie between 0 and 1, got {c!r}")
    if fit not in ("complex", "real", "imaginary"):
        raise ValueError(f"fit must be 'complex', 'real' or 'imaginary', got {fit!r}")
    if max_m < 1:
        raise ValueError(f"max_m must be at least 1, got {max_m!r}")


def _test_together(chains: "_Chains", c: float | None, max_m: int) -> list[KramersKronig]:
    """Let every chain grow; in each round, chains that ask for the same M are solved together."""
    largest = min(max_m, chains.largest_m)
    growing = [_grow(one, USUAL_C if c is None else c, largest, stubborn=c is None) for one in chains.clean]
    asked = {i: next(growth) for i, growth in enumerate(growing)}
    found: dict[int, KramersKronig] = {}
    while asked:
        for m in set(asked.values()):
            chosen = [i for i, wanted in asked.items() if wanted == m]
            for i, chain in zip(chosen, chains.fitted(m, np.array(chosen)), strict=True):
                try:
                    asked[i] = growing[i].send(chain)
                except StopIteration as ended:
                    found[i] = ended.value
                    del asked[i]
    return [found[i] for i in range(len(growing))]


class _Fitted(NamedTuple):
    """A chain of M pairs: its mu, and its impedance over |Z| (n,)."""

    mu: float
    impedance: ComplexArray


class _Chains:
    """The linear problems of b spectra of n points for any M.

    Impedance is relative to |Z|, angular frequency to its geometric mean. The columns of a problem (k, 2, n),
    real and imaginary parts, are M pairs, the resistor, the inductor, the capacitor.
    """

    def __init__(self, clean: Sequence[Spectrum], fit: FitPart, series_capacitor: bool) -> None:
        self.clean, self.fit = clean, fit
        omega = 2 * np.pi * np.array([one.frequency_hz for one in clean])
        if (omega == omega[0]).all():
            omega = omega[:1]
        z = np.array([one.z_ohm for one in clean])
        modulus = np.abs(z)
        self.omega = omega / np.exp(np.log(omega).mean(axis=1, keepdims=True))
        self.fastest = -np.log(self.omega.max(axis=1))  # logarithms of tau
        self.span = np.log(self.omega.max(axis=1) / self.omega.min(axis=1))
        self.weight = np.median(modulus, axis=1, keepdims=True) / modulus
        nothing = np.zeros(modulus.shape)
        others = [(self.weight, nothing), (nothing, self.weight * self.omega)]
        if series_capacitor:
            others.append((nothing, -self.weight / self.omega))
        others.append((z.real / modulus, z.imag / modulus))
        self.others = np.array(others).transpose(2, 0, 1, 3)  # single elements, and the target

    @property
    def largest_m(self) -> int:
        points, singles = self.omega.shape[1], self.others.shape[1] - 1
        rows = 2 * points if self.fit == "complex" else points
        return max(1, min(points, rows - 1 - singles))

    def fitted(self, m: int, chosen: IndexArray) -> list[_Fitted]:
        """Chains with M = m of the problems `chosen`."""
        table = self.table(m, chosen if len(chosen) < len(self.clean) else slice(None))
        if self.fit == "complex":
            flat = table.reshape(*table.shape[:2], -1)
            x = np.array([_least_squares(own) for own in flat])
            real, imaginary = (x[:, None] @ flat[:, :-1]).reshape(len(x), 2, -1).swapaxes(0, 1)
        else:
            solve = _from_real if self.fit == "real" else _from_imaginary
            parts = [solve(own, m) for own in table]
            x, real, imaginary = (np.array(part) for part in zip(*parts, strict=True))
        return list(map(_Fitted, _mu(x[:, :m]), real + 1j * imaginary))

    def table(self, m: int, own: IndexArray | slice) -> FloatArray:
        """The columns of some problems and, last, what they are to add up to (b, k + 1, 2, n)."""
        every = slice(None) if len(self.omega) == 1 else own
        steps = np.arange(m) / max(m - 1, 1)
        tau = np.exp(self.fastest[every, None] + self.span[every, None] * steps)
        omega_tau = self.omega[every, None] * tau[:, :, None]
        real = 1 / (1 + omega_tau * omega_tau)
        weight, others = self.weight[own, None], self.others[own]
        table = np.empty((len(others), m + others.shape[1], 2, others.shape[-1]))
        np.multiply(weight, real, out=table[:, :m, 0])
        np.multiply(weight, -omega_tau * real, out=table[:, :m, 1])
        table[:, m:] = others
        return table


def _from_real(table: FloatArray, m: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Solution (k,) from the real part, zero for columns it does not see, and both parts of the impedance.

    Those columns follow from the imaginary part.
    """
    columns, target = table[:-1], table[-1]
    x = np.zeros(len(columns))
    x[: m + 1] = _least_squares(np.concatenate([columns[: m + 1, 0], target[:1]]))
    real, imaginary = np.tensordot(x, columns, 1)
    left = columns[m + 1 :, 1]
    missing = np.concatenate([left, target[1:] - imaginary])
    return x, real, imaginary + _least_squares(missing) @ left


def _from_imaginary(table: FloatArray, m: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same from the imaginary part; the resistor follows from the real part."""
    columns, target = table[:-1], table[-1]
    x, seen = np.zeros(len(columns)), np.arange(len(columns)) != m
    x[seen] = _least_squares(np.concatenate([columns[seen, 1], target[1:]]))
    real, imaginary = np.tensordot(x, columns, 1)
    left = columns[m : m + 1, 0]
    missing = np.concatenate([left, target[:1] - real])
    return x, real + _least_squares(missing) @ left, imaginary


def _grow(clean: Spectrum, c: float, largest: int, stubborn: bool) -> Generator[int, _Fitted, KramersKronig]:
    """The first M with mu below c; when stubborn, the first of those after it that passes, if one does.

    Yields each M that it wants to see fitted.
    """
    m, chain = 1, (yield 1)
    while chain.mu >= c and m < largest:
        m += 1
        chain = yield m
    first = _judge(clean, chain.impedance, m, chain.mu)
    if first.passed or not stubborn:
        return first
    for m in _second_chances(first.m, largest):
        chain = yield m
        if chain.mu < c or m == largest:
            result = _judge(clean, chain.impedance, m, chain.mu)
            if result.passed:
                return result
    return first


def _second_chances(first_m: int, largest: int) -> Iterator[int]:
    """Numbers of pairs to try after the first: one more each, later `LATER_STEP` more each."""
    last = min(largest, first_m + MOST_SECOND_CHANCES)
    later = first_m + SINGLE_STEPS
    yield from range(first_m + 1, min(last, later) + 1)
    yield from range(later + LATER_STEP, last + 1, LATER_STEP)


def _least_squares(table: FloatArray) -> FloatArray:
    """Coefficients (k,) with which the first rows of table (k + 1, n) come nearest to its last.

    By QR, by singular values where rows coincide.
    """
    factorise, solve = _lapack()
    k, n = len(table) - 1, table.shape[1]
    if n > k:
        r = factorise(table.T)[0][: k + 1]
        pivots = np.abs(r.diagonal()[:k])
        if pivots.min() > SMALLEST_PIVOT * pivots.max():
            return solve(r[:k, :k], r[:k, k])[0]
    return np.linalg.lstsq(table[:-1].T, table[-1], rcond=None)[0]


@cache
def _lapack() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """QR factorisation and triangular solution: numpy's take twice as long for matrices so small."""
    from scipy.linalg.lapack import dgeqrf, dtrtrs  # pyright: ignore[reportAttributeAccessIssue]

    return dgeqrf, dtrtrs


def _mu(resistances: FloatArray) -> list[float]:
    """Of each of b chains with resistances (b, m)."""
    positive = np.maximum(resistances, 0.0).sum(axis=1)
    negative = positive - resistances.sum(axis=1)
    return [1 - n / p if p > 0 else 0.0 for p, n in zip(positive.tolist(), negative.tolist(), strict=True)]


def _judge(clean: Spectrum, fitted: ComplexArray, m: int, mu: float) -> KramersKronig:
    modulus = np.abs(clean.z_ohm)
    residuals = clean.z_ohm / modulus - fitted
    freedom = max(2 * modulus.size - m - 3, 1)
    rms = float(np.sqrt(np.sum(np.abs(residuals) ** 2) / freedom))
    noise = point_to_point_noise(residuals)
    passed = rms <= max(LARGEST_RMS, LARGEST_RMS_OVER_NOISE * noise)
    flags = () if passed else (f"Kramers-Kronig test failed: residuals {rms:.2%}, noise {noise:.2%}",)
    return KramersKronig(clean.frequency_hz, residuals, fitted * modulus, m, mu, rms, noise, passed, flags)


def point_to_point_noise(residuals: ComplexArray) -> float:
    """Standard deviation from a straight line through the neighbours (robust)."""
    if residuals.size < 3:
        return 0.0
    second = residuals[1:-1] - 0.5 * (residuals[:-2] + residuals[2:])
    parts = np.concatenate([second.real, second.imag])
    return float(np.median(np.abs(parts)) / 0.6745 / np.sqrt(1.5))
