"""Watchdogs that cut the power of the oven: a device with NAMUR commands, a timer that a relay keeps running.

Both are armed by their first kick. The NAMUR device stays off until it is reset; the timer gives the power
back at the next kick. `has_cut` is a switch for tests.
"""

import re

from sim_instruments.wire.device import SimDevice
from sim_instruments.world.world import World

FRAME_BYTES, START = 4, 0xA0


class PowerCut:
    """Cuts the power of the oven when more than `period_s` pass without `kick()`; latched if `latches`."""

    def __init__(self, world: World, period_s: float, latches: bool) -> None:
        self._oven, self._world = world.oven, world
        self.period_s, self.latches = period_s, latches
        self._kicked_s: float | None = None
        world.oven.attach(self._watch)

    @property
    def has_cut(self) -> bool:
        """Whether the power of the oven is off because of this watchdog."""
        self._world.now()
        self._watch(0.0, 0.0)
        return self._oven.supply_is_off

    def kick(self) -> None:
        """Begin the period again."""
        if self.has_cut and self.latches:
            return
        self._kicked_s = self._world.time_s
        self._oven.supply_is_off = False

    def reset(self) -> None:
        """Give the power back and wait for the first kick."""
        self._kicked_s = None
        self._oven.supply_is_off = False

    def _watch(self, sensor_k: float, step_s: float) -> float:
        now_s = max(self._oven.time_s, self._world.time_s if not step_s else 0.0)
        if self._kicked_s is not None and now_s - self._kicked_s > self.period_s:
            self._oven.supply_is_off = True
        return 0.0


class NamurDevice:
    """The device: IN_NAME, and OUT_WD1@m, which answers with the time."""

    def __init__(self, world: World) -> None:
        self.power = PowerCut(world, 60.0, latches=True)

    @property
    def has_cut(self) -> bool:
        """Whether it has switched itself off."""
        return self.power.has_cut

    def reset(self) -> None:
        """As after the reset at the panel."""
        self.power.reset()

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for replies."""
        self._port = port

    def hear(self, line: str) -> None:
        """Process one command; an unknown one has no answer."""
        asked = line.strip()
        if asked == "IN_NAME":
            self._port.send("RCT digital", line)
        found = re.fullmatch(r"OUT_WD1@(\d+)", asked)
        if found and 20 <= int(found[1]) <= 1500:
            self.power.period_s = float(found[1])
            self.power.kick()
            self._port.send(f"{int(found[1])}.0", line)

    def not_understood(self, message: str) -> None:
        """Never called: `hear` ignores what it does not know."""

    def declined(self, message: str, code: int) -> None:
        """Never called: `hear` ignores what it does not know."""


class RelayTimer:
    """The board: A0, relay, state, sum of these; a change of relay 1 triggers the timer of `period_s`."""

    def __init__(self, world: World, period_s: float = 30.0) -> None:
        self.power = PowerCut(world, period_s, latches=False)
        self.relays: dict[int, int] = {}

    @property
    def has_cut(self) -> bool:
        """Whether the timer has run out."""
        return self.power.has_cut

    def reset(self) -> None:
        """As after power-on: relays off."""
        self.relays = {}
        self.power.reset()

    def plug_in(self, port: SimDevice) -> None:
        """Ignore the port: the board never answers."""

    def cut(self, buffer: bytearray) -> bytes | None:
        """Take one frame out of the stream; bytes before its start are dropped."""
        while buffer and buffer[0] != START:
            del buffer[0]
        if len(buffer) < FRAME_BYTES:
            return None
        frame = bytes(buffer[:FRAME_BYTES])
        del buffer[:FRAME_BYTES]
        return frame

    def answer(self, frame: bytes) -> None:
        """Switch a relay; a frame with a wrong sum is ignored."""
        _, relay, state, check = frame
        if sum(frame[:3]) & 0xFF != check or state > 1:
            return
        if relay == 1 and self.relays.get(1, 0) != state:
            self.power.kick()
        self.relays[relay] = state

    def not_understood(self, message: str) -> None:
        """Never called: the board never answers."""

    def declined(self, message: str, code: int) -> None:
        """Never called: the board never answers."""
