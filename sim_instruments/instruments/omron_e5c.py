"""Omron E5CC, E5EC and relatives on Modbus RTU.

A variable of 32 bits has two addresses: an even one below 0x2000 for both words, high word first, and one
from 0x2000 on for its low word (the 4-byte and the 2-byte mode). Temperatures are in units of the last
displayed digit, outputs in tenths of a percent. Function 6 at address 0 or 0xFFFF is a command: number in the
high byte, argument in the low one. While communications writing is off only that command is accepted.

The internal set point rules: the remote one in the mode for it, else the local one, ramped where a ramp is
set (here with one decimal). Stopped, the output is MV at Stop; with a broken sensor, MV at PV Error.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim_instruments.wire.device import SimDevice
from sim_instruments.wire.modbus import ILLEGAL_ADDRESS, ILLEGAL_VALUE, ModbusError, respond
from sim_instruments.world.pid import Pid
from sim_instruments.world.world import World

ZERO_CELSIUS_K = 273.15
FULL_POWER_W = 100.0
NOISE_K = 0.02
OPERATION_ERROR = 4
TWO_BYTE_MODE = 0x2000
BROADCAST_COMMAND = 0xFFFF
UNITS_S = (1.0, 60.0, 3600.0)
SAME = -1
BAND_K, INTEGRAL_S = 8.0, 60.0


@dataclass(frozen=True)
class Variable:
    """One variable: its getter and, if writable, its setter with the allowed range."""

    get: Callable[[], int]
    put: Callable[[int], None] | None = None
    low: int = -1999
    high: int = 9999


class OmronE5C:
    """The controller; `sensor_fault` is a switch for tests and faults."""

    def __init__(self, world: World, unit: int = 1, decimals: int = 1) -> None:
        self.world, self.unit, self.decimals = world, unit, decimals
        self.sensor_fault = 0
        self._chance = world.chance("omron_e5c")
        self._pid = Pid()
        self._variables = self._table()
        self.reset()
        world.oven.attach(self._heat)

    def reset(self) -> None:
        """Return to the factory settings: running at 0 degC, no ramp, communications writing off."""
        self.setpoint = 0
        self.remote_c = 90.0
        self.internal_c = 0.0
        self.stopped = self.writing = self.manual = self.remote = self.tuning = self.setup_area = False
        self.program_pattern = self.fahrenheit = 0
        self.ramp, self.ramp_unit, self.ramp_fall = 0, 1, SAME
        self.at_stop = self.at_error = 0
        self.manual_percent = self.output_percent = 0.0
        self.heater_burnout = False
        self._pid.forget()

    def plug_in(self, port: SimDevice) -> None:
        """Ignore the port: nothing is sent unsolicited."""

    def not_understood(self, message: str) -> None:
        """Never called: an invalid frame gets an exception reply or none."""

    def declined(self, message: str, code: int) -> None:
        """Never called: a declined request gets an exception reply."""

    def answer(self, frame: bytes) -> bytes | None:
        """Reply to a Modbus frame."""
        return respond(frame, self.unit, self)

    @property
    def energised(self) -> bool:
        """Whether it controls, or has an output while it is stopped."""
        return not self.stopped or self.at_stop > 0

    @property
    def heater_power_w(self) -> float:
        """True output power, for tests."""
        return FULL_POWER_W * self.output_percent / 100

    def switch_off_at_panel(self) -> None:
        """Stop, as with the key."""
        self._stop(True)

    def restart(self) -> None:
        """Lose the power for a moment; settings are kept."""
        self._pid.forget()

    def set_at_panel(self, celsius: float) -> None:
        """Set the set point."""
        self.setpoint = round(celsius * 10**self.decimals)

    # Registers.

    def read_registers(self, address: int, count: int) -> list[int]:
        """Read words from `address` on."""
        if address >= TWO_BYTE_MODE:
            return [self._value(number) & 0xFFFF for number in range(address, address + count)]
        if address % 2 or count % 2:
            raise ModbusError(ILLEGAL_ADDRESS)
        values = [self._value(_number(at)) for at in range(address, address + count, 2)]
        return [word for value in values for word in (value >> 16 & 0xFFFF, value & 0xFFFF)]

    def write_registers(self, address: int, values: Sequence[int], function: int) -> None:
        """Write words, or execute a command; raises ModbusError."""
        if function == 6 and address in (0, BROADCAST_COMMAND):
            self._execute(values[0] >> 8, values[0] & 0xFF)
            return
        if not self.writing or self.tuning:
            raise ModbusError(OPERATION_ERROR)
        if address >= TWO_BYTE_MODE:
            for offset, value in enumerate(values):
                self._put(address + offset, _signed(value, 16))
            return
        if function != 16 or address % 2 or len(values) % 2:
            raise ModbusError(ILLEGAL_ADDRESS)
        for offset in range(0, len(values), 2):
            self._put(_number(address + offset), _signed(values[offset] << 16 | values[offset + 1], 32))

    def fast_status(self) -> int:
        """Function 7 is not known."""
        raise ModbusError(1)

    def _execute(self, command: int, argument: int) -> None:
        if command == 0:
            self.writing = bool(argument)
            return
        if not self.writing:
            raise ModbusError(OPERATION_ERROR)
        commands: dict[int, Callable[[bool], None]] = {
            1: self._stop,
            9: lambda on: setattr(self, "manual", on),
            13: lambda on: setattr(self, "remote", on),
        }
        if command not in commands or argument > 1:
            raise ModbusError(ILLEGAL_VALUE)
        commands[command](bool(argument))

    def _stop(self, on: bool) -> None:
        self.stopped = on
        self._pid.forget()
        if on:
            self.output_percent = self.at_stop / 10

    def _value(self, number: int) -> int:
        variable = self._variables.get(number)
        if variable is None:
            raise ModbusError(ILLEGAL_ADDRESS)
        return variable.get()

    def _put(self, number: int, value: int) -> None:
        variable = self._variables.get(number)
        if variable is None or variable.put is None:
            raise ModbusError(ILLEGAL_ADDRESS)
        if not variable.low <= value <= variable.high:
            raise ModbusError(ILLEGAL_VALUE)
        variable.put(value)

    def _table(self) -> dict[int, Variable]:
        def setting(name: str, low: int, high: int) -> Variable:
            return Variable(
                lambda: int(getattr(self, name)), lambda value: setattr(self, name, value), low, high
            )

        process, status = Variable(self._process_value), Variable(self._status)
        internal = Variable(lambda: round(self.internal_c * 10**self.decimals))
        return {
            0x2000: process,
            0x2001: status,
            0x2002: internal,
            0x2004: Variable(lambda: round(10 * self.output_percent)),
            0x2103: setting("setpoint", -2000, 13000),
            0x2402: process,
            0x2403: internal,
            0x2406: status,
            0x2408: Variable(lambda: int(self.remote) << 27),
            0x2410: Variable(lambda: self.decimals),
            0x270C: setting("ramp_unit", 0, 2),
            0x270D: setting("ramp", 0, 9999),
            0x270E: setting("ramp_fall", SAME, 9999),
            0x270F: setting("at_stop", -50, 1050),
            0x2711: setting("at_error", -50, 1050),
            0x2C01: Variable(lambda: self.fahrenheit),
            0x2D16: Variable(lambda: self.program_pattern),
        }

    def _status(self) -> int:
        bits = {
            6: bool(self.sensor_fault),
            8: self.output_percent > 0,
            10: self.heater_burnout,
            22: self.setup_area,
            23: self.tuning,
            24: self.stopped,
            25: self.writing,
            26: self.manual,
        }
        return sum(1 << bit for bit, is_set in bits.items() if is_set)

    # Heat.

    def _process_value(self) -> int:
        if self.sensor_fault:
            return 13000
        reading_k = self.world.oven.sensor_k + NOISE_K * self._chance.standard_normal()
        return round((reading_k - ZERO_CELSIUS_K) * 10**self.decimals)

    def _heat(self, sensor_k: float, step_s: float) -> float:
        self._move_setpoint(sensor_k - ZERO_CELSIUS_K, step_s)
        if self.stopped:
            self.output_percent = self.at_stop / 10
        elif self.manual:
            self.output_percent = self.manual_percent
        elif self.sensor_fault:
            self.output_percent = self.at_error / 10
        else:
            error_k = self.internal_c + ZERO_CELSIUS_K - sensor_k
            self.output_percent = self._pid.control(error_k, step_s, 100 / BAND_K, 1 / INTEGRAL_S, 0.0)
        return self.heater_power_w

    def _move_setpoint(self, sensor_c: float, step_s: float) -> None:
        target_c = self.remote_c if self.remote else self.setpoint / 10**self.decimals
        rise_k_s = self.ramp / 10 / UNITS_S[self.ramp_unit]
        fall_k_s = rise_k_s if self.ramp_fall == SAME else self.ramp_fall / 10 / UNITS_S[self.ramp_unit]
        missing_k = target_c - self.internal_c
        rate_k_s = rise_k_s if missing_k > 0 else fall_k_s
        if self.stopped:
            self.internal_c = sensor_c if rise_k_s else target_c
        elif not rate_k_s:
            self.internal_c = target_c
        else:
            self.internal_c += max(-rate_k_s * step_s, min(rate_k_s * step_s, missing_k))


def _number(address: int) -> int:
    """Number of the variable at an address of the 4-byte mode, as in the 2-byte mode."""
    return TWO_BYTE_MODE + (address & 0xFF00) + (address & 0xFF) // 2


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value
