"""Eurotherm 2200, 2400, 3200, 3216 and 3500: oven controllers on Modbus RTU.

Registers hold degrees Celsius and percent times ten to the number of decimals (register 525); from 0x8000 on
the same parameters are available as IEEE floats in two words. Standby (199 = 1) stops the output; any value
other than 0 and 1 resets the instrument, which then ignores input for 5 s, as after leaving the configuration
level. Reading an unused address gives an undefined number, a block of one word written there is ignored.

The working set point (5) is in force. It follows, in a 2400, the remote set point (26) if 276 is 1, else
the program's while the programmer (23: 1 reset, 2 run, 4 hold, 8 holdback, 16 complete) is not reset,
else the local one selected by 15 (SP1 in 24, SP2 in 25), which is also register 2. Self-tuning (270, of a
2400) switches the output fully on and off around the set point. The rate in 35 is per second, minute or hour
(531: 0, 1, 2) and without effect where 78 is 1.

The 2200 has the type code 22xx in 122 (the 2400 24xx), the unit of its display in 516, the states 1 off, 2
run, 4 hold, 16 end, 32 dwell and 64 ramp in 23, load and relay failure in bits 8 and 11 of 75, and neither 4,
78 nor 531; here its rate is per minute.

The 3200 and 3216 have the working output in register 4, a timer in 23 (0 reset, 1 run, 2 hold, 3 end) that
selects SP2 when it ends, and in 531 0 for minutes, 1 for hours, 2 for seconds. The 3500 has its output in 85
and its process value also in 289. None of the three has the sensor-break power in 34; the 3500 has neither a
programmer, a second nor a remote set point, nor the unit of the rate. The 2200, 2400, 3216 and 3500 have the
floats here, the 3200 has not. No source says that the 3500 has 525 and 75: here it refuses them.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sim_instruments.wire.device import SimDevice
from sim_instruments.wire.modbus import ILLEGAL_ADDRESS, ILLEGAL_VALUE, ModbusError, respond
from sim_instruments.world.pid import Pid
from sim_instruments.world.world import World

ZERO_CELSIUS_K = 273.15
FULL_POWER_W = 100.0
NOISE_K = 0.02
FLOATS = 0x8000
UNDEFINED = 0x8000
SUMMARY_MANUAL, SUMMARY_SENSOR_BREAK, SUMMARY_TUNING, SUMMARY_RATE_DONE = 1 << 4, 1 << 5, 1 << 8, 1 << 9
SUMMARY_LOAD_FAILED, SUMMARY_RELAY_FAILED = 1 << 8, 1 << 11
NORMAL, STANDBY = 0, 1
PROGRAM_RESET, PROGRAM_COMPLETE = 1, 16
RATE_UNITS_S = (1.0, 60.0, 3600.0)
RATE_UNITS_3200_S = (60.0, 3600.0, 1.0)
UNKNOWN_TO = {"3500": (75, 525)}
TYPE_CODES = {"2200": 0x2230, "2400": 0x2480}
SERIES_3200 = ("3200", "3216")


@dataclass(frozen=True)
class Parameter:
    """One parameter: its getter and, if writable, its setter; `scaled` parameters have implied decimals."""

    get: Callable[[], float]
    put: Callable[[float], None] | None = None
    scaled: bool = True
    low: float = -32768.0
    high: float = 32767.0


class Eurotherm2400:
    """The controller; setpoints in degrees Celsius. `sensor_fault` is a switch for tests and faults."""

    def __init__(self, world: World, unit: int = 1, decimals: int = 1, family: str = "2400") -> None:
        self.world, self.unit, self.decimals, self.family = world, unit, decimals, family
        self.sensor_fault = 0
        self._chance = world.chance("eurotherm2400")
        self._pid = Pid()
        self._parameters = self._table()
        self.reset()
        world.oven.attach(self._heat)

    def reset(self) -> None:
        """Return to the factory settings: automatic, local setpoint 20 degC, no rate limit, no program."""
        self.target_c = self.working_c = self.second_c = 20.0
        self.remote_c = self.program_c = 90.0
        self.selected, self.remote, self.program = 0, False, self._program_reset
        self.display_unit, self.load_fault, self.relay_fault = 0, False, False
        self.rate, self.rate_unit, self.rate_disabled = 0.0, 0 if self._is_3200 else 1, False
        self.manual = self.tuning = False
        self.mode = NORMAL
        self.output_percent = 0.0
        self.high_percent = 100.0
        self.band_k, self.integral_s, self.derivative_s = 5.0, 60.0, 0.0
        self.high_c, self.low_c = 700.0, 0.0
        self._pid.forget()

    def plug_in(self, port: SimDevice) -> None:
        """Store the port, to ignore input after a reset."""
        self._port = port

    def answer(self, frame: bytes) -> bytes | None:
        """Reply to a Modbus frame."""
        return respond(frame, self.unit, self)

    def not_understood(self, message: str) -> None:
        """Never called: an invalid frame gets an exception reply or none."""

    def declined(self, message: str, code: int) -> None:
        """Never called: a declined request gets an exception reply."""

    @property
    def energised(self) -> bool:
        """Whether the controller is active or has a manual output."""
        return self.mode == NORMAL and (not self.manual or self.output_percent > 0)

    @property
    def heater_power_w(self) -> float:
        """True output power, for tests."""
        return FULL_POWER_W * self.output_percent / 100

    # What happens at the instrument itself.

    def switch_off_at_panel(self) -> None:
        """Manual with no output, as with the key AUTO/MAN."""
        self.manual, self.output_percent = True, 0.0

    def restart(self) -> None:
        """Lose the power for a moment: settings are kept, a ramp begins again at the process value."""
        self._pid.forget()
        self.working_c = self.world.oven.sensor_k - ZERO_CELSIUS_K if self.rate_k_s else self.ruling_c

    def set_at_panel(self, celsius: float) -> None:
        """Set the target."""
        self.target_c = celsius

    # What rules.

    @property
    def _is_3200(self) -> bool:
        return self.family in SERIES_3200

    @property
    def _program_reset(self) -> int:
        return 0 if self._is_3200 else PROGRAM_RESET

    @property
    def local_c(self) -> float:
        """The selected local setpoint."""
        return self.second_c if self.selected else self.target_c

    @property
    def ruling_c(self) -> float:
        """Where the working setpoint goes."""
        if self.remote:
            return self.remote_c
        return self.local_c if self.program == self._program_reset else self.program_c

    @property
    def rate_k_s(self) -> float:
        """Rate limit in force, 0 for none."""
        units_s = RATE_UNITS_3200_S if self._is_3200 else RATE_UNITS_S
        return 0.0 if self.rate_disabled else self.rate / units_s[self.rate_unit]

    # Registers.

    def read_registers(self, address: int, count: int) -> list[int]:
        """Read words from `address` on."""
        if any(address <= absent < address + count for absent in UNKNOWN_TO.get(self.family, ())):
            raise ModbusError(ILLEGAL_ADDRESS)
        if address >= FLOATS and self.family == "3200":
            raise ModbusError(ILLEGAL_ADDRESS)
        if address >= FLOATS:
            return self._read_floats(address, count)
        return [self._word(address + i) for i in range(count)]

    def write_registers(self, address: int, values: Sequence[int], function: int) -> None:
        """Write words; raises ModbusError."""
        if address >= FLOATS and self.family == "3200":
            raise ModbusError(ILLEGAL_ADDRESS)
        if address >= FLOATS:
            self._write_floats(address, values, function)
            return
        for offset, value in enumerate(values):
            signed = value - 0x10000 if value & 0x8000 else value
            self._put(address + offset, signed / self._factor(address + offset), function)

    def fast_status(self) -> int:
        """Bit 4 manual, bit 5 sensor break."""
        return self._summary() & 0xFF

    def _word(self, address: int) -> int:
        parameter = self._parameters.get(address)
        if parameter is None:
            return UNDEFINED
        return round(parameter.get() * self._factor(address)) & 0xFFFF

    def _factor(self, address: int) -> float:
        parameter = self._parameters.get(address)
        return 10.0**self.decimals if parameter is not None and parameter.scaled else 1.0

    def _put(self, address: int, value: float, function: int) -> None:
        parameter = self._parameters.get(address)
        if parameter is None:
            if function == 16:
                return
            raise ModbusError(ILLEGAL_ADDRESS)
        if parameter.put is None:
            raise ModbusError(ILLEGAL_ADDRESS)
        if not parameter.low <= value <= parameter.high:
            raise ModbusError(ILLEGAL_VALUE)
        parameter.put(value)

    def _read_floats(self, address: int, count: int) -> list[int]:
        if address % 2 or count % 2:
            raise ModbusError(ILLEGAL_ADDRESS)
        words: list[int] = []
        for number in range((address - FLOATS) // 2, (address - FLOATS + count) // 2):
            words += self._float_words(number)
        return words

    def _float_words(self, number: int) -> tuple[int, int]:
        parameter = self._parameters.get(number)
        if parameter is None:
            return UNDEFINED, UNDEFINED
        if not parameter.scaled:
            return self._word(number), UNDEFINED
        high, low = struct.unpack(">HH", struct.pack(">f", parameter.get()))
        return high, low

    def _write_floats(self, address: int, values: Sequence[int], function: int) -> None:
        if function != 16 or address % 2 or len(values) % 2:
            raise ModbusError(ILLEGAL_ADDRESS)
        for offset in range(0, len(values), 2):
            number = (address - FLOATS + offset) // 2
            (value,) = struct.unpack(">f", struct.pack(">HH", values[offset], values[offset + 1]))
            parameter = self._parameters.get(number)
            if parameter is not None and not parameter.scaled:
                value = float(values[offset])
            self._put(number, value, function)

    def _table(self) -> dict[int, Parameter]:
        def setting(attribute: str, low: float, high: float, scaled: bool = True) -> Parameter:
            return Parameter(
                lambda: float(getattr(self, attribute)),
                lambda value: setattr(self, attribute, value),
                scaled,
                low,
                high,
            )

        target = Parameter(lambda: self.local_c, self._set_target)
        return {
            1: Parameter(self._process_value),
            2: target,
            3: Parameter(lambda: self.output_percent, self._set_output, low=0.0, high=100.0),
            5: Parameter(lambda: self.working_c),
            6: setting("band_k", 0.1, 999.0),
            8: setting("integral_s", 0.0, 9999.0, scaled=False),
            9: setting("derivative_s", 0.0, 9999.0, scaled=False),
            24: Parameter(lambda: self.target_c, partial(self._set_local, "target_c")),
            30: setting("high_percent", 0.0, 100.0),
            31: Parameter(lambda: 0.0, lambda value: None, low=0.0, high=100.0),
            35: setting("rate", 0.0, 999.9),
            75: Parameter(lambda: float(self._summary()), scaled=False),
            111: setting("high_c", 0.0, 1200.0),
            112: setting("low_c", -200.0, 1200.0),
            199: Parameter(lambda: float(self.mode), self._set_mode, scaled=False, low=0, high=9),
            258: Parameter(lambda: float(bool(self.sensor_fault)), scaled=False),
            273: Parameter(lambda: float(self.manual), self._set_manual, scaled=False, low=0, high=1),
            274: Parameter(lambda: 0.0, lambda value: None, scaled=False, low=0, high=1),
            275: Parameter(lambda: float(self.rate_k_s > 0 and not self._arrived), scaled=False),
            277: Parameter(lambda: float(self._arrived), scaled=False),
            525: Parameter(lambda: float(self.decimals), scaled=False),
            **self._family_table(),
        }

    def _family_table(self) -> dict[int, Parameter]:
        output = Parameter(lambda: self.output_percent)
        disabled, remote = self._choice("rate_disabled", 1), self._choice("remote", 1)
        if self.family == "3500":
            return {78: disabled, 85: output, 289: Parameter(self._process_value)}
        two_setpoints = {
            15: self._choice("selected", 1),
            25: Parameter(lambda: self.second_c, partial(self._set_local, "second_c")),
            26: Parameter(lambda: self.remote_c, partial(self._set_local, "remote_c")),
            276: remote,
        }
        if self._is_3200:
            return two_setpoints | {
                4: output,
                23: self._choice("program", 3),
                531: self._choice("rate_unit", 2),
            }
        series_2000 = two_setpoints | {
            34: Parameter(lambda: 0.0, lambda value: None, low=0.0, high=0.0),
            122: Parameter(lambda: float(TYPE_CODES[self.family]), scaled=False),
            516: self._choice("display_unit", 3),
        }
        if self.family == "2200":
            return series_2000 | {23: Parameter(lambda: float(self.program), scaled=False)}
        return series_2000 | {
            4: output,
            23: self._choice("program", PROGRAM_COMPLETE),
            78: disabled,
            270: self._choice("tuning", 1),
            531: self._choice("rate_unit", 2),
        }

    def _choice(self, attribute: str, highest: int) -> Parameter:
        return Parameter(
            lambda: float(getattr(self, attribute)),
            lambda value: setattr(self, attribute, int(value)),
            scaled=False,
            low=0,
            high=highest,
        )

    @property
    def _arrived(self) -> bool:
        return self.working_c == self.ruling_c

    def _process_value(self) -> float:
        reading_k = self.world.oven.sensor_k + NOISE_K * self._chance.standard_normal()
        return 1372.0 if self.sensor_fault else reading_k - ZERO_CELSIUS_K

    def _summary(self) -> int:
        summary = SUMMARY_MANUAL * self.manual + SUMMARY_SENSOR_BREAK * bool(self.sensor_fault)
        summary += SUMMARY_LOAD_FAILED * self.load_fault + SUMMARY_RELAY_FAILED * self.relay_fault
        return summary + SUMMARY_RATE_DONE * self._arrived + SUMMARY_TUNING * self.tuning

    def _set_target(self, value: float) -> None:
        self._set_local("second_c" if self.selected else "target_c", value)

    def _set_local(self, attribute: str, value: float) -> None:
        if not self.low_c <= value <= self.high_c:
            raise ModbusError(ILLEGAL_VALUE)
        setattr(self, attribute, value)

    def _set_output(self, value: float) -> None:
        if not self.manual:
            raise ModbusError(ILLEGAL_VALUE)
        self.output_percent = value

    def _set_manual(self, value: float) -> None:
        self.manual = bool(value)
        self._pid.accumulated_percent = self.output_percent

    def _set_mode(self, value: float) -> None:
        if value not in (NORMAL, STANDBY):
            self.reset()
            self._port.clear()
            self._port.deaf_until_s = self.world.time_s + 5.0
            return
        self.mode = int(value)

    # Heat.

    def _heat(self, sensor_k: float, step_s: float) -> float:
        self._move_setpoint(step_s)
        if self.mode != NORMAL or self.sensor_fault:
            self.output_percent = 0.0
        elif not self.manual and self.tuning:
            self.output_percent = 100.0 * (self.working_c + ZERO_CELSIUS_K > sensor_k)
        elif not self.manual:
            error_k = self.working_c + ZERO_CELSIUS_K - sensor_k
            integral_per_s = 1 / self.integral_s if self.integral_s else 0.0
            percent = self._pid.control(error_k, step_s, 100 / self.band_k, integral_per_s, self.derivative_s)
            self.output_percent = min(percent, self.high_percent)
        return self.heater_power_w

    def _move_setpoint(self, step_s: float) -> None:
        missing_c = self.ruling_c - self.working_c
        if not self.rate_k_s or self.manual:
            self.working_c = self.ruling_c
            return
        step_c = self.rate_k_s * step_s
        self.working_c += max(-step_c, min(step_c, missing_c))
