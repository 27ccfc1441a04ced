"""Shared state of one rig: time, oven, cell and random numbers."""

import heapq
import math
import threading
from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np

from sim_instruments.world.cell import Cell
from sim_instruments.world.gas import Gas
from sim_instruments.world.oven import Oven
from sim_instruments.world.relays import Relays
from sim_instruments.world.switched import SwitchedCells
from sim_instruments.world.terminals import Terminals


class Clock(Protocol):
    """Clock used by the rig."""

    def monotonic(self) -> float:
        """Time in seconds since an arbitrary start."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        ...


class FrontEnd(Protocol):
    """A potentiostat between the analyser's generator and the cell that passes voltages on."""

    @property
    def generator_gain(self) -> float:
        """Voltage at the cell per volt of the generator; 0 while the cell is off."""
        ...

    @property
    def standard_ohm(self) -> float:
        """V2 output per ampere through the cell, divided by V1 output per volt at the cell, in ohm."""
        ...


class World:
    """State shared by the instruments of one rig.

    Nothing runs in the background: each caller first calls `now()`, which advances the simulation to the
    present and runs the actions scheduled with `at()`, each at its own time. `lock` guards the state; it is
    never held across a sleep.
    """

    def __init__(
        self, clock: Clock, oven: Oven, cell: Cell | SwitchedCells, seed: int, gas: Gas | None = None
    ) -> None:
        self.clock, self.oven, self.cell = clock, oven, cell
        self.gas = gas or Gas()
        self.terminals = Terminals(cell, oven)
        self.front_end: FrontEnd | None = None
        self.relays: list[Relays] = []
        self.lock = threading.RLock()
        self.time_s = 0.0
        self._seed = seed
        self._start_s = clock.monotonic()
        self._plans: list[tuple[float, int, Callable[[], None]]] = []
        self._planned = 0

    def now(self) -> float:
        """Advance the simulation to the present; return seconds since the rig was built."""
        present_s = self.clock.monotonic() - self._start_s
        while self._plans and self._plans[0][0] <= present_s:
            due_s, _, action = heapq.heappop(self._plans)
            self._advance(due_s)
            action()
        self._advance(present_s)
        return self.time_s

    def at(self, time_s: float, action: Callable[[], None]) -> None:
        """Schedule `action` at `time_s` seconds since the rig was built; if past, at the next `now()`."""
        self._planned += 1
        heapq.heappush(self._plans, (time_s, self._planned, action))

    @property
    def next_plan_s(self) -> float:
        """Time of the next scheduled action; infinite without one."""
        return self._plans[0][0] if self._plans else math.inf

    def chance(self, name: str) -> np.random.Generator:
        """Random generator from this rig's seed for one purpose, independent of the other generators."""
        return np.random.default_rng([self._seed, *name.encode()])

    def cell_impedance_ohm(self, frequency_hz: float) -> complex:
        """Present impedance of the cell."""
        return self.cell.impedance_ohm(frequency_hz, self.oven.sample_k, self.time_s)

    def cell_temperature_k(self, name: str) -> float:
        """Temperature of one of several cells; KeyError for another name."""
        assert isinstance(self.cell, SwitchedCells)
        return self.cell.placed[name].temperature_k(self.oven.sample_k, self.cell.ambient_k)

    def closed_channels(self) -> frozenset[str]:
        """Channels of all switches that are truly closed."""
        return frozenset[str]().union(*(relays.closed for relays in self.relays))

    def relays_moved(self) -> None:
        """Begin the history of the potential anew: another cell is connected."""
        self.terminals.exchange(self.time_s)

    def seen_from(self, name: str) -> "World":
        """Return the world as instruments of one cell alone see it."""
        assert isinstance(self.cell, SwitchedCells)
        return cast(World, CellWorld(self, name, self.cell))

    def _advance(self, time_s: float) -> None:
        self.time_s = max(self.time_s, time_s)
        self.oven.advance(self.time_s)
        self.gas.advance(self.time_s)
        self.cell.melt_if_hot(self.oven.sample_k)


class CellWorld:
    """The world with the cell of certain instruments alone; everything else is the rig's."""

    def __init__(self, world: World, name: str, cells: SwitchedCells) -> None:
        self._world = world
        own = {name: cells.placed[name]}
        self.cell = SwitchedCells(
            own, cells.ambient_k, cells.isolation_ohm, cells.crosstalk_f, always=frozenset(own)
        )
        self.terminals = Terminals(self.cell, world.oven)
        self.front_end: FrontEnd | None = None

    def cell_impedance_ohm(self, frequency_hz: float) -> complex:
        """Present impedance of the cell."""
        return self.cell.impedance_ohm(frequency_hz, self._world.oven.sample_k, self._world.time_s)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)
