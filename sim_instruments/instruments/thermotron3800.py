"""Thermotron 3800 chamber, channel 1: heats or cools to a set point between RUNM and STOP.

A new set point takes effect, and is returned by SETP1?, only after RUNM. For a short time after a command the
chamber ignores input. At the panel a program can be started, held or delayed, which STOP ends, and the
calibration mode chosen, which only the panel leaves.
"""

from sim_instruments.wire.device import Refusal, SimDevice
from sim_instruments.world.loop import Loop, WithLoop
from sim_instruments.world.world import World

ZERO_CELSIUS_K = 273.15
LOWEST_C, HIGHEST_C = -55.0, 150.0
PROGRAM, EDIT_STOPPED, EDIT_HELD, MANUAL, DELAYED, CALIBRATING = 1, 2, 8, 16, 32, 128
PROGRAMS, PROGRAM_C = (PROGRAM, EDIT_HELD, DELAYED), 85.0
DEAF_S, DEAF_AFTER_INIT_S = 0.9, 2.8
SENSOR_OPEN_C = 999.9
POWER_W, NOISE_K = 200.0, 0.02


class Thermotron3800(WithLoop):
    """The chamber; temperatures in degrees Celsius."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.loop = Loop(world.oven, heating_w=POWER_W, cooling_w=POWER_W)
        self._chance = world.chance("thermotron3800")
        self.reset()

    def reset(self) -> None:
        """Return to the power-on state: stopped."""
        self.loop.stop()
        self.program, self.calibrating = 0, False
        self.given_c = self.setpoint_c = 25.0
        self.loop.target_k = self.setpoint_c + ZERO_CELSIUS_K

    def plug_in(self, port: SimDevice) -> None:
        """Store the port, to ignore input after a command."""
        self._port = port

    def initialise(self) -> None:
        """INIT."""
        self._busy(DEAF_AFTER_INIT_S)
        self.loop.stop()
        self.program = 0

    def give_setpoint(self, value: float) -> None:
        """SETP1,."""
        self._busy()
        if not LOWEST_C <= value <= HIGHEST_C:
            raise Refusal
        self.given_c = round(value, 1)

    def get_setpoint(self) -> float:
        """SETP1?."""
        return self.setpoint_c

    def run(self) -> None:
        """RUNM."""
        self._busy()
        if self.program:
            raise Refusal
        self.setpoint_c = self.given_c
        self.loop.target_k = self.setpoint_c + ZERO_CELSIUS_K
        self.loop.running = True

    def stop(self) -> None:
        """STOP."""
        self._busy()
        self.loop.stop()
        self.program = 0

    def begin_program(self, mode: int) -> None:
        """Start, hold or delay a program at the panel."""
        self.loop.stop()
        self.program = mode
        self.loop.target_k = PROGRAM_C + ZERO_CELSIUS_K
        self.loop.running = mode != DELAYED

    def process_value(self) -> float:
        """PVAR1?."""
        if self.sensor_fault:
            return SENSOR_OPEN_C
        return self.world.oven.sensor_k - ZERO_CELSIUS_K + NOISE_K * self._chance.standard_normal()

    def mode(self) -> int:
        """MODE?."""
        calibrating = CALIBRATING * self.calibrating
        return calibrating + (self.program or (MANUAL if self.loop.running else EDIT_STOPPED))

    def not_understood(self, message: str) -> None:
        """Send no reply."""

    def declined(self, message: str, code: int) -> None:
        """Send no reply."""

    def _busy(self, seconds: float = DEAF_S) -> None:
        self._port.deaf_until_s = self.world.time_s + seconds
