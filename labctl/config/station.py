"""station.toml: instruments, their addresses and roles, and the limits. A station opens a Bench."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labctl.bench import (
    Bench,
    FrequencyResponseAnalyzer,
    Limits,
    Potentiostat,
    TemperatureController,
    Thermometer,
)
from labctl.clock import Clock, RealClock, ScaledClock, VirtualClock
from labctl.config.connection_settings import connection_settings
from labctl.config.loading import CodeIdentity, load_named
from labctl.config.table import Table, read_document
from labctl.errors import ConfigurationError, InstrumentError
from labctl.units import ZERO_CELSIUS_K

RIG_FILES = ("description", "replay")
ROLES: Mapping[str, type] = {
    "oven": TemperatureController,
    "fra": FrequencyResponseAnalyzer,
    "potentiostat": Potentiostat,
    "thermometer": Thermometer,
}


@dataclass(frozen=True)
class InstrumentEntry:
    """One `[instruments.NAME]` table; `partner` names the instrument that this one works `with`.

    `connection` holds the settings of its VISA resource, `identity` its required identity (`""`: any),
    `stand_in` its simulator, `code` the files of code that were loaded for its driver.
    """

    name: str
    driver: str
    driver_class: type
    address: str
    roles: tuple[str, ...]
    settings: Mapping[str, Any]
    connection: Mapping[str, Any]
    partner: str = ""
    identity: str = ""
    stand_in: str = ""
    code: tuple[CodeIdentity, ...] = ()


@dataclass(frozen=True)
class Simulation:
    """The `[simulation]` table: a simulated rig instead of hardware."""

    rig: str
    build: Any
    seed: int
    clock: str | float
    options: Mapping[str, Any]
    code: tuple[CodeIdentity, ...] = ()


@dataclass(frozen=True)
class Station:
    """A checked station file; reading it touches no instrument.

    `night` is its unchecked `[night]` table. `speed` is the speed relative to real time of a rig that is
    simulated by another process; 1 for instruments.
    """

    name: str
    source: str
    text: str
    limits: Limits
    instruments: tuple[InstrumentEntry, ...]
    visa_library: str
    simulation: Simulation | None
    night: Mapping[str, Any] = field(default_factory=dict)
    speed: float = 1.0

    @property
    def roles(self) -> frozenset[str]:
        """All roles served by an instrument."""
        return frozenset(role for entry in self.instruments for role in entry.roles)

    def make_clock(self) -> Clock:
        """Return the clock of this station: real time, unless it is simulated."""
        if self.simulation is None and self.speed != 1:
            return ScaledClock(self.speed)
        if self.simulation is None or self.simulation.clock == "real":
            return RealClock()
        if self.simulation.clock == "virtual":
            return VirtualClock(epoch_s=RealClock().time())
        return ScaledClock(float(self.simulation.clock))

    @contextmanager
    def open(self, clock: Clock | None = None) -> Iterator[Bench]:
        """Connect to every instrument and check its identity; always make all safe on exit.

        Raises
        ------
        InstrumentError
            An instrument is absent, is another one, or cannot be made safe.
        ConfigurationError
            The simulated rig refuses its options.
        """
        clock = clock or self.make_clock()
        with ExitStack() as stack:
            library = self._visa_library(clock, stack)
            roles: dict[str, Any] = {}
            drivers: dict[str, Any] = {}
            for entry in sorted(self.instruments, key=lambda entry: bool(entry.partner)):
                driver = self._connect(entry, clock, library, stack, drivers)
                drivers[entry.name] = driver
                if entry.roles:  # one without is prepared by the instrument that works with it
                    driver.prepare()
                stack.callback(driver.make_safe)
                roles |= dict.fromkeys(entry.roles, driver)
            for entry in self.instruments:
                _check_identity(entry, drivers[entry.name])
            yield Bench(clock, self.limits, roles, self.name)

    def make_safe(self, clock: Clock | None = None) -> dict[str, str]:
        """Connect to every instrument and make it safe, each even if others fail; return failures by name.

        For use when no other process is connected. Identities are not checked, and nothing is prepared.
        """
        clock = clock or self.make_clock()
        failures: dict[str, str] = {}
        drivers: dict[str, Any] = {}
        with ExitStack() as stack:
            library = self._visa_library(clock, stack)
            for entry in sorted(self.instruments, key=lambda entry: bool(entry.partner)):
                try:
                    drivers[entry.name] = self._connect(entry, clock, library, stack, drivers)
                    drivers[entry.name].make_safe()
                except Exception as failure:  # noqa: BLE001 - the next instrument must still be reached
                    failures[entry.name] = f"{type(failure).__name__}: {failure}"
        return failures

    def _visa_library(self, clock: Clock, stack: ExitStack) -> Any:
        if self.simulation is None:
            return self.visa_library
        try:
            rig = self.simulation.build(clock, seed=self.simulation.seed, **self.simulation.options)
        except (TypeError, ValueError, OSError) as error:
            raise ConfigurationError(
                self.source, "simulation.options", f"refused by the rig: {error}"
            ) from error
        stack.callback(rig.close)
        return rig.visa_library

    def _connect(
        self,
        entry: InstrumentEntry,
        clock: Clock,
        library: Any,
        stack: ExitStack,
        connected: Mapping[str, Any],
    ) -> Any:
        from labctl.instruments.connection import Connection

        driver_class: Any = entry.driver_class
        connection = Connection(
            entry.name,
            entry.address,
            clock,
            visa_library=library,
            write_interval_s=getattr(driver_class, "write_interval_s", 0.0),
            quiet_after_s=getattr(driver_class, "quiet_after_s", {}),
            **entry.connection,
        )
        stack.callback(connection.close)
        partner = {"partner": connected[entry.partner]} if entry.partner else {}
        return driver_class(connection, name=entry.name, **partner, **entry.settings)


def _check_identity(entry: InstrumentEntry, driver: Any) -> None:
    """Compare an instrument's identity with the station file, including serial number and firmware."""
    if entry.identity and (found := driver.identity) != entry.identity:
        problem = f"the station file says {entry.identity!r}: another instrument, or other firmware"
        raise InstrumentError(entry.name, "identity", found, problem)


