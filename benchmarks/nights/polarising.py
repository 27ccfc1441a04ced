"""A symmetric cell that is polarised: spectra and current with known rho+, by closed formulas.

Bulk R, interphase r (an arc), and diffusion of the salt, R_d = R (1 / rho+ - 1), in series. The impedance of
the diffusion is R_d tanh(s) / s with s = sqrt(jw tau); the current after a step of the potential U is

    I(t) = U / (R + r + R_d) + sum_n 2 U b_n / (R_d (b_n / cos^2 b_n - tan b_n)) exp(-b_n^2 t / tau),

b_n the roots of (R + r) b = -R_d tan b (residues of U / (s Z(s))). rho+ is R / (R + R_d), after Bruce &
Vincent, J. Electroanal. Chem. 225 (1987) 1, 10.1016/0022-0728(87)80001-3. The steady current of an ideal
dilute 1:1 salt goes as tanh(x) / x, x = V / (4 RT/F), V the drop over the electrolyte. No salt is ideal: what
that takes from the current is multiplied by a number drawn for each cell, 1 with a standard deviation of 0.5,
which is what labctl states for it. In every second cell the current at 0 V is read before and after. Nothing
is imported from labctl.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from cells import elements
from cells.elements import Complex
from numpy.random import Generator
from numpy.typing import NDArray

from nights import instruments
from nights.instruments import Analyser, Potentiostat

Real = NDArray[np.float64]
ROOTS = 400
SAMPLES = 150
KELVIN = 333.15
ZEROS, ZERO_S = 20, 60.0
BOLTZMANN_V_K = 8.617333262e-5


@dataclass(frozen=True)
class SymmetricCell:
    """Bulk and interphases in ohm, capacitances in F, time of diffusion in s.

    `departure`: of the steady current from linearity, over the departure of an ideal dilute salt.
    """

    bulk_ohm: float
    bulk_f: float
    interphase_ohm: float
    interphase_f: float
    rho: float
    tau_s: float
    departure: float = 1.0

    @property
    def diffusion_ohm(self) -> float:
        """Resistance of the salt's gradient in the steady state."""
        return self.bulk_ohm * (1 / self.rho - 1)

    def impedance(self, frequency_hz: Real) -> Complex:
        """Impedance, (n,)."""
        omega = 2 * np.pi * frequency_hz
        z = elements.arc(omega, self.bulk_ohm, self.bulk_f, 0.97)
        z = z + elements.arc(omega, self.interphase_ohm, self.interphase_f, 0.9)
        return z + elements.finite_length(omega, self.diffusion_ohm, self.tau_s)

    def slowest_s(self) -> float:
        """Time constant of the slowest part of the current."""
        return float(self.tau_s / roots((self.bulk_ohm + self.interphase_ohm) / self.diffusion_ohm)[0] ** 2)

    def read_a(self, step_v: float, kelvin: float, time_s: Real) -> Real:
        """Current after a step, (n,), lower in the steady state by the range in which it is linear."""
        first, last = self.current_a(step_v, np.array([0.0, 1e9 * self.tau_s]))
        x = float(last) * (self.bulk_ohm + self.diffusion_ohm) / (4 * BOLTZMANN_V_K * kelvin)
        linear = self.current_a(step_v, time_s)
        lost = self.departure * (1 - math.tanh(x) / x)
        return linear - lost * last * (first - linear) / (first - last)

    def current_a(self, step_v: float, time_s: Real) -> Real:
        """Current after a step, (n,), for times long after the arcs have relaxed, of a linear cell."""
        series, slow = self.bulk_ohm + self.interphase_ohm, self.diffusion_ohm
        beta = roots(series / slow)
        weight = 2 * beta / (slow * (beta / np.cos(beta) ** 2 - np.tan(beta)))
        decays = np.exp(-np.outer(time_s, beta**2) / self.tau_s)
        return step_v * (1 / (series + slow) + decays @ weight)


def roots(ratio: float) -> Real:
    """The roots b of ratio b = -tan b, one between (n - 1/2) pi and n pi, by bisection, (ROOTS,)."""
    n = np.arange(1, ROOTS + 1)
    low, high = (n - 0.5) * np.pi, n * np.pi
    for _ in range(60):
        middle = (low + high) / 2
        below = ratio * middle * np.cos(middle) + np.sin(middle)
        at_low = ratio * low * np.cos(low) + np.sin(low)
        same = np.sign(below) == np.sign(at_low)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


