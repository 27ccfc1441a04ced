"""Eurotherm 2200, 2400, 3200 (3216) and 3500 temperature controllers (Modbus RTU over a serial line).

Sources: the manufacturer's Series 2000 communications handbook HA026230 and engineering handbook of the 3200,
HA028651 issue 7 (section 15.5), and programs for the 2200, 3200 (nupylab, eurothermlib) and 3500.
Values are read from the region of IEEE floats if it exists, because the plain registers have implied decimals
that are not in the frame; without that region they are scaled by the display decimals, parameter 525.

The target set point (register 2) is only one of the set points that can rule: the working set point (5) is
the ruling one. After every change the driver reads it, and the registers by which another master rules, and
raises if another one rules. It never selects the master: a person does so at the instrument.

Register 199, the instrument mode, is never written: its values start calibration routines or clear memory.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, NamedTuple

from drivers.declarations import eurotherm as declared
from drivers.modbus import (
    BAD_ADDRESS,
    ModbusRefusal,
    float_words,
    read_request,
    request_text,
    single_float,
    write_block_request,
    write_request,
    written_addresses,
)
from drivers.modbus_instrument import ModbusInstrument
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import InstrumentError
from labctl.instrument import NO_RAMP, Capabilities, OneOf, Range

FLOAT_REGION = 0x8000
INSTRUMENT_MODE = 199

PROCESS_VALUE, TARGET_SETPOINT, MANUAL_OUTPUT, WORKING_SETPOINT = 1, 2, 3, 5
SENSOR_BREAK_POWER, RATE_LIMIT, SUMMARY_STATUS = 34, 35, 75
SETPOINT_HIGH, SETPOINT_LOW = 111, 112
CONTROLLER_IDENTIFIER = 122
AUTO_MANUAL, DISPLAY_UNIT, DECIMALS = 273, 516, 525
RATE_DISABLED, RATE_UNIT = 78, 531
RATE_UNITS_S = {0: 1.0, 1: 60.0, 2: 3600.0}
RATE_UNITS_3200_S = {0: 60.0, 1: 3600.0, 2: 1.0}
"""Seconds in the unit of time of the ramp rate, by the value of register 531."""
PER_S = {"s": 1.0, "min": 60.0, "h": 3600.0}
AUTO, MANUAL = 0, 1
NORMAL = 0
OTHER_SETPOINT_K = 0.11
RATE_TOLERANCE = 0.05
FOLLOWS_AFTER_S = (0.0, 0.25, 0.5, 1.0, 2.0)
RAMPS_AFTER_S = (2.0,)
"""Times after a change at which the working set point is read until it is right: without, with a ramp."""
ALARMS = {1 << number: f"alarm {number + 1}" for number in range(4)}
STATUS_ERRORS = {
    1 << 5: "sensor break",
    1 << 6: "loop break",
    1 << 7: "heater failure",
    1 << 10: "process value out of range",
}
STATUS_ERRORS_2200 = STATUS_ERRORS | {1 << 8: "load failure", 1 << 11: "failure of the solid-state relay"}
STATUS_ERRORS_3200 = {
    1 << 5: "sensor break",
    1 << 6: "loop break",
    1 << 7: "load current too low",
    1 << 10: "process value out of range",
}
ALARMS_3200 = ALARMS | {1 << 8: "leakage current", 1 << 11: "overcurrent", 1 << 14: "remote set point failed"}


class OtherMaster(NamedTuple):
    """Register with values that mean that something other than the target set point rules."""

    address: int
    values: tuple[int, ...]
    words: str


REMOTE = OtherMaster(276, (1,), "the remote set point is selected")
PROGRAM = OtherMaster(23, (2, 4, 8, 16), "a program rules: reset the programmer")
TUNING = OtherMaster(270, (1,), "self-tuning runs: switch it off")
PROGRAM_2200 = OtherMaster(23, (2, 4, 16, 32, 64), "a program rules: reset the programmer")
TIMER_3200 = OtherMaster(23, (1, 2, 3), "the timer or its program rules: reset it")
OTHER_LOCAL = OtherMaster(15, tuple(range(1, 16)), "another set point than SP1 is selected")


def float_address(address: int) -> int:
    """Return the first register address of a parameter's float."""
    return 2 * address + FLOAT_REGION


