"""The circuit elements: what each does at an angular frequency, and how that changes with its parameters.

Every function takes `ln_jw` (..., n) complex, the logarithm of j omega, and a tuple of parameters, each
(..., 1); it returns the impedance (..., n) and one derivative with respect to the logarithm of each
parameter. Definitions follow Lasia, Electrochemical Impedance Spectroscopy and its Applications (2014),
10.1007/978-1-4614-8933-7.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labctl.analysis.spectrum import Array

Shape = Callable[[Array, tuple[Array, ...]], tuple[Array, tuple[Array, ...]]]


@dataclass(frozen=True)
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


def _resistor(ln_jw: Array, p: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
    return p[0], (p[0],)


def _capacitor(ln_jw: Array, p: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
    z = np.exp(-ln_jw) / p[0]
    return z, (-z,)


def _inductor(ln_jw: Array, p: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
    z = np.exp(ln_jw) * p[0]
    return z, (z,)


def _constant_phase(ln_jw: Array, p: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
    q, n = p
    power = -n * ln_jw
    z = np.exp(power) / q
    return z, (-z, z * power)


def _warburg(ln_jw: Array, p: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
    z = np.exp(-0.5 * ln_jw) * (p[0] * np.sqrt(2.0))
    return z, (z,)


def _diffusion_short(ln_jw: Array, p: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
    r, tau = p
    s = np.exp(0.5 * (ln_jw + np.log(tau)))
    tanh = _bounded_tanh(s)
    z = r * tanh / s
    return z, (z, 0.5 * (r * (1 - tanh * tanh) - z))


def _diffusion_open(ln_jw: Array, p: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
    r, tau = p
    s = np.exp(0.5 * (ln_jw + np.log(tau)))
    coth = 1 / _bounded_tanh(s)
    z = r * coth / s
    return z, (z, 0.5 * (r * (1 - coth * coth) - z))


def _gerischer(ln_jw: Array, p: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
    r, tau = p
    jw_tau = np.exp(ln_jw + np.log(tau))
    z = r / np.sqrt(1 + jw_tau)
    return z, (z, -0.5 * z * jw_tau / (1 + jw_tau))


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
