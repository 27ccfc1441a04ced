"""station.toml: instruments, their addresses and roles, and the limits. A station opens a Bench."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labctl.bench import Bench, Limits
from labctl.clock import Clock, RealClock, ScaledClock, steady
from labctl.config.accuracy import StationAccuracy, read_accuracy
from labctl.config.cells import StationCell, instruments_of, read_cells
from labctl.config.holding import StationLocks
from labctl.config.instrument_entries import ROLES, InstrumentEntry, read_instruments
from labctl.config.opening import by_role, monitors, opened
from labctl.config.outputs import make_safe_in_new_sessions, not_confirmed, outputs_of, safe_within_s
from labctl.config.reference_check import ReferenceCheck, read_check
from labctl.config.sessions import OPENS_WITHIN_MS, connect
from labctl.config.shared_addresses import clash
from labctl.config.simulation import Simulation, read_simulation
from labctl.config.table import Table, read_document
from labctl.errors import ConfigurationError
from labctl.units import ZERO_CELSIUS_K

__all__ = ["ROLES", "InstrumentEntry", "Simulation", "Station", "read_station"]


@dataclass(frozen=True)
class Station:
    """A checked station file; reading it touches no instrument.

    `night` and `report` are its unchecked tables of these names, `accuracy` the accuracy of its instruments,
    `check` the standards that are measured in place of the sample. `speed` is the speed relative to real time
    of a rig that is simulated by another process; 1 for instruments. `cells` are its cells by name; empty for
    a station with one cell, which needs no name.
    """

    name: str
    source: str
    text: str
    limits: Limits
    instruments: tuple[InstrumentEntry, ...]
    visa_library: str
    simulation: Simulation | None
    night: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    archive: Mapping[str, Any] = field(default_factory=dict)
    speed: float = 1.0
    accuracy: StationAccuracy = field(default_factory=StationAccuracy)
    check: ReferenceCheck = field(default_factory=ReferenceCheck)
    cells: Mapping[str, StationCell] = field(default_factory=dict)

    def of_cell(self, name: str) -> "Station":
        """Return this station as one cell sees it: its own and the shared instruments, no other cells.

        For planning and for records; a bench is opened by the whole station. Raises ConfigurationError for a
        cell that it does not name.
        """
        if name not in self.cells:
            known = ", ".join(self.cells) or "the station names none"
            raise ConfigurationError(self.source, f"cells.{name}", f"there is no such cell; cells: {known}")
        entries = instruments_of(self.cells[name], self.instruments)
        return replace(self, instruments=entries, accuracy=self.accuracy.of_instruments(entries), cells={})

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

    def connect_watchdog(self, clock: Clock, stack: ExitStack, doing: str = "kicking the watchdog") -> Any:
        """Return the driver of `own_watchdog` in a new session; `stack` closes it, and holds it until then.

        Raises
        ------
        InstrumentError
            It cannot be opened.
        HardwareHeld
            Another program talks to it, or another part of this one.
        LocksUnusable
            The lock files cannot be used.
        """
        entry = self.own_watchdog
        assert entry is not None, "the station has no watchdog on a wire of its own"
        stack.enter_context(self._locks_on((entry,)).hold(doing))
        library = self._visa_library(clock, stack)
        return connect(entry, clock, library, stack, {}, open_timeout=OPENS_WITHIN_MS)

    def check_simulation(self) -> None:
        """Raise ConfigurationError where the simulated rig refuses its options or lacks an instrument.

        Nothing is checked for a station of real instruments.
        """
        if self.simulation is None:
            return
        from labctl.instruments.wires import canonical_address

        there = self.simulation.addresses(self.source)
        spelt = set(map(canonical_address, there))
        for entry in self.instruments:
            if spelt and canonical_address(entry.address) not in spelt:
                problem = f"is {entry.address}, where nothing is simulated; the rig has {', '.join(there)}"
                raise ConfigurationError(self.source, f"instruments.{entry.name}.address", problem)

    def make_clock(self) -> Clock:
        """Return the clock of this station: real time, unless it is simulated."""
        if self.simulation is not None:
            return self.simulation.make_clock()
        return RealClock() if self.speed == 1 else ScaledClock(self.speed)

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
            Called on exit with the instruments that were not read back off, by name, and the reasons; those
            that could not be connected are included. Empty: every output of the station is off.

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
        with ExitStack() as stack:
            stack.enter_context(self._locks.hold_jointly())
            library = self._visa_library(clock, stack)
            clock = steady(clock)  # rows of one session differ by the time that passed
            with opened(self.held, clock, library, self._locks, on_left) as drivers:
                outputs = outputs_of(self.held, drivers)
                yield Bench(
                    clock,
                    self.limits,
                    by_role(self.held, drivers),
                    self.name,
                    outputs=outputs,
                    cells={name: cell.on_bench(drivers) for name, cell in self.cells.items()},
                    drivers=dict(drivers),
                    monitors=monitors(self.held, drivers),
                )

    def hold(self, doing: str) -> AbstractContextManager[None]:
        """Keep every instrument from all other programs and parts of this one; `open` may still be used.

        A watchdog on a wire of its own is left to the supervisor.

        Raises
        ------
        HardwareHeld
            Another one holds an instrument; the message says which.
        LocksUnusable
            The lock files cannot be used.
        """
        return self._locks.hold(doing)

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
            except Exception as failure:  # noqa: BLE001 - a simulated rig raises anything
                return not_confirmed(self.held, failure)
            return make_safe_in_new_sessions(self.held, clock, library, while_waiting)

    @property
    def safe_within_s(self) -> float:
        """How long making safe takes at most, in s: 2 s for each instrument of the wire with the most."""
        return safe_within_s(self.held)

    @property
    def _locks(self) -> StationLocks:
        """The locks on the instruments that a bench opens."""
        return self._locks_on(self.held)

    def _locks_on(self, entries: tuple[InstrumentEntry, ...]) -> StationLocks:
        """The locks on what another process can reach as well: nothing of a rig simulated in this one."""
        from labctl.instruments.locks import is_simulated_here

        simulated_here = self.simulation is not None or is_simulated_here(self.visa_library)
        return StationLocks(self.name, () if simulated_here else entries)

    def _visa_library(self, clock: Clock, stack: ExitStack) -> Any:
        if self.simulation is None:
            return self.visa_library
        return self.simulation.visa_library(clock, stack, self.source)


def read_station(path: Path | str) -> Station:
    """Read and check a station file; raises ConfigurationError with file, key and a valid value."""
    document = read_document(path)
    if document.has("procedure") and not document.has("limits"):
        raise document.error("procedure", "belongs to a protocol; give a station file, with a table [limits]")
    simulated = document.has("simulation")
    has_cells = document.has("cells")
    instruments = read_instruments(document.table("instruments", {}), has_cells)
    station = Station(
        name=document.text("name", Path(path).stem),
        source=str(path),
        text=document.document_text,
        limits=_limits(document.table("limits")),
        instruments=instruments,
        accuracy=read_accuracy(document.table("accuracy", {}), instruments),
        visa_library=document.text("visa_library", ""),
        simulation=read_simulation(document.table("simulation")) if simulated else None,
        night=document.table("night", {}).values,
        report=document.table("report", {}).values,
        archive=document.table("archive", {}).values,
        speed=document.number("speed", 1.0, minimum=0.001, maximum=1e6),
        check=read_check(document.table("check")) if document.has("check") else ReferenceCheck(),
        cells=read_cells(document.table("cells"), instruments) if has_cells else {},
    )
    document.refuse_unknown()
    name, problem = clash(station.instruments)
    if problem:
        raise document.error(f"instruments.{name}.address", problem)
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
