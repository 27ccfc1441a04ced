"""Temptronic ATS-545: temperature-controlled air stream that heats or cools the sample.

SETN selects one of three set points (0 hot, 1 ambient, 2 cold), each with its own value and ramp; FLOW starts
and stops the air. Settings take effect only after `%RM`. A setting has no reply; a value out of range, or
beyond the limits LLIM and ULIM, is ignored. In DUT mode the sensor at the sample controls and is read. With
the head up the air misses the sample. In programming mode (bit 8 of AUXC clear) a program sets the set point.
"""

from sim_instruments.wire.device import Refusal, SimDevice
from sim_instruments.world.loop import Loop, WithLoop
from sim_instruments.world.world import World

ZERO_CELSIUS_K = 273.15
SETPOINT_RANGES_C = ((30.0, 225.0), (20.0, 30.0), (-99.9, 20.0))
FASTEST_K_MIN = 9999.0
HEAD_UP, DUT, FLOW, READY, MANUAL, RAMPING = 1 << 2, 1 << 4, 1 << 5, 1 << 6, 1 << 8, 1 << 9
PROGRAM_C = 85.0
AIR_SENSOR_OPEN = 32
AT_TEMPERATURE, NOT_AT_TEMPERATURE = 1, 2
INVALID_C = 999.9
POWER_W, NOISE_K = 150.0, 0.02


class TemptronicATS(WithLoop):
    """The air stream; temperatures in degrees Celsius, rates in K/min."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.loop = Loop(world.oven, heating_w=POWER_W, cooling_w=POWER_W)
        self._chance = world.chance("temptronic_ats")
        self.reset()

    def reset(self) -> None:
        """Return to the power-on state: local, no air."""
        self.loop.stop()
        self.remote = False
        self.head_down = 1
        self.programming = False
        self.lowest_c, self.highest_c = -99.0, 225.0
        self.loop.seen_k = None
        self.window_k, self.soak_s, self.longest_s = 1.0, 0.0, 0.0
        self._setpoints_c = [125.0, 25.0, -40.0]
        self._ramps_k_min = [FASTEST_K_MIN] * 3
        self._number = 1
        self._aim()

    def plug_in(self, port: SimDevice) -> None:
        """Ignore the port: this model sends nothing unsolicited."""

    def take_remote(self) -> None:
        """%RM."""
        self.remote = True

    def give_local(self) -> None:
        """%GL."""
        self.remote = False

    def get_number(self) -> int:
        """SETN?."""
        return self._number

    def set_number(self, number: int) -> None:
        """SETN: select one of the three set points."""
        self._require(number in (0, 1, 2))
        self._number = number
        self._aim()

    def get_setpoint(self) -> float:
        """SETP?."""
        return self._setpoints_c[self._number]

    def set_setpoint(self, value: float) -> None:
        """SETP: value of the selected set point, within its range."""
        low, high = SETPOINT_RANGES_C[self._number]
        self._require(max(low, self.lowest_c) <= value <= min(high, self.highest_c))
        self._setpoints_c[self._number] = round(value, 1)
        self._aim()

    def get_ramp(self) -> float:
        """RAMP?."""
        return self._ramps_k_min[self._number]

    def set_ramp(self, value: float) -> None:
        """RAMP: rate of the selected set point."""
        self._require(0 <= value <= FASTEST_K_MIN)
        self._ramps_k_min[self._number] = value
        self._aim()

    def moving_setpoint(self) -> float:
        """SETD?: present set point of the ramp."""
        return self.loop.working_k - ZERO_CELSIUS_K

    def set_flow(self, on: int) -> None:
        """FLOW."""
        self._require(on in (0, 1))
        if not on:
            self.loop.stop()
        elif not self.loop.running:
            self.loop.working_k = self.world.oven.sensor_k if self.loop.rate_k_s else self.loop.target_k
            self.loop.running = True

    def get_head(self) -> int:
        """HEAD?."""
        return self.head_down

    def set_head(self, down: int) -> None:
        """HEAD: 1 lowers the head, 0 raises it."""
        self._require(down in (0, 1))
        self.head_down = down
        self.loop.heating_w = self.loop.cooling_w = POWER_W * down

    def get_dut_mode(self) -> int:
        """DUTM?."""
        return int(self.loop.seen_k is not None)

    def set_dut_mode(self, on: int) -> None:
        """DUTM."""
        self._require(on in (0, 1))
        self.loop.seen_k = (lambda: self.world.oven.sample_k) if on else None

    def set_lowest(self, celsius: float) -> None:
        """LLIM."""
        self._require(-99 <= celsius <= 25)
        self.lowest_c = celsius

    def set_highest(self, celsius: float) -> None:
        """ULIM."""
        self._require(25 <= celsius <= 225)
        self.highest_c = celsius

    def set_programming(self, on: bool) -> None:
        """Choose the mode at the screen: programming, or manual."""
        self.programming = on
        self._aim()

    def temperature(self) -> float:
        """TEMP?."""
        if self.sensor_fault:
            return INVALID_C
        seen_k = self.world.oven.sensor_k if self.loop.seen_k is None else self.loop.seen_k()
        return seen_k - ZERO_CELSIUS_K + NOISE_K * self._chance.standard_normal()

    def errors(self) -> int:
        """EROR?: 32 for an open sensor, otherwise 0."""
        return AIR_SENSOR_OPEN if self.sensor_fault else 0

    def condition(self) -> int:
        """TECR?."""
        near = abs(self.loop.target_k - self.world.oven.sensor_k) < self.window_k
        return AT_TEMPERATURE if self.loop.running and near else NOT_AT_TEMPERATURE

    def auxiliary(self) -> int:
        """AUXC?."""
        modes = MANUAL * (not self.programming) + DUT * self.get_dut_mode() + HEAD_UP * (not self.head_down)
        return READY + modes + FLOW * self.loop.running + RAMPING * (not self.loop.arrived)

    def get_longest(self) -> float:
        """TTIM?."""
        return self.longest_s

    def set_longest(self, value: float) -> None:
        """TTIM."""
        self._require(0 <= value <= 9999)
        self.longest_s = value

    def not_understood(self, message: str) -> None:
        """Send no reply."""

    def declined(self, message: str, code: int) -> None:
        """Send no reply."""

    def _aim(self) -> None:
        k_min = self._ramps_k_min[self._number]
        self.loop.rate_k_s = 0.0 if k_min >= FASTEST_K_MIN else k_min / 60
        celsius = PROGRAM_C if self.programming else self._setpoints_c[self._number]
        self.loop.target_k = celsius + ZERO_CELSIUS_K

    def _require(self, condition: bool) -> None:
        if not (self.remote and condition):
            raise Refusal
