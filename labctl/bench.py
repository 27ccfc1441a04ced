"""Interface between procedures and instruments, independent of the manufacturer.

A procedure sees a `Bench`: the roles of one station, its clock, and its limits already in force. The
duties of a driver in each role are in `labctl.instruments.roles`.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from labctl.clock import Clock
from labctl.errors import ConfigurationError
from labctl.instruments.cell_switch import BenchCell, CellSwitch
from labctl.instruments.exchanges import Exchanges
from labctl.instruments.limits import (
    GuardedAnalyzer,
    GuardedPotentiostat,
    GuardedTemperatureController,
    Limits,
)
from labctl.instruments.making_safe import Output, make_all_safe, within_s_of
from labctl.instruments.oven_watch import OvenWatch, Tell, untold
from labctl.instruments.roles import (
    Atmosphere,
    CurrentPoint,
    Device,
    FrequencyResponseAnalyzer,
    ImpedancePoint,
    Monitor,
    OutputState,
    Potentiostat,
    SeenAmplitude,
    SeenOutput,
    Switch,
    TemperatureController,
    TemperatureReading,
    Thermometer,
    Watchdog,
)
from labctl.opener import CallableModule
from labctl.units import ZERO_CELSIUS_K

__all__ = [
    "ZERO_CELSIUS_K",
    "Atmosphere",
    "Bench",
    "BenchCell",
    "CurrentPoint",
    "Device",
    "FrequencyResponseAnalyzer",
    "ImpedancePoint",
    "Limits",
    "Monitor",
    "OutputState",
    "PlannedStep",
    "Potentiostat",
    "SeenAmplitude",
    "SeenOutput",
    "Switch",
    "TemperatureController",
    "TemperatureReading",
    "Thermometer",
    "Watchdog",
]

ROLES_OF_A_CELL = ("fra", "potentiostat", "thermometer")
"""Roles that each cell of a station has for itself."""


@dataclass(frozen=True)
class PlannedStep:
    """One planned step of a procedure, for `labctl check`; planning touches no instrument.

    A quantity that a step does not use is None or 0. labctl holds each against the limits of the station, and
    against the capabilities of the instruments (`labctl.capabilities`).

    Attributes
    ----------
    temperature_k : float or None
        Set point; None if the step sets none.
    potential_v : float
        Direct potential: of a hold, or the bias of a spectrum.
    amplitude_v : float
        Amplitude of a spectrum, V rms; a step with an amplitude or frequencies is a spectrum.
    current_a : float
        Current limit of a hold.
    frequency_hz : tuple[float, float] or None
        Lowest and highest frequency of a spectrum.
    ramp_rate_k_s : float or None
        Ramp to the set point, 0: as fast as possible; None if the step sets none.
    interval_s : float or None
        Shortest time between two samples, where a person chose it.
    """

    label: str
    duration_s: float
    temperature_k: float | None = None
    potential_v: float = 0.0
    amplitude_v: float = 0.0
    current_a: float = 0.0
    frequency_hz: tuple[float, float] | None = None
    ramp_rate_k_s: float | None = None
    interval_s: float | None = None


@dataclass(frozen=True)
class Bench:
    """The instruments of one station by role, its clock and its limits.

    Attributes
    ----------
    clock : Clock
    limits : Limits
    roles : Mapping[str, object]
        Role (`oven`, `fra`, `potentiostat`, `thermometer`, `watchdog`, `switch`, `monitor`, `atmosphere`) to
        driver; one may serve several. A role that several instruments have is absent: each cell has its own.
    outputs : tuple[Output, ...]
        What `make_safe` makes safe: every instrument of the station. Empty: those that have a role.
    oven_watch : OvenWatch
        Settings made at the oven; shared by every bench of the same instruments.
    exchanges : Exchanges
        Time lost with exchanges that were tried again; shared likewise.
    tell : callable
        Called as `tell(level, kind, message, **details)` for observations beside the measurement; a
        recorded run writes it as an event.
    cells : Mapping[str, BenchCell]
        The cells of the station by name; empty for a station with one cell that it does not name.
    drivers : Mapping[str, object]
        Every open instrument by its name in the station file.
    monitors : Mapping[str, Monitor]
        Instruments whose readings are recorded beside the temperature, by their names in the station file:
        those that only watch, and the atmosphere.
    cell_switch : CellSwitch
        Which cell is connected; shared by every bench of the same instruments.
    of_cell : BenchCell or None
        The cell that this bench measures, see `cell`; None: the bench of the whole station.
    """

    clock: Clock
    limits: Limits
    roles: Mapping[str, Any]
    station: str = "bench"
    _guards: dict[str, Any] = field(default_factory=dict, repr=False)
    outputs: tuple[Output, ...] = field(default=(), repr=False)
    oven_watch: OvenWatch = field(default_factory=OvenWatch, repr=False, compare=False)
    exchanges: Exchanges = field(default_factory=Exchanges, repr=False, compare=False)
    tell: Tell = field(default=untold, repr=False, compare=False)
    cells: Mapping[str, BenchCell] = field(default_factory=dict, repr=False)
    drivers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    monitors: Mapping[str, Monitor] = field(default_factory=dict, repr=False)
    cell_switch: CellSwitch = field(default_factory=CellSwitch, repr=False, compare=False)
    of_cell: BenchCell | None = None

    def __post_init__(self) -> None:
        guards: dict[str, Callable[[Any, Limits], Any]] = {
            "oven": partial(GuardedTemperatureController, watch=self.oven_watch),
            "fra": partial(GuardedAnalyzer, confirm=self.confirm_connected),
            "potentiostat": partial(GuardedPotentiostat, confirm=self.confirm_connected),
        }
        for role, guard in guards.items():
            if role in self.roles:
                self._guards[role] = guard(self.roles[role], self.limits)

    def within(self, limits: Limits, tell: Tell | None = None) -> "Bench":
        """Return a bench with the same instruments that enforces `limits` and reports to `tell`."""
        return Bench(
            self.clock,
            limits,
            self.roles,
            self.station,
            outputs=self.outputs,
            oven_watch=self.oven_watch,
            exchanges=self.exchanges,
            tell=tell or self.tell,
            cells=self.cells,
            drivers=self.drivers,
            monitors=self.monitors,
            cell_switch=self.cell_switch,
            of_cell=self.of_cell,
        )

    def cell(self, name: str) -> "Bench":
        """Return a bench with `fra`, `potentiostat` and `thermometer` of one cell.

        It shares oven, limits and everything else with this one. It connects nothing: `connected` does, and
        until then a measurement through the switch raises InstrumentError. Raises ConfigurationError for a
        cell that the station does not name.
        """
        if name not in self.cells:
            known = ", ".join(self.cells) or "the station names none"
            raise ConfigurationError(self.station, f"cells.{name}", f"there is no such cell; cells: {known}")
        chosen = self.cells[name]
        shared = {role: driver for role, driver in self.roles.items() if role not in ROLES_OF_A_CELL}
        return Bench(
            self.clock,
            self.limits,
            {**shared, **chosen.roles},
            self.station,
            outputs=self.outputs,
            oven_watch=self.oven_watch,
            exchanges=self.exchanges,
            tell=self.tell,
            drivers=self.drivers,
            monitors=self.monitors,
            cell_switch=self.cell_switch,
            of_cell=chosen,
        )

    @contextmanager
    def connected(self, name: str) -> "Iterator[Bench]":
        """Connect one cell through the switch and yield its bench; open every channel at the end.

        Its channels are closed after all others were opened, and read back. What polarises the cell must be
        off before the block ends: relays last longer when they open without a current.

        Raises
        ------
        ConfigurationError
            The station names no such cell, or has no switch for it.
        CellConnected
            Another cell is connected through the switch. Nothing was sent.
        InstrumentError
            The switch was read back otherwise than it was set.
        """
        bench = self.cell(name)
        chosen = self.cells[name]
        if not chosen.channels:
            yield bench
            return
        with self.cell_switch.connecting(self._role("switch"), chosen):
            yield bench

    def confirm_connected(self) -> None:
        """Read the switch back; InstrumentError unless exactly the channels of this bench's cell are closed.

        Nothing is asked for a bench of the whole station or for a cell that is always connected.
        """
        if self.of_cell is not None and self.of_cell.channels:
            self.cell_switch.confirm(self._role("switch"), self.of_cell)

    @property
    def oven(self) -> TemperatureController:
        """The temperature controller; raises ConfigurationError if the station names none."""
        return cast(TemperatureController, self._role("oven"))

    @property
    def fra(self) -> FrequencyResponseAnalyzer:
        """The frequency response analyser; raises ConfigurationError if the station names none."""
        return cast(FrequencyResponseAnalyzer, self._role("fra"))

    @property
    def potentiostat(self) -> Potentiostat:
        """The potentiostat; raises ConfigurationError if the station names none."""
        return cast(Potentiostat, self._role("potentiostat"))

    @property
    def atmosphere(self) -> Atmosphere:
        """What sets the gas about the samples; raises ConfigurationError if the station names none."""
        return cast(Atmosphere, self._role("atmosphere"))

    @property
    def thermometer(self) -> Thermometer:
        """The sensor nearest the sample: the role `thermometer`, else the controller's own."""
        return cast(Thermometer, self.roles.get("thermometer") or self._role("oven"))

    def sample_temperature_k(self) -> float:
        """Read the temperature of the sample; beside it, when due, the oven's settings are read back.

        Raises
        ------
        InstrumentError
            From the thermometer.
        SettingLost
            The oven does not keep its settings, although they were set again.
        """
        temperature_k = self.thermometer.temperature_k
        if "oven" in self.roles:
            self.oven_watch.look(self.roles["oven"], self.clock, temperature_k, self.tell)
        return temperature_k

    def _role(self, role: str) -> object:
        if role not in self.roles:
            raise ConfigurationError(self.station, f"roles.{role}", "no instrument has this role")
        return self._guards.get(role, self.roles[role])

    @property
    def devices(self) -> list[Device]:
        """Every instrument once, in the order of its first role; then the cells' own and monitors."""
        of_cells = [driver for cell in self.cells.values() for driver in cell.roles.values()]
        every = [*self.roles.values(), *of_cells, *self.monitors.values()]
        return list({id(driver): driver for driver in every}.values())

    def make_safe(self) -> None:
        """Switch everything off, heaters first, a switch last, and read each back, even if one fails.

        Takes at most 2 s for each instrument of a wire; raises ExceptionGroup of the failures.
        """
        self.oven_watch.forget()
        states = make_all_safe(self.outputs or self._outputs_of_roles(), self.clock)
        failures = [state.failure for state in states.values() if state.failure is not None]
        if failures:
            raise ExceptionGroup("not every instrument could be made safe", failures)

    def _outputs_of_roles(self) -> list[Output]:
        """The instruments that have a role; as their wires are not known, they take turns."""
        oven = self.roles.get("oven")
        switch = self.roles.get("switch")
        return [
            Output(
                f"{number} {device.name}",
                partial(_itself, device),
                heats=device is oven,
                wires=frozenset([self.station]),
                within_s=within_s_of(type(device)),
                connects=device is switch,
            )
            for number, device in enumerate(self.devices)
        ]


def _itself(device: Device) -> Device:
    return device


sys.modules[__name__].__class__ = CallableModule  # `labctl.bench(...)` opens a bench
