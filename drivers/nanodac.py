"""Eurotherm nanodac, recorder and controller with two loops (Modbus TCP, port 502).

Sources: two programs in use that agree, BLISS of ESRF (its list of parameters, nanodac_cmds.txt) and, where
it has a parameter, the EPICS support of ORNL (ornl-epics/eurotherm). A parameter with the address A is a word
at A, and as an IEEE float, high word first, at 0x8000 + 2 A. Numbers are read and written as floats, choices
as words.

The working set point rules. The alternative set point, the second set point, output tracking, an inhibited
loop, a cascade and a running program are refused; a person changes them at the instrument.

No source names the unit of time of the ramp rate: give `rate_per` as found at the bench.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, NamedTuple

from drivers.declarations import nanodac as declared
from drivers.modbus import (
    TCP_HEADER_BYTES,
    float_words,
    request_text,
    single_float,
    write_block_request,
    write_request,
    written_addresses,
)
from drivers.modbus_instrument import TCP, ModbusInstrument
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import InstrumentError
from labctl.instrument import NO_RAMP, Capabilities, OneOf, Range

FLOAT_REGION = 0x8000
COMPANY, EUROTHERM = 121, 1280
PROCESS_VALUE, AUTO_MANUAL, TARGET, WORKING, OUTPUT, INHIBIT = 0x200, 0x201, 0x202, 0x203, 0x204, 0x205
LOOP_BREAK, SENSOR_BREAK = 0x20F, 0x213
LOOP_TYPE, SETPOINT_SELECT, ALTERNATIVE = 0x1600, 0x165B, 0x1661
SETPOINT_HIGH, SETPOINT_LOW, RATE, RATE_DISABLED = 0x165E, 0x165F, 0x1662, 0x1663
SENSOR_BREAK_MODE, MANUAL_OUTPUT, OUTPUT_TRACKING, SENSOR_BREAK_OUTPUT = 0x167D, 0x1680, 0x168A, 0x168E
PROGRAMMER = 14928
STATE_OF_NEXT_LOOP, SET_UP_OF_NEXT_LOOP, SET_UP = 0x80, 0x100, 0x1600
AUTO, MANUAL = 0, 1
HOLD = 1
PER_S = {"s": 1.0, "min": 60.0, "h": 3600.0}
RESOLUTION_K = 0.05
OTHER_SETPOINT_K = 0.11
RATE_TOLERANCE = 0.05
FOLLOWS_AFTER_S = (0.0, 0.5, 1.0, 2.0)
OFF_AFTER_S = (0.0, 0.2, 0.4)
FLOAT_SHARE = 1e-6


class OtherMaster(NamedTuple):
    """Word of a loop with values that mean that something other than its target set point rules."""

    address: int
    values: tuple[int, ...]
    words: str


OTHER_MASTERS = (
    OtherMaster(INHIBIT, (1,), "the loop is inhibited"),
    OtherMaster(ALTERNATIVE, (1,), "the alternative set point is selected"),
    OtherMaster(SETPOINT_SELECT, (1,), "another set point than SP1 is selected"),
    OtherMaster(OUTPUT_TRACKING, (1,), "the output follows another signal"),
    OtherMaster(LOOP_TYPE, (1, 2, 3), "the loop is a cascade, an override or a ratio"),
)
PROGRAM = OtherMaster(PROGRAMMER, (2, 4), "a program runs or holds: reset it")


def _in_loop_1(address: int) -> int:
    """Return the address that a parameter of loop 2 has in loop 1."""
    for first, last, distance in (
        (PROCESS_VALUE, SENSOR_BREAK, STATE_OF_NEXT_LOOP),
        (LOOP_TYPE, SENSOR_BREAK_OUTPUT, SET_UP_OF_NEXT_LOOP),
    ):
        if first + distance <= address <= last + distance:
            return address - distance
    return address


class Nanodac(ModbusInstrument):
    """A `labctl.bench.TemperatureController`; the loop must work in degrees Celsius.

    Parameters
    ----------
    unit : int
        Modbus address, 1 to 254.
    loop : int
        1 or 2.
    rate_per : str, optional
        Unit of time of the ramp rate, `s`, `min` or `h`, as found at the bench. Without it ramps are refused.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {"timeout": 1000, "tcpip": {}}
    can = Capabilities(
        settings={
            "unit": Range(1, 254, whole=True),
            "loop": OneOf((1, 2)),
            "rate_per": OneOf(tuple(PER_S)),
        }
    )

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        unit: int = 1,
        loop: int = 1,
        rate_per: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, unit=unit, framing=TCP, **kwargs)
        self.can.check_settings(self.name, loop=loop, rate_per=rate_per)
        self._loop, self._rate_per = loop, rate_per

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Return a frame in hexadecimal as `read 0201`, `write float 0202 = 25`, by its address in loop 1."""
        request = bytes.fromhex(sent)[TCP_HEADER_BYTES:] + b"\0\0"
        at = int.from_bytes(request[2:4], "big")
        is_float = at >= FLOAT_REGION
        number = "float " if is_float else ""
        address = f"{number}{_in_loop_1((at - FLOAT_REGION) // 2 if is_float else at):04X}"
        if not written_addresses(request):
            return (f"read {address}",)
        value = f"{single_float(request[7:11]):g}" if is_float else request_text(request).split(" = ")[1]
        return (f"write {address} = {value}",)

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return its settings, and that ramps are refused without `rate_per`."""
        if settings.get("rate_per") is not None:
            return cls.can
        return replace(cls.can, ramp_rate_k_s=NO_RAMP, ramp_needs="rate_per")

    @classmethod
    def unconfirmed(cls, settings: Any) -> tuple[str, ...]:
        """Return that the unit of the ramp rate is not known, unless `rate_per` is given."""
        if settings.get("rate_per"):
            return ()
        return ("no source names the unit of the ramp rate of a nanodac; ramps are refused without rate_per",)

    def _address(self, of_loop_1: int) -> int:
        if self._loop == 1 or of_loop_1 in (COMPANY, PROGRAMMER):
            return of_loop_1
        return of_loop_1 + (SET_UP_OF_NEXT_LOOP if of_loop_1 >= SET_UP else STATE_OF_NEXT_LOOP)

    def read_choice(self, parameter: int) -> int:
        """Return a parameter that is a choice; `parameter` is its address in loop 1."""
        return self.read_word(self._address(parameter))

    def read_number(self, parameter: int) -> float:
        """Return a parameter that is a number; InstrumentError unless it is finite."""
        address = FLOAT_REGION + 2 * self._address(parameter)
        data = self.read_registers(address, 2)
        value = single_float(data)
        if not math.isfinite(value):
            raise self.refuse(f"register {address}", data.hex(" "), "a value is not finite")
        return value

    def _number_request(self, parameter: int, value: float) -> bytes:
        address = FLOAT_REGION + 2 * self._address(parameter)
        return write_block_request(self.unit, address, float_words(value))

    def write_number(self, parameter: int, value: float) -> None:
        """Write a parameter and read it back; raises ValueError unless it is a number."""
        if not math.isfinite(value):
            raise ValueError(f"{value!r} cannot be sent to an instrument")
        self._ask(self._number_request(parameter, value))
        found = self.read_number(parameter)
        if abs(found - value) > max(RESOLUTION_K, FLOAT_SHARE * abs(value)):
            sent = f"parameter {self._address(parameter)} = {value:g}"
            raise InstrumentError(self.name, sent, f"{found:g}", "was not accepted")

    # Members of `labctl.bench.TemperatureController`.

    @property
    def identity(self) -> str:
        """Get manufacturer, model and address (str); InstrumentError if the company is not Eurotherm's."""
        company = self.read_word(COMPANY)
        if company != EUROTHERM:
            problem = f"this is not a nanodac: its company identification is {EUROTHERM}"
            raise self.refuse(f"register {COMPANY}", str(company), problem)
        return f"Eurotherm nanodac, unit {self.unit}, loop {self._loop}"

    @property
    def condition(self) -> str:
        """Get sensor break and loop break as text, and the range of allowed set points (str)."""
        breaks = {SENSOR_BREAK: "sensor break", LOOP_BREAK: "loop break"}
        words = [text for parameter, text in breaks.items() if self.read_choice(parameter)]
        low, high = (self.read_number(parameter) for parameter in (SETPOINT_LOW, SETPOINT_HIGH))
        return ", ".join([*(words or ["no alarm"]), f"set points {low:g} to {high:g} degC"])

    def prepare(self) -> None:
        """Output off; no other master, no power at sensor break, no ramp of unknown unit."""
        self.check_identity("nanodac")
        self.make_safe()
        self._refuse_other_masters()
        if self.read_choice(SENSOR_BREAK_MODE) == HOLD:
            problem = "at a sensor break the output is held: choose a sensor break output at the instrument"
            raise InstrumentError(self.name, "sensor break mode", str(HOLD), problem)
        if self.read_number(SENSOR_BREAK_OUTPUT):
            self.write_number(SENSOR_BREAK_OUTPUT, 0.0)
        _ = self.ramp_rate_k_s

    @property
    def temperature_k(self) -> float:
        """Process value of the loop; InstrumentError while its sensor or loop is broken."""
        celsius = self.read_number(PROCESS_VALUE)
        # Read second: the sensor may break between the two reads.
        for parameter, words in ((SENSOR_BREAK, "sensor break"), (LOOP_BREAK, "loop break")):
            if self.read_choice(parameter):
                raise InstrumentError(self.name, f"register {self._address(parameter)}", "1", words)
        return celsius + ZERO_CELSIUS_K

    @property
    def setpoint_k(self) -> float:
        """Working set point; it moves during a ramp. Writing it sets the target and starts control."""
        return self.read_number(WORKING) + ZERO_CELSIUS_K

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        if not math.isfinite(value):
            raise ValueError(f"setpoint_k is {value!r}; give a temperature")
        target_degc = value - ZERO_CELSIUS_K
        self._refuse_other_masters()  # before the output is on
        is_ramping, before_degc = self.ramp_rate_k_s > 0, self.read_number(TARGET)
        if is_ramping and self.read_choice(AUTO_MANUAL) != AUTO:
            before_degc = self._start_ramp_from_here()
        if abs(before_degc - target_degc) > RESOLUTION_K:
            self.write_number(TARGET, target_degc)
        self.write_word(self._address(AUTO_MANUAL), AUTO)
        self._confirm_working_setpoint(target_degc, before_degc, is_ramping)

    def _start_ramp_from_here(self) -> float:
        """Start control at the temperature, within the limits of the set point; return it in degC.

        In manual mode the working set point may follow the target without a ramp.
        """
        low_degc, high_degc = (self.read_number(parameter) for parameter in (SETPOINT_LOW, SETPOINT_HIGH))
        here_degc = min(max(self.read_number(PROCESS_VALUE), low_degc), high_degc)
        self.write_number(TARGET, here_degc)
        self._confirm_working_setpoint(here_degc, here_degc, is_ramping=False)
        self.write_word(self._address(AUTO_MANUAL), AUTO)
        return here_degc

    def _confirm_working_setpoint(self, target_degc: float, before_degc: float, is_ramping: bool) -> None:
        around_degc = [target_degc]
        if is_ramping:
            around_degc += [before_degc, self.read_number(PROCESS_VALUE)]
        low_degc, high_degc = min(around_degc) - OTHER_SETPOINT_K, max(around_degc) + OTHER_SETPOINT_K
        working_degc = math.nan
        for _ in self.at_times(self.clock.monotonic(), FOLLOWS_AFTER_S):
            working_degc = self.read_number(WORKING)
            if low_degc <= working_degc <= high_degc:
                return
        problem = f"the set point that rules is not {target_degc:g} degC: of another master, or trimmed"
        raise InstrumentError(self.name, "working set point", f"{working_degc:g}", problem)

    def _other_master(self) -> str:
        """Return which other set point or mode rules, "" for none."""
        for address, values, words in OTHER_MASTERS:
            if self.read_choice(address) in values:
                return words
        return PROGRAM.words if self.read_if_there(PROGRAM.address) in PROGRAM.values else ""

    def _refuse_other_masters(self) -> None:
        problem = self._other_master()
        if problem:
            raise InstrumentError(self.name, "what rules", "", f"{problem} (at the instrument)")

    @property
    def output_state(self) -> OutputState:
        """Target and output, automatic or manual, and which set point rules."""
        target_degc, working_degc, percent = map(self.read_number, (TARGET, WORKING, OUTPUT))
        is_on = self.read_choice(AUTO_MANUAL) == AUTO
        problem = self._other_master()
        differs = is_on and abs(working_degc - target_degc) > OTHER_SETPOINT_K
        if not problem and differs and not self.ramp_rate_k_s:
            problem = f"another set point rules, {working_degc:g} degC"
        return OutputState(is_on, target_degc + ZERO_CELSIUS_K, percent, problem)

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate limit of the set point in K/s; 0 = no limit.

        Raises InstrumentError where there is a limit and its unit of time is not known, or it is disabled.
        """
        rate = self.read_number(RATE)
        return rate / self._rate_unit_s if rate and not self.read_choice(RATE_DISABLED) else 0.0

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        if not value >= 0:
            raise ValueError(f"ramp_rate_k_s is {value:g}; give 0 or more")
        self.capabilities({"rate_per": self._rate_per}).check_ramp(self.name, value)
        rate = value * self._rate_unit_s if value else 0.0
        if value and self.read_choice(RATE_DISABLED):
            raise InstrumentError(
                self.name, "rate disable", "1", "the ramp rate is disabled at the instrument"
            )
        self.write_number(RATE, rate)
        found = self.read_number(RATE)
        if abs(found - rate) > RATE_TOLERANCE * rate:
            raise InstrumentError(self.name, f"ramp rate = {rate:g}", f"{found:g}", "the rate was rounded")

    @property
    def _rate_unit_s(self) -> float:
        if self._rate_per is None:
            problem = "no source names the unit of the ramp rate of a nanodac; give rate_per in its settings"
            raise InstrumentError(self.name, "ramp rate", "", problem)
        return PER_S[self._rate_per]

    def switch_off(self) -> None:
        """Write manual mode and output zero; the instrument acknowledges both."""
        with self.urgently():
            self.attempt_all(
                partial(self._ask, write_request(self.unit, self._address(AUTO_MANUAL), MANUAL)),
                partial(self._ask, self._number_request(MANUAL_OUTPUT, 0.0)),
            )

    def make_safe(self) -> None:
        """Set manual mode and output zero; read back the mode and the working output."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        """Read mode and output, the latter again where the controller has not followed yet."""
        mode, percent = self.read_choice(AUTO_MANUAL), math.nan
        for _ in self.at_times(self.clock.monotonic(), OFF_AFTER_S):
            percent = self.read_number(OUTPUT)
            if mode == MANUAL and not percent:
                return
        raise InstrumentError(self.name, "mode, output", f"{mode}, {percent:g}", "the output is still on")