def forbidden(request: bytes) -> bool:
    """Return whether a request would write the instrument mode, as a word or as a float."""
    touched = written_addresses(request)
    mode = (INSTRUMENT_MODE, float_address(INSTRUMENT_MODE), float_address(INSTRUMENT_MODE) + 1)
    return any(address in touched for address in mode)


class Eurotherm(ModbusInstrument):
    """A `labctl.bench.TemperatureController`; the instrument must display degrees Celsius.

    Parameters
    ----------
    unit : int
        Modbus address, 1 to 254.
    decimals : int, optional
        Display decimals for an instrument without a float region; by default read from parameter 525. Set to
        0 if communication is configured to integer resolution.

    Class attributes
    ----------------
    other_masters : tuple of OtherMaster
        Registers of the family that say what rules; their other values, also undefined ones of an absent
        function, are ignored.
    rate_unit, rate_disabled : int or None
        Registers of the unit of the ramp rate (None: per minute) and of its disabling.
    rate_units_s : dict
        Seconds in the unit of time of the ramp rate, by the value of `rate_unit`.
    status_errors, alarms : dict
        Bits of the summary status that make a temperature invalid, and those that do not, as text.
    is_documented : bool
        Whether a source says that the parameters 525 and 75 exist. If not, the instrument may refuse them,
        and an impossible number of decimals is ignored.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    connection_settings: ClassVar[dict[str, Any]] = {
        "timeout": 1000,
        "asrl": {"baud_rate": 9600, "data_bits": 8, "parity": 0, "stop_bits": 10},
    }
    write_interval_s: ClassVar[float] = 0.02
    can = Capabilities(settings={"unit": Range(1, 254, whole=True), "decimals": Range(0, 4, whole=True)})
    family: ClassVar[str] = "2400"
    working_output: ClassVar[int] = MANUAL_OUTPUT
    has_sensor_break_power: ClassVar[bool] = True
    tells_mode: ClassVar[bool] = True
    tells_setpoint_limits: ClassVar[bool] = True
    tells_display_unit: ClassVar[bool] = True
    other_masters: ClassVar[tuple[OtherMaster, ...]] = (REMOTE, PROGRAM, OTHER_LOCAL, TUNING)
    rate_unit: ClassVar[int | None] = RATE_UNIT
    rate_units_s: ClassVar[dict[int, float]] = RATE_UNITS_S
    rate_disabled: ClassVar[int | None] = RATE_DISABLED
    status_errors: ClassVar[dict[int, str]] = STATUS_ERRORS
    alarms: ClassVar[dict[int, str]] = ALARMS
    is_documented: ClassVar[bool] = True

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        unit: int = 1,
        decimals: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, unit=unit, **kwargs)
        self.can.check_settings(self.name, decimals=decimals)
        self._possible = self.can
        self._decimals_set = decimals
        self._decimals: int | None = decimals
        self._floats = True

    @classmethod
    def declared_texts(cls, sent: str) -> tuple[str, ...]:
        """Return a frame in hexadecimal as `read 273`, `write 3 = 0`, `write float 2 = 25`."""
        request = bytes.fromhex(sent)
        address = int.from_bytes(request[2:4], "big")
        if address < FLOAT_REGION:
            return (request_text(request),)
        number = (address - FLOAT_REGION) // 2
        if not written_addresses(request):
            return (f"read float {number}",)
        return (f"write float {number} = {single_float(request[7:11]):g}",)

    # All communication goes through `exchange`.

    def exchange(self, request: bytes) -> bytes:
        """Send a frame and return the data of its reply.

        Raises ModbusRefusal (a ValueError) for an exception reply, InstrumentError for any other failure, and
        ValueError, before anything is sent, for a request that would write the instrument mode.
        """
        if forbidden(request):
            raise ValueError(f"register {INSTRUMENT_MODE} must never be written")
        return super().exchange(request)

    def _read_if_documented(self, address: int) -> int | None:
        """Return a register; None where it is absent from a family without documentation."""
        return self.read_word(address) if self.is_documented else self.read_if_there(address)

    def read_value(self, address: int) -> float:
        """Return a parameter in its own unit."""
        if not self._floats:
            return self.read_word(address) / self._scale
        request = read_request(self.unit, float_address(address), 2)
        data = self._ask(request)
        value = single_float(data)
        if not math.isfinite(value):
            raise self.refuse(request.hex(" "), data.hex(" "), "a value is not finite")
        return value

    def write_value(self, address: int, value: float) -> float:
        """Write a parameter, return it as read back; raises ValueError for a value out of range."""
        if not math.isfinite(value):
            raise ValueError(f"{value!r} cannot be sent to an instrument")
        if self._floats:
            self._ask(write_block_request(self.unit, float_address(address), float_words(value)))
        else:
            self._ask(write_request(self.unit, address, round(value * self._scale)))
        found = self.read_value(address)
        if abs(found - value) > 0.51 / self._scale:
            raise InstrumentError(
                self.name, f"parameter {address} = {value:g}", f"{found:g}", "was not accepted"
            )
        return found

    @property
    def _scale(self) -> int:
        return int(10 ** (self._decimals or 0))

    # Members of `labctl.bench.TemperatureController`.

    @property
    def identity(self) -> str:
        """Get manufacturer, family and address (str): the protocol has no identity query."""
        decimals = self._read_if_documented(DECIMALS)
        told = "decimals not told" if decimals is None else f"{decimals} decimals"
        return f"Eurotherm {self.family}, unit {self.unit}, {told}"

    @property
    def condition(self) -> str:
        """Get the summary status as text and, for a 2400, the range of allowed set points (str)."""
        status = self._read_if_documented(SUMMARY_STATUS)
        told = {**self.alarms, **self.status_errors} if status is not None else {}
        words = [text for bit, text in told.items() if (status or 0) & bit]
        if status is None:
            words = ["no summary status: a broken sensor is not told"]
        limits = []
        if self.tells_setpoint_limits:
            low, high = (self.read_value(address) for address in (SETPOINT_LOW, SETPOINT_HIGH))
            limits = [f"set points {low:g} to {high:g} degC"]
        return ", ".join([*(words or ["no alarm"]), *limits])

    def prepare(self) -> None:
        """Determine how values are coded; output off, no power at sensor break, and no other master."""
        self.check_identity("Eurotherm")
        self._find_coding()
        self.make_safe()
        self._refuse_other_masters()
        self._refuse_other_unit()
        if self.has_sensor_break_power and self.read_value(SENSOR_BREAK_POWER):
            self.write_value(SENSOR_BREAK_POWER, 0.0)

    def _refuse_other_unit(self) -> None:
        """Raise InstrumentError where the instrument says that it displays other than degrees Celsius."""
        if self.tells_display_unit and (unit := self.read_word(DISPLAY_UNIT)):
            problem = "the controller does not display degrees Celsius"
            raise InstrumentError(self.name, f"register {DISPLAY_UNIT}", str(unit), problem)

    def _find_coding(self) -> None:
        self._decimals = self._display_decimals()
        try:
            self.exchange(read_request(self.unit, float_address(PROCESS_VALUE), 2))
            self._floats = True
        except ModbusRefusal as refusal:
            if refusal.code != BAD_ADDRESS:
                raise InstrumentError(self.name, "float region", "", str(refusal)) from refusal
            self._floats = False
        if not self._floats and self._decimals is None:
            problem = "it tells no display decimals and has no float region; give the setting decimals"
            raise InstrumentError(self.name, f"register {DECIMALS}", "", problem)

    def _display_decimals(self) -> int | None:
        """Return the display decimals, None where they are not known."""
        stated = self._decimals_set
        decimals = self._read_if_documented(DECIMALS) if stated is None else stated
        if decimals is None or 0 <= decimals <= 4:
            return decimals
        if not self.is_documented and stated is None:
            return None
        raise self.refuse(f"register {DECIMALS}", str(decimals), "expected display decimals, 0 to 4")

    @property
    def temperature_k(self) -> float:
        """Process value; InstrumentError while the instrument reports a broken sensor, loop or heater.

        An instrument without a summary status (75) reports none of them.
        """
        celsius = self.read_value(PROCESS_VALUE)
        # Read second: the sensor may break between the two reads.
        status = self._read_if_documented(SUMMARY_STATUS) or 0
        doubts = [words for bit, words in self.status_errors.items() if status & bit]
        if doubts:
            raise InstrumentError(self.name, f"register {SUMMARY_STATUS}", str(status), ", ".join(doubts))
        return celsius + ZERO_CELSIUS_K

    @property
    def setpoint_k(self) -> float:
        """Working set point; it moves during a ramp. Writing it sets the target and starts control."""
        return self.read_value(WORKING_SETPOINT) + ZERO_CELSIUS_K

    @setpoint_k.setter
    def setpoint_k(self, value: float) -> None:
        if not math.isfinite(value):
            raise ValueError(f"setpoint_k is {value!r}; give a temperature")
        target_degc = value - ZERO_CELSIUS_K
        self._confirm_decimals()
        self._refuse_other_masters()  # before the output is on
        rate_k_s, before_degc = self.ramp_rate_k_s, self.read_value(TARGET_SETPOINT)
        if rate_k_s:
            self._ramp_to(target_degc, before_degc, rate_k_s)
            return
        self._write_target(target_degc, before_degc)
        self.write_word(AUTO_MANUAL, AUTO)
        self._confirm_working_setpoint(target_degc)

    def _confirm_decimals(self) -> None:
        """Raise InstrumentError if the decimals that scale the words were changed since `prepare()`."""
        if self._floats or self._decimals_set is not None:
            return
        found = self.read_word(DECIMALS)
        if found != self._decimals:
            problem = f"the decimals of the display were {self._decimals} and were changed: prepare it again"
            raise InstrumentError(self.name, f"register {DECIMALS}", str(found), problem)

    def _write_target(self, target_degc: float, before_degc: float) -> None:
        if abs(before_degc - target_degc) > 0.5 / self._scale:  # limits memory wear
            self.write_value(TARGET_SETPOINT, target_degc)

    def _ramp_to(self, target_degc: float, before_degc: float, rate_k_s: float) -> None:
        """Set the target in automatic mode, in which the working set point moves at the rate."""
        here_degc = before_degc
        if self.read_word(AUTO_MANUAL) != AUTO:
            here_degc = self._start_ramp_from_here()
        begun_s, start_degc = self.clock.monotonic(), self._start_of_ramp(before_degc, here_degc)
        self._write_target(target_degc, here_degc)
        self._confirm_ramp(target_degc, start_degc, rate_k_s, begun_s)

    def _start_of_ramp(self, *between_degc: float) -> float:
        """Return the working set point; InstrumentError unless it is between these and the temperature."""
        start_degc, around_degc = self.read_value(WORKING_SETPOINT), self.read_value(PROCESS_VALUE)
        low_degc, high_degc = min(*between_degc, around_degc), max(*between_degc, around_degc)
        if not low_degc - self._allowed_k <= start_degc <= high_degc + self._allowed_k:
            problem = "the set point that rules is not that of this ramp: remote, or of a program"
            raise InstrumentError(self.name, f"register {WORKING_SETPOINT}", f"{start_degc:g}", problem)
        return start_degc

    def _start_ramp_from_here(self) -> float:
        """Start control at the temperature, within the limits of the set point; return it in degC.

        In manual mode the working set point may follow the target without a ramp.
        """
        here_degc = self.read_value(PROCESS_VALUE)
        if self.tells_setpoint_limits:
            low, high = (self.read_value(address) for address in (SETPOINT_LOW, SETPOINT_HIGH))
            here_degc = min(max(here_degc, low), high)
        self.write_value(TARGET_SETPOINT, here_degc)
        self._follows(
            FOLLOWS_AFTER_S, lambda working_degc, _: abs(working_degc - here_degc) <= self._allowed_k
        )
        self.write_word(AUTO_MANUAL, AUTO)
        return here_degc

    def _follows(self, times_s: Sequence[float], is_right: Callable[[float, float], bool]) -> float | None:
        """Read the working set point until it is right by value and clock; None then, else the last value."""
        working_degc = math.nan
        for _ in self.at_times(self.clock.monotonic(), times_s):
            working_degc = self.read_value(WORKING_SETPOINT)
            if is_right(working_degc, self.clock.monotonic()):
                return None
        return working_degc

    @property
    def _allowed_k(self) -> float:
        return max(OTHER_SETPOINT_K, 0.51 / self._scale)

    def _other_master(self) -> str:
        """Return which other set point or mode rules, "" for none."""
        if self.tells_mode and self.read_word(INSTRUMENT_MODE) != NORMAL:
            return "it is in standby or in configuration"
        for address, values, words in self.other_masters:
            if self.read_if_there(address) in values:
                return words
        return ""

    def _refuse_other_masters(self) -> None:
        problem = self._other_master()
        if problem:
            raise InstrumentError(self.name, "what rules", "", f"{problem} (at the instrument)")

    def _confirm_working_setpoint(self, target_degc: float) -> None:
        """Raise InstrumentError unless the set point that rules becomes the target."""
        found_degc = self._follows(
            FOLLOWS_AFTER_S, lambda working_degc, _: abs(working_degc - target_degc) <= self._allowed_k
        )
        if found_degc is not None:
            problem = f"the set point that rules is not {target_degc:g} degC: remote, or of a program"
            raise InstrumentError(self.name, f"register {WORKING_SETPOINT}", f"{found_degc:g}", problem)

    def _confirm_ramp(self, target_degc: float, before_degc: float, rate_k_s: float, begun_s: float) -> None:
        """Raise InstrumentError unless the set point that rules is on its way to the target at the rate.

        It begins where it was, `before_degc` at the time `begun_s`, or at the temperature.
        """
        starts_degc = (before_degc, self.read_value(PROCESS_VALUE))
        low_degc, high_degc = min(*starts_degc, target_degc), max(*starts_degc, target_degc)

        def is_on_its_way(working_degc: float, now_s: float) -> bool:
            moved_k = (1 + RATE_TOLERANCE) * rate_k_s * (now_s - begun_s) + self._allowed_k
            is_between = low_degc - self._allowed_k <= working_degc <= high_degc + self._allowed_k
            return is_between and any(abs(working_degc - start_degc) <= moved_k for start_degc in starts_degc)

        found_degc = self._follows(RAMPS_AFTER_S, is_on_its_way)
        if found_degc is not None:
            asked = f"{target_degc:g} degC at {60 * rate_k_s:g} K/min"
            problem = f"what rules is not on its way to {asked}: remote, of a program, or without the ramp"
            raise InstrumentError(self.name, f"register {WORKING_SETPOINT}", f"{found_degc:g}", problem)

    @property
    def output_state(self) -> OutputState:
        """Target and output, automatic or manual, standby of a 2400, and which set point rules.

        The working set point follows the target, during a ramp with a delay: where it differs without a rate
        limit, a remote set point or a program rules.
        """
        self._confirm_decimals()
        target_degc, working_degc, percent = (
            self.read_value(address) for address in (TARGET_SETPOINT, WORKING_SETPOINT, self.working_output)
        )
        is_on = self.read_word(AUTO_MANUAL) == AUTO
        problem = self._other_master()
        differs = is_on and abs(working_degc - target_degc) > OTHER_SETPOINT_K
        if not problem and differs and not self.ramp_rate_k_s:
            problem = f"another set point rules, {working_degc:g} degC: remote, or of a program"
        return OutputState(is_on, target_degc + ZERO_CELSIUS_K, percent, problem)

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate limit of the set point in K/s, in the unit of the instrument; 0 = no limit.

        Raises InstrumentError where the instrument disables the limit, has no known unit for it, or rounds it
        by more than 5 %.
        """
        rate = self.read_value(RATE_LIMIT)
        return rate / self._rate_unit_s if rate and not self._is_rate_disabled else 0.0

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        if not value >= 0:
            raise ValueError(f"ramp_rate_k_s is {value:g}; give 0 or more")
        self._possible.check_ramp(self.name, value)
        if value and self._is_rate_disabled:
            problem = "the ramp rate is disabled at the instrument"
            raise InstrumentError(self.name, f"register {self.rate_disabled}", "1", problem)
        rate = value * self._rate_unit_s if value else 0.0
        found = self.write_value(RATE_LIMIT, rate)
        if abs(found - rate) > RATE_TOLERANCE * rate:
            problem = "the rate was rounded; choose another unit of the ramp rate at the instrument"
            raise InstrumentError(self.name, f"parameter {RATE_LIMIT} = {rate:g}", f"{found:g}", problem)

    @property
    def _is_rate_disabled(self) -> bool:
        return self.rate_disabled is not None and self.read_if_there(self.rate_disabled) == 1

    @property
    def _rate_unit_s(self) -> float:
        """Seconds in the unit of time of the ramp rate."""
        if self.rate_unit is None:
            return 60.0
        unit = self.read_if_there(self.rate_unit)
        if unit not in self.rate_units_s:
            problem = "the unit of the ramp rate is not known: expected 0, 1 or 2"
            raise InstrumentError(self.name, f"register {self.rate_unit}", str(unit), problem)
        return self.rate_units_s[unit]

    def switch_off(self) -> None:
        """Write manual mode and output zero; the instrument acknowledges both."""
        with self.urgently():
            self.attempt_all(
                partial(self._ask, write_request(self.unit, AUTO_MANUAL, MANUAL)),
                partial(self._ask, write_request(self.unit, MANUAL_OUTPUT, 0)),
            )

    def make_safe(self) -> None:
        """Set manual mode and output zero; read back the mode and the working output."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        if self.read_word(AUTO_MANUAL) != MANUAL or self.read_word(self.working_output):
            raise InstrumentError(
                self.name, f"registers {AUTO_MANUAL}, {self.working_output}", "", "the output is still on"
            )


class Eurotherm2400(Eurotherm):
    """Eurotherm 2400. It also reads a 2200 as a 2400; for a 2200 use `Eurotherm2200`."""


class Eurotherm2200(Eurotherm):
    """Eurotherm 2200 (2216, 2208, 2204 and their versions e).

    It differs from a 2400 in the states of its programmer, in two bits of the summary status, and in what it
    lacks: unit and disabling of the ramp rate. No public source names the unit of its ramp rate.

    Parameters
    ----------
    unit : int
        Modbus address, 1 to 254.
    decimals : int, optional
        As for the other families.
    rate_per : str, optional
        Unit of time of the ramp rate, `s`, `min` or `h`, as found at the bench. Without it ramps are refused.
    """

    can = Capabilities(
        settings={
            "unit": Range(1, 254, whole=True),
            "decimals": Range(0, 4, whole=True),
            "rate_per": OneOf(tuple(PER_S)),
        }
    )
    family: ClassVar[str] = "2200"
    other_masters: ClassVar[tuple[OtherMaster, ...]] = (REMOTE, PROGRAM_2200, OTHER_LOCAL)
    rate_unit: ClassVar[int | None] = None
    rate_disabled: ClassVar[int | None] = None
    status_errors: ClassVar[dict[int, str]] = STATUS_ERRORS_2200

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        unit: int = 1,
        decimals: int | None = None,
        rate_per: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, unit=unit, decimals=decimals, **kwargs)
        self.can.check_settings(self.name, rate_per=rate_per)
        self._rate_per = rate_per
        self._possible = self.capabilities({"rate_per": rate_per})

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return its settings, and that ramps are refused without `rate_per`."""
        if settings.get("rate_per") is not None:
            return cls.can
        return replace(cls.can, ramp_rate_k_s=NO_RAMP, ramp_needs="rate_per")

    @classmethod
    def unconfirmed(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Return that the unit of the ramp rate is not known, unless `rate_per` is given."""
        if settings.get("rate_per") is not None:
            return ()
        return ("no source names the unit of the ramp rate of a 2200; ramps are refused without rate_per",)

    @property
    def identity(self) -> str:
        """Get manufacturer, range, type code and address (str); InstrumentError if it is not a 2200."""
        code = self.read_word(CONTROLLER_IDENTIFIER) & 0xFFFF
        if code >> 8 != 0x22:
            problem = "this is not a Eurotherm 2200: its type code begins with 22"
            raise self.refuse(f"register {CONTROLLER_IDENTIFIER}", f"{code:04X}", problem)
        return f"Eurotherm 2200, type {code:04X}, unit {self.unit}, {self.read_word(DECIMALS)} decimals"

    def prepare(self) -> None:
        """As for the other families; refuse a ramp of unknown unit."""
        super().prepare()
        _ = self.ramp_rate_k_s

    @property
    def _rate_unit_s(self) -> float:
        if self._rate_per is None:
            problem = "no source names the unit of the ramp rate of a 2200; give rate_per in its settings"
            raise InstrumentError(self.name, f"parameter {RATE_LIMIT}", "", problem)
        return PER_S[self._rate_per]


class Eurotherm3200(Eurotherm):
    """Eurotherm 3200 (3216, 3208, 32h8, 3204): its working output is parameter 4."""

    family: ClassVar[str] = "3200"
    working_output: ClassVar[int] = 4
    tells_mode: ClassVar[bool] = False
    has_sensor_break_power: ClassVar[bool] = False
    tells_setpoint_limits: ClassVar[bool] = False
    tells_display_unit: ClassVar[bool] = False
    other_masters: ClassVar[tuple[OtherMaster, ...]] = (REMOTE, TIMER_3200, OTHER_LOCAL)
    rate_units_s: ClassVar[dict[int, float]] = RATE_UNITS_3200_S
    rate_disabled: ClassVar[int | None] = None
    status_errors: ClassVar[dict[int, str]] = STATUS_ERRORS_3200
    alarms: ClassVar[dict[int, str]] = ALARMS_3200


class Eurotherm3216(Eurotherm3200):
    """Eurotherm 3216, the 1/16 DIN size of the 3200 series."""

    family: ClassVar[str] = "3216"


class Eurotherm3500(Eurotherm):
    """Eurotherm 3500, loop 1: its working output is parameter 85.

    No source says that it has the parameters 525 (decimals) and 75 (summary status). Without 525 it needs the
    float region or the setting `decimals`; without 75 a broken sensor is not reported.
    """

    family: ClassVar[str] = "3500"
    working_output: ClassVar[int] = 85
    tells_mode: ClassVar[bool] = False
    has_sensor_break_power: ClassVar[bool] = False
    tells_setpoint_limits: ClassVar[bool] = False
    tells_display_unit: ClassVar[bool] = False
    other_masters: ClassVar[tuple[OtherMaster, ...]] = ()
    rate_unit: ClassVar[int | None] = None
    is_documented: ClassVar[bool] = False