def read_station(path: Path | str) -> Station:
    """Read and check a station file; raises ConfigurationError with file, key and a valid value."""
    document = read_document(path)
    station = Station(
        name=document.text("name", Path(path).stem),
        source=str(path),
        text=document.document_text,
        limits=_limits(document.table("limits")),
        instruments=_instruments(document.table("instruments", {})),
        visa_library=document.text("visa_library", ""),
        simulation=_simulation(document.table("simulation")) if document.has("simulation") else None,
        night=document.table("night", {}).values,
        speed=document.number("speed", 1.0, minimum=0.001, maximum=1e6),
    )
    document.refuse_unknown()
    return station


def _limits(table: Table) -> Limits:
    low, high = table.pair("temperature_degc", minimum=-ZERO_CELSIUS_K)
    limits = Limits(
        temperature_k=(low + ZERO_CELSIUS_K, high + ZERO_CELSIUS_K),
        potential_v=table.number("potential_v", minimum=0.0),
        current_a=table.number("current_a", minimum=0.0),
    )
    table.refuse_unknown()
    return limits


def _instruments(table: Table) -> tuple[InstrumentEntry, ...]:
    entries = tuple(_instrument(name, table.table(name)) for name in table.values)
    _check_partners(table, entries)
    served: dict[str, str] = {}
    for entry in entries:
        for role in entry.roles:
            if role in served:
                raise table.error(f"{entry.name}.roles", f"{role!r} is already the role of {served[role]!r}")
            served[role] = entry.name
    return entries


