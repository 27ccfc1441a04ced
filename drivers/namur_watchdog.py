"""Watchdog of heating devices with NAMUR commands: IKA hotplates, ovens, reactors (RS-232, USB serial).

Sources: IKA manuals of RCT digital (p. 30), oven 125 control (p. 19), LR 1000 basic (p. 18), C-MAG HS 7
control (p. 51) and KS 4000 ic control (p. 27), which agree on the command, its range and its echo; two
programs in use with an RCT. `OUT_WD1@m` starts the watchdog and must be repeated within m seconds (20 to
1500); otherwise the device switches heating and motor off and shows an error until it is reset at the panel.
The form of the echo is printed nowhere: one program reads it as a number. Not tried on hardware by us.

The device switches only itself off: it must be the heater of the sample.
"""

import re
from typing import Any, ClassVar

from drivers.declarations import watchdogs as declared
from labctl.instrument import Capabilities, Instrument, Range

PERIODS_S = (20.0, 1500.0)


def echoed_s(reply: str) -> float:
    """Return the watchdog time in an echo, `60`, `60.0` or `OUT_WD1@60`; raises ValueError for any other."""
    found = re.fullmatch(r"(?:OUT_WD1@)?(\d+(?:\.\d+)?)", reply.strip())
    if not found:
        raise ValueError("expected the watchdog time")
    return float(found[1])


class NamurWatchdog(Instrument):
    """A `labctl.bench.Watchdog` in a heating device, on a wire of its own.

    Parameters
    ----------
    period_s : float
        Time after the last kick at which the device switches itself off, 20 to 1500 s.
    """

    messages = declared.NAMUR_MESSAGES
    bench_checks = declared.NAMUR_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": " \r\n",
        "read_termination": "\r\n",
        "timeout": 1000,
        "asrl": {"baud_rate": 9600, "data_bits": 7, "parity": 2, "stop_bits": 10},
    }
    line_address: ClassVar[str | None] = ""
    write_interval_s: ClassVar[float] = 0.05
    identity_question: ClassVar[str] = "IN_NAME"
    can = Capabilities(settings={"period_s": Range(*PERIODS_S, whole=True)})

    def __init__(
        self, adapter: Any, name: str | None = None, *, period_s: float = 60.0, **kwargs: Any
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can.check_settings(self.name, period_s=period_s)
        self._period_s = period_s

    # Members of `labctl.bench.Watchdog`.

    @property
    def period_s(self) -> float:
        """Time after the last kick at which the device switches heating and motor off."""
        return self._period_s

    def prepare(self) -> None:
        """Check that a device states its name."""
        self.check_identity("")

    def kick(self) -> None:
        """Start the watchdog time again; InstrumentError unless the device repeats the time."""
        command = f"OUT_WD1@{self._period_s:.0f}"
        reply = self.ask(command)
        try:
            found_s = echoed_s(reply)
        except ValueError as problem:
            raise self.refuse(command, reply, str(problem)) from problem
        if found_s != self._period_s:
            raise self.refuse(command, reply, "the watchdog time was not accepted")
