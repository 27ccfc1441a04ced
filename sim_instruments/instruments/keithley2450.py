"""Keithley 2450: voltage source with current measurement, native SCPI.

`OUTP:VOLT:SMOD`, for a current source `OUTP:CURR:SMOD`, sets the state with the output off: HIMP opens a
relay, the others leave 0 V on the cell, which is close to a short across it. A current above the limit is
held at the limit and reported by `ILIM:TRIP?`. The cell is at the front terminals. As a current source only
zero current is simulated, for reading the open-circuit potential.
"""

from collections.abc import Callable
from typing import NamedTuple

from sim_instruments.instruments.scpi import SETTINGS_CONFLICT, ScpiStatus
from sim_instruments.world.ammeter import Meter
from sim_instruments.world.world import World

RANGES_A = tuple(10.0**n for n in range(-8, 1))
LINE_PERIOD_S = 0.02
OVERHEAD_S = 0.002
OFF_MODES = ("HIMP", "NORM", "ZERO", "GUAR")
OVERFLOW = 9.9e37
DEFAULT_BUFFER = "defbuffer1"
WIRED = "FRON"
LANGUAGES = ("SCPI", "SCPI2400", "TSP")
SHORTEST_BUFFER, LONGEST_BUFFER = 10, 6_875_000


class Stored(NamedTuple):
    """One reading in a buffer."""

    reading: float
    time_s: float
    source_v: float


