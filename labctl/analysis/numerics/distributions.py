"""Quantiles and tail probabilities of the usual distributions.

Same values as scipy.stats; importing that takes longer than most analyses. scipy.special is loaded by
the first call.
"""

import math


def student_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Student's t that is not exceeded with this probability; the normal quantile for infinite freedom."""
    from scipy.special import ndtri, stdtrit

    if math.isinf(degrees_of_freedom):
        return float(ndtri(probability))
    return float(stdtrit(degrees_of_freedom, probability))


def student_tail(t: float, degrees_of_freedom: float) -> float:
    """Probability that Student's t exceeds `t`."""
    from scipy.special import ndtr, stdtr

    return float(ndtr(-t) if math.isinf(degrees_of_freedom) else stdtr(degrees_of_freedom, -t))


def chi_square_tail(value: float, degrees_of_freedom: float) -> float:
    """Probability that chi-square exceeds `value`."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees_of_freedom, max(value, 0.0)))


def f_tail(ratio: float, numerator_freedom: float, denominator_freedom: float) -> float:
    """Probability that Fisher's F exceeds `ratio`."""
    from scipy.special import fdtrc

    return float(fdtrc(numerator_freedom, denominator_freedom, max(ratio, 0.0)))
