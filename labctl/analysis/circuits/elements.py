"""The circuit elements: what each does at an angular frequency, and how that changes with its parameters.

Every function takes `ln_w` (..., n), the logarithm of the angular frequency, and its k parameters p
(..., k, 1); it returns the impedance, (..., n) complex, and writes its derivatives with respect to the
logarithms of the parameters into `dz` (..., k, n). Definitions follow Lasia, Electrochemical Impedance
Spectroscopy and its Applications (2014), 10.1007/978-1-4614-8933-7.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.arrays import Array

Shape = Callable[[Array, Array, Array], Array]

QUARTER_TURN = 0.5j * np.pi  # ln j
SQRT_J = np.sqrt(1j)


@dataclass(frozen=True, eq=False)
class Kind:
    """What a parameter means: its unit and how it scales.

    A parameter of a circuit whose impedance is divided by z and whose angular frequency by w is its SI
    value divided by `z**impedance_power * w**frequency_power`.
    """

    unit: str
    impedance_power: int
    frequency_power: float


RESISTANCE = Kind("ohm", 1, 0)
CAPACITANCE = Kind("F", -1, -1)
INDUCTANCE = Kind("H", 1, -1)
CPE_ADMITTANCE = Kind("S s^n", -1, 0)  # its frequency power is -n: see Circuit.to_si
EXPONENT = Kind("1", 0, 0)
WARBURG = Kind("ohm s^-0.5", 1, 0.5)
TIME = Kind("s", 0, -1)


@dataclass(frozen=True)
class Element:
    """One symbol of the description language; `parameters` pairs a suffix (`""` for none) with its kind."""

    symbol: str
    parameters: tuple[tuple[str, Kind], ...]
    shape: Shape


def _resistor(ln_w: Array, p: Array, dz: Array) -> Array:
    dz[..., 0, :] = p[..., 0, :]
    return p[..., 0, :]


def _capacitor(ln_w: Array, p: Array, dz: Array) -> Array:
    z = np.exp(-ln_w) * (-1j / p[..., 0, :])
    np.negative(z, out=dz[..., 0, :])
    return z


def _inductor(ln_w: Array, p: Array, dz: Array) -> Array:
    z = np.exp(ln_w) * (1j * p[..., 0, :])
    dz[..., 0, :] = z
    return z


def _constant_phase(ln_w: Array, p: Array, dz: Array) -> Array:
    q, n = p[..., 0, :], p[..., 1, :]
    fall, turn = -n * ln_w, -n * QUARTER_TURN
    z = np.exp(fall) * (np.exp(turn) / q)
    np.negative(z, out=dz[..., 0, :])
    np.multiply(z, fall + turn, out=dz[..., 1, :])
    return z


def _warburg(ln_w: Array, p: Array, dz: Array) -> Array:
    z = np.exp(-0.5 * ln_w) * (p[..., 0, :] * np.sqrt(2.0) / SQRT_J)
    dz[..., 0, :] = z
    return z


def _diffusion_short(ln_w: Array, p: Array, dz: Array) -> Array:
    return _finite_diffusion(ln_w, p, dz, _bounded_tanh)


def _diffusion_open(ln_w: Array, p: Array, dz: Array) -> Array:
    return _finite_diffusion(ln_w, p, dz, lambda s: 1 / _bounded_tanh(s))


def _finite_diffusion(ln_w: Array, p: Array, dz: Array, end: Callable[[Array], Array]) -> Array:
    r, tau = p[..., 0, :], p[..., 1, :]
    s = SQRT_J * np.exp(0.5 * (ln_w + np.log(tau)))
    reflected = end(s)
    z = r * reflected / s
    dz[..., 0, :] = z
    dz[..., 1, :] = 0.5 * (r * (1 - reflected * reflected) - z)
    return z


def _gerischer(ln_w: Array, p: Array, dz: Array) -> Array:
    r, tau = p[..., 0, :], p[..., 1, :]
    jw_tau = 1j * np.exp(ln_w + np.log(tau))
    z = r / np.sqrt(1 + jw_tau)
    dz[..., 0, :] = z
    dz[..., 1, :] = -0.5 * z * jw_tau / (1 + jw_tau)
    return z


def _bounded_tanh(s: Array) -> Array:
    decay = np.exp(-2 * s)  # Re s > 0: no overflow, whatever the frequency
    return (1 - decay) / (1 + decay)


ELEMENTS = {
    element.symbol: element
    for element in (
        Element("R", (("", RESISTANCE),), _resistor),
        Element("C", (("", CAPACITANCE),), _capacitor),
        Element("L", (("", INDUCTANCE),), _inductor),
        Element("CPE", (("Q", CPE_ADMITTANCE), ("n", EXPONENT)), _constant_phase),
        Element("W", (("", WARBURG),), _warburg),
        Element("Ws", (("R", RESISTANCE), ("tau", TIME)), _diffusion_short),
        Element("Wo", (("R", RESISTANCE), ("tau", TIME)), _diffusion_open),
        Element("G", (("R", RESISTANCE), ("tau", TIME)), _gerischer),
    )
}
