"""Degrees Celsius that were given as kelvin, found by the straightness of an Arrhenius plot.

Temperatures in degrees Celsius lie 273.15 too low, which bends ln(sigma T) against 1/T upwards as no usual law
does: VTF bends the other way, and a break leaves residuals in both readings. Every series of at least five
temperatures is fitted by a straight line as given and with 273.15 added; where the second leaves less than a
25th of the variance, by more than chance allows, the numbers are degrees Celsius.
"""

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.numerics.distributions import f_tail
from labctl.units import ZERO_CELSIUS_K

FEWEST_TEMPERATURES = 5
FAR_STRAIGHTER = 25.0
CHANCE = 1e-3
HOTTEST_K = 2500.0
LEAST_VARIANCE = 1e-10  # of ln sigma: nobody measures closer than 1e-5


def straighter_in_celsius(temperature_k: NDArray[np.float64], ln_sigma: NDArray[np.float64]) -> float:
    """Return how many times less variance about a straight line 273.15 K more leave, 0 where that is no sign.

    Parameters
    ----------
    temperature_k, ln_sigma : (n,)
        As given, in any order; ln sigma of any unit.
    """
    spare = temperature_k.size - 2
    if np.unique(temperature_k).size < FEWEST_TEMPERATURES or temperature_k.max() > HOTTEST_K:
        return 0.0
    as_given, shifted = (
        max(_variance(kelvin, ln_sigma), LEAST_VARIANCE)
        for kelvin in (temperature_k, temperature_k + ZERO_CELSIUS_K)
    )
    ratio = as_given / shifted
    return ratio if ratio > FAR_STRAIGHTER and f_tail(ratio, spare, spare) < CHANCE else 0.0


def celsius_words(ratio: float) -> str:
    """Say what a ratio of variances means, for a refusal or a flag."""
    return (
        f"with 273.15 added the points lie {np.sqrt(ratio):.2g} times closer to a straight Arrhenius line, "
        "which looks like degrees Celsius"
    )


def _variance(temperature_k: NDArray[np.float64], ln_sigma: NDArray[np.float64]) -> float:
    """Of ln(sigma T) about the straight line in 1/T."""
    inverse, y = 1 / temperature_k, ln_sigma + np.log(temperature_k)
    x, y = inverse - inverse.mean(), y - y.mean()
    left = y - x * float(x @ y) / float(x @ x)
    return float(left @ left) / (left.size - 2)
