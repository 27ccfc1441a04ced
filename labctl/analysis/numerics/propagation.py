"""Linear propagation of uncertainty (GUM, JCGM 100:2008, 5.1 and G.4)."""

import math
from collections.abc import Mapping

from labctl.analysis.numerics.budget import propagated
from labctl.analysis.numerics.estimate import Estimate


def as_estimate(name: str, quantity: Estimate | float) -> Estimate:
    """A number counts as exactly known.

    Raises
    ------
    ValueError
        Naming the argument: not finite.
    """
    estimate = quantity if isinstance(quantity, Estimate) else Estimate(float(quantity), 0.0)
    if not math.isfinite(estimate.value):
        raise ValueError(f"{name} must be finite, got {estimate.value!r}")
    return estimate


def combine(
    value: float,
    inputs: Mapping[str, Estimate],
    derivatives: Mapping[str, float],
    correlations: Mapping[tuple[str, str], float] | None = None,
) -> Estimate:
    """The value of a function with its standard uncertainty and degrees of freedom (Welch-Satterthwaite).

    Parameters
    ----------
    value : float
    inputs, derivatives : mapping of name to Estimate and to partial derivative
        Inputs with components keep them, and what they have in common is correlated by its cause.
    correlations : mapping of two names to a correlation coefficient, optional
        With it the result has no components.
    """
    share = {name: derivatives[name] * inputs[name].standard_uncertainty for name in derivatives}
    variance = sum(part**2 for part in share.values())
    for (one, other), coefficient in (correlations or {}).items():
        variance += 2 * coefficient * share[one] * share[other]
    variance = max(variance, 0.0)
    spent = sum(part**4 / inputs[name].degrees_of_freedom for name, part in share.items())
    freedom = variance**2 / spent if spent > 0 else math.inf
    if correlations or not any(inputs[name].components for name in derivatives):
        return Estimate(value, math.sqrt(variance), freedom)
    return propagated(value, [(slope, inputs[name]) for name, slope in derivatives.items()])
