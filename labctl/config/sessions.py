"""Opening the sessions of instruments, at once or when they are needed."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from labctl.clock import Clock
from labctl.config.instrument_entries import InstrumentEntry

OPENS_WITHIN_MS = 1000  # a session in which only to make safe; otherwise as long as the VISA library likes


def connect(
    entry: InstrumentEntry,
    clock: Clock,
    library: Any,
    stack: ExitStack,
    connected: Mapping[str, Any],
    **opening: Any,
) -> Any:
    """Return the driver of an instrument in a new session, which `stack` closes.

    Parameters
    ----------
    entry : InstrumentEntry
    clock : Clock
    library : str or pyvisa.highlevel.VisaLibraryBase
    stack : ExitStack
    connected : Mapping[str, object]
        Drivers by name; the partner of the instrument is taken from it.
    **opening
        Options of pyvisa for opening the session, e.g. `open_timeout` in ms.

    Raises
    ------
    InstrumentError
        The session cannot be opened.
    """
    from labctl.instruments.connection import Connection

    driver_class: Any = entry.driver_class
    connection = Connection(
        entry.name,
        entry.address,
        clock,
        visa_library=library,
        write_interval_s=getattr(driver_class, "write_interval_s", 0.0),
        quiet_after_s=getattr(driver_class, "quiet_after_s", {}),
        quiet_after_opening_s=getattr(driver_class, "quiet_after_opening_s", 0.0),
        questions=getattr(driver_class, "questions", ""),
        **entry.connection,
        **opening,
    )
    stack.callback(connection.close)
    partner = {"partner": connected[entry.partner]} if entry.partner else {}
    return driver_class(connection, name=entry.name, **partner, **entry.settings)


def load_library(library: Any) -> None:
    """Load a VISA library, which takes a second the first time, before any deadline begins."""
    import pyvisa

    pyvisa.ResourceManager(library)


class SessionsOnDemand:
    """Sessions that are opened when they are needed, each in the thread of its wire.

    Drivers in `connected`, by name, have a session already, which is used and stays open.
    """

    def __init__(
        self,
        entries: Sequence[InstrumentEntry],
        clock: Clock,
        library: Any,
        connected: Mapping[str, Any] | None = None,
    ) -> None:
        self._entries, self._clock, self._library = entries, clock, library
        self._drivers: dict[str, Any] = dict(connected or {})
        self._sessions = {entry.name: ExitStack() for entry in entries}

    def driver_of(self, entry: InstrumentEntry) -> Any:
        """Return the driver of an instrument; the driver of its partner is opened first."""
        if entry.name not in self._drivers:
            partners = (e for e in self._entries if e.name == entry.partner)
            connected = {partner.name: self.driver_of(partner) for partner in partners}
            session = self._sessions[entry.name]
            self._drivers[entry.name] = connect(
                entry, self._clock, self._library, session, connected, open_timeout=OPENS_WITHIN_MS
            )
        return self._drivers[entry.name]

    def close(self, name: str) -> None:
        """Close the session of an instrument, where one is open."""
        self._sessions[name].close()
