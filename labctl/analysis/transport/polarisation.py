"""The steady current of a polarised symmetric cell, observed or extrapolated, from the samples so far.

Three parameters of `transport.relaxation` are fitted: I0, Iss and tau. Noise is taken as constant or
as proportional to the current, whichever is the more likely; standard uncertainties come from the scatter
and grow with its correlation. Samples of the first moments, when the interfaces still charge, are left out as
long as they do not follow the law.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.notebook import NotebookResult
from labctl.analysis.transport.relaxation import time_to_steady_s
from labctl.analysis.transport.relaxation_fit import (
    Relaxed,
    fit_relaxation,
    lag_one,
    refit_until,
    slower_steady_currents_a,
)

FEWEST_SAMPLES = 12
LAST_SHARE = 0.2
SHORTER_WINDOW = 0.7
ALARM = 3.0
LARGEST_SMALL_DRIFT = 0.002
MOST_LEFT_OUT = 0.05
CHARGING_ALARM = 4.0
STRONG_CORRELATION = 1.5
SURELY_CHANGING = 1.5


@dataclass(frozen=True, kw_only=True)
class PolarisationFit(NotebookResult):
    """Exact relaxation fitted to a current transient; currents keep the sign they were measured with.

    Attributes
    ----------
    initial_current_a : Estimate
        I0 at t = 0+: dV / Rs where the spectrum's resistance was given, else from the transient.
    steady_current_a : Estimate
        Iss: extrapolated while the law describes the samples, else the observed mean.
    transient_initial_current_a, extrapolated_current_a, time_constant_s : Estimate
        I0, Iss and tau = L^2 / (4 D) of the fitted law.
    shorter_window_current_a : Estimate or None
        Iss extrapolated from the first 70 % of the time; None when it holds too few samples. What it differs
        by, beyond noise, is part of the uncertainty of an extrapolated current.
    observed_current_a : Estimate
        Mean over the last fifth of the time.
    steady : bool
        Over the last fifth of the time the current changed by less than the tolerance, and less than twice
        the tolerance is still to come.
    time_s, residuals_a : (n,)
        Samples that were fitted, and measured minus fitted.
    noise_a : float
        Standard deviation of the residuals at the steady current.
    autocorrelation : float
        Of successive residuals; near 0 when the law is complete.
    drift_per_wait : Estimate
        Linear trend of the residuals over the second half of the time, relative to Iss, per whole time: a
        growing interphase is seen here.
    flags : tuple of str
    """

    initial_current_a: Estimate
    steady_current_a: Estimate
    transient_initial_current_a: Estimate
    extrapolated_current_a: Estimate
    time_constant_s: Estimate
    shorter_window_current_a: Estimate | None
    observed_current_a: Estimate
    steady: bool
    time_s: NDArray[np.float64]
    residuals_a: NDArray[np.float64]
    noise_a: float
    autocorrelation: float
    drift_per_wait: Estimate
    flags: tuple[str, ...]

    def steady_after_s(self, tolerance: float = 0.01) -> float:
        """Time after the step at which the law is within `tolerance` of Iss."""
        steady, initial = self.extrapolated_current_a.value, self.transient_initial_current_a.value
        return time_to_steady_s(initial, steady, self.time_constant_s.value, tolerance)

    @property
    def initial_difference(self) -> Estimate:
        """The transient's I0 over the spectrum's, less 1: signed, with the uncertainty of both."""
        spectrum, transient = self.initial_current_a, self.transient_initial_current_a
        uncertainty = math.hypot(spectrum.standard_uncertainty, transient.standard_uncertainty)
        if transient == spectrum:  # no spectrum was given: the transient is all there is
            return Estimate(0.0, 0.0)
        return Estimate(transient.value / spectrum.value - 1, uncertainty / abs(spectrum.value))

    @property
    def initial_disagreement(self) -> float:
        """How far the transient's I0 is from the spectrum's beyond noise, relative to it, without sign."""
        return beyond_noise(self.initial_difference)

    @property
    def white(self) -> bool:
        """Whether successive residuals look independent and without trend."""
        return self.autocorrelation < ALARM / math.sqrt(self.time_s.size) and not self.drifting

    @property
    def drifting(self) -> bool:
        """Whether a trend is left that the relaxation does not explain."""
        return abs(self.drift_per_wait.value) > max(
            ALARM * self.drift_per_wait.standard_uncertainty, LARGEST_SMALL_DRIFT
        )


def fit_polarisation(
    time_s: ArrayLike,
    current_a: ArrayLike,
    *,
    delta_v_v: Estimate | float | None = None,
    series_resistance_ohm: Estimate | float | None = None,
    ignore_before_s: float = 0.0,
    steady_tolerance: float = 0.01,
) -> PolarisationFit:
    """Fit the exact relaxation with series resistance to a current after a voltage step.

    Parameters
    ----------
    time_s, current_a : (n,)
        Since the step, ascending; at least 12 samples.
    delta_v_v, series_resistance_ohm : Estimate or float, optional
        The step, and the bulk and interphase resistance Rb + R0 of the spectrum before it: given both, I0 is
        dV / Rs and is compared with the transient.
    ignore_before_s : float
        Leave out earlier samples.
    steady_tolerance : float
        Relative change of the current over the last fifth of the time that counts as steady.

    Raises
    ------
    ValueError
        Naming the argument: too few samples, not finite, times not ascending or negative, a current without
        one sign, voltage and current of opposite sign, a resistance that is not positive.
    """
    time, current = _samples(time_s, current_a, ignore_before_s)
    sign = _sign(current, delta_v_v)
    spectrum = _spectrum_current(delta_v_v, series_resistance_ohm)
    return _result(_without_charging(time, sign * current), sign, spectrum, steady_tolerance)


def beyond_noise(difference: Estimate) -> float:
    """The part of a difference that its own uncertainty does not explain: variances subtract."""
    return math.sqrt(max(difference.value**2 - difference.standard_uncertainty**2, 0.0))


def is_clearly_changing(
    time_s: NDArray[np.float64], current_a: NDArray[np.float64], tolerance: float
) -> bool:
    """Whether the current moves so much over the last fifth that no fit could call it steady; costs little.

    time_s, current_a (n,) as in `fit_polarisation`, at least five samples.
    """
    time, current, slope = _last_line(time_s, current_a)
    return abs(slope) * float(np.ptp(time)) > SURELY_CHANGING * tolerance * abs(float(current.mean()))


def _samples(
    time_s: ArrayLike, current_a: ArrayLike, ignore_before_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    time, current = np.asarray(time_s, dtype=float), np.asarray(current_a, dtype=float)
    if time.ndim != 1 or time.shape != current.shape:
        raise ValueError(f"current_a has shape {current.shape}, time_s has shape {time.shape}")
    for name, values in (("time_s", time), ("current_a", current)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} is not finite at index {int(np.argmin(np.isfinite(values)))}")
    if time.size and (time[0] < 0 or (np.diff(time) <= 0).any()):
        raise ValueError("time_s must be counted from the step and ascend")
    kept = time >= ignore_before_s
    if kept.sum() < FEWEST_SAMPLES:
        raise ValueError(f"time_s must hold at least {FEWEST_SAMPLES} samples, got {int(kept.sum())}")
    return time[kept], current[kept]


def _sign(current: NDArray[np.float64], delta_v_v: Estimate | float | None) -> float:
    sign = float(np.sign(np.median(current)))
    if sign == 0 or np.mean(np.sign(current) == sign) < 0.9:
        raise ValueError("current_a has no definite sign: no current flows, or it is lost in noise")
    if delta_v_v is not None and sign * _value(delta_v_v) < 0:
        raise ValueError("current_a and delta_v_v have opposite signs")
    return sign


def _value(quantity: Estimate | float) -> float:
    return quantity.value if isinstance(quantity, Estimate) else float(quantity)


def _spectrum_current(
    delta_v_v: Estimate | float | None, series_resistance_ohm: Estimate | float | None
) -> Estimate | None:
    if delta_v_v is None or series_resistance_ohm is None:
        return None
    step, resistance = (
        q if isinstance(q, Estimate) else Estimate(float(q), 0.0) for q in (delta_v_v, series_resistance_ohm)
    )
    if not resistance.value > 0:
        raise ValueError(f"series_resistance_ohm must be positive, got {resistance.value:g}")
    value = step.value / resistance.value
    relative = math.hypot(step.relative_uncertainty, resistance.relative_uncertainty)
    return Estimate(value, abs(value) * relative, min(step.degrees_of_freedom, resistance.degrees_of_freedom))


def _without_charging(time: NDArray[np.float64], current: NDArray[np.float64]) -> Relaxed:
    """Fit from the first sample on that follows the law: before it the interfaces still charge."""
    fit = fit_relaxation(time, current)
    first = 0
    while _charging(fit) and time[first] < MOST_LEFT_OUT * time[-1]:
        first = max(first + 1, int(np.searchsorted(time, 1.5 * time[first])))
        if time.size - first < FEWEST_SAMPLES:
            break
        fit = fit_relaxation(time[first:], current[first:])
    return fit


def _charging(fit: Relaxed) -> bool:
    opening = fit.standardised[: max(5, fit.time_s.size // 50)]
    return abs(float(opening.mean())) * math.sqrt(opening.size) > CHARGING_ALARM


def _result(fit: Relaxed, sign: float, spectrum: Estimate | None, tolerance: float) -> PolarisationFit:
    transient, extrapolated, constant = (
        _turned(fit.initial_current_a(), sign),
        _turned(fit.steady_current_a(), sign),
        fit.time_constant_s(),
    )
    extrapolated = _with_slower(extrapolated, fit)
    observed, change, change_u = _last_share(fit)
    shorter = _shorter_window(fit)
    steady = _is_steady(fit, extrapolated, observed, abs(change) + change_u, tolerance)
    result = PolarisationFit(
        initial_current_a=spectrum or transient,
        steady_current_a=extrapolated,
        transient_initial_current_a=transient,
        extrapolated_current_a=extrapolated,
        time_constant_s=constant,
        shorter_window_current_a=None if shorter is None else _turned(shorter, sign),
        observed_current_a=_turned(observed, sign),
        steady=steady,
        time_s=fit.time_s,
        residuals_a=sign * (fit.current_a - fit.model_a),
        noise_a=fit.noise_at(extrapolated.value * sign),
        autocorrelation=lag_one(fit.standardised),
        drift_per_wait=_drift(fit),
        flags=(),
    )
    if not steady:
        result = replace(result, extrapolated_current_a=_with_window_doubt(extrapolated, result))
    result = replace(result, steady_current_a=_chosen(result))
    return replace(result, flags=_flags(result, fit))


def _shorter_window(fit: Relaxed) -> Estimate | None:
    end_s = SHORTER_WINDOW * fit.time_s[-1]
    if np.count_nonzero(fit.time_s <= end_s) < FEWEST_SAMPLES:
        return None
    return refit_until(fit, end_s).steady_current_a()


def _with_slower(extrapolated: Estimate, fit: Relaxed) -> Estimate:
    """Widen until any slower law that fits k deviations worse lies within k standard uncertainties."""
    apart = [
        abs(steady - abs(extrapolated.value)) / max(deviations, 1.0)
        for steady, deviations in slower_steady_currents_a(fit)
    ]
    uncertainty = max([extrapolated.standard_uncertainty, *apart])
    return Estimate(extrapolated.value, uncertainty, extrapolated.degrees_of_freedom)


def _with_window_doubt(extrapolated: Estimate, result: PolarisationFit) -> Estimate:
    """Add the change between windows that noise does not explain (the variances of nested fits subtract)."""
    shorter = result.shorter_window_current_a
    if shorter is None:
        return Estimate(extrapolated.value, math.inf)
    expected = max(shorter.standard_uncertainty**2 - extrapolated.standard_uncertainty**2, 0.0)
    doubt = max((extrapolated.value - shorter.value) ** 2 - expected, 0.0)
    uncertainty = math.sqrt(extrapolated.standard_uncertainty**2 + doubt)
    return Estimate(extrapolated.value, uncertainty, extrapolated.degrees_of_freedom)


def _turned(estimate: Estimate, sign: float) -> Estimate:
    return Estimate(sign * estimate.value, estimate.standard_uncertainty, estimate.degrees_of_freedom)


def _last_share(fit: Relaxed) -> tuple[Estimate, float, float]:
    """Mean current over the last fifth of the time, its relative change, and the change's uncertainty."""
    time, current, slope = _last_line(fit.time_s, fit.current_a)
    mean, spread = float(current.mean()), fit.noise_at(float(current.mean()))
    span = float(np.ptp(time))
    slope_u = spread / math.sqrt(float(np.sum((time - time.mean()) ** 2)))
    uncertainty = spread * math.sqrt(fit.inflation / time.size)
    return Estimate(mean, uncertainty), slope * span / mean, slope_u * span / mean


