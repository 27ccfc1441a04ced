"""The words in which a procedure speaks to instruments, whatever their make.

A driver satisfies a Protocol here by having its members; nothing is inherited. A procedure sees a `Bench`:
the roles of one station, its clock, and its limits already in force.

Rules every driver keeps:

1. Nothing is energised by constructing it or by `prepare()`.
2. `make_safe()` removes every stimulus (heater, cell, source), reads back that it did, may be called at any
   time and any number of times, and works after any failure.
3. A reply that cannot be a measurement is an InstrumentError, never a number.
4. A measured point that the instrument itself doubts keeps its value and says so in `status`.
"""

import importlib
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple, Protocol, cast

from labctl.clock import Clock
from labctl.errors import ConfigurationError
from labctl.limits import (
    ZERO_CELSIUS_K,
    GuardedAnalyzer,
    GuardedPotentiostat,
    GuardedTemperatureController,
    Limits,
)

__all__ = [
    "ZERO_CELSIUS_K",
    "Bench",
    "CurrentPoint",
    "Device",
    "FrequencyResponseAnalyzer",
    "ImpedancePoint",
    "Limits",
    "PlannedStep",
    "Potentiostat",
    "TemperatureController",
    "TemperatureReading",
    "Thermometer",
]


class ImpedancePoint(NamedTuple):
    """One frequency of one spectrum. `z_imag_ohm` is the true imaginary part: negative for a capacitor."""

    frequency_hz: float
    z_real_ohm: float
    z_imag_ohm: float
    time_s: float
    status: str = "ok"


class CurrentPoint(NamedTuple):
    """One sample of a polarised or resting cell; `elapsed_s` counts from the potential step."""

    time_s: float
    elapsed_s: float
    potential_v: float
    current_a: float
    status: str = "ok"


class TemperatureReading(NamedTuple):
    """One reading while a temperature is awaited or held."""

    time_s: float
    temperature_k: float
    setpoint_k: float
    phase: str


@dataclass(frozen=True)
class PlannedStep:
    """One step of a procedure as it will be, for `labctl check`: nothing is touched to make it.

    `temperature_k` is None where the step does not set one; potentials are direct and rms alternating parts.
    """

    label: str
    duration_s: float
    temperature_k: float | None = None
    potential_v: float = 0.0
    amplitude_v: float = 0.0
    current_a: float = 0.0


class Device(Protocol):
    """Anything on the bus."""

    name: str

    @property
    def identity(self) -> str:
        """Maker, model, serial number, firmware, as the instrument says them."""
        ...

    def prepare(self) -> None:
        """Check the identity and bring the instrument to a known state that energises nothing."""
        ...

    def make_safe(self) -> None:
        """Remove every stimulus and read back that it is gone; raises InstrumentError if it is not."""
        ...


class Thermometer(Protocol):
    """A sensor near the sample."""

    @property
    def temperature_k(self) -> float:
        """Temperature now."""
        ...


class TemperatureController(Device, Thermometer, Protocol):
    """An oven, cryostat, bath or stage."""

    @property
    def setpoint_k(self) -> float:
        """Set point as the instrument reports it (it moves during a ramp). Writing it starts control."""
        ...

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None: ...

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate at which later set points are approached; 0 = as fast as the instrument can."""
        ...

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None: ...


class FrequencyResponseAnalyzer(Device, Protocol):
    """Measures impedance."""

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield a point per frequency, in the order given; `amplitude_v` is rms.

        The stimulus is off when the iterator is exhausted or closed.
        """
        ...

    def point_duration_s(self, frequency_hz: float, integration_s: float = 1.0) -> float:
        """Return how long one point takes, as far as the manual says."""
        ...


class Potentiostat(Device, Protocol):
    """Polarises a cell and reads its current."""

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Yield the open-circuit potential at `times_s` after the call; the cell is off."""
        ...

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Step the cell to `potential_v`, yield potential and current at `times_s` after the step.

        The cell stays polarised while the iterator is open, so that a spectrum with the same bias may be
        taken after the last point; closing it switches the cell off.
        """
        ...


@dataclass(frozen=True)
class Bench:
    """The instruments of one station by role, its clock and its limits.

    Attributes
    ----------
    clock : Clock
    limits : Limits
    roles : Mapping[str, object]
        Role (`oven`, `fra`, `potentiostat`, `thermometer`) to driver; one driver may serve several.
    """

    clock: Clock
    limits: Limits
    roles: Mapping[str, Any]
    station: str = "bench"
    _guards: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        guards: dict[str, Callable[[Any, Limits], Any]] = {
            "oven": GuardedTemperatureController,
            "fra": GuardedAnalyzer,
            "potentiostat": GuardedPotentiostat,
        }
        for role, guard in guards.items():
            if role in self.roles:
                self._guards[role] = guard(self.roles[role], self.limits)

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
    def thermometer(self) -> Thermometer:
        """The sensor nearest the sample: the role `thermometer`, else the controller's own."""
        return cast(Thermometer, self.roles.get("thermometer") or self._role("oven"))

    def _role(self, role: str) -> object:
        if role not in self.roles:
            raise ConfigurationError(self.station, f"roles.{role}", "no instrument has this role")
        return self._guards.get(role, self.roles[role])

    @property
    def devices(self) -> list[Device]:
        """Every instrument once, in the order of its first role."""
        return list({id(driver): driver for driver in self.roles.values()}.values())

    def make_safe(self) -> None:
        """Make every instrument safe even if one fails; raises ExceptionGroup of the failures."""
        failures = []
        for device in self.devices:
            try:
                device.make_safe()
            except Exception as failure:  # noqa: BLE001 - the next instrument must still be reached
                failures.append(failure)
        if failures:
            raise ExceptionGroup("not every instrument could be made safe", failures)


class _CallableModule(ModuleType):
    """This module, which opens a bench when it is called: docs/decisions/0006-labctl-bench.md says why."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return importlib.import_module("labctl.scripting").open_bench(*arguments, **options)


sys.modules[__name__].__class__ = _CallableModule
