"""Eurotherm nanodac: two control loops on Modbus TCP, of which the first heats the oven.

A parameter is a word at its address, scaled where it is a number, and an IEEE float, high word first, at
0x8000 + twice its address; functions 3, 4, 6 (words) and 16. Reading an address without a parameter gives 0.

What rules is the working set point: the alternative one if that is enabled, else SP1 or SP2; a trim is added.
The rate limit is per minute here. Manual mode takes over the output at which it begins; tracking, an
inhibited loop and a broken sensor have outputs of their own.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim_instruments.wire.device import SimDevice
from sim_instruments.wire.modbus import (
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    ModbusError,
    cut_tcp_frame,
    respond_tcp,
)
from sim_instruments.world.pid import Pid
from sim_instruments.world.world import World

ZERO_CELSIUS_K = 273.15
FULL_POWER_W = 100.0
NOISE_K = 0.02
FLOATS = 0x8000
COMPANY_ID = 1280
STATE, SETTINGS = (0x200, 0x280), (0x1600, 0x1700)
BAND_K, INTEGRAL_S = 5.0, 60.0
RESET = 1


@dataclass(frozen=True)
class Parameter:
    """One parameter: its getter and, if writable, its setter; a choice is a whole number."""

    get: Callable[[], float]
    put: Callable[[float], None] | None = None
    is_choice: bool = False
    low: float = -32768.0
    high: float = 32767.0


class Loop:
    """One loop with its settings, in degrees Celsius and percent."""

    def __init__(self) -> None:
        self.pid = Pid()
        self.reset()

    def reset(self) -> None:
        """Return to the factory settings: automatic at 20 degC, no rate limit."""
        self.first_c = self.second_c = 20.0
        self.alternative_c = 90.0
        self.working_c = 20.0
        self.trim_k = 0.0
        self.alternative = self.second = self.inhibited = self.tracking = self.rate_disabled = 0
        self.loop_type = self.manual = 0
        self.rate_k_min = 0.0
        self.high_c, self.low_c = 700.0, 0.0
        self.output_percent = self.manual_percent = 0.0
        self.break_mode, self.break_percent = 0, 0.0
        self.tracked_percent = 30.0
        self.broken = 0
        self.pid.forget()

    @property
    def target_c(self) -> float:
        """The selected local set point."""
        return self.second_c if self.second else self.first_c

    @target_c.setter
    def target_c(self, value: float) -> None:
        if not self.low_c <= value <= self.high_c:
            raise ModbusError(ILLEGAL_VALUE)
        if self.second:
            self.second_c = value
        else:
            self.first_c = value

    @property
    def ruling_c(self) -> float:
        """Where the working set point goes."""
        return (self.alternative_c if self.alternative else self.target_c) + self.trim_k

    def move(self, step_s: float) -> None:
        """Move the working set point by the rate limit."""
        missing_k = self.ruling_c - self.working_c
        if not self.rate_k_min or self.rate_disabled or self.manual:
            self.working_c = self.ruling_c
            return
        step_k = self.rate_k_min / 60 * step_s
        self.working_c += max(-step_k, min(step_k, missing_k))

    def control(self, error_k: float, step_s: float) -> float:
        """Return the output in percent."""
        if self.inhibited:
            self.output_percent = 0.0
        elif self.tracking:
            self.output_percent = self.tracked_percent
        elif self.manual:
            self.output_percent = self.manual_percent
        elif self.broken:
            self.output_percent = self.output_percent if self.break_mode else self.break_percent
        else:
            self.output_percent = self.pid.control(error_k, step_s, 100 / BAND_K, 1 / INTEGRAL_S, 0.0)
        return self.output_percent

    @property
    def manual_output(self) -> float:
        """Output of the manual mode; in that mode it is the output at once."""
        return self.manual_percent

    @manual_output.setter
    def manual_output(self, percent: float) -> None:
        self.manual_percent = percent
        if self.manual and not self.tracking and not self.inhibited:
            self.output_percent = percent

    def set_manual(self, value: float) -> None:
        """Change between automatic (0) and manual (1), without a step of the output."""
        self.manual = int(value)
        self.manual_percent = self.output_percent
        self.pid.accumulated_percent = self.output_percent


class Nanodac:
    """The instrument. `sensor_fault` is a switch for tests and faults."""

    cut = staticmethod(cut_tcp_frame)

    def __init__(self, world: World, unit: int = 1, decimals: int = 1) -> None:
        self.world, self.unit, self.decimals = world, unit, decimals
        self.sensor_fault = 0
        self.loops = (Loop(), Loop())
        self.program = RESET
        self._chance = world.chance("nanodac")
        self._parameters = self._table()
        self.reset()
        world.oven.attach(self._heat)

    @property
    def loop(self) -> Loop:
        """The loop that heats the oven."""
        return self.loops[0]

    def reset(self) -> None:
        """Return to the factory settings."""
        for loop in self.loops:
            loop.reset()
        self.loops[1].manual = 1
        self.program = RESET

    def plug_in(self, port: SimDevice) -> None:
        """Ignore the port: nothing is sent unsolicited."""

    def not_understood(self, message: str) -> None:
        """Never called: an invalid frame gets an exception reply or none."""

    def declined(self, message: str, code: int) -> None:
        """Never called: a declined request gets an exception reply."""

    def answer(self, frame: bytes) -> bytes | None:
        """Reply to a Modbus TCP frame."""
        return respond_tcp(frame, self.unit, self)

    @property
    def energised(self) -> bool:
        """Whether the loop controls or has an output."""
        loop = self.loop
        return not loop.inhibited and (not loop.manual or loop.output_percent > 0 or bool(loop.tracking))

    @property
    def heater_power_w(self) -> float:
        """True output power, for tests."""
        return FULL_POWER_W * self.loop.output_percent / 100

    def switch_off_at_panel(self) -> None:
        """Manual with no output."""
        self.loop.manual, self.loop.manual_percent, self.loop.output_percent = 1, 0.0, 0.0

    def restart(self) -> None:
        """Lose the power for a moment; settings are kept."""
        self.loop.pid.forget()
        self.loop.working_c = self.loop.ruling_c

    def set_at_panel(self, celsius: float) -> None:
        """Set the target."""
        self.loop.target_c = celsius

    # Registers.

    def read_registers(self, address: int, count: int) -> list[int]:
        """Read words from `address` on."""
        if address < FLOATS:
            return [self._word(address + offset) for offset in range(count)]
        if address % 2 or count % 2:
            raise ModbusError(ILLEGAL_ADDRESS)
        first = (address - FLOATS) // 2
        return [word for number in range(first, first + count // 2) for word in self._float(number)]

    def write_registers(self, address: int, values: Sequence[int], function: int) -> None:
        """Write words; raises ModbusError."""
        if address < FLOATS:
            for offset, value in enumerate(values):
                signed = value - 0x10000 if value & 0x8000 else value
                self._put(address + offset, signed / self._factor(address + offset))
            return
        if function != 16 or address % 2 or len(values) % 2:
            raise ModbusError(ILLEGAL_ADDRESS)
        for offset in range(0, len(values), 2):
            (number,) = struct.unpack(">f", struct.pack(">HH", values[offset], values[offset + 1]))
            self._put((address - FLOATS + offset) // 2, number)

    def fast_status(self) -> int:
        """Function 7 is not known here."""
        raise ModbusError(1)

    def _factor(self, address: int) -> float:
        parameter = self._parameters.get(address)
        return 1.0 if parameter is None or parameter.is_choice else 10.0**self.decimals

    def _word(self, address: int) -> int:
        parameter = self._parameters.get(address)
        return 0 if parameter is None else round(parameter.get() * self._factor(address)) & 0xFFFF

    def _float(self, address: int) -> tuple[int, int]:
        parameter = self._parameters.get(address)
        value = 0.0 if parameter is None else parameter.get()
        high, low = struct.unpack(">HH", struct.pack(">f", value))
        return high, low

    def _put(self, address: int, value: float) -> None:
        parameter = self._parameters.get(address)
        if parameter is None or parameter.put is None:
            raise ModbusError(ILLEGAL_ADDRESS)
        if not parameter.low <= value <= parameter.high:
            raise ModbusError(ILLEGAL_VALUE)
        parameter.put(value)

    def _table(self) -> dict[int, Parameter]:
        table = {
            121: Parameter(lambda: COMPANY_ID, is_choice=True),
            14928: self._choice(self, "program", 4),
        }
        for loop, state, settings in zip(self.loops, STATE, SETTINGS, strict=True):
            table |= self._state(loop, state) | self._settings(loop, settings)
        return table

    @staticmethod
    def _choice(owner: object, name: str, highest: int = 1) -> Parameter:
        def put(value: float) -> None:
            setattr(owner, name, int(value))

        return Parameter(lambda: float(getattr(owner, name)), put, True, 0, highest)

    @staticmethod
    def _number(owner: object, name: str, low: float, high: float) -> Parameter:
        return Parameter(
            lambda: float(getattr(owner, name)), lambda value: setattr(owner, name, value), False, low, high
        )

    def _state(self, loop: Loop, at: int) -> dict[int, Parameter]:
        return {
            at: Parameter(lambda: self._process_value(loop)),
            at + 1: Parameter(lambda: float(loop.manual), loop.set_manual, True, 0, 1),
            at + 2: self._number(loop, "target_c", -200.0, 1800.0),
            at + 3: Parameter(lambda: loop.working_c),
            at + 4: Parameter(lambda: loop.output_percent),
            at + 5: self._choice(loop, "inhibited"),
            at + 19: Parameter(lambda: float(loop.broken), is_choice=True),
        }

    def _settings(self, loop: Loop, at: int) -> dict[int, Parameter]:
        return {
            at: self._choice(loop, "loop_type", 3),
            at + 0x5B: self._choice(loop, "second"),
            at + 0x5C: self._number(loop, "first_c", -200.0, 1800.0),
            at + 0x5D: self._number(loop, "second_c", -200.0, 1800.0),
            at + 0x5E: self._number(loop, "high_c", -200.0, 1800.0),
            at + 0x5F: self._number(loop, "low_c", -200.0, 1800.0),
            at + 0x61: self._choice(loop, "alternative"),
            at + 0x62: self._number(loop, "rate_k_min", 0.0, 9999.0),
            at + 0x63: self._choice(loop, "rate_disabled"),
            at + 0x64: self._number(loop, "trim_k", -50.0, 50.0),
            at + 0x7D: self._choice(loop, "break_mode"),
            at + 0x80: self._number(loop, "manual_output", 0.0, 100.0),
            at + 0x8A: self._choice(loop, "tracking"),
            at + 0x8E: self._number(loop, "break_percent", 0.0, 100.0),
        }

    # Heat.

    def _process_value(self, loop: Loop) -> float:
        if loop.broken:
            return 1372.0
        return self.world.oven.sensor_k + NOISE_K * self._chance.standard_normal() - ZERO_CELSIUS_K

    def _heat(self, sensor_k: float, step_s: float) -> float:
        self.loop.broken = int(bool(self.sensor_fault))
        for loop in self.loops:
            loop.move(step_s)
        self.loop.control(self.loop.working_c + ZERO_CELSIUS_K - sensor_k, step_s)
        return self.heater_power_w
