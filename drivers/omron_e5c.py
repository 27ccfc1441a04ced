"""Omron E5_C temperature controllers: E5CC, E5EC, E5AC, E5DC, E5GC (Modbus RTU over RS-485).

Sources: the manufacturer's communications manual of the E5_C, H175 (pages 3-25, 4-12 to 4-14, 5-2 to 5-8);
public programs: omniplatypus of the Noel group (Amsterdam), the firmware of polymech, pylablib.

A variable has two registers, high word first, at an even address (the 4-byte mode of the manual): a signed
integer in units of the last displayed digit. The number of decimals is a variable. Commands are written to
address 0 by function 6: the command in the high byte, its argument in the low one. The protocol must be set
to Modbus at the instrument; CompoWay/F is not used.

The internal set point rules. The remote set point, manual mode, auto-tuning and the simple program are
refused; a person changes them at the instrument. So are an output that is not zero while the controller is
stopped or its sensor is broken: the parameters MV at Stop and MV at PV Error.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, NamedTuple

from drivers.declarations import omron_e5c as declared
from drivers.modbus import (
    long_words,
    signed_long,
    write_block_request,
    write_request,
    written_addresses,
)
from drivers.modbus_instrument import ModbusInstrument
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import InstrumentError
from labctl.instrument import NO_RAMP, Capabilities, Range

PROCESS_VALUE, STATUS, INTERNAL_SETPOINT, OUTPUT, SETPOINT = 0x0000, 0x0002, 0x0004, 0x0008, 0x0106
STATUS_COPY, STATUS_2, DECIMALS = 0x040C, 0x0410, 0x0420
RAMP_UNIT, RAMP, RAMP_FALL, OUTPUT_AT_STOP, OUTPUT_AT_ERROR = 0x0718, 0x071A, 0x071C, 0x071E, 0x0722
TEMPERATURE_UNIT, PROGRAM_PATTERN = 0x0C02, 0x0D2C
COMMAND = 0x0000
WRITING_ON, RUN, STOP = 0x0001, 0x0100, 0x0101
UNITS_S = {0: 1.0, 1: 60.0, 2: 3600.0}
SAME_AS_RISE = -1
MOST_DECIMALS = 3
STOPPED = 1 << 24
SETTINGS_OF_STATUS = 0x0FF0_0000
"""Bits of the status that no control output changes."""
ERRORS = {1 << 2: "A/D converter error", 1 << 6: "input error"}
ALARMS = {
    1 << 0: "heater overcurrent",
    1 << 3: "leakage current of the relay",
    1 << 4: "remote set point input error",
    1 << 10: "heater burnout",
    1 << 11: "heater burnout (CT2)",
    1 << 12: "alarm 1",
    1 << 13: "alarm 2",
    1 << 14: "alarm 3",
    1 << 28: "heater overcurrent (CT2)",
    1 << 31: "leakage current of the relay (CT2)",
}
HEATER_FAILURES = 1 << 3 | 1 << 10 | 1 << 11 | 1 << 31
OTHER_SETPOINT_K = 0.11
RATE_TOLERANCE = 0.05
FOLLOWS_AFTER_S = (0.0, 0.25, 0.5, 1.0, 2.0)
RAMPS_AFTER_S = (0.5, 1.0, 2.0)


class OtherMaster(NamedTuple):
    """Bit of a status variable that means that something other than the set point rules."""

    variable: int
    bit: int
    words: str


OTHER_MASTERS = (
    OtherMaster(STATUS, 1 << 26, "it is in manual mode"),
    OtherMaster(STATUS, 1 << 23, "auto-tuning is in progress"),
    OtherMaster(STATUS, 1 << 22, "it is in setup area 1"),
    OtherMaster(STATUS_2, 1 << 27, "the remote set point is selected"),
)


class OmronE5C(ModbusInstrument):
    """A `labctl.bench.TemperatureController`; the instrument must display degrees Celsius.

    Parameters
    ----------
    unit : int
        Unit number, 1 to 99.
    rate_decimals : int, optional
        Decimals of the SP Ramp Set Value, 0 to 3, as found at the bench: no source gives them. Without them
        ramps are refused.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "timeout": 1000,
        "asrl": {"baud_rate": 9600, "data_bits": 8, "parity": 2, "stop_bits": 10},
    }
    can = Capabilities(
        settings={"unit": Range(1, 99, whole=True), "rate_decimals": Range(0, MOST_DECIMALS, whole=True)}
    )
    write_interval_s: ClassVar[float] = 0.02

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        unit: int = 1,
        rate_decimals: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, unit=unit, **kwargs)
        self.can.check_settings(self.name, unit=unit, rate_decimals=rate_decimals)
        self._rate_decimals = rate_decimals
        self._decimals: int | None = None

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Return a frame in hexadecimal as `read 0106`, `write 0106 = 250`, `command 0101`."""
        request = bytes.fromhex(sent)
        address = int.from_bytes(request[2:4], "big")
        if not written_addresses(request):
            return (f"read {address:04X}",)
        if len(written_addresses(request)) == 1 and address == COMMAND:
            return (f"command {request[4:6].hex().upper()}",)
        return (f"write {address:04X} = {signed_long(request[7:11])}",)

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return its settings, and that ramps are refused without `rate_decimals`."""
        if settings.get("rate_decimals") is not None:
            return cls.can
        return replace(cls.can, ramp_rate_k_s=NO_RAMP, ramp_needs="rate_decimals")

    @classmethod
    def unconfirmed(cls, settings: Any) -> tuple[str, ...]:
        """Return that the decimals of the ramp rate are not known, unless `rate_decimals` is given."""
        if "rate_decimals" in settings:
            return ()
        return ("no source gives the decimals of the SP ramp; ramps are refused without rate_decimals",)

    def read_variable(self, address: int) -> int:
        """Return a variable as a signed integer."""
        return signed_long(self.read_registers(address, 2))

    def write_variable(self, address: int, value: int) -> None:
        """Write a variable and read it back; raises ValueError for a value that does not fit."""
        self._ask(write_block_request(self.unit, address, long_words(value)))
        found = self.read_variable(address)
        if found != value:
            raise InstrumentError(self.name, f"variable {address:04X} = {value}", str(found), "not accepted")

    def _command(self, command: int) -> None:
        self._ask(write_request(self.unit, COMMAND, command))

    @property
    def _per_degree(self) -> int:
        """Units of the last displayed digit in one degree; read once."""
        if self._decimals is None:
            decimals = self.read_variable(DECIMALS)
            if not 0 <= decimals <= MOST_DECIMALS:
                problem = f"expected the displayed decimals, 0 to {MOST_DECIMALS}"
                raise self.refuse(f"variable {DECIMALS:04X}", str(decimals), problem)
            self._decimals = decimals
        return 10**self._decimals

    def _read_degc(self, address: int) -> float:
        return self.read_variable(address) / self._per_degree

    # Members of `labctl.bench.TemperatureController`.

    @property
    def identity(self) -> str:
        """Get manufacturer, series, unit and decimals (str): no identity is known in Modbus.

        Raises InstrumentError unless the decimals are possible and both copies of the status agree.
        """
        self._decimals = None
        per_degree = self._per_degree
        status, copy = (self.read_variable(at) & SETTINGS_OF_STATUS for at in (STATUS, STATUS_COPY))
        if status != copy:
            problem = "this is not an Omron E5_C: its status has two copies that agree"
            raise self.refuse(f"variables {STATUS:04X}, {STATUS_COPY:04X}", f"{status:X}, {copy:X}", problem)
        return f"Omron E5_C, unit {self.unit}, {len(str(per_degree)) - 1} decimals"

    @property
    def condition(self) -> str:
        """Get errors and alarms of the status as text (str)."""
        status = self.read_variable(STATUS)
        words = [text for bit, text in {**ERRORS, **ALARMS}.items() if status & bit]
        return ", ".join(words) or "no alarm"

    def prepare(self) -> None:
        """Stopped, and no other master; refuse an output while stopped or at a sensor error."""
        self.check_identity("Omron E5_C")
        self.attempt_all(self.make_safe, self._refuse_outputs)
        self._refuse_other_masters()
        if unit := self.read_variable(TEMPERATURE_UNIT):
            problem = "the controller does not display degrees Celsius"
            raise InstrumentError(self.name, f"variable {TEMPERATURE_UNIT:04X}", str(unit), problem)
        _ = self.ramp_rate_k_s

    def _refuse_outputs(self) -> None:
        for address, words in ((OUTPUT_AT_STOP, "MV at Stop"), (OUTPUT_AT_ERROR, "MV at PV Error")):
            tenths = self.read_variable(address)
            if tenths:
                problem = f"{words} is {tenths / 10:g} %: set it to 0 at the instrument"
                raise InstrumentError(self.name, f"variable {address:04X}", str(tenths), problem)

    @property
    def temperature_k(self) -> float:
        """Process value; InstrumentError while the instrument reports an error of its input."""
        celsius = self._read_degc(PROCESS_VALUE)
        # Read second: the sensor may break between the two reads.
        status = self.read_variable(STATUS)
        doubts = [words for bit, words in ERRORS.items() if status & bit]
        if doubts:
            raise InstrumentError(self.name, f"variable {STATUS:04X}", f"{status:X}", ", ".join(doubts))
        return celsius + ZERO_CELSIUS_K

    @property
    def setpoint_k(self) -> float:
        """Internal set point; it moves during a ramp. Writing it sets the set point and starts control."""
        return self._read_degc(INTERNAL_SETPOINT) + ZERO_CELSIUS_K

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        if not math.isfinite(value):
            raise ValueError(f"setpoint_k is {value!r}; give a temperature")
        target_degc = value - ZERO_CELSIUS_K
        before_degc = self._read_degc(SETPOINT)
        if abs(before_degc - target_degc) > 0.5 / self._per_degree:  # limits memory wear
            self.write_variable(SETPOINT, round(target_degc * self._per_degree))
        self._refuse_other_masters()  # before the output is on
        is_ramping = self.ramp_rate_k_s > 0
        self._command(RUN)
        if self.read_variable(STATUS) & STOPPED:
            raise InstrumentError(self.name, f"command {RUN:04X}", "stopped", "control did not start")
        self._confirm_what_rules(target_degc, before_degc, is_ramping)

    def _confirm_what_rules(self, target_degc: float, before_degc: float, is_ramping: bool) -> None:
        """Raise InstrumentError unless the internal set point is the target, or on its way there."""
        allowed_k = max(OTHER_SETPOINT_K, 0.51 / self._per_degree)
        around_degc = [target_degc]
        if is_ramping:
            around_degc += [before_degc, self._read_degc(PROCESS_VALUE)]
        low_degc, high_degc = min(around_degc) - allowed_k, max(around_degc) + allowed_k
        internal_degc = math.nan
        for _ in self.at_times(self.clock.monotonic(), RAMPS_AFTER_S if is_ramping else FOLLOWS_AFTER_S):
            internal_degc = self._read_degc(INTERNAL_SETPOINT)
            if low_degc <= internal_degc <= high_degc:
                return
        problem = f"the set point that rules is not {target_degc:g} degC"
        raise InstrumentError(self.name, "internal set point", f"{internal_degc:g}", problem)

    def _other_master(self) -> str:
        """Return which other set point or mode rules, "" for none."""
        found = {address: self.read_variable(address) for address in (STATUS, STATUS_2)}
        for variable, bit, words in OTHER_MASTERS:
            if found[variable] & bit:
                return words
        return "the simple program is in use" if self.read_variable(PROGRAM_PATTERN) else ""

    def _refuse_other_masters(self) -> None:
        problem = self._other_master()
        if problem:
            raise InstrumentError(self.name, "what rules", "", f"{problem} (change it at the instrument)")

    @property
    def output_state(self) -> OutputState:
        """Set point and output, running or stopped, another master, and a failure of the heater."""
        target_degc, internal_degc = self._read_degc(SETPOINT), self._read_degc(INTERNAL_SETPOINT)
        percent, status = self.read_variable(OUTPUT) / 10, self.read_variable(STATUS)
        is_on = not status & STOPPED
        problem = self._other_master()
        if not problem and status & HEATER_FAILURES:
            problem = ", ".join(words for bit, words in ALARMS.items() if status & HEATER_FAILURES & bit)
        differs = is_on and abs(internal_degc - target_degc) > OTHER_SETPOINT_K
        if not problem and differs and not self.ramp_rate_k_s:
            problem = f"another set point rules, {internal_degc:g} degC"
        return OutputState(is_on, target_degc + ZERO_CELSIUS_K, percent, problem)

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate of the SP ramp in K/s; 0 = off.

        Raises InstrumentError where it has another rate for falling set points, an unknown unit, or
        decimals that are not known.
        """
        rise, fall = self.read_variable(RAMP), self.read_variable(RAMP_FALL)
        if fall not in (SAME_AS_RISE, rise):
            problem = "it has another SP ramp for falling set points: set SP Ramp Fall Value to SAME"
            raise InstrumentError(self.name, f"variable {RAMP_FALL:04X}", str(fall), problem)
        return rise / self._per_k_s if rise else 0.0

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        if not value >= 0:
            raise ValueError(f"ramp_rate_k_s is {value:g}; give 0 or more")
        self.capabilities({"rate_decimals": self._rate_decimals}).check_ramp(self.name, value)
        wanted = value * self._per_k_s if value else 0.0
        if abs(round(wanted) - wanted) > RATE_TOLERANCE * wanted:
            problem = "the rate would be rounded; choose another time unit of the SP ramp at the instrument"
            raise InstrumentError(self.name, f"SP ramp = {wanted:g}", "", problem)
        if self.read_variable(RAMP) != round(wanted):  # limits memory wear
            self.write_variable(RAMP, round(wanted))
        _ = self.ramp_rate_k_s

    @property
    def _per_k_s(self) -> float:
        """Units of the SP ramp in 1 K/s."""
        if self._rate_decimals is None:
            problem = "no source gives the decimals of the SP ramp; give rate_decimals in its settings"
            raise InstrumentError(self.name, f"variable {RAMP:04X}", "", problem)
        unit = self.read_variable(RAMP_UNIT)
        if unit not in UNITS_S:
            problem = "the time unit of the SP ramp is not known: expected 0 (s), 1 (min) or 2 (h)"
            raise InstrumentError(self.name, f"variable {RAMP_UNIT:04X}", str(unit), problem)
        return UNITS_S[unit] * 10**self._rate_decimals

    def switch_off(self) -> None:
        """Enable writing, then stop; the instrument acknowledges both."""
        with self.urgently():
            self.attempt_all(partial(self._command, WRITING_ON), partial(self._command, STOP))

    def make_safe(self) -> None:
        """Stop, and read back that it is stopped and that its output is zero."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        status, tenths = self.read_variable(STATUS), self.read_variable(OUTPUT)
        if not status & STOPPED or tenths:
            answered = f"status {status & 0xFFFF_FFFF:X}, {tenths / 10:g} %"
            problem = "the output is still on" + (", by the parameter MV at Stop" if status & STOPPED else "")
            raise InstrumentError(self.name, f"command {STOP:04X}", answered, problem)
