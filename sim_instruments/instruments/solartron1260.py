"""Solartron 1260: a 50 ohm generator driving one cell, correlated with voltage V1 and current I.

A measurement takes the delay, then the integration time rounded up to whole cycles, then an overhead of
about 0.8 s; a change of the current range takes one more integration. Its result line goes to GPIB only
after `OP2,1`. A setting out of range is ignored and `?ER` returns 03. The generator is on whenever its
amplitude or bias is not zero: there is no cell relay.
"""

import cmath
import math
from dataclasses import dataclass

from sim_instruments.wire.device import Refusal, SimDevice
from sim_instruments.world.noise import ImpedanceNoise, Signal, smallest_fitting
from sim_instruments.world.world import World

OUTPUT_OHM = 50.0
OVERHEAD_S = 0.8
RESET_S = 2.0
COMPLIANCE_V = 3.0
IDENTITY = "SCHLUMBERGER TECHNOLOGIES, 1260 IMPEDANCE ANALYZER,0,0"
VOLTAGE_SCALES_V = (0.03, 0.3, 3.0)
CURRENT_SCALES_A = (6e-6, 60e-6, 600e-6, 6e-3, 60e-3)
UNKNOWN_COMMAND, OUT_OF_RANGE, GENERATOR_LIMIT = 1, 3, 43
OVERLOAD_DIGIT, COMPLIANCE_DIGIT = 2, 3
GPIB = 2
Z_FROM_V1_AND_I = (1, 3)


@dataclass(frozen=True)
class Reading:
    """One result: the ratio as a complex number and the last digit of the measurement's error code."""

    frequency_hz: float
    ratio: complex
    is_impedance: bool
    error_digit: int


