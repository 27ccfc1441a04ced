"""Mean potential of an open cell once it is steady, with its uncertainty.

Parts of the uncertainty: scatter of the mean, the drift that is left over the time of the mean (rectangular),
and the voltmeter. Without a known voltmeter there is no uncertainty.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.numerics.budget import estimate_of
from labctl.analysis.numerics.component import Component
from labctl.analysis.numerics.estimate import Estimate

FEWEST = 5
BEYOND_SCATTER = 5.0


def drift_v_s(time_s: ArrayLike, potential_v: ArrayLike, window_s: float) -> float:
    """Upper bound of the drift over the last `window_s`: slope plus twice its standard error, V/s.

    Arrays (n,), increasing times. Infinite with fewer than five points in the window.
    """
    time, potential = np.asarray(time_s, dtype=float), np.asarray(potential_v, dtype=float)
    last = time >= time[-1] - window_s
    if np.count_nonzero(last) < FEWEST:
        return math.inf
    slope, error = _slope(time[last], potential[last])
    return abs(slope) + 2 * error


def settled_potential_v(
    time_s: ArrayLike, potential_v: ArrayLike, voltmeter_u_v: float | None
) -> Estimate | None:
    """Mean of the points (n,) and its uncertainty, V; None where the voltmeter's is not known.

    Raises
    ------
    ValueError
        Naming the argument: shapes that differ, fewer than five points, not finite.
    """
    time, potential = np.asarray(time_s, dtype=float), np.asarray(potential_v, dtype=float)
    if time.ndim != 1 or time.shape != potential.shape or time.size < FEWEST:
        raise ValueError(f"potential_v needs {FEWEST} points or more of the shape of time_s")
    if not (np.isfinite(time).all() and np.isfinite(potential).all()):
        raise ValueError("time_s and potential_v must be finite")
    if voltmeter_u_v is None:
        return None
    slope, _ = _slope(time, potential)
    drifted_v = abs(slope) * float(np.ptp(time)) / math.sqrt(12)
    scatter_v = float(np.std(potential, ddof=1)) / math.sqrt(time.size)
    parts = [
        Component("electromotive force", scatter_v, degrees_of_freedom=float(time.size - 1)),
        Component("change of the sample", drifted_v, "B", distribution="rectangular"),
        Component("potentiostat", voltmeter_u_v, "B", True, "potentiostat, potential"),
    ]
    return estimate_of(float(np.mean(potential)), [part for part in parts if part.change])


def shows_a_connection(positive_a: Sequence[float], negative_a: Sequence[float]) -> bool:
    """Whether the currents after steps of both signs differ, in that sense, beyond five times their scatter.

    The first half of each is left out: it is the charge of the electrodes and of the cable.
    """
    ends = [np.asarray(one[len(one) // 2 :], dtype=float) for one in (positive_a, negative_a)]
    if min(end.size for end in ends) < 2:
        return False
    error_a = math.hypot(*(float(np.std(end, ddof=1)) / math.sqrt(end.size) for end in ends))
    return float(ends[0].mean() - ends[1].mean()) > BEYOND_SCATTER * error_a


def _slope(time: np.ndarray, potential: np.ndarray) -> tuple[float, float]:
    """Slope of a straight line, V/s, and its standard error."""
    x = time - time.mean()
    squares = float(x @ x)
    slope = float(x @ potential) / squares
    left = potential - potential.mean() - slope * x
    return slope, math.sqrt(float(left @ left) / max(time.size - 2, 1) / squares)
