"""Temperature control loop of circulators and stages: heating, cooling, ramps, start and stop."""

from collections.abc import Callable

from sim_instruments.world.oven import Oven
from sim_instruments.world.pid import Pid

GAIN_PERCENT_K = 20.0
INTEGRAL_PER_S = 0.01
SLOW_GAIN_PERCENT_K, SLOW_INTEGRAL_PER_S = 2.0, 0.001
"""With a sensor that lags far behind the heater."""


class Loop:
    """Control loop attached to an oven. A nonzero `sensor_fault` stops it; `manual_percent` is its output
    without control. `seen_k` returns the temperature of another sensor that controls, None for the oven's
    own; `highest_percent` limits the heating.

    Parameters
    ----------
    oven : Oven
    heating_w, cooling_w : float
        Highest heating and cooling power.
    """

    def __init__(self, oven: Oven, heating_w: float, cooling_w: float) -> None:
        self.heating_w, self.cooling_w = heating_w, cooling_w
        self.target_k = self.working_k = oven.ambient_k
        self.rate_k_s = 0.0
        self.running = False
        self.sensor_fault = 0
        self.percent = self.manual_percent = 0.0
        self.highest_percent = 100.0
        self.seen_k: Callable[[], float] | None = None
        self._pid = Pid()
        oven.attach(self._heat)

    @property
    def power_w(self) -> float:
        """Power delivered to the oven; negative when cooling."""
        return self.percent / 100 * (self.heating_w if self.percent > 0 else self.cooling_w)

    @property
    def arrived(self) -> bool:
        """Whether the ramp has reached its target."""
        return self.working_k == self.target_k

    def stop(self) -> None:
        """Stop heating and cooling."""
        self.running, self.percent, self.manual_percent = False, 0.0, 0.0
        self._pid.forget()

    def set_manually(self, percent: float) -> None:
        """Set a constant output without control."""
        self.stop()
        self.percent = self.manual_percent = percent

    def _heat(self, sensor_k: float, step_s: float) -> float:
        if not self.running or self.sensor_fault:
            self.percent = 0.0 if self.sensor_fault else self.manual_percent
            self.working_k = sensor_k if self.rate_k_s else self.target_k
            return self.power_w
        self._move(step_s)
        lowest = -100.0 if self.cooling_w else 0.0
        error_k = self.working_k - (sensor_k if self.seen_k is None else self.seen_k())
        gain, integral = GAIN_PERCENT_K, INTEGRAL_PER_S
        if self.seen_k is not None:
            gain, integral = SLOW_GAIN_PERCENT_K, SLOW_INTEGRAL_PER_S
        percent = self._pid.control(error_k, step_s, gain, integral, 0.0, lowest_percent=lowest)
        self.percent = min(percent, self.highest_percent)
        return self.power_w

    def _move(self, step_s: float) -> None:
        step_k, missing_k = self.rate_k_s * step_s, self.target_k - self.working_k
        self.working_k = self.target_k
        if step_k and abs(missing_k) > step_k:
            self.working_k -= missing_k - (step_k if missing_k > 0 else -step_k)


class WithLoop:
    """Mixin for instruments with a `loop`: the properties used by tests and faults."""

    loop: Loop

    @property
    def sensor_fault(self) -> int:
        """Nonzero when the control sensor has failed. A switch for tests and faults."""
        return self.loop.sensor_fault

    @sensor_fault.setter
    def sensor_fault(self, value: int) -> None:
        self.loop.sensor_fault = value

    def switch_off_at_panel(self) -> None:
        """Stop the loop, as a person does at the instrument."""
        self.loop.stop()

    @property
    def running(self) -> bool:
        """Whether the control loop is running."""
        return self.loop.running

    @property
    def energised(self) -> bool:
        """Whether the loop is running or has a manual output."""
        return self.loop.running or self.loop.manual_percent != 0

    @property
    def heater_power_w(self) -> float:
        """Power delivered to the oven; negative when cooling."""
        return self.loop.power_w
