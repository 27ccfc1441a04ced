"""Limits of a station or a sample, and the guards that refuse a value before anything is sent."""

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from labctl.errors import LimitExceeded
from labctl.instruments.oven_watch import OvenWatch
from labctl.instruments.roles import (
    CurrentPoint,
    FrequencyResponseAnalyzer,
    ImpedancePoint,
    Potentiostat,
    TemperatureController,
)
from labctl.units import ZERO_CELSIUS_K


@dataclass(frozen=True)
class Limits:
    """Hard limits, SI units, inclusive.

    Attributes
    ----------
    temperature_k : tuple[float, float]
        Lowest and highest set point.
    potential_v, current_a : float
        Largest magnitude at the sample, direct and alternating part (peak) together.
    """

    temperature_k: tuple[float, float]
    potential_v: float
    current_a: float

    def lowered_to(
        self,
        temperature_max_k: float | None = None,
        potential_max_v: float | None = None,
        current_max_a: float | None = None,
    ) -> "Limits":
        """Return these limits with each upper one lowered to a ceiling that is smaller; None: no ceiling."""
        low, high = self.temperature_k
        return Limits(
            (low, _lowest(high, temperature_max_k)),
            _lowest(self.potential_v, potential_max_v),
            _lowest(self.current_a, current_max_a),
        )

    def check_temperature(self, temperature_k: float) -> None:
        """Raise LimitExceeded when a set point is forbidden or not a number."""
        low, high = self.temperature_k
        if not low <= temperature_k <= high:
            raise LimitExceeded(
                "temperature",
                temperature_k - ZERO_CELSIUS_K,
                low - ZERO_CELSIUS_K,
                high - ZERO_CELSIUS_K,
                "degC",
            )

    def check_potential(self, direct_v: float, amplitude_v: float = 0.0) -> None:
        """Raise LimitExceeded when |direct| + peak of an rms amplitude is forbidden or not a number."""
        peak_v = abs(direct_v) + math.sqrt(2) * abs(amplitude_v)
        if not peak_v <= self.potential_v:
            raise LimitExceeded("potential (peak)", peak_v, -self.potential_v, self.potential_v, "V")

    def check_current(self, current_a: float) -> None:
        """Raise LimitExceeded when |current| is forbidden or not a number."""
        if not abs(current_a) <= self.current_a:
            raise LimitExceeded("current", current_a, -self.current_a, self.current_a, "A")


def _lowest(limit: float, ceiling: float | None) -> float:
    return limit if ceiling is None else min(limit, ceiling)


class GuardedTemperatureController:
    """A temperature controller that refuses set points outside the limits; all else is the driver's.

    Settings made through it are kept in `watch`, which expects them in force until the oven is made safe.
    """

    def __init__(self, driver: TemperatureController, limits: Limits, watch: OvenWatch | None = None) -> None:
        self._driver, self._limits, self._watch = driver, limits, watch or OvenWatch()

    @property
    def setpoint_k(self) -> float:
        """Set point; writing it energises the heater. Raises LimitExceeded before anything is sent."""
        return self._driver.setpoint_k

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        self._limits.check_temperature(value)
        self._driver.setpoint_k = value
        self._watch.take("setpoint_k", value)

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate at which the set point moves, 0 = at once."""
        return self._driver.ramp_rate_k_s

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        self._driver.ramp_rate_k_s = value
        self._watch.take("ramp_rate_k_s", value)

    def switch_off(self) -> None:
        """Send the off messages of the driver; nothing is expected of the oven any more."""
        self._watch.forget()
        self._driver.switch_off()  # type: ignore[attr-defined] - every driver that inherits Instrument has it

    def make_safe(self) -> None:
        """Remove every stimulus and read back that it is gone; nothing is expected any more."""
        self._watch.forget()
        self._driver.make_safe()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


def _nothing() -> None:
    pass


class GuardedAnalyzer:
    """A frequency response analyser that refuses potentials outside the limits.

    `confirm` is called before each spectrum, after the limits; it raises where the cell is not connected.
    """

    def __init__(
        self, driver: FrequencyResponseAnalyzer, limits: Limits, confirm: Callable[[], None] = _nothing
    ) -> None:
        self._driver, self._limits, self._confirm = driver, limits, confirm

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Measure one spectrum; raises LimitExceeded before anything is sent."""
        self._limits.check_potential(bias_v, amplitude_v)
        self._confirm()
        return self._driver.sweep(frequencies_hz, amplitude_v, integration_s, bias_v)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


class GuardedPotentiostat:
    """A potentiostat that refuses potentials and current limits outside the station's.

    `confirm` is called before each hold and rest; it raises where the cell is not connected.
    """

    def __init__(self, driver: Potentiostat, limits: Limits, confirm: Callable[[], None] = _nothing) -> None:
        self._driver, self._limits, self._confirm = driver, limits, confirm

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Watch the open cell."""
        self._confirm()
        return self._driver.rest(times_s)

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Polarise the cell; raises LimitExceeded before anything is sent."""
        self._limits.check_potential(potential_v)
        self._limits.check_current(current_limit_a)
        self._confirm()
        return self._driver.hold(potential_v, times_s, current_limit_a)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)