@dataclass(frozen=True)
class Hold:
    """A polarisation as it was read, and the truth.

    Attributes
    ----------
    zero_time_s : (m,)
        Since the cell was held at 0 V, before and after.
    zero_before_a, zero_after_a : (m,)
        Current read there; empty where it was not read.
    """

    cell: SymmetricCell
    step_v: float
    rest_v: float
    frequency_hz: Real
    z_before_ohm: Complex
    z_after_ohm: Complex
    time_s: Real
    potential_v: Real
    current_a: Real
    zero_before_a: Real
    zero_after_a: Real
    accuracy: dict[str, Any]
    zero_time_s: Real
    kelvin: float = KELVIN


def hold(seed: int, number: int) -> Hold:
    """Hold `number` of a seed."""
    rng = np.random.default_rng([seed, number, 21])
    bulk = float(np.exp(rng.uniform(math.log(100), math.log(5000))))
    interphase, rho = bulk * rng.uniform(0.2, 1.0), rng.uniform(0.1, 0.9)
    interphase_f = rng.uniform(3e-6, 2e-5)
    tau_s = max(float(np.exp(rng.uniform(math.log(100), math.log(1500)))), 3e3 * interphase * interphase_f)
    departure = 1 + 0.5 * float(np.random.default_rng([seed, number, 22]).standard_normal())
    cell = SymmetricCell(bulk, 2e-10 * rng.uniform(0.3, 3), interphase, interphase_f, rho, tau_s, departure)
    analyser = instruments.analyser(rng)
    step_v = float(rng.choice((0.005, 0.01)))
    steady_a = step_v / (bulk / rho + interphase)
    potentiostat = instruments.potentiostat(steady_a, rng)
    return _read(cell, step_v, analyser, potentiostat, rng, zeros=ZEROS * int(rng.integers(2)))


def _read(
    cell: SymmetricCell,
    step_v: float,
    analyser: Analyser,
    potentiostat: Potentiostat,
    rng: Generator,
    zeros: int,
) -> Hold:
    frequency = np.geomspace(1e6, 0.1 / cell.tau_s, 55)
    time = np.linspace(0, 8 * cell.slowest_s(), SAMPLES + 1)[1:]
    current = cell.read_a(step_v, KELVIN, time)
    at_zero_s = np.linspace(0, ZERO_S, zeros + 1)[1:]
    after = -cell.current_a(step_v, at_zero_s) + cell.current_a(step_v, at_zero_s + time[-1])
    noise_a = rng.uniform(2e-4, 2e-3) * float(current[-1])
    noises = noise_a * rng.standard_normal((3, SAMPLES))
    zeros_a = [
        potentiostat.reads_a(true) + noise[:zeros]
        for true, noise in zip((0 * after, after), noises[1:], strict=True)
    ]
    rest_v = float(potentiostat.reads_v(np.array([0.0]))[0])
    spectra = [_spectrum(cell, frequency, analyser, rng) for _ in range(2)]
    accuracy = {"analyser": analyser.stated(), "potentiostat": potentiostat.stated(), "thermometer": None}
    return Hold(
        cell=cell,
        step_v=step_v,
        rest_v=rest_v,
        frequency_hz=frequency,
        z_before_ohm=spectra[0],
        z_after_ohm=spectra[1],
        time_s=time,
        potential_v=potentiostat.reads_v(np.full(SAMPLES, step_v)) + 2e-6 * rng.standard_normal(SAMPLES),
        current_a=potentiostat.reads_a(current) + noises[0],
        zero_before_a=zeros_a[0],
        zero_after_a=zeros_a[1],
        accuracy=accuracy,
        zero_time_s=at_zero_s,
    )


def _spectrum(cell: SymmetricCell, frequency_hz: Real, analyser: Analyser, rng: Generator) -> Complex:
    z = cell.impedance(frequency_hz)
    noise = rng.standard_normal((2, z.size))
    return analyser.reads(z) + 1e-3 * np.abs(z) * (noise[0] + 1j * noise[1])
