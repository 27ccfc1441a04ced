"""Eurotherm 2200/2400, 3200 and 3500 temperature controllers (Modbus RTU over a serial line).

Sources: the manufacturer's Series 2000 communications handbook HA026230, and programs for the 3200 and 3500.
Values are read from the region of IEEE floats if it exists, because the plain registers have implied decimals
that are not in the frame; without that region they are scaled by the display decimals, parameter 525.

Register 199, the instrument mode, is never written: its values start calibration routines or clear memory.
"""

import math
from functools import partial
from typing import Any, ClassVar

from drivers.modbus import (
    BAD_ADDRESS,
    HEADER_BYTES,
    ModbusRefusal,
    bytes_after_header,
    float_words,
    read_request,
    reply_data,
    signed_words,
    single_float,
    write_block_request,
    write_request,
    written_addresses,
)
from labctl.bench import ZERO_CELSIUS_K, OutputState
from labctl.errors import ConfigurationError, InstrumentError
from labctl.instrument import Instrument

FLOAT_REGION = 0x8000
INSTRUMENT_MODE = 199

PROCESS_VALUE, TARGET_SETPOINT, MANUAL_OUTPUT, WORKING_SETPOINT = 1, 2, 3, 5
SENSOR_BREAK_POWER, RATE_LIMIT, SUMMARY_STATUS = 34, 35, 75
SETPOINT_HIGH, SETPOINT_LOW = 111, 112
AUTO_MANUAL, DECIMALS = 273, 525
AUTO, MANUAL = 0, 1
NORMAL = 0
OTHER_SETPOINT_K = 0.11
ALARMS = {1 << number: f"alarm {number + 1}" for number in range(4)}
STATUS_ERRORS = {
    1 << 5: "sensor break",
    1 << 6: "loop break",
    1 << 7: "heater failure",
    1 << 10: "process value out of range",
}


def float_address(address: int) -> int:
    """Return the first register address of a parameter's float."""
    return 2 * address + FLOAT_REGION


def forbidden(request: bytes) -> bool:
    """Return whether a request would write the instrument mode, as a word or as a float."""
    touched = written_addresses(request)
    mode = (INSTRUMENT_MODE, float_address(INSTRUMENT_MODE), float_address(INSTRUMENT_MODE) + 1)
    return any(address in touched for address in mode)


