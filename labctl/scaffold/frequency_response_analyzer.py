"""NewInstrument: name maker and model, the interface, and the manual (page) each command comes from."""

import math
from collections.abc import Generator, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from pymeasure.instruments.validators import strict_range

from labctl.bench import ImpedancePoint
from labctl.command_table import BenchCheck, Message
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range

FREQUENCIES_HZ, AMPLITUDES_V, BIASES_V = (1e-3, 1e6), (0.0, 1.0), (-5.0, 5.0)
OVERHEAD_S = 0.5
STATUS_WORDS = {1: "overload"}


class NewInstrument(Instrument):
    """A `labctl.bench.FrequencyResponseAnalyzer`."""

    # What it sends and the page of the manual; what to check once on the real instrument.
    messages = (
        Message("*IDN?", "manufacturer, model, serial number, firmware", source="manual p. 0"),
        Message("FREQ?", "frequency", "Hz", "manual p. 0"),
        Message("FREQ <value>", "frequency", "Hz", "manual p. 0"),
        Message("LEV?", "amplitude", "V rms", "manual p. 0"),
        Message("LEV <value>", "amplitude", "V rms", "manual p. 0"),
        Message("BIAS?", "DC bias", "V", "manual p. 0"),
        Message("BIAS <value>", "DC bias", "V", "manual p. 0"),
        Message("MEAS?", "a measurement: real part, imaginary part, status", "ohm", "manual p. 0"),
    )
    bench_checks = (
        BenchCheck("the scale", "`list(fra.sweep([1e3], 0.01))` on a resistor of 0.1 %", "its value"),
    )
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    write_interval_s: ClassVar[float] = 0.02
    can = Capabilities(
        frequency_hz=Range(*FREQUENCIES_HZ), amplitude_v=Range(*AMPLITUDES_V), bias_v=Range(*BIASES_V)
    )

    # What the manual says, in the instrument's own units.
    frequency_hz = Instrument.control(
        "FREQ?",
        "FREQ %.9g",
        """Control the frequency in hertz (float strictly from 0.001 to 1e6).""",
        validator=strict_range,
        values=FREQUENCIES_HZ,
    )
    amplitude_v = Instrument.control(
        "LEV?",
        "LEV %.6g",
        """Control the amplitude in volts rms (float strictly from 0 to 1).""",
        validator=strict_range,
        values=AMPLITUDES_V,
    )
    bias_v = Instrument.control(
        "BIAS?",
        "BIAS %.6g",
        """Control the DC bias in volts (float strictly from -5 to 5).""",
        validator=strict_range,
        values=BIASES_V,
    )

    # What labctl asks of any frequency response analyser.

    def prepare(self) -> None:
        """Check the model; no amplitude, no bias."""
        self.check_identity("NewInstrument")
        self.make_safe()

    def point_duration_s(self, frequency_hz: float, integration_s: float = 1.0) -> float:
        """Return how long one point takes, as far as the manual says."""
        return OVERHEAD_S + max(integration_s, 1 / frequency_hz)

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield one point per frequency; amplitude and bias are zero when the iterator ends or is closed."""
        self.can.check_sweep(self.name, frequencies_hz, amplitude_v, bias_v)
        try:
            self.bias_v = bias_v
            self.amplitude_v = amplitude_v
            for frequency_hz in frequencies_hz:
                self.set_timeout(3 * self.point_duration_s(frequency_hz, integration_s) + 5)
                yield self._measure(frequency_hz)
        finally:
            self._stimulus_off()

    def _measure(self, frequency_hz: float) -> ImpedancePoint:
        self.frequency_hz = frequency_hz
        applied_hz = cast(float, self.frequency_hz)
        if not math.isclose(applied_hz, frequency_hz, rel_tol=0.01):
            raise self.refuse("FREQ?", f"{applied_hz:g}", f"{frequency_hz:g} Hz was not taken")
        real_ohm, imag_ohm, status = self.values("MEAS?", fields=3)
        words = STATUS_WORDS.get(int(status), f"status {int(status)}") if status else "ok"
        return ImpedancePoint(applied_hz, real_ohm, imag_ohm, self.clock.time(), words)

    def _stimulus_off(self) -> None:
        self.attempt_all(partial(setattr, self, "amplitude_v", 0), partial(setattr, self, "bias_v", 0))

    def switch_off(self) -> None:
        """Set amplitude and bias to zero."""
        self.set_timeout(5)
        self._stimulus_off()

    def make_safe(self) -> None:
        """Set amplitude and bias to zero and read both back."""
        self.clear_bus()
        self.attempt_all(self.switch_off, self._confirm_off)

    def _confirm_off(self) -> None:
        if self.amplitude_v or self.bias_v:
            raise InstrumentError(self.name, "LEV?, BIAS?", "", "the stimulus is still on")
