"""A polarisation in words: its title, its current, its extrapolated steady-state current."""

import numpy as np

from labctl.readmodel.formatting import celsius, duration, si, si_scale
from labctl.readmodel.snapshot import PolarisationCurve


def title(curve: PolarisationCurve) -> str:
    """Return e.g. `no. 0, 10 mV at 30.00 °C`."""
    place = f" at {celsius(curve.setpoint_k)} °C" if curve.setpoint_k else ""
    state = {"finished": "", "running": ", being measured"}.get(curve.status, f", {curve.status}")
    return f"no. {curve.number}, {si(curve.potential_v, 'V', 4)}{place}{state}"


def now(curve: PolarisationCurve) -> str:
    """Return the progress of a running polarisation."""
    good = np.flatnonzero(np.isfinite(curve.current_a))
    if not good.size:
        return f"{title(curve)}: no good point yet"
    current = si(float(curve.current_a[good[-1]]), "A", 4)
    return f"{title(curve)}: {current} after {duration(float(curve.elapsed_s[good[-1]]))}"


def steady_current(curve: PolarisationCurve) -> str:
    """Return the extrapolated steady current with its 95 % interval, and whether it is reached."""
    steady = curve.steady
    if steady is None:
        return "too few points to extrapolate the steady current" if curve.status == "running" else ""
    factor, prefix = si_scale(max(abs(steady.low_a), abs(steady.high_a)))
    value, low, high = (f"{factor * x:.4g}" for x in (steady.current_a, steady.low_a, steady.high_a))
    return f"steady current {value} {prefix}A (95 %: {low} to {high}): {steady.words}"
