"""Is a spectrum one that a linear, causal, steady cell can have? The linear Kramers-Kronig test.

The spectrum is fitted by a chain that is Kramers-Kronig consistent by construction: a resistor, M parallel
RC pairs with time constants fixed on a logarithmic grid, a series inductor and a series capacitor. What it
cannot describe is noise, drift or non-linearity. M grows until mu = 1 - sum|R_k < 0| / sum|R_k >= 0| falls
below c (Schoenleber, Klotz & Ivers-Tiffee, Electrochim. Acta 131 (2014) 20, 10.1016/j.electacta.2014.01.034).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from labctl.analysis.spectrum import Array, ComplexArray, FloatArray, Spectrum

FitPart = Literal["complex", "real", "imaginary"]

FEWEST_POINTS = 5
USUAL_C = 0.85
MOST_SECOND_CHANCES = 15
LARGEST_RMS = 0.01
LARGEST_RMS_OVER_NOISE = 2.0


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
        The rms is below 1 %, or not much more than what differs from point to point.
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
    """The linear problem for any M; impedance relative to |Z|, angular frequency to its geometric mean."""

    def __init__(self, clean: Spectrum, fit: FitPart, series_capacitor: bool) -> None:
        self.fit = fit
        omega = 2 * np.pi * clean.frequency_hz
        self.omega = omega / np.exp(np.log(omega).mean())
        self.weight = 1 / np.abs(clean.z_ohm)
        self.scale = float(np.median(np.abs(clean.z_ohm)))
        self.target = clean.z_ohm * self.weight
        ones = np.ones(omega.size, complex)
        reactive = [1j * self.omega] + ([-1j / self.omega] if series_capacitor else [])
        self.resistor: Array = ones * self.weight * self.scale
        self.reactive: Array = np.array(reactive) * self.weight * self.scale

    @property
    def largest_m(self) -> int:
        rows = 2 * self.omega.size if self.fit == "complex" else self.omega.size
        return max(1, min(self.omega.size, rows - 2 - len(self.reactive)))

    def solve(self, m: int) -> tuple[FloatArray, ComplexArray]:
        """Resistances (m,) and fitted impedance over |Z| (n,)."""
        tau = np.geomspace(1 / self.omega.max(), 1 / self.omega.min(), m)
        pairs: Array = self.resistor / (1 + 1j * self.omega * tau[:, None])
        if self.fit == "complex":
            columns: Array = np.concatenate([pairs, self.resistor[None], self.reactive])
            x = _least_squares(columns.view(float), self.target.view(float))
            return x[:m], x @ columns
        if self.fit == "real":
            return self._in_turn(np.concatenate([pairs, self.resistor[None]]), self.reactive, m)
        return self._in_turn(np.concatenate([pairs, self.reactive]), self.resistor[None], m, imaginary=True)

    def _in_turn(
        self, first: Array, second: Array, m: int, imaginary: bool = False
    ) -> tuple[FloatArray, ComplexArray]:
        """One part determines `first`, what is left of the other part determines `second`."""
        turn = -1j if imaginary else 1.0
        x = _least_squares((first * turn).real, (self.target * turn).real)
        other = 1.0 if imaginary else -1j
        fitted = x @ first
        y = _least_squares((second * other).real, ((self.target - fitted) * other).real)
        return x[:m], fitted + y @ second


def _grow(chain: _Chain, clean: Spectrum, c: float, largest: int, stubborn: bool) -> KramersKronig:
    """The first M whose mu falls below c; when stubborn, the first of those that passes, if one does."""
    first = None
    for m in range(1, largest + 1):
        resistances, fitted = chain.solve(m)
        mu = _mu(resistances)
        if mu < c or m == largest:
            result = _judge(clean, fitted, m, mu)
            first = first or result
            if result.passed or not stubborn:
                return result
        if first is not None and m >= first.m + MOST_SECOND_CHANCES:
            return first
    assert first is not None
    return first


def _least_squares(columns: Array, target: Array) -> Array:
    return np.linalg.lstsq(columns.T, target, rcond=None)[0]


def _mu(resistances: FloatArray) -> float:
    positive = float(resistances[resistances >= 0].sum())
    negative = float(-resistances[resistances < 0].sum())
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
    """Standard deviation of what a straight line through the neighbours does not predict (robust)."""
    if residuals.size < 3:
        return 0.0
    second = residuals[1:-1] - 0.5 * (residuals[:-2] + residuals[2:])
    parts = np.concatenate([second.real, second.imag])
    return float(np.median(np.abs(parts)) / 0.6745 / np.sqrt(1.5))
