"""Numbers as people read them: durations, values with their uncertainty, temperatures."""

import math

from labctl.units import ZERO_CELSIUS_K


def duration(seconds: float) -> str:
    """Return `11 h 40 min`, `3 min 05 s`, `12 s`; `?` when not known."""
    if not math.isfinite(seconds):
        return "?"
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_min = divmod(minutes, 60)
    if hours:
        return f"{hours} h {rest_min:02d} min"
    return f"{minutes} min {rest_s:02d} s" if minutes else f"{rest_s} s"


def celsius(temperature_k: float) -> str:
    """Return degrees Celsius to two decimals."""
    return f"{temperature_k - ZERO_CELSIUS_K:.2f}"


def with_uncertainty(value: float, uncertainty: float | None) -> str:
    """Return `(4.101 ± 0.082)e-05`: the uncertainty to two digits, the value to the same place."""
    if uncertainty is None or not math.isfinite(uncertainty) or uncertainty <= 0:
        return f"{value:.3g} ± ?" if uncertainty is None else f"{value:.4g}"
    if value == 0 or 0.01 <= abs(value) < 1e4:
        decimals = max(0, 1 - math.floor(math.log10(uncertainty)))
        return f"{value:.{decimals}f} ± {uncertainty:.{decimals}f}"
    exponent = math.floor(math.log10(abs(value)))
    decimals = max(0, 1 - math.floor(math.log10(uncertainty / 10**exponent)))
    return (
        f"({value / 10**exponent:.{decimals}f} ± {uncertainty / 10**exponent:.{decimals}f})e{exponent:+03d}"
    )