class Eurotherm(Instrument):
    """A `labctl.bench.TemperatureController`; the instrument must display degrees Celsius.

    Parameters
    ----------
    unit : int
        Modbus address, 1 to 254.
    decimals : int, optional
        Display decimals for an instrument without a float region; by default read from parameter 525. Set to
        0 if communication is configured to integer resolution.
    """

    connection_settings: ClassVar[dict[str, Any]] = {
        "timeout": 1000,
        "asrl": {"baud_rate": 9600, "data_bits": 8, "parity": 0, "stop_bits": 10},
    }
    write_interval_s: ClassVar[float] = 0.02
    acknowledges: ClassVar[bool] = True
    questions: ClassVar[str] = "[0-9a-f]{2} 0[37]( [0-9a-f]{2})*"
    family: ClassVar[str] = "2400"
    working_output: ClassVar[int] = MANUAL_OUTPUT
    has_sensor_break_power: ClassVar[bool] = True
    tells_mode: ClassVar[bool] = True
    tells_setpoint_limits: ClassVar[bool] = True

    def __init__(
        self,
        adapter: Any,
        name: str | None = None,
        *,
        unit: int = 1,
        decimals: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(adapter, name, **kwargs)
        if not 1 <= unit <= 254:
            raise ConfigurationError(self.name, "settings.unit", "must be from 1 to 254")
        self.unit = unit
        self._decimals_set = decimals
        self._decimals: int | None = decimals
        self._floats = True

    # All communication goes through `exchange`.

    def exchange(self, request: bytes) -> bytes:
        """Send a frame and return the data of its reply.

        Raises ModbusRefusal (a ValueError) for an exception reply, InstrumentError for any other failure, and
        ValueError, before anything is sent, for a request that would write the instrument mode.
        """
        if forbidden(request):
            raise ValueError(f"register {INSTRUMENT_MODE} must never be written")
        self.write_bytes(request)
        header = self.read_bytes(HEADER_BYTES)
        reply = header + (self.read_bytes(bytes_after_header(header)) if len(header) == HEADER_BYTES else b"")
        try:
            return reply_data(request, reply)
        except ModbusRefusal:
            raise
        except ValueError as problem:
            raise self.refuse(request.hex(" "), reply.hex(" "), str(problem)) from problem

    def _ask(self, request: bytes) -> bytes:
        try:
            return self.exchange(request)
        except ModbusRefusal as refusal:
            raise InstrumentError(self.name, request.hex(" "), "", str(refusal)) from refusal

    def read_word(self, address: int) -> int:
        """Return a register as a signed integer."""
        return signed_words(self._ask(read_request(self.unit, address)))[0]

    def write_word(self, address: int, value: int) -> None:
        """Write a register and read it back, since writes to unused registers are silently ignored."""
        self._ask(write_request(self.unit, address, value))
        found = self.read_word(address)
        if found != value:
            raise InstrumentError(self.name, f"register {address} = {value}", str(found), "was not accepted")

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

    def write_value(self, address: int, value: float) -> None:
        """Write a parameter and read it back; raises ValueError for a value out of range."""
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

    @property
    def _scale(self) -> int:
        return int(10 ** (self._decimals or 0))

    # Members of `labctl.bench.TemperatureController`.

    @property
    def identity(self) -> str:
        """Get manufacturer, family and address (str): the protocol has no identity query."""
        return f"Eurotherm {self.family}, unit {self.unit}, {self.read_word(DECIMALS)} decimals"

    @property
    def condition(self) -> str:
        """Get the summary status as text and, for a 2400, the range of allowed set points (str)."""
        status = self.read_word(SUMMARY_STATUS)
        words = [text for bit, text in {**ALARMS, **STATUS_ERRORS}.items() if status & bit]
        limits = []
        if self.tells_setpoint_limits:
            low, high = (self.read_value(address) for address in (SETPOINT_LOW, SETPOINT_HIGH))
            limits = [f"set points {low:g} to {high:g} degC"]
        return ", ".join([*(words or ["no alarm"]), *limits])

    def prepare(self) -> None:
        """Determine how values are coded; output off, no power at sensor break."""
        self.check_identity("Eurotherm")
        self._find_coding()
        self.make_safe()
        if self.has_sensor_break_power and self.read_value(SENSOR_BREAK_POWER):
            self.write_value(SENSOR_BREAK_POWER, 0.0)

    def _find_coding(self) -> None:
        decimals = self.read_word(DECIMALS) if self._decimals_set is None else self._decimals_set
        if not 0 <= decimals <= 4:
            raise self.refuse(f"register {DECIMALS}", str(decimals), "expected display decimals, 0 to 4")
        self._decimals = decimals
        try:
            self.exchange(read_request(self.unit, float_address(PROCESS_VALUE), 2))
            self._floats = True
        except ModbusRefusal as refusal:
            if refusal.code != BAD_ADDRESS:
                raise InstrumentError(self.name, "float region", "", str(refusal)) from refusal
            self._floats = False

    @property
    def temperature_k(self) -> float:
        """Process value; InstrumentError while the instrument reports a broken sensor, loop or heater."""
        celsius = self.read_value(PROCESS_VALUE)
        status = self.read_word(SUMMARY_STATUS)  # read second: the sensor may break between the two reads
        doubts = [words for bit, words in STATUS_ERRORS.items() if status & bit]
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
        if abs(self.read_value(TARGET_SETPOINT) - target_degc) > 0.5 / self._scale:  # limits memory wear
            self.write_value(TARGET_SETPOINT, target_degc)
        self.write_word(AUTO_MANUAL, AUTO)

    @property
    def output_state(self) -> OutputState:
        """Target and output, automatic or manual, standby of a 2400, and which set point rules.

        The working set point follows the target, during a ramp with a delay: where it differs without a rate
        limit, a remote set point or a program rules.
        """
        target_degc, working_degc, percent = (
            self.read_value(address) for address in (TARGET_SETPOINT, WORKING_SETPOINT, self.working_output)
        )
        is_on = self.read_word(AUTO_MANUAL) == AUTO
        problem = ""
        if self.tells_mode and self.read_word(INSTRUMENT_MODE) != NORMAL:
            problem = "it is in standby or in configuration"
        elif is_on and abs(working_degc - target_degc) > OTHER_SETPOINT_K and not self.ramp_rate_k_s:
            problem = f"another set point rules, {working_degc:g} degC: remote, or of a program"
        return OutputState(is_on, target_degc + ZERO_CELSIUS_K, percent, problem)

    @property
    def ramp_rate_k_s(self) -> float:
        """Rate limit of the set point in K/s (per minute in the instrument); 0 = no limit."""
        return self.read_value(RATE_LIMIT) / 60

    @ramp_rate_k_s.setter
    def ramp_rate_k_s(self, value: float) -> None:
        if not value >= 0:
            raise ValueError(f"ramp_rate_k_s is {value:g}; give 0 or more")
        self.write_value(RATE_LIMIT, value * 60)

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
    """Eurotherm 2200 and 2400."""


class Eurotherm3200(Eurotherm):
    """Eurotherm 3200: its working output is parameter 4."""

    family: ClassVar[str] = "3200"
    working_output: ClassVar[int] = 4
    tells_mode: ClassVar[bool] = False
    has_sensor_break_power: ClassVar[bool] = False
    tells_setpoint_limits: ClassVar[bool] = False


class Eurotherm3500(Eurotherm):
    """Eurotherm 3500, loop 1: its working output is parameter 85."""

    family: ClassVar[str] = "3500"
    working_output: ClassVar[int] = 85
    tells_mode: ClassVar[bool] = False
    has_sensor_break_power: ClassVar[bool] = False
    tells_setpoint_limits: ClassVar[bool] = False
