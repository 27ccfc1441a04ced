"""Mean of one quantity over several mounts of a sample, with the scatter between the mounts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.budget import Component, combined, estimate_of, propagated
from labctl.analysis.numerics.estimate import Estimate


@dataclass(frozen=True)
class OverMounts:
    """A quantity over mounts.

    Attributes
    ----------
    mean : Estimate
    scatter : float or None
        Standard deviation between mounts; None with one mount.
    mounts : int
    """

    mean: Estimate
    scatter: float | None
    mounts: int


def over_mounts(values: Sequence[Sequence[Estimate]]) -> OverMounts:
    """Return the mean of mounts that count equally, each the mean of its runs.

    Components with a cause that several mounts share (a thermometer, an analyser, a geometry that was not
    measured anew) count once. Beside them stands the larger of the scatter between mounts over the root of
    their number, with one degree of freedom less than mounts, and what the runs state of their own. Mounting
    anew changes contact and stress, which no run alone can see: repeated runs of one mount do not make it
    smaller.

    Parameters
    ----------
    values : sequence of sequence of Estimate
        One sequence for each mount, with the value of each of its runs.

    Raises
    ------
    ValueError
        No mount, a mount without a run, or a value that is not finite.
    """
    if not values or not all(values):
        raise ValueError("values must hold at least one mount, and each mount at least one run")
    if not all(math.isfinite(run.value) for mount in values for run in mount):
        raise ValueError("values must be finite")
    means = [_mean(mount) for mount in values]
    mean = _mean(means)
    if len(values) == 1:
        return OverMounts(mean, None, 1)
    scatter = float(np.std([one.value for one in means], ddof=1))
    shared = _shared_causes(means)
    common = [part for part in mean.components if part.cause in shared]
    own = [part for part in mean.parts if part.cause not in shared]
    u_scatter = scatter / math.sqrt(len(values))
    if u_scatter >= combined(own):
        own = [Component("between mounts", u_scatter, degrees_of_freedom=len(values) - 1)]
    return OverMounts(estimate_of(mean.value, [*common, *own]), scatter, len(values))


def _mean(estimates: Sequence[Estimate]) -> Estimate:
    """Mean of estimates that count equally, with what they share counted once."""
    mean = float(np.mean([one.value for one in estimates]))
    return propagated(mean, [(1 / len(estimates), one) for one in estimates])


def _shared_causes(estimates: Sequence[Estimate]) -> set[str]:
    causes = [{part.cause for part in one.components if part.cause} for one in estimates]
    return {cause for of_one in causes for cause in of_one if sum(cause in each for each in causes) > 1}
