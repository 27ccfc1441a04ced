"""Two polarisations of one cell at one temperature: the other polarity, or a step of another height."""

import math

from labctl.analysis.numerics.budget import propagated
from labctl.analysis.numerics.component import Component
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.transport.polarisation import beyond_noise

ALARM = 2.0


def mean_of_polarities(one: Estimate, other: Estimate) -> Estimate:
    """Mean of the numbers of both polarities; errors with a cause are added with their signs.

    A zero of the current raises one and lowers the other, and cancels. Half of the difference that noise does
    not explain is a limit of error: the cell may have changed in between.
    """
    mean = propagated((one.value + other.value) / 2, [(0.5, one), (0.5, other)])
    apart = beyond_noise(_difference(one, other))
    return mean.with_component(Component("polarity", apart / 2 / math.sqrt(3))) if apart else mean


def steps_disagree(one: Estimate, other: Estimate) -> bool:
    """Whether the numbers of two steps differ by more than twice the uncertainty of their difference."""
    difference = _difference(one, other)
    return abs(difference.value) > ALARM * difference.standard_uncertainty


def with_smaller_step(smaller: Estimate, larger: Estimate, ratio: float) -> Estimate:
    """The number of the smaller step with its own possible error; `ratio` of the heights is above 1.

    The steady current is an odd function of the step, so the error of the number goes as its square: that
    of the smaller step is the difference over ratio^2 - 1.
    """
    off = beyond_noise(_difference(smaller, larger)) / (ratio**2 - 1)
    return smaller.with_component(Component("linear range", off)) if off else smaller


def _difference(one: Estimate, other: Estimate) -> Estimate:
    return propagated(one.value - other.value, [(1.0, one), (-1.0, other)])
