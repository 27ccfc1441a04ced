"""The world of one rig: its time, its oven, its cell, its chance."""

import heapq
import math
import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np

from sim_instruments.world.cell import Cell
from sim_instruments.world.oven import Oven
from sim_instruments.world.terminals import Terminals


class Clock(Protocol):
    """What the rig asks of time."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...


class FrontEnd(Protocol):
    """A potentiostat between the analyser's generator and the cell; it hands on voltages."""

    @property
    def generator_gain(self) -> float:
        """Volts at the cell per volt of the generator; 0 while the cell is off."""
        ...

    @property
    def standard_ohm(self) -> float:
        """Volts handed on as V2 per ampere through the cell, over those handed on as V1 per volt."""
        ...


class World:
    """Everything the instruments of one rig share.

    Nothing runs in the background: whoever asks calls `now()`, which lives up to the present, doing what was
    planned with `at()` on the way, each at its own time. `lock` guards it; it is never held across a sleep.
    """

    def __init__(self, clock: Clock, oven: Oven, cell: Cell, seed: int) -> None:
        self.clock, self.oven, self.cell = clock, oven, cell
        self.terminals = Terminals(cell, oven)
        self.front_end: FrontEnd | None = None
        self.lock = threading.RLock()
        self.time_s = 0.0
        self._seed = seed
        self._start_s = clock.monotonic()
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self._planned = 0

    def now(self) -> float:
        """Live up to the present; return seconds since the rig was built."""
        present_s = self.clock.monotonic() - self._start_s
        while self._plans and self._plans[0][0] <= present_s:
            due_s, _, action = heapq.heappop(self._plans)
            self._advance(due_s)
            action()
        self._advance(present_s)
        return self.time_s

    def at(self, time_s: float, action: Callable[[], None]) -> None:
        """Do `action` when the rig is `time_s` old (at once, if that has passed, at the next `now()`)."""
        self._planned += 1
        heapq.heappush(self._plans, (time_s, self._planned, action))

    @property
    def next_plan_s(self) -> float:
        """When something will happen by itself; infinite when nothing will."""
        return self._plans[0][0] if self._plans else math.inf

    def chance(self, name: str) -> np.random.Generator:
        """A random generator of this rig's seed for one purpose, independent of every other purpose's."""
        return np.random.default_rng([self._seed, *name.encode()])

    def cell_impedance_ohm(self, frequency_hz: float) -> complex:
        """Impedance of the cell now."""
        return self.cell.impedance_ohm(frequency_hz, self.oven.sample_k, self.time_s)

    def _advance(self, time_s: float) -> None:
        self.time_s = max(self.time_s, time_s)
        self.oven.advance(self.time_s)
        self.cell.feel(self.oven.sample_k)
