"""May a polarisation end before the current is steady?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.transport.polarisation import FEWEST_SAMPLES, PolarisationFit, fit_polarisation

WINDOWS_AGREE = 1.5
SHORTER_WINDOW_KNOWS = 3.0


@dataclass(frozen=True, kw_only=True)
class EarlyStop:
    """The answer, with its reason.

    Attributes
    ----------
    known : bool
        The steady current is known well enough to stop now.
    reason : str
        The reason, or the missing condition.
    fit : PolarisationFit or None
        Of all samples; None when there are too few.
    saved_s : float
        Remaining wait for a current within 1 % of its end; 0 when not known.
    """

    known: bool
    reason: str
    fit: PolarisationFit | None
    saved_s: float = 0.0


def steady_current_known(
    time_s: ArrayLike,
    current_a: ArrayLike,
    relative_uncertainty: float = 0.005,
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
    delta_v_v, ignore_before_s
        As in `fit_polarisation`.

    Raises
    ------
    ValueError
        As `fit_polarisation`, but for too few samples; `relative_uncertainty` is not positive.
    """
    if not relative_uncertainty > 0:
        raise ValueError(f"relative_uncertainty must be positive, got {relative_uncertainty!r}")
    if np.count_nonzero(np.asarray(time_s, dtype=float) >= ignore_before_s) < 2 * FEWEST_SAMPLES:
        return EarlyStop(known=False, reason="too few samples", fit=None)
    fit = fit_polarisation(time_s, current_a, delta_v_v=delta_v_v, ignore_before_s=ignore_before_s)
    missing = _missing(fit, relative_uncertainty)
    if missing:
        return EarlyStop(known=False, reason=missing, fit=fit)
    saved = max(0.0, fit.steady_after_s() - float(fit.time_s[-1]))
    reason = f"extrapolated to {100 * fit.extrapolated_current_a.relative_uncertainty:.2g} %"
    return EarlyStop(known=True, reason=reason, fit=fit, saved_s=saved)


def _missing(fit: PolarisationFit, asked: float) -> str:
    error = fit.extrapolated_current_a.relative_uncertainty
    shorter = fit.shorter_window_current_a
    if not error <= asked:
        return f"standard error {100 * error:.2g} %, asked {100 * asked:.2g} %"
    if not fit.white:
        return "residuals are not white"
    if shorter is None or not shorter.relative_uncertainty <= SHORTER_WINDOW_KNOWS * asked:
        return "the shorter window does not know the steady current yet"
    apart = abs(shorter.value / fit.extrapolated_current_a.value - 1)
    if apart > WINDOWS_AGREE * asked:
        return f"two windows differ by {100 * apart:.2g} %"
    return ""
