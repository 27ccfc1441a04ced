"""USB relay board LCUS-1 and its relatives that kicks a retriggerable timer (serial, 9600 baud).

Sources: the manufacturer's protocol as quoted by eight independent programs. A command is A0, the relay (1 to
8), the state (0 or 1) and the sum of these three bytes: `A0 01 01 A2` switches relay 1 on. The board does not
answer, so a kick is not confirmed. The circuit is in docs/how-to/build-a-watchdog.md. Not tried on hardware
by us.

Each kick changes the state of the relay. The timer is triggered by the change only, through a capacitor: a
relay that stays in either state does not hold it.
"""

from typing import Any, ClassVar

from drivers.declarations import watchdogs as declared
from labctl.instrument import Capabilities, Instrument, OneOf, Range

START = 0xA0
RELAYS = range(1, 9)
PERIODS_S = (2.0, 3600.0)


def relay_command(relay: int, on: bool) -> bytes:
    """Return the four bytes that switch a relay."""
    body = (START, relay, int(on))
    return bytes((*body, sum(body) & 0xFF))


class RelayWatchdog(Instrument):
    """A `labctl.bench.Watchdog`: a timer that a relay keeps running, on a wire of its own.

    Parameters
    ----------
    period_s : float
        Time after the last kick at which the timer takes the power away: as it was built, by a stop watch.
    relay : int
        Which relay of the board, 1 to 8.
    """

    messages = declared.RELAY_MESSAGES
    bench_checks = declared.RELAY_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {"timeout": 1000, "asrl": {"baud_rate": 9600}}
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.05
    answers: ClassVar[bool] = False
    can = Capabilities(settings={"period_s": Range(*PERIODS_S), "relay": OneOf(tuple(RELAYS))})

    def __init__(
        self, adapter: Any, name: str | None = None, *, period_s: float = 30.0, relay: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(self.name, period_s=period_s, relay=relay)
        self._period_s, self.relay = period_s, relay
        self._on = False

    @property
    def identity(self) -> str:
        """Get the name of the board (str): the protocol has no identity query."""
        return f"relay {self.relay} of a board with the LCUS protocol, not confirmed"

    # Members of `labctl.bench.Watchdog`.

    @property
    def period_s(self) -> float:
        """Time after the last kick at which the timer takes the power away."""
        return self._period_s

    def prepare(self) -> None:
        """Do nothing: the board can neither be identified nor asked."""

    def kick(self) -> None:
        """Change the state of the relay; InstrumentError if the board cannot be reached."""
        self._on = not self._on
        self.write_bytes(relay_command(self.relay, self._on))
