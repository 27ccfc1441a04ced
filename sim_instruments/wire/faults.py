"""Things that go wrong, on order: which, to whom, at what command, when, how often, how likely.

What the host sees of the faults on the wire:

timeout     the command is obeyed, its answer never comes
late        the answer comes `delay_s` too late: the next question reads it
garble      bytes of the answer are others, some above 0x7F
truncate    half the answer and no terminator
fields      the last field of the answer is missing
value       the answer is `value`
refuse      the command is not obeyed; nothing is said
lost        VI_ERROR_CONN_LOST now and for `duration_s`; opening it finds nothing meanwhile
reboot      settings are the defaults, buffers are empty, nothing is heard for `duration_s`

A command is what the host said, or for what comes by itself: `SI` and `RE` for results of the 1260, `stream`
for pushed readings, `script` for lines of a script, the frame in hexadecimal for Modbus.

And those in the world, which last `duration_s`:

sensor_fault     the control sensor is open (status 128)
overload         the analyser's or ammeter's input is overloaded
heater_stuck_on  the heater gives `value` watts (100) whatever it is told
heater_dead      the heater gives nothing
never_settles    the sensor swings by `value` kelvin (2)
cell_open        the cell is disconnected
cell_short       the cell is shorted
clock_jump       the clock on the wall is `value` seconds (3600) ahead; a clock without `jump` is left alone
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from pyvisa.rname import to_canonical_name

ON_HEARING = frozenset({"refuse", "lost", "reboot"})
ON_ANSWERING = frozenset({"timeout", "late", "garble", "truncate", "fields", "value"})
IN_THE_WORLD = frozenset(
    {
        "sensor_fault",
        "heater_stuck_on",
        "heater_dead",
        "never_settles",
        "overload",
        "cell_open",
        "cell_short",
        "clock_jump",
    }
)
KINDS = ON_HEARING | ON_ANSWERING | IN_THE_WORLD


@dataclass(frozen=True)
class Strike:
    """One fault that happened."""

    time_s: float
    kind: str
    instrument: str
    command: str


@dataclass
class Fault:
    """One order; `left` counts down, `skip` commands are let pass first."""

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
            raise ValueError(f"command: {self.command!r} is no regular expression: {problem}") from problem

    def fits(self, instrument: str, command: str, time_s: float) -> bool:
        """Whether this is the instrument, the command and the hour."""
        if not (self.count > 0 and self.after_s <= time_s <= self.until_s):
            return False
        if self.kind in IN_THE_WORLD and not self.command:
            return False
        return self.instrument in ("", instrument) and self.pattern.search(command) is not None


class FaultPlan:
    """The faults ordered for one rig, and `log`, those that came.

    `rig.faults.add("late", instrument="GPIB0::12::INSTR", command=r"KRDG", skip=3, count=2)`
    """

    def __init__(self, chance: np.random.Generator) -> None:
        self.orders: list[Fault] = []
        self.log: list[Strike] = []
        self._chance = chance
        self.on_order: Callable[[Fault], None] = lambda fault: None
        self.on_world_strike: Callable[[Fault], None] = lambda fault: None

    def add(self, kind: str, instrument: str = "", command: str = "", **details: float | str | None) -> Fault:
        """Order a fault; ValueError or TypeError names what is wrong with the order.

        `instrument` is an address (empty: any), `command` a regular expression searched in the command.
        World faults without a `command` come at `after_s` (seconds since the rig was built).
        """
        fault = Fault(kind, instrument, command, **details)  # type: ignore[arg-type]
        self.orders.append(fault)
        self.on_order(fault)
        return fault

    def strike(self, kinds: frozenset[str], instrument: str, command: str, time_s: float) -> Fault | None:
        """The first order of these kinds that falls on this command now; it is counted and logged."""
        for fault in self.orders:
            if fault.kind in kinds and fault.fits(instrument, command, time_s) and self._falls(fault):
                self.record(fault, instrument, command, time_s)
                return fault
        return None

    def record(self, fault: Fault, instrument: str, command: str, time_s: float) -> None:
        """Count it and write it down."""
        fault.count -= 1
        self.log.append(Strike(time_s, fault.kind, instrument, command))
        if fault.kind in IN_THE_WORLD:
            self.on_world_strike(fault)

    def clear(self) -> None:
        """Cancel all orders; what has befallen stays."""
        for fault in self.orders:
            fault.count = 0
        self.orders.clear()

    def _falls(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        return fault.probability >= 1 or bool(self._chance.random() < fault.probability)
