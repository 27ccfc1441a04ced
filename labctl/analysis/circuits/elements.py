"""The circuit elements: impedance at an angular frequency, with its derivatives by the parameters.

One decorated function is one element: docs/how-to/add-an-element.md. Every function takes `ln_w` (..., n),
the logarithm of the angular frequency, and its k parameters p (..., k, 1); it returns the impedance, (..., n)
complex, and writes its derivatives with respect to the logarithms of the parameters into `dz` (..., k, n).
Definitions follow Lasia, Electrochemical Impedance Spectroscopy and its Applications (2014),
10.1007/978-1-4614-8933-7.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.arrays import Array

Impedance = Callable[[Array, Array, Array], Array]

QUARTER_TURN = 0.5j * np.pi  # ln j
SQRT_J = np.sqrt(1j)


@dataclass(frozen=True, eq=False)
class Kind:
    """Meaning of a parameter: its unit and how it scales.

    With the impedance divided by z and the angular frequency divided by w, a parameter is its SI value
    divided by `z**impedance_power * w**frequency_power`.
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
    impedance: Impedance

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kind of each parameter."""
        return tuple(kind for _, kind in self.parameters)


ELEMENTS: dict[str, Element] = {}


def element(symbol: str, kind: Kind | None = None, /, **kinds: Kind) -> Callable[[Impedance], Impedance]:
    """Register the function below as the element `symbol` of circuit descriptions.

    Parameters
    ----------
    symbol : str
        Letters. In a description the longest symbol that begins a token is the element, the rest its label.
    kind : Kind
        Of the only parameter, which is named after the element (`R1`).
    **kinds : Kind
        Of several parameters, by suffix and in order (`CPE1_Q`, `CPE1_n`). An exponent follows the parameter
        that it belongs to; CPE_ADMITTANCE is followed by its EXPONENT.

    Raises
    ------
    ValueError
        The symbol is not made of letters or is taken, or there is not exactly one way to name the parameters.
    """
    if not (symbol.isascii() and symbol.isalpha()):
        raise ValueError(f"element {symbol!r}: a symbol is made of letters")
    if symbol in ELEMENTS:
        raise ValueError(f"element {symbol!r} exists already")
    if (kind is None) == (not kinds):
        raise ValueError(f"element {symbol!r}: give one kind, or kinds by suffix")
    parameters = tuple(kinds.items()) if kind is None else (("", kind),)

    def register(impedance: Impedance) -> Impedance:
        ELEMENTS[symbol] = Element(symbol, parameters, impedance)
        return impedance

    return register


@element("R", RESISTANCE)
def _resistor(ln_w: Array, p: Array, dz: Array) -> Array:
    dz[..., 0, :] = p[..., 0, :]
    return p[..., 0, :]


@element("C", CAPACITANCE)
def _capacitor(ln_w: Array, p: Array, dz: Array) -> Array:
    z = np.exp(-ln_w) * (-1j / p[..., 0, :])
    np.negative(z, out=dz[..., 0, :])
    return z


@element("L", INDUCTANCE)
def _inductor(ln_w: Array, p: Array, dz: Array) -> Array:
    z = np.exp(ln_w) * (1j * p[..., 0, :])
    dz[..., 0, :] = z
    return z


@element("CPE", Q=CPE_ADMITTANCE, n=EXPONENT)
def _constant_phase(ln_w: Array, p: Array, dz: Array) -> Array:
    q, n = p[..., 0, :], p[..., 1, :]
    fall, turn = -n * ln_w, -n * QUARTER_TURN
    z = np.exp(fall) * (np.exp(turn) / q)
    np.negative(z, out=dz[..., 0, :])
    np.multiply(z, fall + turn, out=dz[..., 1, :])
    return z


@element("W", WARBURG)
def _warburg(ln_w: Array, p: Array, dz: Array) -> Array:
    z = np.exp(-0.5 * ln_w) * (p[..., 0, :] * np.sqrt(2.0) / SQRT_J)
    dz[..., 0, :] = z
    return z


@element("Ws", R=RESISTANCE, tau=TIME)
def _diffusion_short(ln_w: Array, p: Array, dz: Array) -> Array:
    return _finite_diffusion(ln_w, p, dz, _bounded_tanh)


@element("Wo", R=RESISTANCE, tau=TIME)
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


@element("TLM", R=RESISTANCE, Q=CPE_ADMITTANCE, n=EXPONENT)
def _transmission_line(ln_w: Array, p: Array, dz: Array) -> Array:
    """Rough or porous electrode, a rail of resistance R with walls of constant phase.

    R coth(s) / s with s^2 = R Q (jw)^n (R. de Levie, Electrochim. Acta 8 (1963) 751,
    10.1016/0013-4686(63)80042-0).
    """
    r, q, n = p[..., 0, :], p[..., 1, :], p[..., 2, :]
    rise, turn = n * ln_w, n * QUARTER_TURN
    s = np.sqrt(r * q) * np.exp(0.5 * rise) * np.exp(0.5 * turn)
    reflected = 1 / _bounded_tanh(s)
    z = r * reflected / s
    by_q = 0.5 * (r * (1 - reflected * reflected) - z)
    dz[..., 0, :] = z + by_q
    dz[..., 1, :] = by_q
    np.multiply(by_q, rise + turn, out=dz[..., 2, :])
    return z


@element("G", R=RESISTANCE, tau=TIME)
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