class Solartron1260:
    """The analyser; its settings are attributes in SI units, amplitudes rms.

    `overload` is a switch for tests and faults that sets the overload digit of every reading.
    """

    def __init__(self, world: World, noise: ImpedanceNoise, identity: str = IDENTITY) -> None:
        self.world, self.noise, self._identity = world, noise, identity
        self.overload = False
        self.error = 0
        self._measurement = 0
        self._chance = world.chance("solartron1260")
        self.reset()

    def reset(self) -> None:
        """Settings after initialise: generator at zero, no output of results."""
        self.frequency_hz, self.amplitude_v, self.bias_v = 1000.0, 0.0, 0.0
        self.amplitude_a, self.bias_a, self.generator_type = 0.0, 0.0, 0
        self.integration_s, self.delay_s = 0.1, 0.0
        self.impedance_coordinates = self.ratio_coordinates = 1
        self.output_separator = self.output_terminator = self.unwrapped_phase = 0
        self.source = (1, 2)
        self.outputs = {1: 0, 2: 0, 3: 0}
        self.ranges = {1: 0, 2: 0, 3: 0}
        self.measuring = self.recycling = False
        self.event_enable = self.service_enable = self.event_status = 0
        self.last: Reading | None = None
        self._current_scale_a = CURRENT_SCALES_A[-1]

    def plug_in(self, port: SimDevice) -> None:
        """Store the port for results and provide its status byte."""
        self._port = port
        port.status_bits = self._status_bits
        port.service_mask = lambda: self.service_enable

    @property
    def output_terminator(self) -> int:
        """OT: 0 CR LF, 1 CR LF with END."""
        return self._output_terminator

    @output_terminator.setter
    def output_terminator(self, value: int) -> None:
        self._output_terminator = value
        if hasattr(self, "_port"):
            self._port.sends_end = bool(value)

    @property
    def amplitude_v(self) -> float:
        """VA, V rms: up to 3 V, 1 V above 10 MHz."""
        return self._amplitude_v

    @amplitude_v.setter
    def amplitude_v(self, value: float) -> None:
        if value > 1 and self.frequency_hz > 1e7:
            raise Refusal(GENERATOR_LIMIT)
        self._amplitude_v = value

    @property
    def energised(self) -> bool:
        """Whether the generator is on."""
        return any((self.amplitude_v, self.bias_v, self.amplitude_a, self.bias_a))

    @property
    def stimulus_v(self) -> tuple[float, float]:
        """Amplitude (rms) and bias in V, of the generator or at the cell of a potentiostat between them."""
        front_end = self.world.front_end
        if front_end is None:
            return self.amplitude_v, self.bias_v
        gain = front_end.generator_gain
        return gain * self.amplitude_v, gain * self.bias_v + self.world.terminals.potential_v

    # Measuring.

    @property
    def averaging_s(self) -> float:
        """Effective integration time, rounded up to whole cycles."""
        period_s = 1 / self.frequency_hz
        return max(1, math.ceil(self.integration_s / period_s - 1e-9)) * period_s

    def measure(self) -> None:
        """SI: start one measurement; the result is sent when it is done."""
        self._start("SI")

    def recycle(self) -> None:
        """RE: repeat measurements until BK."""
        self.recycling = True
        self._start("RE")

    def break_off(self) -> None:
        """BK: stop measuring, keep the settings."""
        self.measuring = self.recycling = False
        self._measurement += 1

    def _start(self, command: str) -> None:
        self.measuring = True
        self._measurement += 1
        number = self._measurement
        duration_s = self.delay_s + self.averaging_s * (1 + self._ranging()) + OVERHEAD_S
        self.world.at(self.world.time_s + duration_s, lambda: self._finish(number, command))

    def _finish(self, number: int, command: str) -> None:
        if number != self._measurement:
            return
        self.last = self._read()
        self.measuring = False
        if self.outputs[GPIB]:
            self._port.send(self._line(self.last), command)
        if self.recycling:
            self._start(command)

    def send_again(self) -> None:
        """DO: send the last result again."""
        if self.last is None:
            raise Refusal(OUT_OF_RANGE)
        self._port.send(self._line(self.last), "DO")

    def _ranging(self) -> int:
        """Number of integrations spent on finding the current range."""
        scale_a = self._current_range_a(self._drive(self._impedance_ohm())[1])
        lost = int(scale_a != self._current_scale_a)
        self._current_scale_a = scale_a
        return lost

    def _read(self) -> Reading:
        z_ohm = self._impedance_ohm()
        voltage_v, current_a, complying = self._drive(z_ohm)
        signal = Signal(
            voltage_v, current_a, self._voltage_range_v(voltage_v), self._current_range_a(current_a)
        )
        seen_ohm = self.noise.observe(z_ohm, signal, self.averaging_s, self._chance)
        digit = OVERLOAD_DIGIT if self.overload or signal.overloaded else 0
        digit = digit or (0 if complying else COMPLIANCE_DIGIT)
        if self.source == Z_FROM_V1_AND_I:
            return Reading(self.frequency_hz, seen_ohm, True, digit)
        return Reading(self.frequency_hz, self._voltage_ratio(z_ohm), False, digit)

    def _impedance_ohm(self) -> complex:
        return self.world.cell_impedance_ohm(self.frequency_hz)

    def _drive(self, z_ohm: complex) -> tuple[float, float, bool]:
        """Voltage across and current through the cell, rms, and whether the amplitude is reached."""
        if self.generator_type == 0:
            current_a = self.amplitude_v / abs(OUTPUT_OHM + z_ohm)
            return current_a * abs(z_ohm), current_a, True
        current_a = min(self.amplitude_a, COMPLIANCE_V / abs(OUTPUT_OHM + z_ohm))
        return current_a * abs(z_ohm), current_a, current_a == self.amplitude_a

    def _voltage_ratio(self, z_ohm: complex) -> complex:
        """V1 / V2: from the cell if a potentiostat passes its voltage and current on, otherwise noise."""
        front_end = self.world.front_end
        if front_end is None or not (front_end.generator_gain and self.amplitude_v):
            real, imag = self._chance.standard_normal(2)
            return self.amplitude_v / 1e-6 / complex(real, imag)
        voltage_v = self.amplitude_v * front_end.generator_gain
        current_v = voltage_v / abs(z_ohm) * front_end.standard_ohm
        signal = Signal(
            voltage_v,
            current_v,
            smallest_fitting(VOLTAGE_SCALES_V, voltage_v),
            smallest_fitting(VOLTAGE_SCALES_V, current_v),
        )
        seen_ohm = self.noise.observe(z_ohm, signal, self.averaging_s, self._chance)
        return seen_ohm / front_end.standard_ohm

    def _voltage_range_v(self, voltage_v: float) -> float:
        chosen = self.ranges[1]
        return VOLTAGE_SCALES_V[chosen - 1] if chosen else smallest_fitting(VOLTAGE_SCALES_V, voltage_v)

    def _current_range_a(self, current_a: float) -> float:
        chosen = self.ranges[3]
        return CURRENT_SCALES_A[chosen - 1] if chosen else smallest_fitting(CURRENT_SCALES_A, current_a)

    def _line(self, reading: Reading) -> str:
        polar = self.impedance_coordinates if reading.is_impedance else self.ratio_coordinates
        first, second = reading.ratio.real, reading.ratio.imag
        if polar:
            first, second = abs(reading.ratio), math.degrees(cmath.phase(reading.ratio))
        return f"{reading.frequency_hz:+.7E},{first:+.4E},{second:+.4E},{reading.error_digit},00"

    # Settings with two arguments, and settings without effect on the simulation.

    def route(self, output: int, what: int) -> None:
        """OP: 1 RS-423, 2 GPIB, 3 file; 0 nothing, 1 all results, 2 those out of limits (none)."""
        self._require(output in self.outputs and what in (0, 1, 2))
        self.outputs[output] = what == 1

    def routing(self, output: int) -> int:
        """?OP."""
        self._require(output in self.outputs)
        return int(self.outputs[output])

    def set_range(self, channel: int, number: int) -> None:
        """RA: 1 V1, 2 V2, 3 I; 0 auto."""
        self._require(channel in self.ranges and 0 <= number <= (5 if channel == 3 else 3))
        self.ranges[channel] = number

    def get_range(self, channel: int) -> int:
        """?RA."""
        self._require(channel in self.ranges)
        return self.ranges[channel]

    def set_coupling(self, channel: int, ac: int) -> None:
        """DC: 0 direct, 1 alternating."""
        self._require(channel in (1, 2, 3) and ac in (0, 1))

    def set_input(self, channel: int, differential: int) -> None:
        """IP."""
        self._require(channel in (1, 2) and differential in (0, 1))

    def set_outer(self, channel: int, floating: int) -> None:
        """OU."""
        self._require(channel in (1, 2) and floating in (0, 1))

    def set_source(self, first: int, second: int) -> None:
        """SO: 1,3 is impedance, 1,2 the ratio of the voltages."""
        self._require(first in (1, 2) and second in (1, 2, 3) and first != second)
        self.source = (first, second)

    def set_plain(self, value: int) -> None:
        """Accept a setting without effect on the simulation."""
        self._require(0 <= value <= 99)

    def set_compliance(self, value: float) -> None:
        """VC, IC: limits of the monitor, which is off."""
        self._require(value >= 0)

    def clear_file(self) -> None:
        """FC: without effect; there is no result file."""

    def self_test(self, number: int) -> None:
        """TT: 1 initialise, 2 reset, 3 test; replies are delayed by 2 s."""
        self._require(number in (1, 2, 3))
        self.break_off()
        if number in (1, 2):
            self.reset()
        self._port.busy_until_s = self.world.time_s + RESET_S

    # Errors and status.

    def identity(self) -> str:
        """*IDN, *IDN?."""
        return self._identity

    def error_code(self) -> int:
        """?ER: the last error, 0 for none; reading it clears it."""
        error, self.error = self.error, 0
        return error

    def clear_error(self) -> None:
        """CE."""
        self.error = self.event_status = 0

    def not_understood(self, message: str) -> None:
        """Set error 01."""
        self.error, self.event_status = UNKNOWN_COMMAND, self.event_status | 32

    def declined(self, message: str, code: int) -> None:
        """Set the error code; the setting is unchanged."""
        self.error, self.event_status = code or OUT_OF_RANGE, self.event_status | 16

    def read_event_status(self) -> int:
        """*ESR?, which clears it."""
        status, self.event_status = self.event_status, 0
        return status

    def status_byte(self) -> int:
        """*STB?."""
        return self._port.poll()

    def _status_bits(self) -> int:
        return 32 if self.event_status & self.event_enable else 0

    def set_event_enable(self, mask: int) -> None:
        """*ESE."""
        self._require(0 <= mask <= 255)
        self.event_enable = mask

    def set_service_enable(self, mask: int) -> None:
        """*SRE."""
        self._require(0 <= mask <= 255)
        self.service_enable = mask

    def get_event_enable(self) -> int:
        """*ESE?."""
        return self.event_enable

    def get_service_enable(self) -> int:
        """*SRE?."""
        return self.service_enable

    @staticmethod
    def _require(condition: bool) -> None:
        if not condition:
            raise Refusal(OUT_OF_RANGE)
