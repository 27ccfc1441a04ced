"""Alicat mass flow controller, unit A, 0 to 100 SCCM of nitrogen: every message gets one line.

The flow follows the set point with a time constant of 0.5 s. A set point beyond the range becomes its end; a
message for another unit has no answer, and an unknown one the answer `?`.
"""

import math
import re

from sim_instruments.wire.device import SimDevice
from sim_instruments.world.world import World

FULL_SCALE, TIME_CONSTANT_S, NOISE = 100.0, 0.5, 2e-4
PSIA, GAS = 14.7, "N2"
CONTROLS_MASS_FLOW = 37


class Alicat:
    """The controller; `held` and `overload` are switches for tests."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._chance = world.chance("alicat")
        self.held = self.overload = False
        self.loop = CONTROLS_MASS_FLOW
        self.setpoint = self._flow = self._changed_s = 0.0

    def reset(self) -> None:
        """Return to the power-on state: the set point was saved."""

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for replies."""
        self._port = port

    def hear(self, line: str) -> None:
        """Answer one message to unit A."""
        if not line.startswith("A"):
            return
        self._port.send(self._answer(line[1:].strip()), line)

    def not_understood(self, message: str) -> None:
        """Never called: `hear` answers `?`."""

    def declined(self, message: str, code: int) -> None:
        """Never called: `hear` answers `?`."""

    @property
    def flow(self) -> float:
        """The true flow in SCCM now."""
        waited_s = self.world.time_s - self._changed_s
        return self.setpoint + (self._flow - self.setpoint) * math.exp(-waited_s / TIME_CONSTANT_S)

    def _answer(self, asked: str) -> str:
        if asked == "VE":
            return "A   6v21.0-R22 Nov 30 2016,16:04:20"
        if asked == "R122":
            return f"A   122 = {self.loop}"
        if found := re.fullmatch(r"S(\d+(?:\.\d+)?)", asked):
            self._flow, self._changed_s = self.flow, self.world.time_s
            self.setpoint = min(float(found[1]), FULL_SCALE)
        elif asked:
            return "?"
        return self._line()

    def _line(self) -> str:
        mass = self.flow + FULL_SCALE * NOISE * self._chance.standard_normal()
        volume = mass * 14.696 / PSIA
        words = " HLD" if self.held else ""
        words += " MOV" if self.overload else ""
        numbers = f"{PSIA:+07.2f} {25.0:+07.2f} {volume:+07.2f} {mass:+07.2f} {self.setpoint:06.2f}"
        return f"A {numbers} {GAS:>6}{words}"
