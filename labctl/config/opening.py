"""Connecting to the instruments of a station, in order, and making them safe at the end.

After an instrument that cannot be used, the ones that were not connected yet are made safe in new sessions:
it is then known of each whether it is off.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from labctl.bench import ROLES_OF_A_CELL
from labctl.clock import Clock
from labctl.config.holding import StationLocks
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.outputs import outputs_in_new_sessions, outputs_of
from labctl.config.sessions import connect
from labctl.errors import InstrumentError, NotMadeSafe
from labctl.instruments.kicking import kicked
from labctl.instruments.lock_errors import HardwareHeld
from labctl.instruments.making_safe import Output, make_all_safe
from labctl.instruments.uninterrupted import uninterrupted

OnLeft = Callable[[dict[str, str]], None]


@contextmanager
def opened(
    entries: Sequence[InstrumentEntry], clock: Clock, library: Any, locks: StationLocks, on_left: OnLeft
) -> Iterator[dict[str, Any]]:
    """Connect to instruments, partners first, check them, yield their drivers by name; then make all safe.

    A watchdog inside an instrument is kicked until then. See `Station.open` for `on_left` and exceptions.
    """
    drivers: dict[str, Any] = {}
    is_ours = True
    with ExitStack() as connections:
        try:
            for entry in sorted(entries, key=lambda entry: bool(entry.partner)):
                driver = connect(entry, clock, library, connections, drivers)
                connections.enter_context(locks.hold_by_serial_number(entry, driver))
                drivers[entry.name] = driver
                if entry.roles:  # one without is prepared by the instrument that works with it
                    driver.prepare()
            for entry in entries:
                check_identity(entry, drivers[entry.name])
            with kicked(drivers.values(), clock):
                yield drivers
        except HardwareHeld:  # the program that holds an instrument is responsible for it
            is_ours = False
            raise
        finally:
            with uninterrupted():
                outputs = outputs_of(entries, drivers)
                if is_ours:
                    outputs += outputs_in_new_sessions(entries, clock, library, drivers)
                _leave(outputs, clock, drivers, on_left)


def by_role(entries: Sequence[InstrumentEntry], drivers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the drivers by the roles that they serve; a role of a cell that several have is left out."""
    roles = {entry.name: entry.roles for entry in entries}
    served: dict[str, Any] = {}
    several = set()
    for name, driver in drivers.items():
        for role in roles[name]:
            several |= {role} if role in served and role in ROLES_OF_A_CELL else set()
            served.setdefault(role, driver)
    return {role: driver for role, driver in served.items() if role not in several}


def monitors(entries: Sequence[InstrumentEntry], drivers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the drivers with recorded readings, by name: monitors and the atmosphere."""
    watching = {"monitor", "atmosphere"}
    return {entry.name: drivers[entry.name] for entry in entries if watching & set(entry.roles)}


def _leave(outputs: Sequence[Output], clock: Clock, drivers: Mapping[str, Any], on_left: OnLeft) -> None:
    """Make safe; raise NotMadeSafe for the instruments that were connected and could not be read back off."""
    states = make_all_safe(outputs, clock)
    problems = {name: state.problem for name, state in states.items() if not state.confirmed}
    on_left(problems)
    connected = {name: problem for name, problem in problems.items() if name in drivers}
    if connected:
        raise NotMadeSafe(connected)


def check_identity(entry: InstrumentEntry, driver: Any) -> None:
    """Compare an instrument's identity with the station file, including serial number and firmware.

    Raises InstrumentError where they differ.
    """
    if entry.identity and (found := driver.identity) != entry.identity:
        problem = f"the station file says {entry.identity!r}: another instrument, or other firmware"
        raise InstrumentError(entry.name, "identity", found, problem)
