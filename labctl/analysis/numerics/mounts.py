"""Mean of one quantity over several mounts of a sample, with the scatter between the mounts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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

    The standard uncertainty of the mean is the larger of the scatter between mounts over the root of their
    number, with one degree of freedom less than mounts, and the uncertainty that the runs state. Mounting
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
    means = np.array([np.mean([run.value for run in mount]) for mount in values])
    stated = [math.hypot(*(run.standard_uncertainty for run in mount)) / len(mount) for mount in values]
    u_stated, count = math.hypot(*stated) / len(values), len(values)
    mean = float(means.mean())
    if count == 1:
        return OverMounts(Estimate(mean, u_stated), None, 1)
    scatter = float(means.std(ddof=1))
    u_scatter = scatter / math.sqrt(count)
    by_scatter = u_scatter >= u_stated
    estimate = Estimate(mean, max(u_scatter, u_stated), count - 1 if by_scatter else math.inf)
    return OverMounts(estimate, scatter, count)
