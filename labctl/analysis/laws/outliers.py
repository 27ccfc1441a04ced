"""Points that no member of a family of laws can reconcile with the others.

Each point is left out in turn, everywhere in the scan of a law at once (deletion formula, Cook & Weisberg
1982, ch. 2), and the most suspect one is compared with the prediction of the law from the rest (externally
studentised residual, Bonferroni over the points). Nothing is dropped: the caller gets a mask and weights.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.laws.contenders import Contender
from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.laws.temperature_series import TemperatureSeries, distinct_temperatures_k
from labctl.analysis.numerics.distributions import student_tail
from labctl.analysis.numerics.in_parts import parts

FALSE_ALARM_PROBABILITY = 0.01
LARGEST_SHARE = 0.2
# worth one point of knowledge about any laboratory's scatter, so that four points can convict one
USUAL_SCATTER = 0.02
USUAL_SCATTER_POINTS = 1


def outliers(series: TemperatureSeries, contender: Contender) -> NDArray[np.bool_]:
    """Mask (n,) of the points that disagree with this law as laid through the others; at most a fifth."""
    inside = np.ones(len(series), dtype=bool)
    for _ in range(max(1, int(LARGEST_SHARE * len(series)))):
        suspect = _suspect(series, inside, contender)
        if suspect is None:
            break
        inside[suspect] = False
    return ~inside


def downweighted(series: TemperatureSeries, mask: NDArray[np.bool_], fit: LawFit) -> TemperatureSeries:
    """The series with each outlier's uncertainty enlarged to its distance from `fit`, a fit without them."""
    deviation = _deviation(series, fit)[0]
    variance = _variance(fit)[0] * fit.solution.uncertainty.mean() ** 2
    weight = np.where(mask, np.minimum(0.99, variance / np.maximum(deviation**2, variance)), series.weight)
    return replace(series, weight=weight)


def ln_deviation(series: TemperatureSeries, fit: LawFit) -> NDArray[np.float64]:
    """ln(measured / law) at every point of `series`, (n,); nan where the law has no value."""
    return _deviation(series, fit)[0]


def _suspect(series: TemperatureSeries, inside: NDArray[np.bool_], contender: Contender) -> int | None:
    points = np.flatnonzero(inside)
    if points.size < contender.fewest_points + 1:
        return None
    suspect = int(points[np.argmin(_chi_square_without(series.select(inside), contender))])
    rest = inside.copy()
    rest[suspect] = False
    others = series.select(rest)
    if distinct_temperatures_k(others.temperature_k).size < contender.fewest_temperatures:
        return None
    fit = contender.fit(others)
    alone = np.zeros_like(inside)
    alone[suspect] = True
    probability = _probability(series.select(alone), fit)
    return suspect if probability * points.size < FALSE_ALARM_PROBABILITY else None


def _chi_square_without(series: TemperatureSeries, contender: Contender) -> NDArray[np.float64]:
    """Lowest chi-square of the law over its scan with each point (n,) left out."""
    uncertainty = contender.uncertainty(series)
    target = (series.ln_sigma() + contender.prefactor(series.temperature_k)) / uncertainty
    lowest = np.full(len(series), np.inf)
    for part in parts(4 * len(series)):
        design = contender.designs(series.temperature_k, part) / uncertainty[:, None]
        if not len(design):
            return lowest
        lowest = np.minimum(lowest, _lowest_without(design, target))
    return lowest


def _lowest_without(design: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lowest chi-square over designs (k, n, p) with each point (n,) left out of the weighted target (n,)."""
    q, _ = np.linalg.qr(design)
    residual = target - (q @ (q.swapaxes(1, 2) @ target[:, None]))[:, :, 0]
    free = 1 - np.sum(q**2, axis=2)
    gain = np.where(free > 1e-6, residual**2 / np.maximum(free, 1e-6), 0.0)
    return np.min(np.sum(residual**2, axis=1)[:, None] - gain, axis=0)


def _probability(point: TemperatureSeries, fit: LawFit) -> float:
    """Of a deviation at least as large as this point's from a law fitted to the others."""
    deviation, unit = _deviation(point, fit)
    if not np.isfinite(deviation[0]):
        return 1.0
    scale, dof = _variance(fit)
    own = fit.solution.uncertainty.mean() ** 2 if point.stated else 1.0
    t = abs(deviation[0]) / math.sqrt(scale * (own + unit[0]))
    return 2 * student_tail(t, dof)


def _deviation(series: TemperatureSeries, fit: LawFit) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ln(measured / law) and the law's own variance at unit scale; nan where the law has no value."""
    reached = series.temperature_k > fit.lowest_temperature_k
    value, unit = np.full((2, len(series)), np.nan)
    value[reached], unit[reached] = fit.unit_prediction(series.temperature_k[reached])
    return series.ln_sigma() - value, unit


def _variance(fit: LawFit) -> tuple[float, float]:
    """Scatter about the law, tempered by the usual where nothing is stated, and its degrees of freedom."""
    solution = fit.solution
    spare = len(fit.series) - solution.parameters.size
    if fit.series.stated:
        return solution.variance_factor, solution.degrees_of_freedom
    prior = USUAL_SCATTER_POINTS * USUAL_SCATTER**2
    return (solution.chi_square + prior) / (
        max(spare, 0) + USUAL_SCATTER_POINTS
    ), spare + USUAL_SCATTER_POINTS
