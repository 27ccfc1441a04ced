"""Intervals from drawn errors, where limits of error count (Monte Carlo, JCGM 101:2008).

The error within a limit a is rectangular: u = a / sqrt(3), and an interval of 1.96 u = 1.13 a holds more than
can be. The sum of limits and of a normal or Student's error is drawn instead. Each error is drawn as equally
probable quantiles (Latin hypercube, McKay et al., Technometrics 21 (1979) 239, 10.2307/1268522), in the order
of the multiples of the root of a prime, modulo 1. The draws are the same in every run, so that a result is
repeated exactly.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.numerics.component import Component, limits_and_rest
from labctl.analysis.numerics.distributions import student_quantile

DRAWS = 20_000
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89)
COUNTS = 0.02
"""Share of the variance from which limits change an interval; below it Student's quantile is used."""


def interval_factor(components: Sequence[Component], level: float, degrees_of_freedom: float) -> float:
    """Half of the interval of probability `level` over the standard uncertainty of the components.

    Student's two-sided quantile where no limit of error counts, else from drawn errors.

    Raises
    ------
    ValueError
        `level` does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level!r}")
    limits, rest, freedom = limits_and_rest(components)
    variance = sum(limit**2 for limit in limits) / 3
    whole = variance + rest**2
    if not (math.isfinite(whole) and variance > COUNTS * whole):
        return student_quantile(0.5 + level / 2, degrees_of_freedom)
    return half_width(limits, rest, freedom, level) / math.sqrt(whole)


def half_width(limits: Sequence[float], rest: float, degrees_of_freedom: float, level: float) -> float:
    """Half of the symmetric interval of limits (half widths) and a Student's error of uncertainty `rest`."""
    if not rest and len(limits) == 1:
        return level * limits[0]
    errors = np.zeros(DRAWS)
    for place, limit in enumerate(limits):
        errors += limit * _rectangular(place)
    if rest:
        errors += rest * _student(degrees_of_freedom, len(limits))
    return float(np.quantile(np.abs(errors), level))


def drawn(components: Sequence[Component], place: int) -> FloatArray:
    """Draws (DRAWS,) of one error in its standard uncertainties; `components` are those of its cause."""
    if all(one.distribution == "rectangular" for one in components):
        return math.sqrt(3) * _rectangular(place)
    return _student(min(one.degrees_of_freedom for one in components), place)


def drawn_interval(draws: FloatArray) -> Callable[[float], tuple[float, float]]:
    """The interval of a probability from draws (n,), with equal shares outside of either end."""
    ordered = np.sort(draws)

    def interval(level: float) -> tuple[float, float]:
        low, high = np.quantile(ordered, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    return interval


def _rectangular(place: int) -> FloatArray:
    """Between -1 and 1."""
    return (2 * _order(place) + 1) / DRAWS - 1


@lru_cache(maxsize=16)
def _student(degrees_of_freedom: float, place: int) -> FloatArray:
    from scipy.special import ndtri, stdtrit

    probability = (_order(place) + 0.5) / DRAWS
    if math.isinf(degrees_of_freedom):
        return ndtri(probability)
    return stdtrit(degrees_of_freedom, probability)


@lru_cache(maxsize=32)
def _order(place: int) -> FloatArray:
    """Rank of each draw, (DRAWS,): another order for each error."""
    multiples = np.arange(1, DRAWS + 1) * math.sqrt(PRIMES[place % len(PRIMES)])
    return np.argsort(np.argsort(multiples % 1.0)).astype(float)
