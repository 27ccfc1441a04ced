"""Keithley 6514: an electrometer in series with the cell; only its ammeter is simulated.

With zero check on it reads zero; the circuit stays closed.
"""

from collections.abc import Callable
from typing import Any

from sim_instruments.instruments.scpi import SETTINGS_CONFLICT, ScpiStatus
from sim_instruments.world.ammeter import Meter
from sim_instruments.world.world import World

RANGES_A = tuple(2.0 * 10.0**n for n in range(-11, -1))
LINE_PERIOD_S, OVERHEAD_S = 0.02, 0.01
OVERFLOW = 9.9e37
BINARY_HEADER = "#0"
MATH_GAIN, ZERO_OFFSET_A = 2.0, 1e-6
"""What math multiplies a reading by, and what an old zero correction subtracts from it."""
ELEMENTS = ("READ", "TIME", "STAT")
Setter = Callable[[Any, Any], None]
Getter = Callable[[Any], Any]


def _switch(name: str) -> tuple[Setter, Getter]:
    return lambda self, on: setattr(self, name, on), lambda self: int(getattr(self, name))


def _source(name: str) -> tuple[Setter, Getter]:
    def choose(self: Any, source: str) -> None:
        self.require(source.upper()[:3] in ("IMM", "TIM", "BUS", "TLI", "MAN"))
        setattr(self, name, source.upper()[:3])

    return choose, lambda self: getattr(self, name)