class Keithley2450(ScpiStatus):
    """The unit; settings in SI units. `overload` is a switch for tests and faults."""

    no_error = '0,"No error;0;0 0"'

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.overload = False
        self._chance = world.chance("keithley2450")
        self._ammeter = Meter(RANGES_A, noise=5e-6, resolution=1e-6)
        self._voltmeter = Meter((0.02, 0.2, 2.0, 20.0, 200.0), noise=5e-6, resolution=1e-6)
        self._output = False
        self.language = LANGUAGES[0]
        self.shorted = False
        self._defaults()

    def _defaults(self) -> None:
        self._level_v, self.limit_a, self.nplc, self.count = 0.0, 1.05e-4, 1.0, 1
        self.source_function, self.sense_function, self.terminals = "VOLT", "CURR", "FRON"
        self.source_range_v = 2.0
        self._off_modes: dict[str, str] = {"VOLT": "NORM", "CURR": "NORM"}
        self.relative, self.offset, self.halved, self.unit = False, 0.0, False, "AMP"
        self.range_a: float | None = None
        self.filtering, self.filter_count, self._recent = False, 10, list[float]()
        self._buffers: dict[str, list[Stored]] = {DEFAULT_BUFFER: []}
        self._sizes = {DEFAULT_BUFFER: 100_000}

    def reset(self) -> None:
        """*RST: output off, in the present output-off mode."""
        self.set_output(False)
        self._defaults()

    # The source.

    @property
    def output_on(self) -> bool:
        """True state of the output, for tests."""
        return self._output

    @property
    def energised(self) -> bool:
        """Whether the output is on, or off with 0 V on the cell."""
        return self._output or self.shorted

    @property
    def level_v(self) -> float:
        """SOUR:VOLT, V."""
        return self._level_v

    @level_v.setter
    def level_v(self, value: float) -> None:
        self._level_v = value
        if self._output and self.source_function == "VOLT":
            self.world.terminals.hold(value, self.world.time_s)

    def set_output(self, on: bool) -> None:
        """OUTP."""
        was_on, self._output = self._output, on
        opens = self._off_modes[self.source_function] == "HIMP"
        self.shorted = not on and not opens and (was_on or self.shorted)
        if on and self.source_function == "CURR":
            self.world.terminals.disconnect(self.world.time_s)
        elif on:
            self.world.terminals.hold(self._level_v, self.world.time_s)
        elif was_on and not opens:
            self.world.terminals.hold(0.0, self.world.time_s)
        elif was_on or opens:
            self.world.terminals.disconnect(self.world.time_s)

    def get_output(self) -> int:
        """OUTP?."""
        return int(self._output)

    def set_off_mode_of_voltage(self, name: str) -> None:
        """OUTP:VOLT:SMOD."""
        self._set_off_mode("VOLT", name)

    def get_off_mode_of_voltage(self) -> str:
        """OUTP:VOLT:SMOD?."""
        return self._off_modes["VOLT"]

    def set_off_mode_of_current(self, name: str) -> None:
        """OUTP:CURR:SMOD."""
        self._set_off_mode("CURR", name)

    def get_off_mode_of_current(self) -> str:
        """OUTP:CURR:SMOD?."""
        return self._off_modes["CURR"]

    def _set_off_mode(self, function: str, name: str) -> None:
        """Set the output-off state; it applies when the output next goes off."""
        short = name.upper()[:4]
        self.require(short in OFF_MODES)
        self._off_modes[function] = short

    def set_source_function(self, name: str) -> None:
        """SOUR:FUNC: VOLTage or CURRent; it switches the output off."""
        short = name.upper()[:4]
        self.require(short in ("VOLT", "CURR"))
        if short != self.source_function:
            self.set_output(False)
        self.source_function = short

    def get_source_function(self) -> str:
        """SOUR:FUNC?."""
        return self.source_function

    def set_source_current(self, value: float) -> None:
        """SOUR:CURR: zero only."""
        self.require(value == 0, SETTINGS_CONFLICT)

    def get_source_current(self) -> float:
        """SOUR:CURR?."""
        return 0.0

    def set_voltage_limit(self, value: float) -> None:
        """SOUR:CURR:VLIM: never reached at open circuit."""
        self.require(0 < value <= 210)

    def set_nplc(self, value: float) -> None:
        """SENS:VOLT:NPLC."""
        self.require(0.01 <= value <= 10)
        self.nplc = value

    def set_source_range(self, value: float) -> None:
        """SOUR:VOLT:RANG."""
        self.require(abs(value) <= 210)
        self.source_range_v = next(r for r in (0.02, 0.2, 2.0, 20.0, 210.0) if abs(value) <= r)

    def get_source_range(self) -> float:
        """SOUR:VOLT:RANG?."""
        return self.source_range_v

    def limit_tripped(self) -> int:
        """ILIM:TRIP?."""
        return int(abs(self._free_current_a()) > self.limit_a)

    def _free_current_a(self) -> float:
        is_wired = self._output and self.terminals == WIRED
        return self.world.terminals.current_a(self.world.time_s) if is_wired else 0.0

    def _true_current_a(self) -> float:
        return max(-self.limit_a, min(self.limit_a, self._free_current_a()))

    # Measuring.

    def set_sense_function(self, text: str) -> None:
        """SENS:FUNC "CURR" or "VOLT"."""
        name = text.strip("\"' ").upper()[:4]
        self.require(name in ("CURR", "VOLT"))
        self.sense_function = name

    def get_sense_function(self) -> str:
        """SENS:FUNC?."""
        return f'"{self.sense_function}:DC"'

    def set_auto_range(self, on: bool) -> None:
        """SENS:CURR:RANG:AUTO."""
        self.range_a = None if on else self._ammeter.choose(self._true_current_a())

    def get_auto_range(self) -> int:
        """SENS:CURR:RANG:AUTO?."""
        return int(self.range_a is None)

    def set_range(self, value: float) -> None:
        """SENS:CURR:RANG."""
        self.require(0 <= value <= 1.05)
        self.range_a = self._ammeter.choose(value / 1.05)

    def get_range(self) -> float:
        """SENS:CURR:RANG?."""
        return self._ammeter.choose(self._true_current_a()) if self.range_a is None else self.range_a

    def set_terminals(self, name: str) -> None:
        """ROUT:TERM."""
        self.require(name.upper()[:4] in ("FRON", "REAR"))
        self.terminals = name.upper()[:4]

    def get_terminals(self) -> str:
        """ROUT:TERM?."""
        return self.terminals

    def set_relative(self, on: bool) -> None:
        """SENS:CURR:REL:STAT: subtract an offset from the readings."""
        self.relative = on

    def set_offset(self, value: float) -> None:
        """SENS:CURR:REL."""
        self.offset = value

    def set_unit(self, name: str) -> None:
        """SENS:CURR:UNIT: AMP, or OHM for source over reading."""
        self.require(name.upper() in ("AMP", "OHM"))
        self.unit = name.upper()

    def set_voltage_unit(self, name: str) -> None:
        """SENS:VOLT:UNIT: VOLT only."""
        self.require(name.upper() == "VOLT", SETTINGS_CONFLICT)

    def set_math(self, on: bool) -> None:
        """CALC:CURR:MATH:STAT: the only simulated formula is m x + b with m = 0.5 and b = 0."""
        self.halved = on

    def set_filter(self, on: bool) -> None:
        """SENS:CURR:AVER: a moving mean, which holds readings of earlier times."""
        self.filtering = on

    def get_filter(self) -> int:
        """SENS:CURR:AVER?."""
        return int(self.filtering)

    def set_filter_count(self, count: int) -> None:
        """SENS:CURR:AVER:COUN."""
        self.require(1 <= count <= 100)
        self.filter_count = count

    def set_filter_type(self, name: str) -> None:
        """SENS:CURR:AVER:TCON: MOVing only."""
        self.require(name.upper()[:3] == "MOV", SETTINGS_CONFLICT)

    def get_language(self) -> str:
        """*LANG?: chosen at the front panel; a reset keeps it."""
        return self.language

    def set_plain(self, on: bool) -> None:
        """Accept a setting without effect on the simulation."""

    def read(self, buffer: str = DEFAULT_BUFFER) -> None:
        """READ?, MEAS?: measure `count` times, store, send the last reading."""
        name = self._named(buffer)
        self._measure_into(name, lambda: self._send_last(name))

    def read_voltage(self) -> None:
        """MEAS:VOLT?."""
        reading = self._voltmeter.read(self.world.terminals.seen_v, self._chance)
        self._port.send(f"{reading.value:.6E}", "MEAS?")

    def fill_buffer(self, buffer: str = DEFAULT_BUFFER) -> None:
        """TRAC:TRIG: measure `count` times into a buffer."""
        self._measure_into(self._named(buffer), lambda: None)

    def _measure_into(self, name: str, done: Callable[[], None]) -> None:
        self.require(self._output, SETTINGS_CONFLICT)
        due_s = max(self.world.time_s, self._port.busy_until_s)
        period_s = self.nplc * LINE_PERIOD_S + OVERHEAD_S
        for _ in range(self.count):
            due_s += period_s
            self.world.at(due_s, lambda: self._store(name))
        self.world.at(due_s, done)
        self._port.busy_until_s = due_s

    def _store(self, name: str) -> None:
        kept = self._buffers.get(name)
        if kept is None:
            return
        kept.append(Stored(self._reading(), self.world.time_s, self._level_v))
        del kept[: -self._sizes[name]]

    def _reading(self) -> float:
        if self.sense_function == "VOLT":
            return self._voltmeter.read(self.world.terminals.seen_v, self._chance).value
        reading = self._ammeter.read(self._true_current_a(), self._chance, self.range_a)
        if reading.overloaded or self.overload:
            return OVERFLOW
        self._recent = [*self._recent, reading.value][-self.filter_count :]
        value = sum(self._recent) / len(self._recent) if self.filtering else reading.value
        return self._shown(value)

    def _shown(self, current_a: float) -> float:
        value = self._level_v / current_a if self.unit == "OHM" and current_a else current_a
        value -= self.offset if self.relative else 0.0
        return 0.5 * value if self.halved else value

    def _send_last(self, name: str) -> None:
        if self._buffers.get(name):
            self._port.send(f"{self._buffers[name][-1].reading:.6E}", "READ?", after_s=0.0)

    # Buffers.

    def make_buffer(self, text: str) -> None:
        """TRAC:MAKE "name",size."""
        name, _, size = text.partition(",")
        self.require(size.strip().isdigit() and SHORTEST_BUFFER <= int(size) <= LONGEST_BUFFER)
        self._buffers[_bare(name)], self._sizes[_bare(name)] = [], int(size)

    def buffer_length(self, buffer: str = DEFAULT_BUFFER) -> int:
        """TRAC:ACT?."""
        return len(self._buffers[self._named(buffer)])

    def clear_buffer(self, buffer: str = DEFAULT_BUFFER) -> None:
        """TRAC:CLE."""
        self._buffers[self._named(buffer)].clear()

    def buffer_data(self, first: int, last: int, text: str = DEFAULT_BUFFER) -> str:
        """TRAC:DATA? first,last,"buffer",READ,REL,SOUR: indices from 1."""
        name, *fields = text.split(",")
        kept = self._buffers[self._named(name)]
        self.require(1 <= first <= last <= len(kept))
        start_s = kept[0].time_s
        values = {
            "READ": lambda item: f"{item.reading:.6E}",
            "REL": lambda item: f"{item.time_s - start_s:.6f}",
            "SOUR": lambda item: f"{item.source_v:.6E}",
        }
        wanted = [field.strip().upper()[:4] for field in fields] or ["READ"]
        self.require(all(field in values for field in wanted))
        return ",".join(values[field](item) for item in kept[first - 1 : last] for field in wanted)

    def _named(self, text: str) -> str:
        name = _bare(text)
        self.require(name in self._buffers)
        return name


def _bare(text: str) -> str:
    return text.strip("\"' ")
