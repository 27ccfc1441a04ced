"""Keithley 6517B: an electrometer and a voltage source, joined by METER CONNECT.

The ammeter reads nothing while zero check is on. The source, in standby, keeps 0 V on the cell as long as it
is connected and the ammeter closes the circuit; a volt function leaves the circuit open.
"""

from collections.abc import Callable
from typing import Any

from sim_instruments.instruments.scpi import SETTINGS_CONFLICT, ScpiStatus
from sim_instruments.world.ammeter import Meter
from sim_instruments.world.world import World

RANGES_A = tuple(2.0 * 10.0**n for n in range(-11, -1))
RANGES_V = (2.0, 20.0, 200.0)
SOURCE_LIMIT_A = {100.0: 0.01, 1000.0: 0.001}
SERIES_OHM = 1e6
LINE_PERIOD_S, OVERHEAD_S = 0.02, 0.01
OVERFLOW, ZERO_CHECKED = 9.9e37, 9.91e37
BINARY_HEADER = "#0"
MATH_GAIN, ZERO_OFFSET_A = 2.0, 1e-6
"""What math multiplies a reading by, and what an old zero correction subtracts from it."""
ELEMENTS = {"READ": "READ", "STAT": "STAT", "VSO": "VSO", "RNUM": "RNUM"}


def _plain(name: str) -> tuple[Callable[[Any, Any], None], Callable[[Any], Any]]:
    return lambda self, value: setattr(self, name, value), lambda self: getattr(self, name)


def _switch(name: str) -> tuple[Callable[[Any, bool], None], Callable[[Any], int]]:
    return lambda self, on: setattr(self, name, on), lambda self: int(getattr(self, name))


