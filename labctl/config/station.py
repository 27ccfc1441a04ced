"""station.toml: instruments, their addresses and roles, and the limits. A station opens a Bench."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from labctl.bench import (
    Bench,
    FrequencyResponseAnalyzer,
    Limits,
    Potentiostat,
    TemperatureController,
    Thermometer,
    Watchdog,
)
from labctl.clock import Clock, RealClock, ScaledClock, VirtualClock
from labctl.config.connection_settings import connection_settings
from labctl.config.loading import CodeIdentity, load_named
from labctl.config.table import Table, is_number, read_document
from labctl.errors import ConfigurationError, InstrumentError, NotMadeSafe
from labctl.instruments.kicking import kicked
from labctl.instruments.lock_errors import HardwareHeld
from labctl.instruments.making_safe import Output, longest_s, make_all_safe, within_s_of
from labctl.instruments.uninterrupted import uninterrupted
from labctl.plain_text import shown
from labctl.units import ZERO_CELSIUS_K

OPENS_WITHIN_MS = 1000  # a session in which only to make safe; otherwise as long as the VISA library likes
RIG_FILES = ("description", "replay")
ROLES: Mapping[str, type] = {
    "oven": TemperatureController,
    "fra": FrequencyResponseAnalyzer,
    "potentiostat": Potentiostat,
    "thermometer": Thermometer,
    "watchdog": Watchdog,
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

    @property
    def own_watchdog(self) -> InstrumentEntry | None:
        """The watchdog on a wire of its own, which the supervisor kicks; None where there is none.

        A bench does not open it, and it is not made safe: not to kick it is what makes safe.
        """
        alone = (entry for entry in self.instruments if entry.roles == ("watchdog",))
        return next(alone, None)

    @property
    def held(self) -> tuple[InstrumentEntry, ...]:
        """The instruments that a bench opens: all but a watchdog on a wire of its own."""
        return tuple(entry for entry in self.instruments if entry is not self.own_watchdog)

    @property
    def watchdog_words(self) -> str:
        """A sentence that names the hardware watchdog and the process that kicks it, or says: none."""
        alone = self.own_watchdog
        if alone is not None:
            return f"hardware watchdog: {alone.name}, on a wire of its own, kicked by the supervisor"
        inside = [entry.name for entry in self.instruments if hasattr(entry.driver_class, "kick")]
        if inside:
            return f"hardware watchdog: inside {', '.join(inside)}, kicked by the process that holds it"
        return "hardware watchdog: none (docs/how-to/build-a-watchdog.md)"

    def connect_watchdog(self, clock: Clock, stack: ExitStack) -> Any:
        """Return the driver of `own_watchdog` in a new session, which `stack` closes.

        Raises InstrumentError where it cannot be opened.
        """
        entry = self.own_watchdog
        assert entry is not None, "the station has no watchdog on a wire of its own"
        library = self._visa_library(clock, stack)
        return self._connect(entry, clock, library, stack, {}, open_timeout=OPENS_WITHIN_MS)

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
    def open(
        self,
        clock: Clock | None = None,
        on_left: Callable[[dict[str, str]], None] = lambda problems: None,
    ) -> Iterator[Bench]:
        """Connect to every instrument and check its identity; always make all safe on exit.

        Parameters
        ----------
        clock : Clock, optional
            The station's own by default.
        on_left : callable
            Called on exit with the instruments that were not read back off, by name, and the reasons;
            instruments that were never reached are included. Empty: every output of the station is off.

        Raises
        ------
        InstrumentError
            An instrument is absent or is another one.
        NotMadeSafe
            An instrument could not be read back off.
        ConfigurationError
            The simulated rig refuses its options, or another process holds an instrument.
        """
        clock = clock or self.make_clock()
        with ExitStack() as connections:
            connections.enter_context(self._joint_hold())
            library = self._visa_library(clock, connections)
            roles: dict[str, Any] = {}
            drivers: dict[str, Any] = {}
            expected = self.held
            try:
                for entry in sorted(self.held, key=lambda entry: bool(entry.partner)):
                    driver = self._connect(entry, clock, library, connections, drivers)
                    connections.enter_context(self._hold_by_serial_number(entry, driver))
                    drivers[entry.name] = driver
                    if entry.roles:  # one without is prepared by the instrument that works with it
                        driver.prepare()
                    roles |= dict.fromkeys(entry.roles, driver)
                for entry in self.held:
                    _check_identity(entry, drivers[entry.name])
                with kicked(drivers.values(), clock):
                    yield Bench(clock, self.limits, roles, self.name, outputs=self._outputs(drivers))
            except HardwareHeld:  # the program that holds an instrument is responsible for it
                expected = ()
                raise
            finally:
                with uninterrupted():
                    self._leave(clock, drivers, expected, on_left)

    def _leave(
        self,
        clock: Clock,
        drivers: Mapping[str, Any],
        expected: Sequence[InstrumentEntry],
        on_left: Callable[[dict[str, str]], None],
    ) -> None:
        """Make safe over the open sessions; raise NotMadeSafe for the reached ones that fail."""
        states = make_all_safe(self._outputs(drivers), clock)
        problems = {name: state.problem for name, state in states.items() if not state.confirmed}
        unreached = {e.name: "was not reached" for e in expected if e.name not in drivers}
        on_left(problems | unreached)
        if problems:
            raise NotMadeSafe(problems)

    def hold(self, doing: str) -> AbstractContextManager[None]:
        """Keep every instrument from all other programs and parts of this one; `open` may still be used.

        Raises
        ------
        HardwareHeld
            Another one holds an instrument; the message says which.
        LocksUnusable
            The lock files cannot be used.
        """
        from labctl.instruments.locks import hardware_locks

        return hardware_locks(self._addresses_here, doing, self.name, self._stated_identities)

    def _joint_hold(self) -> AbstractContextManager[None]:
        from labctl.instruments.locks import joint_hardware_locks

        return joint_hardware_locks(self._addresses_here, "", self.name, self._stated_identities)

    def _hold_by_serial_number(self, entry: InstrumentEntry, driver: Any) -> AbstractContextManager[None]:
        """Hold an instrument under its serial number too: another program may know it at another address."""
        from labctl.instruments.locks import is_known_by_identity, joint_hardware_locks

        if entry.identity or not self._addresses_here or not is_known_by_identity(entry.address):
            return nullcontext()
        try:
            identity = str(driver.identity)
        except InstrumentError:  # it is not prepared yet; where it stays silent, preparing it says so
            return nullcontext()
        return joint_hardware_locks((), "", self.name, [(entry.address, identity)])

    @property
    def _addresses_here(self) -> tuple[str, ...]:
        """Addresses of instruments that another process can reach as well."""
        from labctl.instruments.locks import is_simulated_here

        if self.simulation is not None or is_simulated_here(self.visa_library):
            return ()
        return tuple(entry.address for entry in self.instruments)

    @property
    def _stated_identities(self) -> list[tuple[str, str]]:
        stated = [(entry.address, entry.identity) for entry in self.instruments if entry.identity]
        return stated if self._addresses_here else []

    def make_safe(
        self, clock: Clock | None = None, while_waiting: Callable[[], None] = lambda: None
    ) -> dict[str, str]:
        """Connect to every instrument and make it safe, each even if others fail; return failures by name.

        For use when no other process is connected. Identities are not checked, and nothing is prepared. It
        takes at most `safe_within_s`; `while_waiting` is called several times a second.
        """
        clock = clock or self.make_clock()
        with ExitStack() as stack:
            try:
                library = self._visa_library(clock, stack)
                _load(library)
            except Exception as failure:  # noqa: BLE001 - a VISA library raises anything
                return {entry.name: f"{type(failure).__name__}: {failure}" for entry in self.held}
            opening = _Opening(self, clock, library)
            states = make_all_safe(self._outputs_by(opening), clock, while_waiting)
        return {name: state.problem for name, state in states.items() if not state.confirmed}

    @property
    def safe_within_s(self) -> float:
        """How long making safe takes at most, in s: 2 s for each instrument of the wire with the most."""
        return longest_s(self._outputs(dict.fromkeys(entry.name for entry in self.held)))

    def _outputs(self, drivers: Mapping[str, Any]) -> tuple[Output, ...]:
        """The instruments whose session is open."""
        return tuple(
            self._output(entry, partial(drivers.__getitem__, entry.name))
            for entry in self.held
            if entry.name in drivers
        )

    def _outputs_by(self, opening: "_Opening") -> tuple[Output, ...]:
        """Every instrument, in a session of its own."""
        return tuple(
            self._output(entry, partial(opening.driver_of, entry), partial(opening.close, entry.name))
            for entry in self.held
        )

    def _output(
        self, entry: InstrumentEntry, connect: Callable[[], Any], close: Callable[[], None] = lambda: None
    ) -> Output:
        from labctl.instruments.wires import wire_of

        addresses = [e.address for e in self.held if e.name in (entry.name, entry.partner)]
        heats, within_s = "oven" in entry.roles, within_s_of(entry.driver_class)
        return Output(entry.name, connect, close, heats, frozenset(map(wire_of, addresses)), within_s)

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
        **opening: Any,
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
            **opening,
        )
        stack.callback(connection.close)
        partner = {"partner": connected[entry.partner]} if entry.partner else {}
        return driver_class(connection, name=entry.name, **partner, **entry.settings)


class _Opening:
    """Sessions that are opened when they are needed, each in the thread of its wire."""

    def __init__(self, station: Station, clock: Clock, library: Any) -> None:
        self._station, self._clock, self._library = station, clock, library
        self._drivers: dict[str, Any] = {}
        self._sessions = {entry.name: ExitStack() for entry in station.instruments}

    def driver_of(self, entry: InstrumentEntry) -> Any:
        """Return the driver of an instrument, after that of its partner."""
        if entry.name not in self._drivers:
            partners = (e for e in self._station.instruments if e.name == entry.partner)
            connected = {partner.name: self.driver_of(partner) for partner in partners}
            session = self._sessions[entry.name]
            self._drivers[entry.name] = self._station._connect(
                entry, self._clock, self._library, session, connected, open_timeout=OPENS_WITHIN_MS
            )
        return self._drivers[entry.name]

    def close(self, name: str) -> None:
        """Close the session of an instrument, where one is open."""
        self._sessions[name].close()


def _load(library: Any) -> None:
    """Load a VISA library, which takes a second the first time, before any deadline begins."""
    import pyvisa

    pyvisa.ResourceManager(library)


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
    _check_watchdog(table, entries)
    return entries


def _check_watchdog(table: Table, entries: Sequence[InstrumentEntry]) -> None:
    """Refuse a watchdog alone that shares its wire: two processes would talk over it at the same time."""
    from labctl.instruments.wires import wire_of

    alone = next((entry for entry in entries if entry.roles == ("watchdog",)), None)
    sharing = [
        e.name for e in entries if alone and e is not alone and wire_of(e.address) == wire_of(alone.address)
    ]
    if alone and sharing:
        problem = f"is on the wire of {sharing[0]!r}; the supervisor needs a wire of its own for the watchdog"
        raise table.error(f"{alone.name}.address", problem)


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
        raise table.error("driver", f"is {shown(reference)}, which is not a class")
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
    if not (isinstance(roles, list) and all(isinstance(r, str) and r in ROLES for r in roles)):
        raise table.error("roles", f"is {shown(roles)}; give {wanted}")
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
    if is_number(value) and value > 0:
        return float(value)
    raise table.error(
        "clock", f"is {shown(value)}; give 'virtual', 'real' or how many times faster than real"
    )
