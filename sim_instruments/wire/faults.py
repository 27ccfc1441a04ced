"""Planned faults: kind, instrument, command, time, count and probability.

Faults on the wire, as the host sees them:

timeout     the command is executed, its reply never arrives
late        the reply arrives `delay_s` too late: the next query reads it
garble      bytes of the reply are replaced by others, all 0x80 or above
truncate    half the reply and no terminator
fields      the last field of the reply is missing
surplus     a field more, `,0`, ends the reply
value       the reply is `value`
refuse      the command is not executed; there is no reply
lost        VI_ERROR_CONN_LOST now and for `duration_s`; during that time a session cannot be opened
reboot      settings are the defaults, buffers are empty, input is ignored for `duration_s`

`command` matches the message of the host, or for unsolicited messages: `SI` and `RE` for results of the 1260,
`stream` for pushed readings, `script` for lines of a script, the frame in hexadecimal for Modbus.

Faults in the world, which last `duration_s`; what happens at a panel lasts until it is set again:

sensor_fault     the control sensor is open (status 128)
overload         the analyser's or ammeter's input is overloaded
heater_stuck_on  the heater gives `value` watts (100) regardless of its controller
heater_dead      the heater gives no power
never_settles    the sensor swings by `value` kelvin (2)
cell_open        the cell is disconnected; with `value`, the cell of this name alone
cell_short       the cell is shorted; likewise
relay_stuck_open, relay_stuck_closed
                 the relay of channel `value` does not move, and the switch reports it
relay_dead       the relay of channel `value` does not close, and the switch reports that it does
relay_welded     the relay of channel `value` does not open, and the switch reports that it does
wrong_cell       the cables of the cells `value`, as in "A,B", were exchanged
switched_off     a person switches the controller off at its panel
restarted        the controller has lost its power for a moment
set_at_panel     a person sets the set point to `value` degC (20) at the panel
clock_jump       the wall clock is `value` seconds (3600) ahead; a clock without `jump` is not changed
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from pyvisa.rname import to_canonical_name

ON_HEARING = frozenset({"refuse", "lost", "reboot"})
ON_ANSWERING = frozenset({"timeout", "late", "garble", "truncate", "fields", "surplus", "value"})
IN_THE_WORLD = frozenset(
    {
        "sensor_fault",
        "heater_stuck_on",
        "heater_dead",
        "never_settles",
        "overload",
        "cell_open",
        "cell_short",
        "relay_stuck_open",
        "relay_stuck_closed",
        "relay_dead",
        "relay_welded",
        "wrong_cell",
        "clock_jump",
        "switched_off",
        "restarted",
        "set_at_panel",
    }
)
KINDS = ON_HEARING | ON_ANSWERING | IN_THE_WORLD


@dataclass(frozen=True)
class Strike:
    """One fault that occurred."""

    time_s: float
    kind: str
    instrument: str
    command: str


@dataclass
class Fault:
    """One planned fault; it occurs up to `count` times, after `skip` matching commands."""

    kind: str
    instrument: str = ""
    command: str = ""
    after_s: float = 0.0
    until_s: float = math.inf
    skip: int = 0
    count: float = 1
    probability: float = 1.0
    delay_s: float = 3.0
    duration_s: float = math.inf
    value: str | float | None = None
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: {self.kind!r} is not one of {sorted(KINDS)}")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability: {self.probability!r} is not between 0 and 1")
        if "::" in self.instrument:
            self.instrument = to_canonical_name(self.instrument)
        try:
            self.pattern = re.compile(self.command)
        except re.error as problem:
            raise ValueError(f"command: {self.command!r} is not a regular expression: {problem}") from problem

    def fits(self, instrument: str, command: str, time_s: float) -> bool:
        """Whether instrument, command and time match this fault."""
        if not (self.count > 0 and self.after_s <= time_s <= self.until_s):
            return False
        if self.kind in IN_THE_WORLD and not self.command:
            return False
        return self.instrument in ("", instrument) and self.pattern.search(command) is not None


class FaultPlan:
    """Faults planned for one rig; `log` lists the faults that occurred.

    `rig.faults.add("late", instrument="GPIB0::12::INSTR", command=r"KRDG", skip=3, count=2)`
    """

    def __init__(self, chance: np.random.Generator) -> None:
        self.orders: list[Fault] = []
        self.log: list[Strike] = []
        self._chance = chance
        self.on_order: Callable[[Fault], None] = lambda fault: None
        self.on_world_strike: Callable[[Fault], None] = lambda fault: None

    def add(self, kind: str, instrument: str = "", command: str = "", **details: float | str | None) -> Fault:
        """Plan a fault; raises ValueError or TypeError naming the invalid argument.

        `instrument` is an address (empty: any), `command` a regular expression searched in the command.
        World faults without a `command` occur at `after_s` (seconds since the rig was built).
        """
        fault = Fault(kind, instrument, command, **details)  # type: ignore[arg-type]
        self.orders.append(fault)
        self.on_order(fault)
        return fault

    def strike(self, kinds: frozenset[str], instrument: str, command: str, time_s: float) -> Fault | None:
        """Return the first fault of these kinds that applies to this command now; count and log it."""
        for fault in self.orders:
            if fault.kind in kinds and fault.fits(instrument, command, time_s) and self._falls(fault):
                self.record(fault, instrument, command, time_s)
                return fault
        return None

    def record(self, fault: Fault, instrument: str, command: str, time_s: float) -> None:
        """Count and log one occurrence."""
        fault.count -= 1
        self.log.append(Strike(time_s, fault.kind, instrument, command))
        if fault.kind in IN_THE_WORLD:
            self.on_world_strike(fault)

    def clear(self) -> None:
        """Cancel all planned faults; effects of past faults remain."""
        for fault in self.orders:
            fault.count = 0
        self.orders.clear()

    def _falls(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        return fault.probability >= 1 or bool(self._chance.random() < fault.probability)
