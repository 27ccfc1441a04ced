"""Spread of the resistance between circuits that describe a spectrum about equally well.

A quoted error that knows one circuit only is too small: the variance stated is
sum w_k (u_k^2 + (R_k - R)^2) over the plausible circuits (Buckland, Burnham & Augustin, Biometrics 53 (1997)
603, 10.2307/2533961), around the value of the best. As there, the weights follow Akaike's criterion,
corrected for few points; the circuit is chosen by the Bayesian one, which asks more of every parameter.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.analysis.circuits.fit import CircuitFit
from labctl.analysis.numerics.estimate import Estimate

PLAUSIBLE = 6.0  # difference of the criterion
FLAGGED_WIDENING = 1.2
FLAGGED_RANGE = 0.005  # of the totals, relative to the chosen one
SYSTEMATIC = 0.1  # correlation of neighbouring residuals
MOST_MISFIT = 3.0  # beyond it the circuit is called incomplete


@dataclass(frozen=True)
class Contender:
    """A circuit that may be right: its resistance (total or interphase) and its information criterion."""

    total_ohm: Estimate
    criterion: float


def akaike(fit: CircuitFit, points: float) -> float:
    """Akaike's criterion for a number of points, corrected for few of them (10.1093/biomet/76.2.297)."""
    p, n = len(fit.parameters), max(points, 1.0)
    correction = 2 * p * (p + 1) / max(n - p - 1, 1.0)
    return fit.bic_for(points) - p * math.log(n) + 2 * p + correction


def with_model_spread(best: Contender, others: Sequence[Contender]) -> tuple[Estimate, tuple[str, ...]]:
    """The best circuit's total, widened by those not clearly worse, and a flag where that matters."""
    plausible = [best, *(other for other in others if other.criterion - best.criterion < PLAUSIBLE)]
    least = min(contender.criterion for contender in plausible)
    weights = [math.exp(-0.5 * (contender.criterion - least)) for contender in plausible]
    variance = sum(
        weight * (c.total_ohm.standard_uncertainty**2 + (c.total_ohm.value - best.total_ohm.value) ** 2)
        for weight, c in zip(weights, plausible, strict=True)
    ) / sum(weights)
    alone = best.total_ohm.standard_uncertainty
    widened = max(math.sqrt(variance), alone)
    flags = ()
    low = min(c.total_ohm.value for c in plausible)
    high = max(c.total_ohm.value for c in plausible)
    if widened > FLAGGED_WIDENING * alone and high - low > FLAGGED_RANGE * abs(best.total_ohm.value):
        flags = (f"model ambiguous: circuits that fit as well give {low:.4g} to {high:.4g} ohm",)
    return best.total_ohm.widened(widened, "circuit"), flags


def with_misfit(total_ohm: Estimate, alone: Estimate, fit: CircuitFit, noise_rms: float) -> Estimate:
    """The total, widened where the circuit leaves more than noise: residuals over the noise, Birge's ratio.

    Only correlated residuals show a circuit that is slightly wrong. The ratio multiplies the circuit's own
    part `alone` of the uncertainty. `noise_rms` is relative to |Z|, as the residuals are; where it is not
    known (nan, 0) nothing is widened.
    """
    if fit.autocorrelation <= SYSTEMATIC or not noise_rms > 0:
        return total_ohm
    ratio = min(max(fit.rms / noise_rms, 1.0), MOST_MISFIT)
    more = math.sqrt(ratio**2 - 1) * alone.standard_uncertainty
    widened = math.hypot(total_ohm.standard_uncertainty, more)
    return total_ohm.widened(widened, "circuit")
