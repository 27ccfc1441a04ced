"""Plot axes: decades with readable exponents, degrees Celsius over 1000 K / T."""

import math
from typing import Any

import numpy as np

from labctl.gui.plots.graphics import pg
from labctl.gui.qt import QtGui, QtWidgets
from labctl.units import ZERO_CELSIUS_K

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
PIXELS_FOR_A_LABEL = {"left": 22, "right": 22, "bottom": 38, "top": 38}
NICE_DEGC = (1, 2, 5, 10, 20, 25, 50, 100, 200)

Ticks = list[tuple[Any, list[float]]]


class DecadeAxis(pg.AxisItem):
    """An axis of base-ten logarithms (in log mode, which it starts in) that shows the numbers themselves.

    Over several decades each is labelled; within one also 2 and 5, or finer steps for at least two labels.
    """

    def __init__(self, orientation: str, **options: Any) -> None:
        super().__init__(orientation, **options)
        self.setLogMode(True)
        self.enableAutoSIPrefix(False)

    def logTickValues(self, low: float, high: float, size: float, _: Ticks) -> Ticks:  # noqa: N802
        """Choose ticks for a range of logarithms."""
        low, high = sorted((low, high))
        if high - low < 1e-6:
            return []
        if high - low < 1.0:
            return self._within_a_decade(low, high, size)
        step = max(1, math.ceil(PIXELS_FOR_A_LABEL[self.orientation] * (high - low) / max(size, 1)))
        decades = [float(d) for d in range(math.ceil(low), math.floor(high) + 1) if d % step == 0]
        between = [d + math.log10(m) for d in range(math.floor(low), math.ceil(high)) for m in range(2, 10)]
        minor = [tick for tick in between if low <= tick <= high] if step == 1 else []
        if high - low < 2.5:
            named = {round(math.log10(m), 9) for m in (2, 5)}
            middle = [t for t in minor if round(t - math.floor(t), 9) in named]
            return [(1.0, decades), (0.5, middle), (None, [t for t in minor if t not in middle])]
        return [(1.0, decades), (None, minor)]

    def _within_a_decade(self, low: float, high: float, size: float) -> Ticks:
        """Return equal steps of the number itself, fine enough for at least two."""
        bottom, top = 10**low, 10**high
        wanted = max(3.0, min(8.0, size / 45))
        step, values = 0.0, list[float]()
        while len(values) < 2:
            step = _nice((top - bottom) / wanted)
            whole = range(max(1, math.ceil(bottom / step)), math.floor(top / step) + 1)
            values = [math.log10(n * step) for n in whole]
            wanted *= 2
        return [(step, values)]

    def logTickStrings(self, values: list[float], scale: float, spacing: Any) -> list[str]:  # noqa: N802
        """Write the numbers behind the logarithms; unnamed ticks get none."""
        if spacing is None:
            return [""] * len(values)
        return [power_of_ten(value) for value in values]


def power_of_ten(log10_value: float) -> str:
    """Return `10⁻⁵`, `2·10⁻⁵`, or the plain number from 0.1 to below 1000."""
    value = 10**log10_value
    if 0.0999 < value < 999:
        return f"{value:.6g}"
    exponent = math.floor(log10_value + 1e-9)
    mantissa = f"{value / 10**exponent:.6g}"
    power = f"10{str(exponent).translate(SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"{mantissa}·{power}"


class ClockAxis(pg.DateAxisItem):
    """Local time of day, from seconds since 1970 UTC; ticks can be requested outside of painting."""

    def __init__(self, orientation: str = "bottom", **options: Any) -> None:
        super().__init__(orientation, **options)
        self.fontMetrics: Any = QtGui.QFontMetrics(QtWidgets.QApplication.font())

    def generateDrawSpecs(self, p: Any) -> Any:  # noqa: N802
        """Describe the axis; the font metrics of an ended painter must not be used."""
        specs = super().generateDrawSpecs(p)
        self.fontMetrics = QtGui.QFontMetrics(QtWidgets.QApplication.font())
        return specs


class CelsiusAxis(pg.AxisItem):
    """Degrees Celsius on an axis with the numbers 1000 K / T."""

    def __init__(self, orientation: str = "top", **options: Any) -> None:
        super().__init__(orientation, **options)
        self.enableAutoSIPrefix(False)

    def tickValues(self, low: float, high: float, size: float) -> Ticks:  # noqa: N802
        """Choose whole degrees, as many as fit where they are closest."""
        low, high = sorted((low, high))
        if low <= 0 or high - low < 1e-9:
            return []
        cold, hot = (1000 / inverse - ZERO_CELSIUS_K for inverse in (high, low))
        pixels_per_k = size / (high - low) * 1000 / (hot + ZERO_CELSIUS_K) ** 2
        step = next((n for n in NICE_DEGC if n * pixels_per_k > 34), NICE_DEGC[-1])
        degrees = np.arange(math.ceil(cold / step) * step, hot + 1e-9, step)
        return [(float(step), [float(1000 / (degc + ZERO_CELSIUS_K)) for degc in degrees])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        """Write the degrees."""
        return [f"{1000 / value - ZERO_CELSIUS_K:.0f}" for value in values]


def _nice(step: float) -> float:
    """Return the next of 1, 2, 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= step * (1 - 1e-9))
