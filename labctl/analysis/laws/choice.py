"""Choice of the temperature law that a series of conductivities follows.

Every law that the number of temperatures allows is fitted (five for VTF, ten for a break); the one with the
lowest criterion of `laws.criterion` is preferred (a break must be much more probable than no break; of few
points a nearly certain one is preferred), the others stay beside it with their probabilities. Laws
compete for the points that are not outliers to them, and a VTF that is not distinguishable from Arrhenius, or
is unphysical, does not compete. All fits that are handed out contain every point.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.laws.arrhenius import ArrheniusForm
from labctl.analysis.laws.contenders import TEMPERATURES_FOR_A_BREAK, Contender, contenders
from labctl.analysis.laws.criterion import (
    SMALLEST_RELATIVE_SCATTER,
    criterion,
    criterion_weights,
    probability_criterion,
)
from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.laws.law_spread import LEAST_WEIGHT, with_law_spread
from labctl.analysis.laws.outliers import downweighted, ln_deviation, outliers
from labctl.analysis.laws.parameter_spread import energy_spread_ev, parameter_spreads
from labctl.analysis.laws.temperature_series import (
    TemperatureSeries,
    distinct_temperatures_k,
    temperature_series,
)
from labctl.analysis.laws.two_segments import POINTS_PER_SEGMENT, TwoSegmentFit, two_segments_of_series
from labctl.analysis.numerics.distributions import f_tail
from labctl.analysis.numerics.interval_estimates import LogEstimate
from labctl.analysis.numerics.notebook import NotebookResult

SUSPICION = 0.001
NEARLY_CERTAIN = 0.9


@dataclass(frozen=True, kw_only=True)
class TemperatureLaw(NotebookResult):
    """The law chosen, and those that were not.

    Attributes
    ----------
    law : {"arrhenius", "vtf", "two_segments"}
    candidates : dict of str to LawFit
        All laws that were fitted, with every point at full weight.
    weights : dict of str to float
        Probability of each law beside the others (`laws.criterion.probability_criterion`), sum 1; 0 for a
        law that cannot be. A law no better than a simpler one keeps its weight.
    outliers : (n,) bool
        In the order of the arguments. Flagged, not dropped.
    downweighted : LawFit or None
        The chosen law with the outliers down-weighted; None where there is none.
    suspected_break : TwoSegmentFit or None
        Two segments that lie much closer, when there are too few temperatures to claim a break.
    flags : tuple of str
    """

    law: str
    candidates: dict[str, LawFit]
    weights: dict[str, float]
    outliers: NDArray[np.bool_]
    downweighted: LawFit | None
    suspected_break: TwoSegmentFit | None
    flags: tuple[str, ...]

    @property
    def preferred(self) -> LawFit:
        """The fit of the chosen law, every point at full weight."""
        return self.candidates[self.law]

    @property
    def possible(self) -> dict[str, LawFit]:
        """The laws with a weight of at least 1 %, and the chosen one."""
        return {
            law: fit
            for law, fit in self.candidates.items()
            if law == self.law or self.weights[law] >= LEAST_WEIGHT
        }

    def __call__(self, temperature_k: float) -> LogEstimate:
        """Conductivity of the chosen law, S/m: `conductivity_s_m`."""
        return self.conductivity_s_m(temperature_k)

    def conductivity_s_m(self, temperature_k: float) -> LogEstimate:
        """Conductivity of the chosen law, S/m, with the spread over the laws that remain possible.

        The variance is sum w (u^2 + d^2) of ln sigma over these laws with weights w, uncertainties u and
        distances d from the chosen law (Buckland, Burnham & Augustin, Biometrics 53 (1997) 603,
        10.2307/2533961). `.flags` name an extrapolation, a spread that counts, and where there are too few
        temperatures to tell a curve from a line, so that the spread is not known.

        Raises
        ------
        ValueError
            `temperature_k` is not positive, or the chosen law has no value there.
        """
        chosen = self.preferred.conductivity_s_m(temperature_k)
        found = with_law_spread(chosen, self._at(temperature_k), self.weights, temperature_k)
        return replace(found, flags=(*found.flags, *self._assumption(temperature_k)))

    def _assumption(self, temperature_k: float) -> tuple[str, ...]:
        """Say that an extrapolation assumes a straight line, where no curve could be fitted."""
        if "vtf" in self.candidates or not self.preferred.extrapolation_flags(temperature_k):
            return ()
        count = distinct_temperatures_k(self.preferred.series.temperature_k).size
        return (
            f"the law is not decided: {count} temperatures do not tell Arrhenius from VTF, and the "
            f"conductivity at {temperature_k:.2f} K assumes Arrhenius",
        )

    def energy_spread_ev(self) -> float:
        """Spread of the apparent activation energy amid the points over the laws that remain possible.

        What the laws add in quadrature to the uncertainty of the chosen one, as in `conductivity_s_m`; 0
        where no other law is possible.
        """
        middle_k = 1 / float(np.mean(1 / self.preferred.series.temperature_k))
        return energy_spread_ev(self.law, self.possible, self.weights, middle_k)

    def parameter_spreads(self) -> dict[str, float]:
        """What the laws that remain possible add in quadrature to the uncertainty of each parameter.

        By the name of the attribute of the chosen law, as in `laws.parameter_spread`.
        """
        return parameter_spreads(self.law, self.possible, self.weights)

    def _at(self, temperature_k: float) -> dict[str, LogEstimate | None]:
        """The conductivity of each possible law; None for a law without a value there."""
        return {
            law: fit.conductivity_s_m(temperature_k) if temperature_k > fit.lowest_temperature_k else None
            for law, fit in self.possible.items()
        }


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
    are_kelvin: bool = False,
) -> TemperatureLaw:
    """Choose among Arrhenius, VTF and two segments; arguments as in `fit_arrhenius` and `fit_vtf`.

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
        are_kelvin=are_kelvin,
    )
    found = temperature_law_of_series(series, form, prefactor_exponent)
    if upper_bound is None:
        return found
    every = np.zeros(np.size(temperature_k), dtype=bool)
    every[~np.asarray(upper_bound, dtype=bool)] = found.outliers
    return replace(found, outliers=every)


