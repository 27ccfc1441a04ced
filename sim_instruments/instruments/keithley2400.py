"""Keithley 2400 and 6430: voltage source that reads voltage, current and a status word.

A reading needs the output on. A limit below 0.1 % of the present current range, and a current range beyond
the limit's range, are refused. `OUTP:SMOD HIMP` opens the output while it is off (2400 only), GUAR sources
0 A, which leaves the cell alone too; the others leave 0 V on the cell. As a current source only zero
current is simulated.
"""

from sim_instruments.instruments.scpi import (
    BEYOND_COMPLIANCE,
    OUT_OF_RANGE,
    OUTPUT_IS_OFF,
    SETTINGS_CONFLICT,
    ScpiStatus,
)
from sim_instruments.world.ammeter import Meter
from sim_instruments.world.world import World

RANGES_A = {"2400": tuple(10.0**n for n in range(-6, 1)), "6430": tuple(10.0**n for n in range(-12, 0))}
RANGES_V = (0.2, 2.0, 20.0, 200.0)
OFF_MODES = {"2400": ("HIMP", "NORM", "ZERO", "GUAR"), "6430": ("NORM", "ZERO", "GUAR")}
LEAVES_THE_CELL_ALONE = ("HIMP", "GUAR")
LEAST_SHARE_OF_RANGE = 1e-3
LINE_PERIOD_S, OVERHEAD_S = 0.02, 0.005
BINARY_HEADER = "#0"
SWEEP_STEP_V = 0.1
"""Step at which a sweep of the source stands, above its level."""
OVERFLOW, ABSENT = 9.9e37, 9.91e37
ELEMENTS = ("VOLT", "CURR", "RES", "TIME", "STAT")
FUNCTIONS = ("VOLT", "CURR", "RES")


