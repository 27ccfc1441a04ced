"""Lake Shore 335, 336 and 350: PID controller with setpoint ramps and two heater outputs.

Refused commands have no reply. Input A is the control sensor of the oven, input B a thermometer at the
sample; C and D are empty. Output 1 drives the oven's heater (100 W at the highest range, a decade less per
range below); output 2 is not connected; outputs 3 and 4, absent on the 335, are analogue. The 350 has five
ranges. The setpoint ramp starts at the present setpoint, regardless of the oven temperature; PID and RAMP
exist for outputs 1 and 2, on the 350 for all four. INTYPE has five fields; on the 350 the excitation follows
after the units as a sixth. The 335 has inputs A and B only.

A filter (FILTER) lets a reading lag. The sensor is a Pt100 on curve 6: with another curve its temperature
reads 3 % high, and the loop controls what it reads; set up as another type it is over its range.
"""

import math
from dataclasses import dataclass, field

from sim_instruments.wire.device import Refusal, SimDevice
from sim_instruments.world.pid import Pid
from sim_instruments.world.world import World

ZERO_CELSIUS_K = 273.15
FULL_POWER_W = 100.0
NOISE_K = 0.001

PLATINUM, FITTED_CURVE, OTHER_CURVE_READS = 2, 6, 1.03
SHARES_OF_POWER = {1: 0.5, 2: 1.0, 3: 1.0, 4: 1.0}
READINGS_PER_S = 10.0
COMMAND_ERROR, EXECUTION_ERROR, OPERATION_COMPLETE, POWER_ON = 32, 16, 1, 128
INVALID_READING, SENSOR_OVER_RANGE = 1, 128
CLOSED_LOOP, OPEN_LOOP = 1, 3
HIGHEST_RANGES = {"335": (3, 3), "336": (3, 3, 1, 1), "350": (5, 5, 1, 1)}
LOOPS = {"335": (1, 2), "336": (1, 2), "350": (1, 2, 3, 4)}
SLOWEST_RAMP_K_MIN = {"335": 0.1, "336": 0.1, "350": 0.001}
INPUTS = {"335": "AB", "336": "ABCD", "350": "ABCD"}
WITH_EXCITATION = ("350",)
KELVIN, CELSIUS = 1, 2


@dataclass
class Output:
    """One heater output; setpoints in kelvin, regardless of the units of its input."""

    highest_range: int
    setpoint_k: float = 295.15
    target_k: float = 295.15
    ramp_on: bool = False
    ramp_k_min: float = 0.0
    range: int = 0
    gain: float = 50.0
    integral: float = 20.0
    derivative: float = 0.0
    mode: int = 0
    input: int = 0
    power_up: int = 0
    manual_percent: float = 0.0
    percent: float = 0.0
    setup: tuple[int, int, float, int] = (2, 2, 0.0, 2)
    pid: Pid = field(default_factory=Pid)

    @property
    def ramping(self) -> bool:
        """Whether the setpoint ramp is in progress."""
        return self.ramp_on and self.ramp_k_min > 0 and self.setpoint_k != self.target_k

    def move_setpoint(self, step_s: float) -> None:
        """Advance the setpoint ramp by `step_s` seconds."""
        if not self.ramping:
            self.setpoint_k = self.target_k
            return
        step_k = self.ramp_k_min / 60 * step_s
        missing_k = self.target_k - self.setpoint_k
        self.setpoint_k += max(-step_k, min(step_k, missing_k))

    def control(self, sensor_k: float, step_s: float) -> float:
        """Return the output in percent of the range; `integral` is in thousandths of a repeat per second."""
        return self.pid.control(
            self.setpoint_k - sensor_k,
            step_s,
            self.gain,
            self.integral / 1000,
            self.derivative,
            self.manual_percent,
        )


@dataclass
class Input:
    """One sensor input."""

    units: int = KELVIN
    excitation: int = 1
    type: tuple[int, int, int, int] = (2, 1, 0, 1)
    limit_k: float = 0.0
    name: str = ""
    curve: int = FITTED_CURVE
    fault: int = 0
    filter: tuple[int, int, int] = (0, 8, 10)
    filtered_k: float | None = None

    def follow(self, kelvin: float, step_s: float) -> None:
        """Let the filter follow a temperature for `step_s` seconds."""
        on, points, _ = self.filter
        share = 1 - math.exp(-step_s * READINGS_PER_S / points)
        before_k = kelvin if self.filtered_k is None or not on else self.filtered_k
        self.filtered_k = before_k + share * (kelvin - before_k)


