"""Linkam T95: heating and freezing stage. It replies only after a first `T`.

The reply to `T` has ten bytes: state, errors, pump, three unused, the temperature in tenths of a degree as
four hexadecimal digits. The reply to any other command is an empty line; invalid values are ignored. A
message is lost that comes less than 0.2 s after the one before, or 0.5 s after the port was opened.
"""

import math
import re
from collections.abc import Callable

from sim_instruments.wire.device import SimDevice
from sim_instruments.world.loop import Loop, WithLoop
from sim_instruments.world.world import World

ZERO_CELSIUS_K = 273.15
STOPPED, HEATING, COOLING, AT_LIMIT, HOLDING = 0x01, 0x10, 0x20, 0x30, 0x50
ERRORS, OPEN_SENSOR, PUMP = 0x80, 0x02, 0x80
ARRIVED_K = 0.5
ROUNDING_S = 1e-6
INTERVAL_S, AFTER_OPENING_S = 0.2, 0.5


class LinkamT95(WithLoop):
    """The controller."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.loop = Loop(world.oven, heating_w=100.0, cooling_w=100.0)
        self._chance = world.chance("linkam")
        self._commands: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
            (re.compile(r"R1(\d{1,5})"), self._set_rate),
            (re.compile(r"L1(-?\d{1,5})"), self._set_limit),
            (re.compile(r"S"), self._start),
            (re.compile(r"E"), self.loop.stop),
            (re.compile(r"O"), self._hold),
        )
        self.reset()

    def reset(self) -> None:
        """Return to the power-on state."""
        self.loop.stop()
        self.awake, self._heard_s = False, -math.inf
        self.rate_c_min, self.limit_c = 10.0, 25.0

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for replies."""
        self._port = port

    def hear(self, line: str) -> None:
        """Process one command, unless it comes too soon."""
        now_s = self.world.time_s
        ready_s = max(self._heard_s + INTERVAL_S, self._port.opened_s + AFTER_OPENING_S)
        self._heard_s = now_s
        if now_s < ready_s - ROUNDING_S:
            return
        if line == "T":
            self.awake = True
            self._port.send(self._status(), "T")
        elif self.awake and line:
            self._execute(line)
            self._port.send("", line)

    def not_understood(self, message: str) -> None:
        """Never called: `hear` sends an empty line in reply to any command."""

    def declined(self, message: str, code: int) -> None:
        """Never called: `hear` sends an empty line in reply to any command."""

    def _execute(self, line: str) -> None:
        for pattern, action in self._commands:
            match = pattern.fullmatch(line)
            if match:
                action(*match.groups())

    def _set_rate(self, digits: str) -> None:
        if 1 <= int(digits) <= 15000:
            self.rate_c_min = int(digits) / 100
            self.loop.rate_k_s = self.rate_c_min / 60

    def _set_limit(self, digits: str) -> None:
        if -2000 <= int(digits) <= 6000:
            self.limit_c = int(digits) / 10
            if self.loop.running:
                self.loop.target_k = self.limit_c + ZERO_CELSIUS_K

    def _start(self) -> None:
        self.loop.rate_k_s = self.rate_c_min / 60
        self.loop.target_k = self.limit_c + ZERO_CELSIUS_K
        self.loop.working_k = self.world.oven.sensor_k
        self.loop.running = True

    def _hold(self) -> None:
        self.loop.target_k = self.loop.working_k = self.world.oven.sensor_k

    def _status(self) -> bytes:
        errors = ERRORS | (OPEN_SENSOR if self.sensor_fault else 0)
        noise_k = 0.02 * self._chance.standard_normal()
        tenths = round(10 * (self.world.oven.sensor_k - ZERO_CELSIUS_K + noise_k)) & 0xFFFF
        return bytes([self._state(), errors, PUMP, 0x80, 0x80, 0x80]) + f"{tenths:04X}".encode()

    def _state(self) -> int:
        if not self.loop.running:
            return STOPPED
        missing_k = self.loop.target_k - self.world.oven.sensor_k
        if self.loop.arrived and abs(missing_k) < ARRIVED_K:
            return AT_LIMIT if self.loop.target_k == self.limit_c + ZERO_CELSIUS_K else HOLDING
        return HEATING if missing_k > 0 else COOLING