class Keithley2400(ScpiStatus):
    """The unit; settings in SI units. `overload` is a switch for tests and faults."""

    def __init__(self, world: World, model: str = "2400") -> None:
        super().__init__()
        self.world, self.model = world, model
        self.overload = False
        self._chance = world.chance(f"keithley{model}")
        self._ammeter = Meter(RANGES_A[model], noise=5e-6, resolution=1e-6)
        self._voltmeter = Meter(RANGES_V, noise=5e-6, resolution=1e-6)
        self._output, self.shorted, self.is_interlocked, self.is_binary = False, False, False, False
        self._defaults()

    def _defaults(self) -> None:
        self.level_v, self.source_range_v, self.source_function = 0.0, 20.0, "VOLT"
        self.limit_a, self.limit_v, self.nplc = 1.05e-4, 21.0, 1.0
        self._off_mode, self.source_mode = "NORM", "FIX"
        self.arm_source = self.trigger_source = "IMM"
        self.range_a, self.auto = self._ammeter.choose(1.05e-4 / 1.05), True
        self.concurrent, self.measured = True, ["VOLT", "CURR"]
        self.filtering, self.filter_count, self._recent = False, 10, list[float]()
        self.relative, self.offset, self.has_math = False, 0.0, False
        self.four_wire, self.terminals, self.auto_clear = False, "FRON", False
        self.elements = list(ELEMENTS)
        self.arm_count = self.trigger_count = 1

    def identity(self) -> str:
        """*IDN?."""
        return f"KEITHLEY INSTRUMENTS INC.,MODEL {self.model},4105123,C32   Oct  4 2010 14:20:11/A02  /S/K"

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

    def set_output(self, on: bool) -> None:
        """OUTP; with the interlock open it stays off."""
        was_on, self._output = self._output, on and not self.is_interlocked
        if self._output:
            self._apply()
        else:
            self._go_off(was_on)

    def _apply(self) -> None:
        self.shorted = False
        if self.source_function == "CURR":
            self.world.terminals.disconnect(self.world.time_s)
        else:
            step_v = 0.0 if self.source_mode == "FIX" else SWEEP_STEP_V
            self.world.terminals.hold(self.level_v + step_v, self.world.time_s)

    def _go_off(self, was_on: bool) -> None:
        alone = self._off_mode in LEAVES_THE_CELL_ALONE
        self.shorted = not alone and (was_on or self.shorted)
        if alone:
            self.world.terminals.disconnect(self.world.time_s)
        elif was_on:
            self.world.terminals.hold(0.0, self.world.time_s)

    def get_output(self) -> int:
        """OUTP?."""
        return int(self._output)

    def set_off_mode(self, name: str) -> None:
        """OUTP:SMOD; entered at once while the output is off."""
        self._require_one_of(name, OFF_MODES[self.model])
        self._off_mode = name.upper()[:4]
        if not self._output:
            self._go_off(self.shorted)

    def get_off_mode(self) -> str:
        """OUTP:SMOD?."""
        return self._off_mode

    def set_auto_clear(self, on: bool) -> None:
        """SOUR:CLE:AUTO: the output goes off after each reading."""
        self.auto_clear = on

    def set_source_function(self, name: str) -> None:
        """SOUR:FUNC: VOLTage or CURRent; it switches the output off."""
        self._require_one_of(name, ("VOLT", "CURR"))
        if name.upper()[:4] != self.source_function:
            self.set_output(False)
        self.source_function = name.upper()[:4]

    def get_source_function(self) -> str:
        """SOUR:FUNC?."""
        return self.source_function

    def set_source_mode(self, name: str) -> None:
        """SOUR:VOLT:MODE: of a sweep or list only one step is simulated."""
        self.require(name.upper()[:3] in ("FIX", "SWE", "LIS"), SETTINGS_CONFLICT)
        self.source_mode = name.upper()[:3]

    def set_fixed(self, name: str) -> None:
        """SOUR:CURR:MODE: sweeps and lists are not simulated."""
        self.require(name.upper()[:3] == "FIX", SETTINGS_CONFLICT)

    def set_source_range(self, value: float) -> None:
        """SOUR:VOLT:RANG."""
        self.require(abs(value) <= 210)
        self.source_range_v = next(r for r in (*RANGES_V[:-1], 210.0) if abs(value) <= r)

    def get_source_range(self) -> float:
        """SOUR:VOLT:RANG?."""
        return min(self.source_range_v, RANGES_V[-1])

    def set_level(self, value: float) -> None:
        """SOUR:VOLT."""
        self.require(abs(value) <= 210)
        self.require(abs(value) <= 1.05 * self.source_range_v, SETTINGS_CONFLICT)
        self.level_v = value
        if self._output and self.source_function == "VOLT":
            self._apply()

    def get_level(self) -> float:
        """SOUR:VOLT?."""
        return self.level_v

    def set_source_current(self, value: float) -> None:
        """SOUR:CURR: zero only."""
        self.require(value == 0, SETTINGS_CONFLICT)

    def get_source_current(self) -> float:
        """SOUR:CURR?."""
        return 0.0

    def set_limit(self, value: float) -> None:
        """SENS:CURR:PROT; at least 0.1 % of the present range."""
        largest = 1.05 * self._ammeter.full_scales[-1]
        self.require(LEAST_SHARE_OF_RANGE * self.range_a * 0.999 <= abs(value) <= largest * 1.001)
        self.limit_a = abs(value)

    def get_limit(self) -> float:
        """SENS:CURR:PROT?."""
        return self.limit_a

    def set_voltage_limit(self, value: float) -> None:
        """SENS:VOLT:PROT: never reached at open circuit."""
        self.require(0.2 <= abs(value) <= 210)
        self.limit_v = abs(value)

    def limit_tripped(self) -> int:
        """SENS:CURR:PROT:TRIP?."""
        return int(self._output and abs(self._free_current_a()) > self.limit_a)

    def _free_current_a(self) -> float:
        return self.world.terminals.current_a(self.world.time_s) if self._output else 0.0

    def _true_current_a(self) -> float:
        return max(-self.limit_a, min(self.limit_a, self._free_current_a()))

    def _true_voltage_v(self) -> float:
        """Potential at the terminals; at the limit it is the drop of the limited current at the cell."""
        free_a = self._free_current_a()
        share = self._true_current_a() / free_a if free_a else 1.0
        return self.world.terminals.seen_v * share

    # Measuring.

    def set_range(self, value: float) -> None:
        """SENS:CURR:RANG: the smallest range that holds the value, not beyond the range of the limit."""
        chosen = self._ammeter.choose(abs(value) / 1.05)
        self.require(abs(value) <= 1.05 * self._ammeter.full_scales[-1])
        self.require(chosen <= self._ammeter.choose(self.limit_a / 1.05) * 1.001, BEYOND_COMPLIANCE)
        self.range_a, self.auto = chosen, False

    def get_range(self) -> float:
        """SENS:CURR:RANG?."""
        return self.range_a

    def set_auto_range(self, on: bool) -> None:
        """SENS:CURR:RANG:AUTO."""
        self.auto = on

    def get_auto_range(self) -> int:
        """SENS:CURR:RANG:AUTO?."""
        return int(self.auto)

    def set_concurrent(self, on: bool) -> None:
        """SENS:FUNC:CONC."""
        self.concurrent = on
        if not on:
            self.measured = self.measured[-1:]

    def no_function(self) -> None:
        """SENS:FUNC:OFF:ALL."""
        self.measured = []

    def set_functions(self, text: str) -> None:
        """SENS:FUNC "VOLT","CURR": added to those that are on, if concurrent."""
        names = [part.strip("\"' ").upper().split(":")[0][:4] for part in text.split(",")]
        self.require(bool(names) and all(name in FUNCTIONS for name in names))
        chosen = [*self.measured, *names] if self.concurrent else names[-1:]
        self.measured = [name for name in FUNCTIONS if name in chosen]

    def get_functions(self) -> str:
        """SENS:FUNC?."""
        endings = {"VOLT": "VOLT:DC", "CURR": "CURR:DC", "RES": "RES"}
        return ",".join(f'"{endings[name]}"' for name in self.measured)

    def set_elements(self, text: str) -> None:
        """FORM:ELEM: sent in a fixed order."""
        names = [part.strip().upper()[:4] for part in text.split(",")]
        short = ["RES" if name == "RESI" else name for name in names]
        self.require(all(name in ELEMENTS for name in short))
        self.elements = [name for name in ELEMENTS if name in short]

    def get_elements(self) -> str:
        """FORM:ELEM?."""
        return ",".join(self.elements)

    def set_format(self, name: str) -> None:
        """FORM:DATA: in binary only the header of a block is sent; a reset keeps the format here."""
        self.require(name.upper()[:3] in ("ASC", "REA", "SRE", "DRE"), SETTINGS_CONFLICT)
        self.is_binary = name.upper()[:3] != "ASC"

    def set_nplc(self, value: float) -> None:
        """SENS:CURR:NPLC, for all functions."""
        self.require(0.01 <= value <= 10)
        self.nplc = value

    def set_filter(self, on: bool) -> None:
        """SENS:AVER: a moving mean, which holds readings of earlier times."""
        self.filtering = on

    def set_filter_count(self, count: int) -> None:
        """SENS:AVER:COUN."""
        self.require(1 <= count <= 100)
        self.filter_count = count

    def set_relative(self, on: bool) -> None:
        """CALC2:NULL:STAT: subtract an offset."""
        self.relative = on

    def set_offset(self, value: float) -> None:
        """CALC2:NULL:OFFS."""
        self.offset = value

    def set_math(self, on: bool) -> None:
        """CALC:STAT: the readings of the sense functions stay; a bit of the status word shows it."""
        self.has_math = on

    def set_wires(self, on: bool) -> None:
        """SYST:RSEN."""
        self.four_wire = on

    def get_wires(self) -> int:
        """SYST:RSEN?."""
        return int(self.four_wire)

    def set_terminals(self, name: str) -> None:
        """ROUT:TERM: it switches the output off."""
        self._require_one_of(name, ("FRON", "REAR"))
        self.set_output(False)
        self.terminals = name.upper()[:4]

    def get_terminals(self) -> str:
        """ROUT:TERM?."""
        return self.terminals

    def set_count(self, count: int) -> None:
        """ARM:COUN."""
        self.require(1 <= count <= 2500)
        self.arm_count = count

    def set_trigger_count(self, count: int) -> None:
        """TRIG:COUN: as many readings in one reply."""
        self.require(1 <= count <= 2500)
        self.trigger_count = count

    def set_arm_source(self, name: str) -> None:
        """ARM:SOUR: READ? waits without end for any but IMMediate."""
        self._require_one_of(name, ("IMM", "IMME", "TLIN", "TIM", "TIME", "MAN", "MANU", "BUS"))
        self.arm_source = name.upper()[:3]

    def set_trigger_source(self, name: str) -> None:
        """TRIG:SOUR: READ? waits without end for any but IMMediate."""
        self._require_one_of(name, ("IMM", "IMME", "TLIN"))
        self.trigger_source = name.upper()[:3]

    def set_plain(self, on: bool) -> None:
        """Accept a setting without effect on the simulation."""

    def read(self) -> None:
        """READ?: new readings, in one reply."""
        self.require(self._output, OUTPUT_IS_OFF)
        if (self.arm_source, self.trigger_source) != ("IMM", "IMM"):
            return
        count = self.arm_count * self.trigger_count
        period_s = len(self.measured) * self.nplc * LINE_PERIOD_S + OVERHEAD_S
        due_s = max(self.world.time_s, self._port.busy_until_s) + count * period_s
        self._port.busy_until_s = due_s
        self.world.at(due_s, lambda: self._answer(count))

    def _answer(self, count: int) -> None:
        replies = [self._reading() for _ in range(count)]
        if self.auto_clear:
            self.set_output(False)
        self._port.send(BINARY_HEADER if self.is_binary else ",".join(replies), "READ?", after_s=0.0)

    def _reading(self) -> str:
        current_a, at_range = self._measured_current_a()
        voltage_v = self._voltmeter.read(self._true_voltage_v(), self._chance).value
        overflow = self.overload or abs(current_a) >= OVERFLOW
        values = {
            "VOLT": voltage_v if "VOLT" in (self.source_function, *self.measured) else ABSENT,
            "CURR": current_a if "CURR" in (self.source_function, *self.measured) else ABSENT,
            "RES": ABSENT,
            "TIME": self.world.time_s,
            "STAT": float(self._status(overflow, at_range)),
        }
        return ",".join(f"{values[name]:+.6E}" for name in self.elements)

    def _measured_current_a(self) -> tuple[float, bool]:
        true_a = self._true_current_a()
        if self.auto:
            self.range_a = self._ammeter.choose(true_a)
        reading = self._ammeter.read(true_a, self._chance, self.range_a)
        if reading.overloaded or self.overload:
            return OVERFLOW, reading.overloaded
        self._recent = [*self._recent, reading.value][-self.filter_count :]
        value = sum(self._recent) / len(self._recent) if self.filtering else reading.value
        return value - (self.offset if self.relative else 0.0), False

    def _status(self, overflow: bool, at_range: bool) -> int:
        bits = {
            0: overflow,
            1: self.filtering,
            2: self.terminals == "FRON",
            3: bool(self.limit_tripped()),
            5: self.has_math,
            6: self.relative,
            11: "VOLT" in self.measured,
            12: "CURR" in self.measured,
            13: "RES" in self.measured,
            14: self.source_function == "VOLT",
            15: self.source_function == "CURR",
            16: at_range,
            22: self.four_wire,
        }
        return sum(1 << bit for bit, is_set in bits.items() if is_set)

    def _require_one_of(self, name: str, names: tuple[str, ...], code: int = OUT_OF_RANGE) -> None:
        self.require(name.upper()[:4] in names, code)
