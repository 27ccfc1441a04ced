"""The instruments of a station as outputs to be made safe: heaters, wires, deadlines."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from labctl.clock import Clock
from labctl.config.instrument_entries import InstrumentEntry
from labctl.config.sessions import SessionsOnDemand, load_library
from labctl.instruments.making_safe import Output, longest_s, make_all_safe, within_s_of


def outputs_of(entries: Sequence[InstrumentEntry], drivers: Mapping[str, Any]) -> tuple[Output, ...]:
    """Return the instruments with an open session: those with a driver, by name, in `drivers`."""
    return tuple(
        _output(entry, entries, partial(drivers.__getitem__, entry.name))
        for entry in entries
        if entry.name in drivers
    )


def outputs_in_new_sessions(
    entries: Sequence[InstrumentEntry], clock: Clock, library: Any, connected: Mapping[str, Any] | None = None
) -> tuple[Output, ...]:
    """Return the instruments without a session in `connected`, each with a session of its own."""
    sessions = SessionsOnDemand(entries, clock, library, connected)
    return tuple(
        _output(entry, entries, partial(sessions.driver_of, entry), partial(sessions.close, entry.name))
        for entry in entries
        if entry.name not in (connected or {})
    )


def safe_within_s(entries: Sequence[InstrumentEntry]) -> float:
    """Return how long making safe takes at most, in s: 2 s for each instrument of the wire with the most."""
    return longest_s(outputs_of(entries, dict.fromkeys(entry.name for entry in entries)))


def make_safe_in_new_sessions(
    entries: Sequence[InstrumentEntry], clock: Clock, library: Any, while_waiting: Callable[[], None]
) -> dict[str, str]:
    """Connect to every instrument and make it safe, each even if others fail; return failures by name.

    Never raises for what an instrument or the VISA library does.
    """
    try:
        load_library(library)
    except Exception as failure:  # noqa: BLE001 - a VISA library raises anything
        return not_confirmed(entries, failure)
    states = make_all_safe(outputs_in_new_sessions(entries, clock, library), clock, while_waiting)
    return {name: state.problem for name, state in states.items() if not state.confirmed}


def not_confirmed(entries: Sequence[InstrumentEntry], failure: Exception) -> dict[str, str]:
    """Return the one reason for which no instrument could be made safe, by name."""
    return {entry.name: f"{type(failure).__name__}: {failure}" for entry in entries}


def _output(
    entry: InstrumentEntry,
    entries: Sequence[InstrumentEntry],
    connect: Callable[[], Any],
    close: Callable[[], None] = lambda: None,
) -> Output:
    from labctl.instruments.wires import wire_of

    addresses = [e.address for e in entries if e.name in (entry.name, entry.partner)]
    heats, connects = "oven" in entry.roles, entry.roles == ("switch",)
    within_s = within_s_of(entry.driver_class) + _settling_s(entry, entries)
    return Output(entry.name, connect, close, heats, frozenset(map(wire_of, addresses)), within_s, connects)


def _settling_s(entry: InstrumentEntry, entries: Sequence[InstrumentEntry]) -> float:
    """Return twice the time that the ports of an instrument settle: half of its time is for switching off."""
    own = (e for e in entries if e.name in (entry.name, entry.partner))
    return sum(2 * float(e.connection.get("settle_s", 0.0)) for e in own)