@dataclass
class LakeShore336:
    """The controller; temperatures in kelvin.

    `sensor_fault` is the RDGST? value of input A (128: open circuit); a nonzero value stops the heaters.
    """

    world: World
    model: str = "336"
    mode: int = 1
    event_enable: int = 0
    service_enable: int = 0
    event_status: int = POWER_ON
    sensor_fault: int = 0
    outputs: dict[int, Output] = field(default_factory=dict)
    inputs: dict[str, Input] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._noise = self.world.chance("lakeshore336")
        self.reset()
        self.world.oven.attach(self._heat)

    def plug_in(self, port: SimDevice) -> None:
        """Store the port and provide its status byte."""
        self._port = port
        port.status_bits = self._status_bits
        port.service_mask = lambda: self.service_enable

    def identity(self) -> str:
        """*IDN?."""
        return f"LSCI,MODEL{self.model},{self.model}A1SM/SIMULAT,2.9"

    # True state, for tests.

    @property
    def heater_range(self) -> int:
        """Range of output 1, 0 when off."""
        return self.outputs[1].range

    @property
    def energised(self) -> bool:
        """Whether any heater is on."""
        return any(output.range for output in self.outputs.values())

    @property
    def heater_power_w(self) -> float:
        """Present power of output 1."""
        return self._power_w(self.outputs[1])

    @property
    def setpoint_k(self) -> float:
        """Present setpoint of output 1, along its ramp."""
        return self.outputs[1].setpoint_k

    # What happens at the instrument itself.

    def switch_off_at_panel(self) -> None:
        """All heaters off, as with the key ALL OFF."""
        for number in self.outputs:
            self.set_range(number, 0)

    def restart(self) -> None:
        """Lose the power for a moment: settings are kept, heaters are off unless power-up is enabled."""
        for number, output in self.outputs.items():
            if not output.power_up:
                self.set_range(number, 0)
        self.event_status = POWER_ON

    def set_at_panel(self, celsius: float) -> None:
        """Set the set point of output 1 at once."""
        self.outputs[1].target_k = self.outputs[1].setpoint_k = celsius + ZERO_CELSIUS_K

    # Temperatures.

    def read_kelvin(self, name: str) -> float:
        """Reading of an input; 0 for an invalid reading."""
        if self.reading_status(name):
            return 0.0
        oven, found = self.world.oven, self._input(name.upper())
        true_k = oven.sensor_k if name == "A" else oven.sample_k
        if found.filter[0] and found.filtered_k is not None:
            true_k = found.filtered_k
        return self._on_curve(found, true_k) + NOISE_K * self._noise.standard_normal()

    @staticmethod
    def _on_curve(found: Input, true_k: float) -> float:
        return true_k if found.curve == FITTED_CURVE else OTHER_CURVE_READS * true_k

    def kelvin_reply(self, name: str) -> str:
        """KRDG?: one input, or all inputs for 0."""
        return self._readings(name, self.read_kelvin)

    def celsius_reply(self, name: str) -> str:
        """CRDG?."""
        return self._readings(name, lambda letter: self.read_kelvin(letter) - ZERO_CELSIUS_K)

    def sensor_reply(self, name: str) -> str:
        """SRDG?: resistance in ohm of a Pt100 sensor (IEC 60751)."""
        return self._readings(name, lambda letter: _platinum_ohm(self.read_kelvin(letter)))

    def _readings(self, name: str, read) -> str:
        letters = INPUTS[self.model] if name == "0" else name.upper()
        for letter in letters:
            self._input(letter)
        return ",".join(f"{read(letter):+.4f}" for letter in letters)

    def reading_status(self, name: str) -> int:
        """RDGST?: 0 when good."""
        letter = name.upper()
        self._input(letter)
        if letter in "CD":
            return INVALID_READING
        if self._input(letter).type[0] != PLATINUM:
            return SENSOR_OVER_RANGE
        return self.sensor_fault if letter == "A" else 0

    # Control.

    def get_setpoint(self, number: int) -> float:
        """SETP?, in the units of the controlling input."""
        output = self._output(number)
        return output.setpoint_k - self._offset_k(output)

    def set_setpoint(self, number: int, value: float) -> None:
        """SETP: set immediately, or as the target of the ramp."""
        output = self._output(number)
        target_k = value + self._offset_k(output)
        if not 0 <= target_k <= 1505:
            raise Refusal(EXECUTION_ERROR)
        output.target_k = target_k
        if not (output.ramp_on and output.ramp_k_min > 0):
            output.setpoint_k = target_k

    def get_ramp(self, number: int) -> tuple[int, float]:
        """RAMP?."""
        output = self._loop(number)
        return int(output.ramp_on), output.ramp_k_min

    def set_ramp(self, number: int, on: int, rate_k_min: float) -> None:
        """RAMP: 0.1 (350: 0.001) to 100 K/min, 0 for no limit."""
        output = self._loop(number)
        slowest = SLOWEST_RAMP_K_MIN[self.model]
        self._require(on in (0, 1) and (rate_k_min == 0 or slowest <= rate_k_min <= 100))
        output.ramp_on, output.ramp_k_min = bool(on), rate_k_min

    def ramping(self, number: int) -> int:
        """RAMPST?."""
        return int(self._loop(number).ramping)

    def get_range(self, number: int) -> int:
        """RANGE?."""
        return self._output(number).range

    def set_range(self, number: int, value: int) -> None:
        """RANGE: 0 is off; above TLIMIT the heaters switch off again."""
        output = self._output(number)
        self._require(0 <= value <= output.highest_range)
        if value == 0:
            output.percent = 0.0
            output.pid.forget()
        output.range = value

    def heater_percent(self, number: int) -> float:
        """HTR?: outputs 1 and 2 only."""
        self._require(number in (1, 2))
        return self.outputs[number].percent

    def heater_status(self, number: int) -> int:
        """HTRST?: 1 is an open load."""
        self._require(number in (1, 2))
        return int(number == 2 or self.world.oven.heater_dead)

    def get_heater_setup(self, number: int) -> tuple[int, int, float, int]:
        """HTRSET?."""
        return self._output(number).setup

    def set_heater_setup(self, number: int, ohm: int, current: int, user_a: float, display: int) -> None:
        """HTRSET."""
        self._require(ohm in (1, 2) and 0 <= current <= 4 and display in (1, 2))
        self._output(number).setup = (ohm, current, user_a, display)

    def get_pid(self, number: int) -> tuple[float, float, float]:
        """PID?."""
        output = self._loop(number)
        return output.gain, output.integral, output.derivative

    def set_pid(self, number: int, gain: float, integral: float, derivative: float) -> None:
        """PID: 0.1-1000, 0.1-1000, 0-200."""
        self._require(0.1 <= gain <= 1000 and 0.1 <= integral <= 1000 and 0 <= derivative <= 200)
        output = self._loop(number)
        output.gain, output.integral, output.derivative = gain, integral, derivative

    def get_output_mode(self, number: int) -> tuple[int, int, int]:
        """OUTMODE?."""
        output = self._output(number)
        return output.mode, output.input, output.power_up

    def set_output_mode(self, number: int, mode: int, input_number: int, power_up: int) -> None:
        """OUTMODE."""
        self._require(0 <= mode <= 5 and 0 <= input_number <= 4 and power_up in (0, 1))
        output = self._output(number)
        output.mode, output.input, output.power_up = mode, input_number, power_up

    def get_manual_output(self, number: int) -> float:
        """MOUT?."""
        return self._output(number).manual_percent

    def set_manual_output(self, number: int, percent: float) -> None:
        """MOUT."""
        self._require(0 <= percent <= 100)
        self._output(number).manual_percent = percent

    # Inputs.

    def get_limit(self, name: str) -> float:
        """TLIMIT?."""
        return self._input(name.upper()).limit_k

    def set_limit(self, name: str, limit_k: float) -> None:
        """TLIMIT: temperature above which all heaters switch off; 0 for no limit."""
        self._require(limit_k >= 0)
        self._input(name.upper()).limit_k = limit_k

    def get_input_type(self, name: str) -> str:
        """INTYPE?: the units are the fifth field, the excitation of a 350 is the sixth."""
        found = self._input(name.upper())
        fields = (*found.type, found.units)
        if self.model in WITH_EXCITATION:
            fields += (found.excitation,)
        return ",".join(str(field) for field in fields)

    def set_input_type(
        self, name: str, kind: int, auto: int, span: int, compensation: int, units: int
    ) -> None:
        """INTYPE of a 335 or 336."""
        self._require(self.model not in WITH_EXCITATION)
        self._set_input_type(name, (kind, auto, span, compensation), units)

    def set_input_type_with_excitation(
        self, name: str, kind: int, auto: int, span: int, compensation: int, units: int, excitation: int
    ) -> None:
        """INTYPE of a 350."""
        self._require(self.model in WITH_EXCITATION and excitation in (0, 1, 2))
        self._set_input_type(name, (kind, auto, span, compensation), units)
        self._input(name.upper()).excitation = excitation

    def _set_input_type(self, name: str, type_: tuple[int, int, int, int], units: int) -> None:
        kind, auto, _, compensation = type_
        self._require(0 <= kind <= 4 and auto in (0, 1) and compensation in (0, 1) and units in (1, 2, 3))
        found = self._input(name.upper())
        found.type, found.units = type_, units

    def get_input_name(self, name: str) -> str:
        """INNAME?, padded to 15 characters."""
        return self._input(name.upper()).name

    def set_input_name(self, name: str, text: str) -> None:
        """INNAME."""
        self._input(name.upper()).name = text.strip('" ')[:15]

    def get_input_curve(self, name: str) -> int:
        """INCRV?."""
        return self._input(name.upper()).curve

    def set_input_curve(self, name: str, curve: int) -> None:
        """INCRV."""
        self._require(0 <= curve <= 59)
        self._input(name.upper()).curve = curve

    def get_filter(self, name: str) -> tuple[int, int, int]:
        """FILTER?: on, points, window in percent."""
        return self._input(name.upper()).filter

    def set_filter(self, name: str, on: int, points: int, window: int) -> None:
        """FILTER: 2 to 64 points, window 1 to 10 %."""
        self._require(on in (0, 1) and 2 <= points <= 64 and 1 <= window <= 10)
        self._input(name.upper()).filter = (on, points, window)

    # Status.

    def operation_status(self) -> int:
        """OPST?: 4 and 8, ramps of outputs 2 and 1 done; 16, new reading; 2, sensor overload."""
        done = 4 * (not self.outputs[2].ramping) + 8 * (not self.outputs[1].ramping)
        return done + 16 + 2 * bool(self.sensor_fault)

    def read_event_status(self) -> int:
        """*ESR?, which clears it."""
        status, self.event_status = self.event_status, 0
        return status

    def status_byte(self) -> int:
        """*STB?."""
        return self._port.poll()

    def clear_status(self) -> None:
        """*CLS."""
        self.event_status = 0

    def operation_complete(self) -> None:
        """*OPC."""
        self.event_status |= OPERATION_COMPLETE

    def reset(self) -> None:
        """Settings after power-on: heaters off, loop 1 closed on input A."""
        ranges = HIGHEST_RANGES[self.model]
        self.outputs = {number: Output(highest) for number, highest in enumerate(ranges, start=1)}
        self.outputs[1].mode, self.outputs[1].input = CLOSED_LOOP, 1
        self.inputs = {letter: Input() for letter in INPUTS[self.model]}
        self.mode, self.event_enable, self.service_enable = 1, 0, 0
        self.event_status = POWER_ON

    def not_understood(self, message: str) -> None:
        """Set the command error bit of the event status register; send no reply."""
        self.event_status |= COMMAND_ERROR

    def declined(self, message: str, code: int) -> None:
        """Set the execution error bit of the event status register; send no reply."""
        self.event_status |= EXECUTION_ERROR

    def _status_bits(self) -> int:
        return 32 if self.event_status & self.event_enable else 0

    # Heat.

    def _heat(self, sensor_k: float, step_s: float) -> float:
        for letter, found in self.inputs.items():
            found.follow(sensor_k if letter == "A" else self.world.oven.sample_k, step_s)
        sensor_k = self._on_curve(self.inputs["A"], sensor_k)
        self._enforce_limits(sensor_k)
        for output in self.outputs.values():
            output.move_setpoint(step_s)
        output = self.outputs[1]
        output.percent = self._demand_percent(output, sensor_k, step_s)
        return self._power_w(output)

    def _demand_percent(self, output: Output, sensor_k: float, step_s: float) -> float:
        if output.range == 0:
            return 0.0
        if output.mode == OPEN_LOOP:
            return output.manual_percent
        if output.mode != CLOSED_LOOP or output.input != 1 or self.reading_status("A"):
            return 0.0
        return output.control(sensor_k, step_s)

    def _power_w(self, output: Output) -> float:
        if not output.range:
            return 0.0
        _, current, user_a, _ = output.setup
        share = SHARES_OF_POWER.get(current, min(1.0, user_a**2))
        return share * FULL_POWER_W * 10.0 ** (output.range - output.highest_range) * output.percent / 100

    def _enforce_limits(self, sensor_k: float) -> None:
        limit_k = self.inputs["A"].limit_k
        if limit_k and sensor_k > limit_k:
            for number in self.outputs:
                self.set_range(number, 0)

    def _output(self, number: int) -> Output:
        self._require(number in self.outputs)
        return self.outputs[number]

    def _loop(self, number: int) -> Output:
        self._require(number in LOOPS[self.model])
        return self.outputs[number]

    def _input(self, letter: str) -> Input:
        self._require(letter in self.inputs)
        return self.inputs[letter]

    def _offset_k(self, output: Output) -> float:
        letter = "ABCD"[output.input - 1] if output.input else "A"
        return ZERO_CELSIUS_K if self.inputs[letter].units == CELSIUS else 0.0

    @staticmethod
    def _require(condition: bool) -> None:
        if not condition:
            raise Refusal(EXECUTION_ERROR)


def _platinum_ohm(temperature_k: float) -> float:
    celsius = temperature_k - ZERO_CELSIUS_K
    return 100 * (1 + 3.9083e-3 * celsius - 5.775e-7 * celsius**2)
