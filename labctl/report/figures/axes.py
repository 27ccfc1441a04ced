"""Parts that several figures share: temperature axes, units with a prefix, text where there is nothing."""

from typing import Any

import numpy as np
from matplotlib.ticker import Formatter, LogLocator

from labctl.readmodel.formatting import si_scale
from labctl.units import ZERO_CELSIUS_K

MOST_VECTOR_POINTS = 4000
"""Points of a figure above which they are drawn as an image: a vector file of more would be slow to show."""


def say(axes: Any, sentence: str) -> None:
    """Write why an axes shows nothing."""
    axes.text(
        0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", wrap=True, parse_math=False,
        color="0.35",
    )  # fmt: skip


class DecadeLabels(Formatter):
    """Labels of a logarithmic axis, `0.01` to `1000`, else `10⁵`, as plain text, which stays text in a file.

    An axis of less than a decade and a half also labels 2 and 5, one of less than 0.7 of a decade all digits.
    """

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick; empty for one without."""
        if x <= 0:
            return ""
        exponent = int(np.floor(np.log10(x) + 1e-9))
        digit = round(x / 10.0**exponent)
        if abs(x / 10.0**exponent - digit) > 1e-6:
            return f"{x:.3g}" if -2 <= exponent <= 3 else f"{x / 10.0**exponent:.3g}·{self._power(exponent)}"
        if digit != 1 and self._decades() > (1.5 if digit in (2, 5) else 0.7):
            return ""
        if -2 <= exponent <= 3:
            return f"{x:g}"
        power = self._power(exponent)
        return power if digit == 1 else f"{digit}·{power}"

    def _power(self, exponent: float) -> str:
        return f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"

    def _decades(self) -> float:
        low, high = sorted(self.axis.get_view_interval())  # type: ignore[union-attr]  # set by the axis
        return float(np.log10(high / low)) if low > 0 else np.inf


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def logarithmic(axes: Any, *, x: bool = False, y: bool = False) -> None:
    """Make axes logarithmic, with labels of decades."""
    for wanted, name in ((x, "x"), (y, "y")):
        if not wanted:
            continue
        getattr(axes, f"set_{name}scale")("log")
        axis = getattr(axes, f"{name}axis")
        axis.set_major_formatter(DecadeLabels())
        axis.set_minor_locator(LogLocator(subs=range(2, 10)))
        axis.set_minor_formatter(DecadeLabels())


def celsius_above(axes: Any) -> Any:
    """Add an axis in degC above one of 1000 K / T and return it."""
    top = axes.secondary_xaxis("top", functions=(celsius_from_inverse, inverse_from_celsius))
    top.set_xlabel("T / °C")
    low, high = sorted(celsius_from_inverse(np.array(axes.get_xlim())))
    top.set_xticks(celsius_ticks(float(low), float(high)))
    return top


def celsius_ticks(low: float, high: float) -> list[float]:
    """Return round temperatures in a range that stay apart on an axis of 1000 K / T."""
    for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500):
        ticks = np.arange(np.ceil(low / step) * step, high + 1e-9, step)
        inverse = inverse_from_celsius(ticks)
        width = abs(inverse_from_celsius(np.array(low)) - inverse_from_celsius(np.array(high)))
        if len(ticks) < 2 or np.min(np.abs(np.diff(inverse))) > 0.085 * width:
            return [float(tick) for tick in ticks]
    return [low, high]


def celsius_from_inverse(inverse: Any) -> Any:
    """Return degC of 1000 K / T."""
    return 1000 / np.maximum(inverse, 1e-9) - ZERO_CELSIUS_K


def inverse_from_celsius(celsius: Any) -> Any:
    """Return 1000 K / T of degC."""
    return 1000 / np.maximum(np.asarray(celsius) + ZERO_CELSIUS_K, 1e-9)


def prefixed(largest: float, unit: str) -> tuple[float, str]:
    """Return a factor and the unit with the SI prefix that suits the largest value drawn."""
    factor, prefix = si_scale(largest)
    return factor, f"{prefix}{unit}"
