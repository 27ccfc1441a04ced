"""The locks on the instruments of a station, by address, by stated identity and by serial number.

Several parts of one program may hold an instrument together; another program may not.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from labctl.config.instrument_entries import InstrumentEntry
from labctl.errors import InstrumentError


@dataclass(frozen=True)
class StationLocks:
    """The locks of a station: its name, and the instruments that another process can reach as well."""

    station: str
    reachable: Sequence[InstrumentEntry]

    def hold(self, doing: str) -> AbstractContextManager[None]:
        """Keep every instrument from all other programs and from other parts of this one.

        Raises
        ------
        HardwareHeld
            Another one holds an instrument; the message says which.
        LocksUnusable
            The lock files cannot be used.
        """
        from labctl.instruments.locks import hardware_locks

        return hardware_locks(self._addresses, doing, self.station, self._stated_identities)

    def hold_jointly(self) -> AbstractContextManager[None]:
        """Keep every instrument from other programs; raises as `hold` does."""
        from labctl.instruments.locks import joint_hardware_locks

        return joint_hardware_locks(self._addresses, "", self.station, self._stated_identities)

    def hold_by_serial_number(self, entry: InstrumentEntry, driver: Any) -> AbstractContextManager[None]:
        """Hold an instrument under its serial number too: another program may know it at another address."""
        from labctl.instruments.locks import is_known_by_identity, joint_hardware_locks

        if entry.identity or not self.reachable or not is_known_by_identity(entry.address):
            return nullcontext()
        try:
            identity = str(driver.identity)
        except InstrumentError:  # it is not prepared yet; where it stays silent, preparing it says so
            return nullcontext()
        return joint_hardware_locks((), "", self.station, [(entry.address, identity)])

    @property
    def _addresses(self) -> tuple[str, ...]:
        return tuple(entry.address for entry in self.reachable)

    @property
    def _stated_identities(self) -> list[tuple[str, str]]:
        return [(entry.address, entry.identity) for entry in self.reachable if entry.identity]