class Keithley6514(ScpiStatus):
    """The electrometer; settings in SI units. `overload` is a switch for tests and faults."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.overload, self.is_binary = world, False, False
        self._chance = world.chance("keithley6514")
        self._ammeter = Meter(RANGES_A, noise=5e-6, resolution=1e-6)
        self.reset()

    def identity(self) -> str:
        """*IDN?."""
        return "KEITHLEY INSTRUMENTS INC.,MODEL 6514,4310331,A13   Oct  4 2010"

    def reset(self) -> None:
        """*RST: volts, zero check on."""
        self.function, self.nplc, self.range_a, self.auto = "VOLT", 1.0, RANGES_A[-1], True
        self.zero_check, self.zero_correct, self.zeroing, self.damping = True, False, True, True
        self.filtering, self.filter_count, self._recent = False, 10, list[float]()
        self.median, self.has_math, self.relative, self.offset = False, False, False, 0.0
        self.arm_count = self.trigger_count = 1
        self.arm_source, self.trigger_source, self.largest_auto_a = "IMM", "IMM", RANGES_A[-1]
        self.elements = list(ELEMENTS)

    set_zero_check, get_zero_check = _switch("zero_check")
    set_zero_correct, get_zero_correct = _switch("zero_correct")
    set_zeroing, get_zeroing = _switch("zeroing")
    set_damping, get_damping = _switch("damping")
    set_auto, get_auto = _switch("auto")
    set_filter, get_filter = _switch("filtering")
    set_median, get_median = _switch("median")
    set_math, get_math = _switch("has_math")
    set_relative, get_relative = _switch("relative")
    set_arm_source, get_arm_source = _source("arm_source")
    set_trigger_source, get_trigger_source = _source("trigger_source")

    def set_function(self, text: str) -> None:
        """SENS:FUNC."""
        name = text.strip("\"' ").upper().split(":")[0]
        self.require(name in ("VOLT", "CURR", "RES", "CHAR"))
        self.function = name

    def get_function(self) -> str:
        """SENS:FUNC?."""
        return f'"{self.function}:DC"' if self.function in ("VOLT", "CURR") else f'"{self.function}"'

    def set_range(self, value: float) -> None:
        """SENS:CURR:RANG."""
        self.require(abs(value) <= 0.021)
        self.range_a, self.auto = self._ammeter.choose(abs(value) / 1.05), False

    def set_largest_auto(self, value: float) -> None:
        """SENS:CURR:RANG:AUTO:ULIM: the largest range that is chosen automatically."""
        self.require(abs(value) <= 0.021)
        self.largest_auto_a = self._ammeter.choose(abs(value) / 1.05)

    def get_largest_auto(self) -> float:
        """SENS:CURR:RANG:AUTO:ULIM?."""
        return self.largest_auto_a

    def set_nplc(self, value: float) -> None:
        """SENS:CURR:NPLC."""
        self.require(0.01 <= value <= 10)
        self.nplc = value

    def get_nplc(self) -> float:
        """SENS:CURR:NPLC?."""
        return self.nplc

    def set_filter_count(self, count: int) -> None:
        """SENS:AVER:COUN."""
        self.require(2 <= count <= 100)
        self.filter_count = count

    def set_offset(self, value: float) -> None:
        """CALC2:NULL:OFFS."""
        self.offset = value

    def set_arm_count(self, count: int) -> None:
        """ARM:COUN."""
        self.require(1 <= count <= 2500)
        self.arm_count = count

    def get_arm_count(self) -> int:
        """ARM:COUN?."""
        return self.arm_count

    def set_trigger_count(self, count: int) -> None:
        """TRIG:COUN: as many readings in one reply."""
        self.require(1 <= count <= 2500)
        self.trigger_count = count

    def get_trigger_count(self) -> int:
        """TRIG:COUN?."""
        return self.trigger_count

    def set_format(self, name: str) -> None:
        """FORM:DATA: in binary only the header of a block is sent; a reset keeps the format here."""
        self.require(name.upper()[:3] in ("ASC", "REA", "SRE", "DRE"), SETTINGS_CONFLICT)
        self.is_binary = name.upper()[:3] != "ASC"

    def get_format(self) -> str:
        """FORM:DATA?."""
        return "REAL" if self.is_binary else "ASC"

    def set_elements(self, text: str) -> None:
        """FORM:ELEM."""
        names = [part.strip().upper()[:4] for part in text.split(",")]
        self.require(all(name in ELEMENTS for name in names))
        self.elements = [name for name in ELEMENTS if name in names]

    def get_elements(self) -> str:
        """FORM:ELEM?."""
        return ",".join(self.elements)

    def read(self) -> None:
        """READ?: new readings, in one reply; without end for a trigger that does not come."""
        if (self.arm_source, self.trigger_source) != ("IMM", "IMM"):
            return
        count = self.arm_count * self.trigger_count
        period_s = self.nplc * LINE_PERIOD_S + OVERHEAD_S
        due_s = max(self.world.time_s, self._port.busy_until_s) + count * period_s
        self._port.busy_until_s = due_s
        self.world.at(due_s, lambda: self._answer(count))

    def _answer(self, count: int) -> None:
        replies = [self._reply() for _ in range(count)]
        self._port.send(BINARY_HEADER if self.is_binary else ",".join(replies), "READ?", after_s=0.0)

    def _reply(self) -> str:
        value = self._reading()
        values = {"READ": value, "TIME": self.world.time_s, "STAT": float(abs(value) >= OVERFLOW)}
        return ",".join(f"{values[name]:+.6E}" for name in self.elements)

    def _reading(self) -> float:
        flows = self.function == "CURR" and not self.zero_check
        true_a = self.world.terminals.current_a(self.world.time_s) if flows else 0.0
        if self.auto:
            self.range_a = min(self._ammeter.choose(true_a), self.largest_auto_a)
        reading = self._ammeter.read(true_a, self._chance, self.range_a)
        if reading.overloaded or self.overload:
            return OVERFLOW
        self._recent = [*self._recent, reading.value][-self.filter_count :]
        value = sum(self._recent) / len(self._recent) if self.filtering or self.median else reading.value
        value -= (self.offset if self.relative else 0.0) + (ZERO_OFFSET_A if self.zero_correct else 0.0)
        return MATH_GAIN * value if self.has_math else value
