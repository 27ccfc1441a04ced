"""Spread of the resistance between circuits that describe a spectrum about equally well.

A quoted error that knows one circuit only is too small: the variance stated is
sum w_k (u_k^2 + (R_k - R)^2) over the plausible circuits (Buckland, Burnham & Augustin, Biometrics 53 (1997)
603, 10.2307/2533961), around the value of the best.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from labctl.analysis.numerics.estimate import Estimate

PLAUSIBLE_BIC = 6.0
WORTH_A_FLAG = 1.2


@dataclass(frozen=True)
class Contender:
    """A circuit that may be right: its resistance (total or interphase) and its information criterion."""

    total_ohm: Estimate
    bic: float


def with_model_spread(best: Contender, others: Sequence[Contender]) -> tuple[Estimate, tuple[str, ...]]:
    """The best circuit's total, widened by those not clearly worse, and a flag where that matters."""
    plausible = [best, *(other for other in others if other.bic - best.bic < PLAUSIBLE_BIC)]
    weights = [math.exp(-0.5 * max(contender.bic - best.bic, 0.0)) for contender in plausible]
    variance = sum(
        weight * (c.total_ohm.standard_uncertainty**2 + (c.total_ohm.value - best.total_ohm.value) ** 2)
        for weight, c in zip(weights, plausible, strict=True)
    ) / sum(weights)
    alone = best.total_ohm.standard_uncertainty
    widened = max(math.sqrt(variance), alone)
    flags = ()
    if widened > WORTH_A_FLAG * alone:
        low = min(c.total_ohm.value for c in plausible)
        high = max(c.total_ohm.value for c in plausible)
        flags = (f"model ambiguous: circuits that fit as well give {low:.4g} to {high:.4g} ohm",)
    return Estimate(best.total_ohm.value, widened, best.total_ohm.degrees_of_freedom), flags
