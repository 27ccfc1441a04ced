"""Degrees Celsius that were given as kelvin, found by the straightness of an Arrhenius plot.

Temperatures in degrees Celsius lie 273.15 too low, which bends ln(sigma T) against 1/T upwards as no usual
law does: VTF bends the other way, and a break leaves residuals in both readings. Every series of at least
five temperatures is fitted by a straight line as given and with 273.15 added; where the second leaves less
than a 25th of the variance (a fifth where only noise is left), by more than chance allows, and its energy is
one of ion conduction, at most 1.5 eV, they are degrees Celsius. Without the energy two conductivities in
parallel, which bend upwards too, are taken for degrees Celsius in one of 13 series, with it in one of 1111,
and kinks to a higher energy in one of 1000 (`benchmarks/laws.py --celsius 10000`).

Where no unit is known the other way is asked too: numbers are kelvin where they leave as much less than any
VTF law of the numbers in degrees Celsius with T0 up to `HIGHEST_T0_K`. Kelvin taken for degrees Celsius bend
as VTF does, with T0 at 273.15 K.
"""

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.numerics.distributions import f_tail
from labctl.units import ZERO_CELSIUS_K

FEWEST_TEMPERATURES = 5
FAR_STRAIGHTER = 25.0
STRAIGHTER = 5.0  # enough where only noise is left
LEAST_WHITENESS = 1.3
CHANCE = 0.02
HOTTEST_K = 2500.0
HIGHEST_T0_K, T0_STEP_K = 250.0, 10.0  # of VTF; glassy electrolytes have T0 some 50 K below their Tg
BOLTZMANN_EV_K = 8.617333262e-5
HIGHEST_EV = 1.5  # of the conduction of ions: few are above
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
    order = np.argsort(temperature_k, kind="stable")
    kelvin, y = temperature_k[order], ln_sigma[order]
    if _energy_ev(kelvin + ZERO_CELSIUS_K, y) > HIGHEST_EV:
        return 0.0
    return _clearly_less(_residuals(kelvin, y), _residuals(kelvin + ZERO_CELSIUS_K, y))


def _energy_ev(kelvin: Array, ln_sigma: Array) -> float:
    x = 1 / kelvin - (1 / kelvin).mean()
    return -BOLTZMANN_EV_K * float(x @ ln_sigma) / float(x @ x)


def straighter_in_kelvin(numbers: Array, ln_sigma: Array) -> float:
    """Return by which factor numbers as kelvin are closer to a straight line than to VTF in degrees Celsius.

    Parameters and the 0 of no decision as in `straighter_in_celsius`.
    """
    if np.unique(numbers).size < FEWEST_TEMPERATURES or numbers.min() <= 0:
        return 0.0
    order = np.argsort(numbers, kind="stable")
    kelvin, y = numbers[order], ln_sigma[order]
    bent = [
        _residuals(kelvin + ZERO_CELSIUS_K - t0_k, y) for t0_k in np.arange(0.0, HIGHEST_T0_K + 1, T0_STEP_K)
    ]
    return _clearly_less(min(bent, key=_variance), _residuals(kelvin, y))


def _clearly_less(more: Array, less: Array) -> float:
    """Return the ratio of two variances about a line where it is beyond chance; else 0."""
    ratio = max(_variance(more), LEAST_VARIANCE) / max(_variance(less), LEAST_VARIANCE)
    needed = STRAIGHTER if _whiteness(less) > LEAST_WHITENESS else FAR_STRAIGHTER
    spare = less.size - 2
    return ratio if ratio > needed and f_tail(ratio, spare, spare) < CHANCE else 0.0


def without_a_unit(numbers: Array, ln_sigma: Array) -> tuple[str, str]:
    """Return "celsius", "kelvin" or "" (not decided) for temperatures without a unit, and why as text.

    Parameters as in `straighter_in_celsius`; pairs that are not finite are left out.
    """
    sound = np.isfinite(numbers) & np.isfinite(ln_sigma)
    numbers, ln_sigma = numbers[sound], ln_sigma[sound]
    if numbers.size < FEWEST_TEMPERATURES:
        return "", f"{FEWEST_TEMPERATURES} temperatures are needed to tell by the Arrhenius line"
    in_celsius = straighter_in_celsius(numbers, ln_sigma)
    in_kelvin = straighter_in_kelvin(numbers, ln_sigma)
    if bool(in_celsius) == bool(in_kelvin):
        return "", "the Arrhenius line is about as straight with both"
    kind, ratio = ("celsius", in_celsius) if in_celsius else ("kelvin", in_kelvin)
    unit = "degC" if in_celsius else "K"
    return kind, f"taken as {unit}, with which the Arrhenius line is {np.sqrt(ratio):.2g} times straighter"


def celsius_words(ratio: float) -> str:
    """Return a ratio of variances as text, for a refusal or a flag."""
    return (
        f"with 273.15 added the points lie {np.sqrt(ratio):.2g} times closer to a straight Arrhenius line, "
        "which looks like degrees Celsius"
    )


def _residuals(kelvin: Array, ln_sigma: Array) -> Array:
    """Residuals about the straight line in 1/T of ln sigma or ln(sigma T), whichever is the straighter."""
    return min(
        (_residuals_about_line(1 / kelvin, y) for y in (ln_sigma, ln_sigma + np.log(kelvin))), key=_variance
    )


def _residuals_about_line(x: Array, y: Array) -> Array:
    x, y = x - x.mean(), y - y.mean()
    return y - x * float(x @ y) / float(x @ x)


def _variance(residuals: Array) -> float:
    return float(residuals @ residuals) / (residuals.size - 2)


def _whiteness(residuals: Array) -> float:
    """Von Neumann's ratio: 2 for noise, little for a bend (10.1214/aoms/1177731677)."""
    return float(np.sum(np.diff(residuals) ** 2) / max(float(residuals @ residuals), 1e-300))