class Keithley6517B(ScpiStatus):
    """The electrometer; settings in SI units. `overload` is a switch for tests and faults."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.overload, self.is_binary = world, False, False
        self._chance = world.chance("keithley6517b")
        self._ammeter = Meter(RANGES_A, noise=5e-6, resolution=1e-6)
        self._voltmeter = Meter(RANGES_V, noise=5e-6, resolution=1e-6)
        self._output = self._connected = False
        self._defaults()

    def _defaults(self) -> None:
        self.level_v, self.source_range_v = 0.0, 100.0
        self.limit_v, self.is_limited, self.has_resistor = 1000.0, False, False
        self.function, self.nplc, self.damping = "VOLT", 1.0, True
        self.filtering, self.filter_count, self._recent = True, 10, list[float]()
        self.median, self.relative, self.offset, self.has_math = True, False, 0.0, False
        self.zero_check, self.zero_correct, self.auto, self.guarded = True, False, True, False
        self.continuous, self.trigger_source, self.elements = True, "IMM", ["READ", "STAT", "VSO"]
        self.range_a = self.largest_auto_a = RANGES_A[-1]

    set_limit_state, get_limit_state = _switch("is_limited")
    set_resistor, get_resistor = _switch("has_resistor")
    set_damping, get_damping = _switch("damping")
    set_filter, get_filter = _switch("filtering")
    set_median, get_median = _switch("median")
    set_relative, get_relative = _switch("relative")
    set_offset, get_offset = _plain("offset")
    set_math, get_math = _switch("has_math")
    set_zero_correct, get_zero_correct = _switch("zero_correct")
    set_auto, get_auto = _switch("auto")
    set_guard, get_guard = _switch("guarded")
    set_continuous, get_continuous = _switch("continuous")

    def identity(self) -> str:
        """*IDN?."""
        return "KEITHLEY INSTRUMENTS INC.,MODEL 6517B,4105123,A13/700x"

    def reset(self) -> None:
        """*RST: standby, zero check on; METER CONNECT stays."""
        self._output = False
        self._defaults()
        self._apply()

    # The source.

    @property
    def output_on(self) -> bool:
        """True state of the source, for tests."""
        return self._output

    @property
    def energised(self) -> bool:
        """Whether the source is on, or in standby with 0 V on the cell."""
        return self._output or self._closes_circuit()

    def _closes_circuit(self) -> bool:
        return self._connected and self.function == "CURR"

    def _apply(self) -> None:
        if self._closes_circuit():
            self.world.terminals.hold(self.level_v if self._output else 0.0, self.world.time_s)
        else:
            self.world.terminals.disconnect(self.world.time_s)

    def set_output(self, on: bool) -> None:
        """OUTP."""
        self._output = on
        self._apply()

    def get_output(self) -> int:
        """OUTP?."""
        return int(self._output)

    def set_connected(self, on: bool) -> None:
        """SOUR:VOLT:MCON."""
        self._connected = on
        self._apply()

    def get_connected(self) -> int:
        """SOUR:VOLT:MCON?."""
        return int(self._connected)

    def set_level(self, value: float) -> None:
        """SOUR:VOLT."""
        self.require(abs(value) <= self.source_range_v)
        self.require(not self.is_limited or abs(value) <= self.limit_v)
        self.level_v = value
        self._apply()

    def get_level(self) -> float:
        """SOUR:VOLT?."""
        return self.level_v

    def set_source_range(self, value: float) -> None:
        """SOUR:VOLT:RANG: 100 or 1000 V."""
        self.require(abs(value) <= 1000)
        self.source_range_v = 100.0 if abs(value) <= 100 else 1000.0

    def get_source_range(self) -> float:
        """SOUR:VOLT:RANG?."""
        return self.source_range_v

    def set_limit(self, value: float) -> None:
        """SOUR:VOLT:LIM."""
        self.require(0 <= value <= 1000)
        self.limit_v = value

    def get_limit(self) -> float:
        """SOUR:VOLT:LIM?."""
        return self.limit_v

    def get_compliance(self) -> int:
        """SOUR:CURR:LIM:STAT?."""
        return int(self._output and abs(self._free_a()) > SOURCE_LIMIT_A[self.source_range_v])

    def _free_a(self) -> float:
        if not self._closes_circuit():
            return 0.0
        current_a = self.world.terminals.current_a(self.world.time_s)
        if not self.has_resistor or not current_a:
            return current_a
        potential_v = self.world.terminals.seen_v
        return potential_v / (potential_v / current_a + SERIES_OHM)

    def _true_a(self) -> float:
        limit = SOURCE_LIMIT_A[self.source_range_v]
        return max(-limit, min(limit, self._free_a()))

    # The electrometer.

    def set_zero_check(self, on: bool) -> None:
        """SYST:ZCH."""
        self.zero_check = on

    def get_zero_check(self) -> int:
        """SYST:ZCH?."""
        return int(self.zero_check)

    def set_function(self, text: str) -> None:
        """SENS:FUNC."""
        name = text.strip("\"' ").upper().split(":")[0]
        self.require(name in ("VOLT", "CURR", "RES", "CHAR"))
        self.function = name
        self._apply()

    def get_function(self) -> str:
        """SENS:FUNC?."""
        return f'"{self.function}:DC"' if self.function in ("VOLT", "CURR") else f'"{self.function}"'

    def set_range(self, value: float) -> None:
        """SENS:CURR:RANG."""
        self.require(abs(value) <= 0.021)
        self.range_a, self.auto = self._ammeter.choose(abs(value) / 1.05), False

    def get_range(self) -> float:
        """SENS:CURR:RANG?."""
        return self.range_a

    def set_largest_auto(self, value: float) -> None:
        """SENS:CURR:RANG:AUTO:ULIM: the largest range that is chosen automatically."""
        self.require(abs(value) <= 0.021)
        self.largest_auto_a = self._ammeter.choose(abs(value) / 1.05)

    def get_largest_auto(self) -> float:
        """SENS:CURR:RANG:AUTO:ULIM?."""
        return self.largest_auto_a

    def set_nplc(self, value: float) -> None:
        """SENS:CURR:NPLC, SENS:VOLT:NPLC."""
        self.require(0.01 <= value <= 10)
        self.nplc = value

    def get_nplc(self) -> float:
        """SENS:CURR:NPLC?, SENS:VOLT:NPLC?."""
        return self.nplc

    def set_filter_count(self, count: int) -> None:
        """SENS:CURR:AVER:COUN."""
        self.require(1 <= count <= 100)
        self.filter_count = count

    def set_trigger_source(self, name: str) -> None:
        """TRIG:SOUR."""
        self.require(name.upper()[:3] in ("IMM", "BUS", "EXT", "TIM", "MAN"))
        self.trigger_source = name.upper()[:3]

    def get_trigger_source(self) -> str:
        """TRIG:SOUR?."""
        return self.trigger_source

    def set_format(self, name: str) -> None:
        """FORM:DATA: in binary only the header of a block is sent; a reset keeps the format here."""
        self.require(name.upper()[:3] in ("ASC", "REA", "SRE", "DRE"), SETTINGS_CONFLICT)
        self.is_binary = name.upper()[:3] != "ASC"

    def get_format(self) -> str:
        """FORM:DATA?."""
        return "REAL" if self.is_binary else "ASC"

    def set_elements(self, text: str) -> None:
        """FORM:ELEM."""
        names = [part.strip().upper() for part in text.split(",")]
        short = [name[:3] if name.startswith("VSO") else name[:4] for name in names]
        self.require(all(name in ELEMENTS for name in short))
        self.elements = [name for name in ELEMENTS if name in short]

    def get_elements(self) -> str:
        """FORM:ELEM?."""
        return ",".join(self.elements)

    def read(self) -> None:
        """READ?: a new reading."""
        self.require(self.trigger_source == "IMM", SETTINGS_CONFLICT)
        due_s = max(self.world.time_s, self._port.busy_until_s) + self.nplc * LINE_PERIOD_S + OVERHEAD_S
        self._port.busy_until_s = due_s
        self.world.at(due_s, self._answer)

    def _answer(self) -> None:
        value = self._reading()
        values = {"READ": f"{value:+.6E}", "STAT": "N", "VSO": f"{self.level_v:+.5E}", "RNUM": "+00001"}
        text = ",".join(values[name] for name in self.elements)
        self._port.send(BINARY_HEADER if self.is_binary else text, "READ?", after_s=0.0)

    def _reading(self) -> float:
        if self.zero_check:
            return ZERO_CHECKED
        if self.function != "CURR":
            reading = self._voltmeter.read(0.0, self._chance)
        else:
            true_a = self._true_a()
            if self.auto:
                self.range_a = min(self._ammeter.choose(true_a), self.largest_auto_a)
            reading = self._ammeter.read(true_a, self._chance, self.range_a)
        if reading.overloaded or self.overload:
            return OVERFLOW
        self._recent = [*self._recent, reading.value][-self.filter_count :]
        value = sum(self._recent) / len(self._recent) if self.filtering or self.median else reading.value
        value -= (self.offset if self.relative else 0.0) + (ZERO_OFFSET_A if self.zero_correct else 0.0)
        return MATH_GAIN * value if self.has_math else value
