"""Which law do these conductivities follow?

Every law that the number of temperatures allows is fitted; the one with the lowest information criterion is
preferred and the others stay beside it with their weights. The criterion is BIC with McQuarrie's small-sample
term (10.1016/S0167-7152(98)00294-6) and a likelihood that knows the rule of `labctl.analysis.law_fit`: the
common factor on the uncertainties is free where nothing is stated, and never below one where something is.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.arrhenius import ArrheniusForm, arrhenius_of_series
from labctl.analysis.law_fit import LawFit
from labctl.analysis.temperature_series import TemperatureSeries, temperature_series
from labctl.analysis.vtf import vtf_of_series

SMALLEST_RELATIVE_SCATTER = 1e-6


@dataclass(frozen=True, kw_only=True)
class TemperatureLaw:
    """The law chosen, and those that were not.

    Attributes
    ----------
    law : {"arrhenius", "vtf", "two_segments"}
    preferred : LawFit
        The fit of that law with every point at full weight.
    candidates : dict of str to LawFit
        All laws that were fitted.
    weights : dict of str to float
        exp(-difference of the criterion / 2), normalised to a sum of 1.
    outliers : (n,) bool
        In the order of the arguments. Flagged, not dropped.
    flags : tuple of str
    """

    law: str
    candidates: dict[str, LawFit]
    weights: dict[str, float]
    outliers: NDArray[np.bool_]
    flags: tuple[str, ...]

    @property
    def preferred(self) -> LawFit:
        """The fit of the chosen law."""
        return self.candidates[self.law]


def fit_temperature_law(
    temperature_k: ArrayLike,
    conductivity_s_m: ArrayLike,
    form: ArrheniusForm = "ln_sigma_t",
    prefactor_exponent: float = -0.5,
    *,
    standard_uncertainty_s_m: ArrayLike | None = None,
    temperature_u_k: ArrayLike | None = None,
    upper_bound: ArrayLike | None = None,
    cryogenic: bool = False,
) -> TemperatureLaw:
    """Choose among Arrhenius and VTF; arguments as in `fit_arrhenius` and `fit_vtf`.

    Raises
    ------
    ValueError
        Naming the argument: not positive, not finite, unequal lengths, Celsius, too few temperatures.
    """
    series = temperature_series(
        temperature_k,
        conductivity_s_m,
        distinct=2,
        standard_uncertainty_s_m=standard_uncertainty_s_m,
        temperature_u_k=temperature_u_k,
        upper_bound=upper_bound,
        cryogenic=cryogenic,
    )
    candidates: dict[str, LawFit] = {"arrhenius": arrhenius_of_series(series, form)}
    if np.unique(series.temperature_k).size >= 5:
        candidates["vtf"] = vtf_of_series(series, prefactor_exponent)
    criteria = {law: criterion(fit, len(fit.solution.parameters)) for law, fit in candidates.items()}
    law = min(criteria, key=lambda name: criteria[name])
    outliers = np.zeros(np.size(temperature_k), dtype=bool)
    return TemperatureLaw(
        law=law,
        candidates=candidates,
        weights=akaike_weights(criteria),
        outliers=outliers,
        flags=candidates[law].flags,
    )


def criterion(fit: LawFit, penalised: float) -> float:
    """Small-sample BIC of a fit that pays for `penalised` parameters; lower is better."""
    n = len(fit.series)
    return _minus_two_ln_likelihood(fit.series, fit.solution.chi_square) + (
        math.log(n) * penalised * n / max(n - penalised - 2, 0.5)
    )


def akaike_weights(criteria: dict[str, float]) -> dict[str, float]:
    """Relative weights of the candidates; they sum to 1."""
    best = min(criteria.values())
    raw = {law: math.exp(-(value - best) / 2) for law, value in criteria.items()}
    total = sum(raw.values())
    return {law: value / total for law, value in raw.items()}


def _minus_two_ln_likelihood(series: TemperatureSeries, chi_square: float) -> float:
    """Of Gaussian residuals whose uncertainties share one free factor, at its best value."""
    n = len(series)
    least = 1.0 if series.stated else SMALLEST_RELATIVE_SCATTER**2
    variance = max(chi_square / n, least)
    return n * math.log(variance) + chi_square / variance
