"""Connecting one cell at a time through a switch, with read-back.

1. A cell is connected by closing its channels after all others were opened; the switch is then read back.
2. Before each spectrum, hold or rest of a connected cell the switch is read back again.
3. On leaving, every channel is opened and read back, also after an error.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from labctl.errors import InstrumentError, LabctlError

OPEN_CHECK_OHM = 1e7


@dataclass(frozen=True)
class BenchCell:
    """One cell of a station.

    Attributes
    ----------
    name : str
    roles : Mapping[str, object]
        Its own instruments: `fra`, `potentiostat`, `thermometer` to driver; a role that it lacks is absent.
    channels : tuple[str, ...]
        Channels of the switch that connect it; empty for a cell that is always connected.
    open_check_ohm : float
        Resistance below which a cell counts as still connected while every channel is open; 0: not checked.
    """

    name: str
    roles: Mapping[str, Any] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    open_check_ohm: float = OPEN_CHECK_OHM


class CellConnected(LabctlError):
    """A cell was to be connected while another one is: leave that one first. Nothing was sent."""

    def __init__(self, wanted: str, connected: str) -> None:
        self.wanted, self.connected = wanted, connected
        super().__init__(
            f"cell {wanted} cannot be connected: cell {connected} is connected through the same switch; "
            "leave it first"
        )


@dataclass
class CellSwitch:
    """The state of the switch of one bench: which cell is connected; shared by its benches."""

    connected: str = ""

    @contextmanager
    def connecting(self, switch: Any, cell: BenchCell) -> Iterator[None]:
        """Connect a cell for the block; open every channel at its end.

        Raises
        ------
        CellConnected
            Another cell is connected. Nothing was sent.
        InstrumentError
            The switch does not report the wanted channels, or cannot be read back open at the end.
        """
        if not cell.channels:
            yield
            return
        if self.connected:
            raise CellConnected(cell.name, self.connected)
        self._close(switch, cell)
        self.connected = cell.name
        try:
            yield
        finally:
            self.connected = ""
            _open(switch, cell)

    def confirm(self, switch: Any, cell: BenchCell) -> None:
        """Raise InstrumentError unless the switch says that exactly the channels of the cell are closed."""
        found = frozenset(switch.closed_channels)
        if found != frozenset(cell.channels):
            problem = f"cell {cell.name} needs {_named(cell.channels)} closed and no others"
            raise InstrumentError(_name(switch), "closed_channels", _named(found), problem)

    def _close(self, switch: Any, cell: BenchCell) -> None:
        try:
            switch.close(cell.channels)
            self.confirm(switch, cell)
        except BaseException:
            with suppress(InstrumentError):  # the first error says what is wrong
                _open(switch, cell)
            raise


def _open(switch: Any, cell: BenchCell) -> None:
    """Open every channel; a first failure is followed by one more attempt, in its own words."""
    try:
        switch.open_all()
    except InstrumentError:
        with suppress(InstrumentError):
            switch.make_safe()
        found = frozenset(switch.closed_channels)
        if found:
            problem = f"cell {cell.name} cannot be disconnected"
            raise InstrumentError(_name(switch), "closed_channels", _named(found), problem) from None


def _name(switch: Any) -> str:
    return str(getattr(switch, "name", "switch"))


def _named(channels: Any) -> str:
    return ", ".join(sorted(channels)) or "none"
