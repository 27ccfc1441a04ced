"""Degrees Celsius that were given as kelvin, found by the straightness of an Arrhenius plot.

Temperatures in degrees Celsius lie 273.15 too low, which bends ln(sigma T) against 1/T upwards as no usual
law does: VTF bends the other way, and a break leaves residuals in both readings. Every series of at least
five temperatures is fitted by a straight line as given and with 273.15 added; where the second leaves less
than a 25th of the variance (a fifth where only noise is left), by more than chance allows, they are degrees
Celsius.
"""

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.numerics.distributions import f_tail
from labctl.units import ZERO_CELSIUS_K

FEWEST_TEMPERATURES = 5
FAR_STRAIGHTER = 25.0
STRAIGHTER = 5.0  # enough where only noise is left
LEAST_WHITENESS = 1.3
CHANCE = 0.01
HOTTEST_K = 2500.0
LEAST_VARIANCE = 1e-10  # of ln sigma: no measurement is closer than 1e-5

Array = NDArray[np.float64]


def straighter_in_celsius(temperature_k: Array, ln_sigma: Array) -> float:
    """Return by which factor adding 273.15 K reduces the variance about a straight line; 0: not significant.

    Parameters
    ----------
    temperature_k, ln_sigma : (n,)
        As given, in any order; ln sigma of any unit.
    """
    if np.unique(temperature_k).size < FEWEST_TEMPERATURES or temperature_k.max() > HOTTEST_K:
        return 0.0
    order, spare = np.argsort(temperature_k, kind="stable"), temperature_k.size - 2
    kelvin, y = temperature_k[order], ln_sigma[order]
    as_given = max(_variance(_left(kelvin, y)), LEAST_VARIANCE)
    left = _left(kelvin + ZERO_CELSIUS_K, y)
    ratio = as_given / max(_variance(left), LEAST_VARIANCE)
    needed = STRAIGHTER if _whiteness(left) > LEAST_WHITENESS else FAR_STRAIGHTER
    return ratio if ratio > needed and f_tail(ratio, spare, spare) < CHANCE else 0.0


def celsius_words(ratio: float) -> str:
    """Return a ratio of variances as text, for a refusal or a flag."""
    return (
        f"with 273.15 added the points lie {np.sqrt(ratio):.2g} times closer to a straight Arrhenius line, "
        "which looks like degrees Celsius"
    )


def _left(kelvin: Array, ln_sigma: Array) -> Array:
    """Residuals about the straight line in 1/T of ln sigma or ln(sigma T), whichever is the straighter."""
    return min((_about_line(1 / kelvin, y) for y in (ln_sigma, ln_sigma + np.log(kelvin))), key=_variance)


def _about_line(x: Array, y: Array) -> Array:
    x, y = x - x.mean(), y - y.mean()
    return y - x * float(x @ y) / float(x @ x)


def _variance(left: Array) -> float:
    return float(left @ left) / (left.size - 2)


def _whiteness(left: Array) -> float:
    """Von Neumann's ratio: 2 for noise, little for a bend (10.1214/aoms/1177731677)."""
    return float(np.sum(np.diff(left) ** 2) / max(float(left @ left), 1e-300))
