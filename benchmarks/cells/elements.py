"""Impedances of the parts of a cell, written out from their textbook formulas with numpy alone.

Arguments: omega in rad/s, (n,); resistances in ohm, capacitances in F, times in s. Results in ohm,
(n,) complex; the imaginary part of a capacitor is negative. Nothing here is imported from labctl, so that an
error there cannot cancel against the same error here.

Sources: Barsoukov & Macdonald, Impedance Spectroscopy, 3rd ed. (2018), for the constant phase, Warburg and
Havriliak-Negami elements; de Levie, Electrochim. Acta 8 (1963) 751, for the porous electrode; Jamnik & Maier,
Phys. Chem. Chem. Phys. 3 (2001) 1668, for the mixed conductor.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Real = NDArray[np.float64]
Complex = NDArray[np.complexfloating[Any, Any]]

STATED_AT_HZ = 1.0  # frequency at which a constant phase element has its stated capacitance
GAUSS_POINTS = 81
GAUSS_REACH = 5.0  # standard deviations on either side


def capacitor(omega: Real, c: float) -> Complex:
    return 1 / (1j * omega * c)


def constant_phase(omega: Real, c: float, n: float) -> Complex:
    """Element of exponent n with a capacitance of about c at 1 Hz: Z = 1 / (c w0 (jw/w0)^n)."""
    omega_0 = 2 * np.pi * STATED_AT_HZ
    return 1 / (c * omega_0 * (1j * omega / omega_0) ** n)


def arc(omega: Real, r: ArrayLike, c: float, a: float = 1.0, b: float = 1.0) -> Complex:
    """r / (1 + (jw tau)^a)^b, tau = r c: Debye (1, 1), Cole-Cole (a, 1), Cole-Davidson (1, b), else H-N."""
    r = np.asarray(r, dtype=float)
    return r / (1 + (1j * omega * r * c) ** a) ** b


def gaussian_arc(omega: Real, r: ArrayLike, c: float, width: float) -> Complex:
    """Debye arcs; ln tau is normally distributed about ln(r c) with standard deviation `width`."""
    r = np.asarray(r, dtype=float)
    u = np.linspace(-GAUSS_REACH, GAUSS_REACH, GAUSS_POINTS)
    weight = np.exp(-(u**2) / 2)
    weight /= weight.sum()
    tau = np.multiply.outer(np.exp(width * u), np.broadcast_to(r * c, omega.shape))
    return r * np.tensordot(weight, 1 / (1 + 1j * omega * tau), 1)


def parallel(*impedances: Complex) -> Complex:
    return 1 / np.sum([1 / z for z in impedances], axis=0)


def line(omega: Real, r: float, c: float, n: float) -> Complex:
    """Rough electrode, de Levie: pores of resistance r, walls Z constant phase: sqrt(r Z) coth sqrt(r/Z)."""
    wall = constant_phase(omega, c, n)
    return np.sqrt(r * wall) * coth(np.sqrt(r / wall))


def branched(omega: Real, c: float, n: float, r_slow: float, c_slow: float) -> Complex:
    """Double layer beside a slow branch (adsorption, diffuse layer) of r_slow and c_slow in series."""
    return parallel(constant_phase(omega, c, n), r_slow + capacitor(omega, c_slow))


def leaking(omega: Real, c: float, n: float, r_leak: float) -> Complex:
    """Double layer beside a resistance that passes direct current."""
    return parallel(constant_phase(omega, c, n), np.full(omega.shape, r_leak, complex))


def finite_space(omega: Real, r: float, tau: float) -> Complex:
    """Diffusion against a wall: r coth(s) / s with s = sqrt(jw tau); C = tau / r at low frequency."""
    s = np.sqrt(1j * omega * tau)
    return r * coth(s) / s


def finite_length(omega: Real, r: float, tau: float) -> Complex:
    """Diffusion to a reservoir: r tanh(s) / s; r at low frequency."""
    s = np.sqrt(1j * omega * tau)
    return r / (coth(s) * s)


def randles(omega: Real, c: float, n: float, r: float, r_slow: float, tau: float) -> Complex:
    """Double layer beside charge transfer r and finite-length diffusion r_slow in series."""
    return parallel(constant_phase(omega, c, n), r + finite_length(omega, r_slow, tau))


def coth(s: Complex) -> Complex:
    """1 / tanh without overflow for a large real part."""
    once: Complex = np.expm1(-2 * s)
    return -(2 + once) / once
