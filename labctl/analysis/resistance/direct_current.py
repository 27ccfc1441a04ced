"""Upper bound of the conductivity from a direct current, where a spectrum finds none."""

import math

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.propagation import as_estimate

CHARGING_SHARE = 0.2
FEWEST_READINGS = 5


def conductance_bound_s(elapsed_s: ArrayLike, current_a: ArrayLike, delta_v_v: Estimate | float) -> float:
    """Upper bound (95 %) of a sample's conductance, S, from the current after a step of potential.

    Leakage, electrons and dielectric absorption only add to the current of the ions. Blocking electrodes take
    from it as they charge, so the largest reading counts, not the last; the first fifth of the time, in which
    the bulk charges, is left out.

    Parameters
    ----------
    elapsed_s, current_a : (n,)
        Since the step; the current in its direction.
    delta_v_v : Estimate or float
        The step, of either sign.

    Raises
    ------
    ValueError
        Naming the argument: shapes that differ, not finite, fewer than five readings, no step.
    """
    time, current = np.asarray(elapsed_s, dtype=float), np.asarray(current_a, dtype=float)
    step = as_estimate("delta_v_v", delta_v_v)
    if time.ndim != 1 or time.shape != current.shape:
        raise ValueError(f"current_a has shape {current.shape}, elapsed_s has shape {time.shape}")
    if not (np.isfinite(time).all() and np.isfinite(current).all()):
        raise ValueError("elapsed_s and current_a must be finite")
    if step.value == 0:
        raise ValueError("delta_v_v must not be zero")
    settled = math.copysign(1.0, step.value) * current[time >= CHARGING_SHARE * time.max(initial=0.0)]
    if settled.size < FEWEST_READINGS:
        raise ValueError(f"elapsed_s must leave {FEWEST_READINGS} readings, got {settled.size}")
    noise_a = float(np.std(np.diff(settled), ddof=1)) / math.sqrt(2)
    largest_a = max(float(settled.max()), 0.0) + 2 * noise_a
    return largest_a / (abs(step.value) - 2 * step.standard_uncertainty)
