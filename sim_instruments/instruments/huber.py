"""Huber circulator, PB protocol: `{M` address value, `{S` address value, hundredths of a degree in hex.

A value out of its limits is ignored: the reply has the value in force. An address that the model does not
have reads 7FFF. Variable 13 chooses the sensor that controls (0 internal, 1 process): with 1 the set point is
one for the sample, which the process sensor reads. The circulation (16) is a mode of its own: it reads 0
while temperature control, which circulates too, is on.
"""

import re
from collections.abc import Callable

from sim_instruments.wire.device import SimDevice
from sim_instruments.world.loop import Loop, WithLoop
from sim_instruments.world.world import World

ZERO_CELSIUS_K = 273.15
ABSENT = 0x7FFF
CONTROL_MODE, COMPRESSOR_MODE = 0x13, 0x15
SETPOINT, CONTROL, CIRCULATION, LOWEST, HIGHEST = 0x00, 0x14, 0x16, 0x30, 0x31
_REQUEST = re.compile(r"\{M([0-9A-F]{2})([0-9A-F]{4}|\*{4})")


class Huber(WithLoop):
    """The circulator; `absent` are addresses that this model does not have."""

    def __init__(self, world: World, absent: tuple[int, ...] = ()) -> None:
        self.world = world
        self.loop = Loop(world.oven, heating_w=100.0, cooling_w=100.0)
        self._chance = world.chance("huber")
        self.lowest_c, self.highest_c = -40.0, 200.0
        self._readers: dict[int, Callable[[], float]] = {
            SETPOINT: lambda: 100 * self.setpoint_c,
            0x01: lambda: self._hundredths(world.oven.sensor_k),
            0x02: lambda: self._hundredths(world.oven.block_k),
            0x04: lambda: self.loop.power_w,
            0x05: lambda: -1 if self.sensor_fault else 0,
            0x06: lambda: 0,
            0x07: lambda: self._hundredths(world.oven.sample_k),
            0x0A: self._status,
            0x0F: lambda: 1000,
            CONTROL_MODE: lambda: self.process_controls,
            COMPRESSOR_MODE: lambda: 0,
            CONTROL: lambda: self.loop.running,
            CIRCULATION: lambda: self.circulating and not self.loop.running,
            LOWEST: lambda: 100 * self.lowest_c,
            HIGHEST: lambda: 100 * self.highest_c,
            0x3A: lambda: self._hundredths(world.oven.sample_k),
        }
        for address in absent:
            del self._readers[address]
        self.reset()

    def reset(self) -> None:
        """Return to the power-on state: stopped, 20 degC."""
        self.loop.stop()
        self.setpoint_c = 20.0
        self.loop.target_k = self.setpoint_c + ZERO_CELSIUS_K
        self.circulating = False
        self.process_controls = False

    @property
    def process_controls(self) -> bool:
        """Whether the process sensor, at the sample, controls."""
        return self.loop.seen_k is not None

    @process_controls.setter
    def process_controls(self, on: bool) -> None:
        self.loop.seen_k = (lambda: self.world.oven.sample_k) if on else None

    def restart(self) -> None:
        """Lose the power for a moment: the set point is kept, control and circulation are off."""
        self.loop.stop()
        self.circulating = False

    def set_at_panel(self, celsius: float) -> None:
        """Set the set point."""
        self.setpoint_c = celsius
        self.loop.target_k = celsius + ZERO_CELSIUS_K

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for replies."""
        self._port = port

    def hear(self, line: str) -> None:
        """Reply to one request; ignore any other line."""
        request = _REQUEST.fullmatch(line.strip())
        if request is None:
            return
        address = int(request[1], 16)
        if request[2] != "****":
            self._write(address, int(request[2], 16))
        self._port.send(f"{{S{address:02X}{self._read(address):04X}", line)

    def not_understood(self, message: str) -> None:
        """Send no reply."""

    def declined(self, message: str, code: int) -> None:
        """Send no reply."""

    def _read(self, address: int) -> int:
        reader = self._readers.get(address)
        return ABSENT if reader is None else round(reader()) & 0xFFFF

    def _write(self, address: int, word: int) -> None:
        value = word - 0x10000 if word & 0x8000 else word
        if address == SETPOINT and self.lowest_c <= value / 100 <= self.highest_c:
            self.setpoint_c = value / 100
            self.loop.target_k = self.setpoint_c + ZERO_CELSIUS_K
        elif address == CONTROL and value in (0, 1):
            self._switch(bool(value))
        elif address == CONTROL_MODE and value in (0, 1):
            self.process_controls = bool(value)
        elif address == CIRCULATION and value in (0, 1):
            self.circulating = bool(value)
            if not value:
                self.loop.stop()

    def _switch(self, on: bool) -> None:
        if on:
            self.loop.running = self.circulating = True
        else:
            self.loop.stop()

    def _status(self) -> int:
        """Bit 0 temperature control, 1 circulation, 4 pump, 8 error: from the least significant bit."""
        return self.loop.running + 18 * self.circulating + 256 * bool(self.sensor_fault)

    def _hundredths(self, temperature_k: float) -> float:
        return 100 * (temperature_k - ZERO_CELSIUS_K + 0.005 * self._chance.standard_normal())
