"""The information criterion by which laws compete.

BIC with McQuarrie's small-sample term (10.1016/S0167-7152(98)00294-6). A break is paid for as three
parameters, one fitted and two for the search (Hall, Osborn & Sakkestad, Manchester School 81 (2013) 54). An
outlier counts as a draw from a broad distribution, a factor of 100 either way, that one point in twenty comes
from.
The likelihood knows the rule of `laws.law_fit`: the common factor on the uncertainties is free
where nothing is stated, and never below one where something is.
"""

import math

import numpy as np

from labctl.analysis.laws.law_fit import LawFit

SMALLEST_RELATIVE_SCATTER = 1e-6
COST_OF_AN_OUTLIER = 2 * math.log(2 * math.log(100)) + 2 * math.log(20)


def criterion(fit: LawFit, outliers: int = 0) -> float:
    """Criterion of a fit to the points that are not outliers; lower is better, comparable for one series."""
    n = len(fit.series)
    fitted, searched = fit.paid_parameters
    small_sample = n / max(n - fitted - 2, 0.5)
    penalty = math.log(n) * (fitted * small_sample + searched)
    return _minus_two_ln_likelihood(fit) + penalty + outliers * COST_OF_AN_OUTLIER


def probability_criterion(fit: LawFit, outliers: int, against_a_break: bool) -> float:
    """-2 ln of how probable a law is, up to a constant: what its weight stands on.

    Every law that the points allow has one, also a law that cannot be preferred. Where uncertainties are
    stated, or a break contends, it is BIC (10.1214/aos/1176344136) with the cost of the search. Otherwise the
    common factor of the uncertainties is integrated out (Jeffreys' prior, 10.1098/rspa.1946.0056): BIC takes
    its best value, which few points make too small.
    """
    n = len(fit.series)
    fitted, searched = fit.paid_parameters
    penalty = math.log(n) * (fitted + searched) + outliers * COST_OF_AN_OUTLIER
    if fit.series.stated or against_a_break:
        return _minus_two_ln_likelihood(fit) + penalty
    spare = max(n - fitted, 1)
    chi_square = max(fit.solution.chi_square, n * SMALLEST_RELATIVE_SCATTER**2)
    integrated = spare * math.log(math.pi * chi_square) - 2 * math.lgamma(spare / 2)
    return integrated + _spread(fit) + penalty


def criterion_weights(criteria: dict[str, float]) -> dict[str, float]:
    """exp(-difference / 2), normalised to a sum of 1; an infinite criterion weighs nothing."""
    best = min(criteria.values())
    raw = {law: math.exp(-(value - best) / 2) for law, value in criteria.items()}
    total = sum(raw.values())
    return {law: value / total for law, value in raw.items()}


def _minus_two_ln_likelihood(fit: LawFit) -> float:
    """Of Gaussian residuals with one free factor common to their uncertainties, at its best value."""
    n, chi_square = len(fit.series), fit.solution.chi_square
    least = 1.0 if fit.series.stated else SMALLEST_RELATIVE_SCATTER**2
    variance = max(chi_square / n, least)
    return n * math.log(2 * math.pi * variance) + chi_square / variance + _spread(fit)


def _spread(fit: LawFit) -> float:
    return 2 * float(np.sum(np.log(fit.solution.uncertainty)))
