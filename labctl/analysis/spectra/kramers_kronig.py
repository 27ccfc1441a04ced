"""The linear Kramers-Kronig test: consistency of a spectrum with a linear, causal, steady cell.

The spectrum is fitted by a chain that is Kramers-Kronig consistent by construction: a resistor, M parallel
RC pairs with time constants fixed on a logarithmic grid, a series inductor and a series capacitor. What it
cannot describe is noise, drift or non-linearity. M grows until mu = 1 - sum|R_k < 0| / sum|R_k >= 0| falls
below c (Schoenleber, Klotz & Ivers-Tiffee, Electrochim. Acta 131 (2014) 20, 10.1016/j.electacta.2014.01.034).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from labctl.analysis.numerics.arrays import Array, ComplexArray, FloatArray
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
    if c is not None and not 0 < c < 1:
        raise ValueError(f"c must lie between 0 and 1, got {c!r}")
    if fit not in ("complex", "real", "imaginary"):
        raise ValueError(f"fit must be 'complex', 'real' or 'imaginary', got {fit!r}")
    if max_m < 1:
        raise ValueError(f"max_m must be at least 1, got {max_m!r}")
    clean = spectrum.cleaned()
    if len(clean) < FEWEST_POINTS:
        raise ValueError(f"spectrum: {len(clean)} usable points are too few for the Kramers-Kronig test")
    chain = _Chain(clean, fit, series_capacitor)
    largest = min(max_m, chain.largest_m)
    return _grow(chain, clean, USUAL_C if c is None else c, largest, stubborn=c is None)


class _Chain:
    """The linear problem for any M; impedance relative to |Z|, angular frequency to its geometric mean.

    Its columns (k, 2, n), real and imaginary parts, are M pairs, the resistor, the inductor, the capacitor.
    """

    def __init__(self, clean: Spectrum, fit: FitPart, series_capacitor: bool) -> None:
        self.fit = fit
        omega = 2 * np.pi * clean.frequency_hz
        modulus = np.abs(clean.z_ohm)
        self.omega = omega / np.exp(np.log(omega).mean())
        self.fastest = -float(np.log(self.omega.max()))  # logarithms of tau
        self.span = float(np.log(self.omega.max() / self.omega.min()))
        self.weight = float(np.median(modulus)) / modulus
        self.target = np.array([clean.z_ohm.real, clean.z_ohm.imag]) / modulus
        nothing = np.zeros(omega.size)
        single = [(self.weight, nothing), (nothing, self.weight * self.omega)]
        if series_capacitor:
            single.append((nothing, -self.weight / self.omega))
        self.single = np.array(single)

    @property
    def largest_m(self) -> int:
        rows = 2 * self.omega.size if self.fit == "complex" else self.omega.size
        return max(1, min(self.omega.size, rows - 1 - len(self.single)))

    def columns(self, m: int) -> FloatArray:
        tau = np.exp(self.fastest + self.span * np.arange(m) / max(m - 1, 1))
        omega_tau = self.omega * tau[:, None]
        columns = np.empty((m + len(self.single), 2, self.omega.size))
        columns[:m, 0] = self.weight / (1 + omega_tau * omega_tau)
        columns[:m, 1] = -omega_tau * columns[:m, 0]
        columns[m:] = self.single
        return columns

    def solve(self, columns: FloatArray, m: int) -> FloatArray:
        """Solution from the fitted part, (k,); zero for a column that it does not determine."""
        x = np.zeros(len(columns))
        if self.fit == "complex":
            x[:] = _least_squares(columns.reshape(len(x), -1), self.target.ravel())
        elif self.fit == "real":
            x[: m + 1] = _least_squares(columns[: m + 1, 0], self.target[0])
        else:
            seen = np.arange(len(x)) != m
            x[seen] = _least_squares(columns[seen, 1], self.target[1])
        return x

    def predict(self, columns: FloatArray, m: int, x: FloatArray) -> ComplexArray:
        """Fitted impedance over |Z| (n,); columns the fitted part does not see follow from the other part."""
        real, imaginary = np.tensordot(x, columns, 1)
        if self.fit == "real":
            left = columns[m + 1 :, 1]
            imaginary = imaginary + _least_squares(left, self.target[1] - imaginary) @ left
        elif self.fit == "imaginary":
            left = columns[m : m + 1, 0]
            real = real + _least_squares(left, self.target[0] - real) @ left
        return real + 1j * imaginary


def _grow(chain: _Chain, clean: Spectrum, c: float, largest: int, stubborn: bool) -> KramersKronig:
    """The first M with mu below c; when stubborn, the first of those after it that passes, if one does."""
    m, columns, x = 1, *_solved(chain, 1)
    while _mu(x[:m]) >= c and m < largest:
        m += 1
        columns, x = _solved(chain, m)
    first = _judge(clean, chain.predict(columns, m, x), m, _mu(x[:m]))
    if first.passed or not stubborn:
        return first
    for m in _second_chances(first.m, largest):
        columns, x = _solved(chain, m)
        mu = _mu(x[:m])
        if mu < c or m == largest:
            result = _judge(clean, chain.predict(columns, m, x), m, mu)
            if result.passed:
                return result
    return first


def _second_chances(first_m: int, largest: int) -> Iterator[int]:
    """Numbers of pairs to try after the first: one more each, later `LATER_STEP` more each."""
    last = min(largest, first_m + MOST_SECOND_CHANCES)
    later = first_m + SINGLE_STEPS
    yield from range(first_m + 1, min(last, later) + 1)
    yield from range(later + LATER_STEP, last + 1, LATER_STEP)


def _solved(chain: _Chain, m: int) -> tuple[FloatArray, FloatArray]:
    columns = chain.columns(m)
    return columns, chain.solve(columns, m)


def _least_squares(columns: Array, target: Array) -> Array:
    """Coefficients (k,) of columns (k, n): by QR, by singular values where columns coincide."""
    k = len(columns)
    r: Array = np.asarray(np.linalg.qr(np.concatenate([columns, target[None]]).T, mode="r"))
    pivots = np.abs(r.diagonal()[:k])
    if len(r) > k and pivots.min() > SMALLEST_PIVOT * pivots.max():
        return np.linalg.solve(r[:k, :k], r[:k, k])
    return np.linalg.lstsq(columns.T, target, rcond=None)[0]


def _mu(resistances: FloatArray) -> float:
    positive = float(np.maximum(resistances, 0.0).sum())
    negative = float(np.maximum(-resistances, 0.0).sum())
    return 1 - negative / positive if positive > 0 else 0.0


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
