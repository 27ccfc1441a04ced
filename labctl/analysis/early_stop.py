"""May a polarisation end before the current is steady?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.estimate import Estimate
from labctl.analysis.polarisation import FEWEST_SAMPLES, PolarisationFit, fit_polarisation


@dataclass(frozen=True, kw_only=True)
class EarlyStop:
    """The answer, with its reason.

    Attributes
    ----------
    known : bool
        The steady current is known well enough to stop now.
    reason : str
        Why, or what is missing.
    fit : PolarisationFit or None
        Of all samples; None when there are too few.
    saved_s : float
        What the wait for a current within 1 % of its end would still take; 0 when not known.
    """

    known: bool
    reason: str
    fit: PolarisationFit | None
    saved_s: float = 0.0


def steady_current_known(
    time_s: ArrayLike,
    current_a: ArrayLike,
    relative_uncertainty: float = 0.004,
    window: float = 0.7,
    *,
    delta_v_v: Estimate | float | None = None,
    ignore_before_s: float = 0.0,
) -> EarlyStop:
    """Judge the samples so far: a small standard error, two windows that agree, residuals that are white.

    Parameters
    ----------
    time_s, current_a : (n,)
        As in `fit_polarisation`.
    relative_uncertainty : float
        Asked standard uncertainty of the extrapolated Iss, relative to it.
    window : float
        The shorter of the two windows, as a share of the time so far.
    delta_v_v, ignore_before_s
        As in `fit_polarisation`.

    Raises
    ------
    ValueError
        As `fit_polarisation`, but for too few samples; `window` does not lie between 0 and 1.
    """
    if not 0 < window < 1:
        raise ValueError(f"window must lie between 0 and 1, got {window!r}")
    time, current = np.asarray(time_s, dtype=float), np.asarray(current_a, dtype=float)
    shorter = time <= window * time[-1] if time.size else time > 0
    if np.count_nonzero(shorter & (time >= ignore_before_s)) < FEWEST_SAMPLES:
        return EarlyStop(known=False, reason="too few samples", fit=None)
    now, before = (
        fit_polarisation(time[kept], current[kept], delta_v_v=delta_v_v, ignore_before_s=ignore_before_s)
        for kept in (np.ones_like(shorter), shorter)
    )
    missing = _missing(now, before, relative_uncertainty)
    if missing:
        return EarlyStop(known=False, reason=missing, fit=now)
    saved = max(0.0, now.steady_after_s() - float(time[-1]))
    reason = f"extrapolated to {100 * now.extrapolated_current_a.relative_uncertainty:.2g} %"
    return EarlyStop(known=True, reason=reason, fit=now, saved_s=saved)


def _missing(now: PolarisationFit, before: PolarisationFit, asked: float) -> str:
    error = now.extrapolated_current_a.relative_uncertainty
    if not error <= asked:
        return f"standard error {100 * error:.2g} %, asked {100 * asked:.2g} %"
    if not now.white:
        return "residuals are not white"
    steady = now.extrapolated_current_a.value
    apart = abs(now.extrapolated_current_a.value / before.extrapolated_current_a.value - 1)
    earlier = before.extrapolated_current_a.standard_uncertainty / abs(steady)
    if apart > 2 * max(asked, error) or earlier > 4 * asked:
        return f"two windows differ by {100 * apart:.2g} %"
    return ""
