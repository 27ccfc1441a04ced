"""NewInstrument: name maker and model, the interface, and the manual (page) each command comes from."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from labctl.command_table import BenchCheck, Message
from labctl.errors import InstrumentError
from labctl.instrument import Instrument

RELAYS = 8


class NewInstrument(Instrument):
    """A `labctl.bench.Switch`."""

    # What it sends and the page of the manual; what to check once on the real instrument.
    messages = (
        Message("*IDN?", "manufacturer, model, serial number, firmware", source="manual p. 0"),
        Message(
            "RELAYS?", "closed relays, 1 for the first, 2 for the second, 4 for the third", source="p. 0"
        ),
        Message("RELAYS <sum>", "close these relays and open the others", source="manual p. 0"),
    )
    bench_checks = (
        BenchCheck(
            "the channel that closes",
            "`switch.close([channel])` for each channel, ohmmeter at the cells",
            "continuity at its cell and at no other",
            is_decisive=True,
        ),
    )
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 2000,
    }
    write_interval_s: ClassVar[float] = 0.02

    # What the manual says.
    relays = Instrument.control(
        "RELAYS?", "RELAYS %d", """Control the closed relays as the sum of 1, 2, 4 ... (int).""", cast=int
    )

    # What labctl asks of any switch.

    def prepare(self) -> None:
        """Check the model; all relays open."""
        self.check_identity("NewInstrument")
        self.make_safe()

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of all channels, as a station file writes them."""
        return tuple(str(number) for number in range(1, RELAYS + 1))

    @property
    def closed_channels(self) -> frozenset[str]:
        """Closed channels, as the instrument reports them."""
        found = cast(int, self.relays)
        if not 0 <= found < 1 << RELAYS:
            raise self.refuse("RELAYS?", str(found), f"expected the relays as a sum below {1 << RELAYS}")
        return frozenset(name for bit, name in enumerate(self.channels) if found >> bit & 1)

    def close(self, channels: Iterable[str]) -> None:
        """Open every channel, then close these; both are read back."""
        wanted = frozenset(channels)
        for name in wanted - set(self.channels):
            raise ValueError(f"{self.name}: no channel {name!r}; it has 1 to {RELAYS}")
        self.open_all()
        self.relays = sum(1 << bit for bit, name in enumerate(self.channels) if name in wanted)
        self._confirm(wanted, "other relays are closed than were asked for")

    def open_all(self) -> None:
        """Open every channel and read back."""
        self.switch_off()
        self._confirm(frozenset(), "relays are still closed")

    def switch_off(self) -> None:
        """Open every channel."""
        self.relays = 0

    def make_safe(self) -> None:
        """Open every channel and read back."""
        self.clear_bus()
        self.attempt_all(self.switch_off, lambda: self._confirm(frozenset(), "relays are still closed"))

    def _confirm(self, wanted: frozenset[str], problem: str) -> None:
        found = self.closed_channels
        if found != wanted:
            raise InstrumentError(self.name, "RELAYS?", ",".join(sorted(found)), problem)
