"""Numbers as people read them: durations, values with their uncertainty, temperatures."""

import math

from labctl.units import ZERO_CELSIUS_K

LONGEST_S = 1e10
_SMALL, _LARGE = "mµnpfazyrq", "kMGTPEZYRQ"
_LETTERS = {"sigma T": "σT", "sigma": "σ", "rho+": "ρ+", "ohm": "Ω", "S/cm": "S cm⁻¹"}


def duration(seconds: float) -> str:
    """Return `11 h 40 min`, `3 min 05 s`, `12 s`; `?` when not known, or 300 years and more."""
    if not abs(seconds) < LONGEST_S:
        return "?"
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_min = divmod(minutes, 60)
    if hours:
        return f"{hours} h {rest_min:02d} min"
    return f"{minutes} min {rest_s:02d} s" if minutes else f"{rest_s} s"


def celsius(temperature_k: float | None) -> str:
    """Return degrees Celsius to two decimals, in powers of ten above a million; `?` when not known."""
    if temperature_k is None:
        return "?"
    return f"{temperature_k - ZERO_CELSIUS_K:{'.2f' if abs(temperature_k) < 1e6 else '.3g'}}"


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


def si_scale(value: float, digits: int = 3) -> tuple[float, str]:
    """Return a factor and its SI prefix that bring the value, rounded to `digits`, between 1 and 1000.

    Zero, infinities, NaN and what lies beyond the prefixes (quecto to quetta) keep the factor 1.
    """
    if value == 0 or not math.isfinite(value):
        return 1.0, ""
    thousands = int(f"{value:.{digits - 1}e}".partition("e")[2]) // 3
    if not -len(_SMALL) <= thousands <= len(_LARGE):
        return 1.0, ""
    prefix = "" if thousands == 0 else _LARGE[thousands - 1] if thousands > 0 else _SMALL[-thousands - 1]
    return 10.0 ** (-3 * thousands), prefix


def si(value: float, unit: str, digits: int = 3) -> str:
    """Return `1.234 kΩ`: the value to `digits` significant digits, its unit with an SI prefix."""
    factor, prefix = si_scale(value, digits)
    return f"{factor * value:.{digits}g} {prefix}{unit}"


def typeset(text: str) -> str:
    """Return the text of a terminal with the letters of a window: `σ / S cm⁻¹` for `sigma / S/cm`."""
    for plain, letters in _LETTERS.items():
        text = text.replace(plain, letters)
    return text
