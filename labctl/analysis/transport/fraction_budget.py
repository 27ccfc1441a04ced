"""The current fraction from measured values, with the electrons taken out, and its uncertainty by source.

    rho+ = factor I R / (V - I Rss)

with I the steady ionic current, R the ionic resistance, V the step and Rss the resistance of the interfaces.
Where I0 is V / (R + R0) this is Bruce and Vincent's formula, and Watanabe's.

A known share t_e of the electrons in the conductivity of the electrolyte is a resistance Re = Rb / t_e beside
its ions. Whether the layers on the electrodes let the electrons pass decides how much of the current they
carry; both limits are computed, the mean is stated, and half of their difference is a limit of error.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.numerics.budget import estimate_of
from labctl.analysis.numerics.component import Component, Distribution, Kind
from labctl.analysis.numerics.drawn_interval import drawn, drawn_interval
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.interval_estimates import ProfileEstimate

Values = Mapping[str, float]
STEP, STEADY, BULK, INTERFACE = (
    "delta_v_v",
    "steady_current_a",
    "bulk_resistance_ohm",
    "steady_resistance_ohm",
)
TOLERANCE = 0.05  # of half of an interval
SMALL = 1e-3  # of an uncertainty: the difference of two values is a derivative
FACTOR, ELECTRONS = "linear_factor", "electronic_share"
PASSING = "electrons_pass_interfaces"
"""1: electrons pass the layers on the electrodes; 0: they pass the electrolyte alone; 0.5: not known."""


@dataclass(frozen=True)
class Doubt:
    """One error of one measured value.

    Attributes
    ----------
    quantity : str
        A key of the values.
    change : float
        Signed change of that value for one standard uncertainty, in its unit.
    source, kind, common, cause, degrees_of_freedom, distribution
        As in `Component`.
    """

    quantity: str
    source: str
    change: float
    kind: Kind = "A"
    common: bool = False
    cause: str = ""
    degrees_of_freedom: float = math.inf
    distribution: Distribution = "normal"


def doubts_of(quantity: str, estimate: Estimate, source: str, cause: str = "") -> list[Doubt]:
    """The parts of an estimate; what has no other source than fit, noise or circuit gets this one."""
    return [
        Doubt(
            quantity,
            source if part.source in ("fit and noise", "circuit") else part.source,
            part.change,
            part.kind,
            part.common,
            part.cause or cause,
            part.degrees_of_freedom,
            part.distribution,
        )
        for part in estimate.parts
    ]


def current_fraction(values: Values) -> float:
    """rho+ of the values by name; `linear_factor` 1 and `electronic_share` 0 where they are not given."""
    share = values.get(ELECTRONS, 0.0)
    factor = values.get(FACTOR, 1.0)
    if np.ndim(share) == 0 and not share:
        return factor * _fraction(values[STEADY], values[BULK], values[STEP], values[INTERFACE])
    passing = values.get(PASSING, 0.5)
    return factor * (
        passing * _beside_the_cell(values, share) + (1 - passing) * _beside_the_bulk(values, share)
    )


def with_budget(
    values: Values, doubts: Iterable[Doubt], function: Callable[[Values], float] = current_fraction
) -> Estimate:
    """The function of the values, with one component for each doubt, by central differences.

    Its interval is that of drawn values (JCGM 101:2008) where it differs from the linear one by more than
    `TOLERANCE`: the current in the denominator bends the function where its uncertainty is large.
    """
    doubts = [doubt for doubt in doubts if doubt.change]
    found = _linear(values, doubts, function)
    if not (found.standard_uncertainty and math.isfinite(found.standard_uncertainty)):
        return found
    interval = drawn_interval(_drawn_values(values, doubts, function))
    pairs = zip(interval(0.95), found.interval(), strict=True)
    half = found.interval_factor() * found.standard_uncertainty
    if all(abs(drawn_end - end) <= TOLERANCE * half for drawn_end, end in pairs):
        return found
    u, freedom = found.standard_uncertainty, found.degrees_of_freedom
    return ProfileEstimate(found.value, u, freedom, components=found.components, profile=interval)


def _drawn_values(values: Values, doubts: Iterable[Doubt], function: Callable[[Values], float]) -> FloatArray:
    """The function of drawn values (DRAWS,); doubts of one cause are one error."""
    by_cause: dict[str, list[Doubt]] = {}
    for place, doubt in enumerate(doubts):
        by_cause.setdefault(doubt.cause or f"alone {place}", []).append(doubt)
    changed: dict[str, Any] = dict(values)
    for place, group in enumerate(by_cause.values()):
        errors = drawn([_component(doubt, doubt.change) for doubt in group], place)
        for doubt in group:
            changed[doubt.quantity] = changed[doubt.quantity] + doubt.change * errors
    return np.asarray(function(changed), dtype=float)


def _linear(values: Values, doubts: Iterable[Doubt], function: Callable[[Values], float]) -> Estimate:
    parts = []
    for doubt in doubts:
        if not math.isfinite(doubt.change):
            parts.append(_component(doubt, math.inf))
            continue
        low, high = (
            function({**values, doubt.quantity: values[doubt.quantity] + sign * doubt.change * SMALL})
            for sign in (-1, 1)
        )
        parts.append(_component(doubt, (high - low) / (2 * SMALL)))
    return estimate_of(function(values), parts)


def _component(doubt: Doubt, change: float) -> Component:
    return Component(
        doubt.source,
        change,
        doubt.kind,
        doubt.common,
        doubt.cause,
        doubt.degrees_of_freedom,
        doubt.distribution,
    )


def _fraction(current_a: float, bulk_ohm: float, step_v: float, interface_ohm: float) -> float:
    return current_a * bulk_ohm / (step_v - current_a * interface_ohm)


def _beside_the_cell(values: Values, share: float) -> float:
    """The electrons pass from electrode to electrode: the spectrum shows bulk and interface too low."""
    bulk_ohm, step_v = values[BULK], values[STEP]
    electronic_ohm, ionic_ohm = bulk_ohm / share, bulk_ohm / (1 - share)
    both_ohm = 1 / (1 / (bulk_ohm + values[INTERFACE]) - 1 / electronic_ohm)
    return _fraction(values[STEADY] - step_v / electronic_ohm, ionic_ohm, step_v, both_ohm - ionic_ohm)


def _beside_the_bulk(values: Values, share: float) -> float:
    """The electrons pass the electrolyte; its layers on the electrodes stop them there."""
    bulk_ohm = values[BULK]
    over_bulk_v = values[STEP] - values[STEADY] * values[INTERFACE]
    ions_a = values[STEADY] - over_bulk_v * share / bulk_ohm
    return _fraction(ions_a, bulk_ohm / (1 - share), over_bulk_v, 0.0)


def electronic_share(values: Values) -> float:
    """R Iss / V of a cell that blocks the ions."""
    return values[BULK] * values[STEADY] / values[STEP]