def _last_line(
    time: NDArray[np.float64], current: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Times and currents of the last fifth of the time, five at least, and the slope there."""
    last = time >= time[-1] - LAST_SHARE * np.ptp(time)
    last[-5:] = True
    time, current = time[last], current[last]
    return time, current, float(np.polyfit(time - time.mean(), current, 1)[0])


def _is_steady(
    fit: Relaxed, extrapolated: Estimate, observed: Estimate, largest_change: float, tolerance: float
) -> bool:
    """No visible change, and none that the law, or a slower one, still expects or leaves open."""
    to_come = abs(float(fit.model_a[-1]) - abs(extrapolated.value)) / observed.value
    known = extrapolated.relative_uncertainty <= tolerance
    return largest_change <= tolerance and to_come <= 2 * tolerance and known


def _drift(fit: Relaxed) -> Estimate:
    """Trend of the residuals over the second half of the time, relative to Iss, per whole time."""
    late = fit.time_s >= fit.time_s[-1] / 2
    if late.sum() < 5:
        return Estimate(0.0, math.inf)
    time, residual = fit.time_s[late], (fit.current_a - fit.model_a)[late]
    centred = time - time.mean()
    scale = fit.time_s[-1] / fit.steady_current_a().value / float(centred @ centred)
    noise = fit.noise_at(float(fit.current_a[late].mean()))
    return Estimate(
        float(centred @ residual) * scale, noise * math.sqrt(float(centred @ centred) * fit.inflation) * scale
    )


def _chosen(result: PolarisationFit) -> Estimate:
    """The extrapolated current, unless it is not credible and the observed one is steady."""
    extrapolated, observed = result.extrapolated_current_a, result.observed_current_a
    if result.white or not result.steady:
        return extrapolated
    doubt = (extrapolated.value - observed.value) / 2
    return Estimate(observed.value, math.hypot(observed.standard_uncertainty, doubt))


def _flags(result: PolarisationFit, fit: Relaxed) -> tuple[str, ...]:
    flags = []
    if not result.steady:
        share = 100 * (float(fit.model_a[-1]) / fit.steady_current_a().value - 1)
        flags.append(f"not steady: the current is extrapolated, the last sample lies {share:.2g} % above it")
    if fit.inflation > STRONG_CORRELATION:
        flags.append("residuals are correlated: the relaxation does not describe the current fully")
    if result.drifting:
        drift = 100 * result.drift_per_wait.value
        flags.append(
            f"the current drifts by {drift:.2g} % per wait beyond its relaxation: a growing interphase?"
        )
    if fit.at_bound:
        flags.append(
            "no decay is seen, or none of its end: time constant and steady current are not separated"
        )
    return (*flags, *_disagreement(result))


def _disagreement(result: PolarisationFit) -> list[str]:
    difference = result.initial_difference
    if abs(difference.value) <= ALARM * difference.standard_uncertainty:
        return []
    spectrum, transient = result.initial_current_a, result.transient_initial_current_a
    values = f"{spectrum.value:.4g} A from the spectrum, {transient.value:.4g} A from the transient"
    return [
        f"initial currents disagree: {values}, {difference.value:+.2%}: another scale for direct than for "
        "alternating current, a zero of the current, or a late first sample"
    ]