def temperature_law_of_series(
    series: TemperatureSeries, form: ArrheniusForm = "ln_sigma_t", prefactor_exponent: float = -0.5
) -> TemperatureLaw:
    """Choose for a series that is already checked; `outliers` is in the order of the series."""
    competing = contenders(series, form, prefactor_exponent)
    against_a_break = any(contender.law == "two_segments" for contender in competing)
    entries = [_entry(series, contender, against_a_break) for contender in competing]
    laws = dict.fromkeys(entry.law for entry in entries)
    best = {law: min((e for e in entries if e.law == law), key=lambda e: e.criterion) for law in laws}
    return _result(series, best, form)


@dataclass(frozen=True)
class _Entry:
    """One law in the competition: its fit without its outliers, and what that is worth."""

    contender: Contender
    mask: NDArray[np.bool_]
    clean: LawFit
    probability_criterion: float
    criterion: float

    @property
    def law(self) -> str:
        return self.contender.law

    def fit_of_every_point(self, series: TemperatureSeries) -> LawFit:
        return self.contender.fit(series) if self.mask.any() else self.clean


def _entry(series: TemperatureSeries, contender: Contender, against_a_break: bool) -> _Entry:
    mask = outliers(series, contender)
    clean, count = contender.fit(series.select(~mask)), int(mask.sum())
    value = math.inf if clean.objections else criterion(clean, count)
    return _Entry(contender, mask, clean, probability_criterion(clean, count, against_a_break), value)


def _result(series: TemperatureSeries, best: dict[str, _Entry], form: ArrheniusForm) -> TemperatureLaw:
    weights = _weights(best)
    chosen = _chosen(best, weights)
    candidates = {law: entry.fit_of_every_point(series) for law, entry in best.items()}
    suspected = None if "two_segments" in best else _suspected_break(candidates[chosen.law], form)
    robust = None
    if chosen.mask.any():
        robust = chosen.contender.fit(downweighted(series, chosen.mask, chosen.clean))
    return TemperatureLaw(
        law=chosen.law,
        candidates=candidates,
        weights=weights,
        outliers=chosen.mask,
        downweighted=robust,
        suspected_break=suspected,
        flags=(
            *_outlier_flags(series, chosen, candidates[chosen.law], robust),
            *_rejections(best, chosen),
            *_suspicion(suspected),
            *candidates[chosen.law].flags,
        ),
    )


def _chosen(best: dict[str, _Entry], weights: dict[str, float]) -> _Entry:
    """The lowest criterion; without a break among them, a law that is nearly certain, of few points too."""
    certain = [e for law, e in best.items() if weights[law] >= NEARLY_CERTAIN and not e.clean.objections]
    if certain and "two_segments" not in best:
        return certain[0]
    return min(best.values(), key=lambda entry: entry.criterion)


def _weights(best: dict[str, _Entry]) -> dict[str, float]:
    return criterion_weights(
        {
            law: math.inf if entry.clean.is_excluded else entry.probability_criterion
            for law, entry in best.items()
        }
    )


def _outlier_flags(
    series: TemperatureSeries, chosen: _Entry, preferred: LawFit, robust: LawFit | None
) -> list[str]:
    if robust is None:
        return []
    ratio = np.exp(ln_deviation(series, chosen.clean)[chosen.mask])
    flags = [
        f"outlier at {temperature:.2f} K: {factor:.3g} times what the other points say"
        for temperature, factor in zip(series.temperature_k[chosen.mask], ratio, strict=True)
    ]
    return [*flags, f"with every point {preferred.headline}; outliers down-weighted {robust.headline}"]


def _suspected_break(smooth: LawFit, form: ArrheniusForm) -> TwoSegmentFit | None:
    """Two segments, if the F test of their extra parameters says more than chance and search can."""
    temperatures = distinct_temperatures_k(smooth.series.temperature_k).size
    if temperatures < 2 * POINTS_PER_SEGMENT:
        return None
    kink = two_segments_of_series(smooth.series, form, "kink")
    more = kink.solution.parameters.size - smooth.solution.parameters.size
    spare = len(kink.series) - kink.solution.parameters.size
    left, gain = kink.solution.chi_square, smooth.solution.chi_square - kink.solution.chi_square
    noise = max(left, spare * (1.0 if smooth.series.stated else SMALLEST_RELATIVE_SCATTER**2))
    return kink if f_tail(gain / more / (noise / spare), more, spare) < SUSPICION else None


def _suspicion(kink: TwoSegmentFit | None) -> list[str]:
    if kink is None:
        return []
    at = kink.break_temperature_k.value
    return [
        f"a break near {at:.1f} K is suspected ({kink.headline}): "
        f"{TEMPERATURES_FOR_A_BREAK} temperatures are needed to claim one"
    ]


def _rejections(best: dict[str, _Entry], chosen: _Entry) -> list[str]:
    """Why a law that lies closer to the points than the chosen one was not taken."""
    return [
        f"{law} would lie closer to the points, but: {'; '.join(entry.clean.objections)}"
        for law, entry in best.items()
        if entry.clean.objections and criterion(entry.clean, int(entry.mask.sum())) < chosen.criterion - 6
    ]