def _check_partners(table: Table, entries: Sequence[InstrumentEntry]) -> None:
    """Refuse unused instruments, and a `with` of a missing instrument, itself or one with a partner."""
    alone = {entry.name for entry in entries if not entry.partner}
    partners = {entry.partner for entry in entries}
    for entry in entries:
        if entry.partner and entry.partner not in alone:
            choices = ", ".join(sorted(alone)) or "none is there"
            raise table.error(f"{entry.name}.with", f"is {entry.partner!r}; name one of: {choices}")
        if not entry.roles and entry.name not in partners:
            raise table.error(f"{entry.name}.roles", f"is empty; give {_wanted_roles()}")


def _instrument(name: str, table: Table) -> InstrumentEntry:
    reference = table.text("driver")
    named = load_named(table, "driver", reference)
    driver_class = named.value
    if not inspect.isclass(driver_class):
        raise table.error("driver", f"is {reference!r}, which is not a class")
    address = table.text("address")
    entry = InstrumentEntry(
        name=name,
        driver=reference,
        driver_class=driver_class,
        address=address,
        roles=_roles(table, driver_class),
        settings=_settings(table, driver_class),
        connection=connection_settings(table.table("connection", {}), driver_class, address),
        partner=_partner(table, driver_class),
        identity=table.text("identity", ""),
        stand_in=table.text("stand_in", ""),
        code=named.code,
    )
    table.refuse_unknown()
    return entry


def _roles(table: Table, driver_class: type) -> tuple[str, ...]:
    wanted = _wanted_roles()
    roles = table.take("roles", [], wanted)
    if not (isinstance(roles, list) and all(role in ROLES for role in roles)):
        raise table.error("roles", f"is {roles!r}; give {wanted}")
    for role in roles:
        missing = [m for m in _members(ROLES[role]) if not hasattr(driver_class, m)]
        if missing:
            raise table.error(
                "roles", f"{driver_class.__name__} cannot be {role!r}: it lacks {', '.join(missing)}"
            )
    return tuple(roles)


def _wanted_roles() -> str:
    return f"a list of roles from {', '.join(ROLES)}"


def _members(protocol: type) -> list[str]:
    names = {n for base in protocol.__mro__ for n in vars(base) if not n.startswith("_")}
    return sorted(names)


def _settings(table: Table, driver_class: type) -> Mapping[str, Any]:
    settings = table.table("settings", {})
    known = _keywords(driver_class)
    for key in settings.values:
        if key not in known:
            raise settings.unknown(key, set(known))
    for key, parameter in known.items():
        if parameter.default is parameter.empty and key not in settings.values:
            raise settings.error(key, f"is missing; {driver_class.__name__} needs it")
    return dict(settings.values)


def _keywords(driver_class: type) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(driver_class).parameters
    return {n: p for n, p in parameters.items() if p.kind is p.KEYWORD_ONLY and n != "partner"}


def _partner(table: Table, driver_class: type) -> str:
    if "partner" in inspect.signature(driver_class).parameters:
        return table.text("with")
    if table.has("with"):
        raise table.error("with", f"is not for {driver_class.__name__}, which works alone")
    return ""


def _simulation(table: Table) -> Simulation:
    reference = table.text("rig", "sim_instruments.rig:build")
    named = load_named(table, "rig", reference)
    simulation = Simulation(
        rig=reference,
        build=named.value,
        seed=int(table.number("seed", 1.0, minimum=0)),
        clock=_clock(table),
        options=_beside(table, table.table("options", {}).values),
        code=named.code,
    )
    table.refuse_unknown()
    return simulation


def _beside(table: Table, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a rig; files and folders that they name are looked up beside the station file."""
    folder = Path(str(table.source)).parent
    named = {key: folder / options[key] for key in RIG_FILES if isinstance(options.get(key), str)}
    return {**options, **{key: str(path) for key, path in named.items() if path.exists()}}


def _clock(table: Table) -> str | float:
    value = table.take("clock", "virtual", "'virtual', 'real' or a speed")
    if value in ("virtual", "real"):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    raise table.error("clock", f"is {value!r}; give 'virtual', 'real' or how many times faster than real")
