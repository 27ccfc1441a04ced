"""A change of the circuit along a temperature series is an error of its law.

Two circuits that describe a spectrum differ in what they get wrong of its resistance. Along a series with
one circuit that is nearly one factor, which leaves the activation energy alone; where the circuit changes,
the law bends. The numbers of each circuit are given a factor of their own beside the law: weighted least
squares of the residuals (n,) on the law's Jacobian (n, p) and a column for each circuit but the most frequent
one. Where the factors describe the points better than chance explains (F test, or chi-square with stated
uncertainties), the law takes the step as an error of its points, and each parameter carries what the step
moves it by.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.laws.common_errors import CommonError
from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.numerics.distributions import chi_square_tail, f_tail

FEWEST = 2  # points with a circuit: one point alone says nothing about a step
CHANCE = 0.05
SOURCE, CAUSE = "circuit", "change of the circuit"
Array = NDArray[np.float64]


def circuit_errors(fit: LawFit, circuits: Sequence[str]) -> list[CommonError]:
    """The step between circuits as an error of the points of a fit; empty where chance explains it.

    Parameters
    ----------
    fit : LawFit
    circuits : sequence of str, (n,)
        Circuit of each point of the fit, in the order of its series; empty where it is not known.

    Raises
    ------
    ValueError
        Another number of circuits than points.
    """
    if len(circuits) != len(fit.series):
        raise ValueError(
            f"circuits must name one circuit for each of {len(fit.series)} points, got {len(circuits)}"
        )
    steps = _columns(circuits)
    if not steps.shape[1]:
        return []
    weight = 1 / fit.solution.uncertainty
    jacobian = fit.sensitivity(fit.series.temperature_k)
    design = np.column_stack([jacobian, steps]) * weight[:, None]
    left = fit.solution.residuals * weight
    spare = fit.series.full_points - design.shape[1]
    found, _, rank, _ = np.linalg.lstsq(design, left, rcond=None)
    if rank < design.shape[1]:
        return []
    remaining = float(np.sum((left - design @ found) ** 2))
    gained = float(np.sum(left**2)) - remaining
    if _chance(gained, remaining, steps.shape[1], spare, fit.series.stated) > CHANCE:
        return []
    moved = steps @ found[jacobian.shape[1] :]
    return [CommonError(SOURCE, CAUSE, moved[None, :])]


def _columns(circuits: Sequence[str]) -> Array:
    """A column (n,) of ones for the points of each circuit but the most frequent: (n, k)."""
    counts = Counter(one for one in circuits if one)
    others = [circuit for circuit, count in counts.most_common()[1:] if count >= FEWEST]
    return np.array([[float(one == other) for other in others] for one in circuits]).reshape(
        len(circuits), -1
    )


def _chance(gained: float, remaining: float, steps: int, spare: int, stated: bool) -> float:
    """Probability that as much is gained by chance; 1 where it is not known."""
    if stated and (spare < 1 or remaining <= spare):
        return chi_square_tail(gained, steps)
    if spare < 1 or remaining <= 0:
        return 1.0
    return f_tail(gained / steps / (remaining / spare), steps, spare)
