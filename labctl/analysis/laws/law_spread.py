"""Conductivities of a chosen temperature law, with the uncertainty of the choice."""

import math
from collections.abc import Mapping
from dataclasses import replace

from labctl.analysis.numerics.interval_estimates import LogEstimate

LEAST_WEIGHT = 0.01
FLAGGED_WIDENING = 1.2
LEAST_SHOWN = 0.005  # relative; below it the laws give the same three digits
NAMES = {"arrhenius": "Arrhenius", "vtf": "VTF", "two_segments": "two lines"}


def with_law_spread(
    chosen: LogEstimate,
    others: Mapping[str, LogEstimate | None],
    weights: Mapping[str, float],
    temperature_k: float,
) -> LogEstimate:
    """Return the conductivity of the chosen law, its uncertainty widened by the other laws.

    Parameters
    ----------
    chosen : LogEstimate
    others : mapping of str to LogEstimate or None
        Of every law that remains possible, the chosen one included; None: it has no value there.
    weights : mapping of str to float
    """
    known = {law: estimate for law, estimate in others.items() if estimate is not None}
    total = sum(weights[law] for law in known)
    alone = chosen.relative_uncertainty
    flags = (*chosen.flags, *_without_value(others, weights, temperature_k))
    if not (total > 0 and math.isfinite(alone) and chosen.value > 0):
        return replace(chosen, flags=flags)
    variance = sum(
        weights[law] * (one.relative_uncertainty**2 + math.log(one.value / chosen.value) ** 2)
        for law, one in known.items()
    )
    widened = max(math.sqrt(variance / total), alone)
    if widened > max(FLAGGED_WIDENING * alone, LEAST_SHOWN):
        told = ", ".join(
            f"{_name(law)} {one.value / 100:.3g} S/cm (weight {weights[law]:.0%})"
            for law, one in known.items()
        )
        flags = (*flags, f"the law is not decided: at {temperature_k:.2f} K {told}")
    return replace(chosen, flags=flags).widened(chosen.value * widened, "law")


def _name(law: str) -> str:
    return NAMES.get(law, law)


def _without_value(
    others: Mapping[str, LogEstimate | None], weights: Mapping[str, float], temperature_k: float
) -> list[str]:
    return [
        f"{_name(law)} (weight {weights[law]:.0%}) has no value at {temperature_k:.2f} K: "
        "the interval leaves it out"
        for law, estimate in others.items()
        if estimate is None
    ]
