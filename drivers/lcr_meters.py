"""Keysight E4980A, E4980AL and Agilent 4284A LCR meters (GPIB, USB, LAN).

Sources: a manual page, pymeasure's and QCoDeS' drivers. Only commands on which they agree are used;
pymeasure's classes are not used, because they discard the measurement status and wait without a time-out. The
lowest frequency is 20 Hz, which covers bulk and grain boundary but not electrodes.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from drivers.declarations import lcr_meters as declared
from drivers.scpi import NO_DATA, ScpiInstrument
from labctl.bench import ImpedancePoint
from labctl.errors import InstrumentError
from labctl.instrument import Capabilities, Instrument, Range

LOWEST_LEVEL_V = 0.005
BIAS_LIMITS_V = (-40.0, 40.0)
LONG_APERTURE_S = 0.5
MOST_AVERAGES = 256
FREQUENCY_TOLERANCE = 0.01
STIMULUS_TOLERANCE, STIMULUS_RESOLUTION_V = 0.02, 1e-3
STATUS_WORDS = {1: "overload"}
FIXTURE = (":CORR:OPEN:STAT", ":CORR:SHOR:STAT", ":CORR:LOAD:STAT", ":CORR:LENG")


def aperture(integration_s: float) -> str:
    """Return speed and averages nearest to an integration time; LONG is about 0.5 s."""
    if integration_s < LONG_APERTURE_S / 2:
        return "SHOR,1" if integration_s < 0.05 else "MED,1"
    return f"LONG,{min(MOST_AVERAGES, max(1, round(integration_s / LONG_APERTURE_S)))}"


class LcrMeter(ScpiInstrument):
    """A `labctl.bench.FrequencyResponseAnalyzer` that measures R and X one frequency at a time.

    Class attributes
    ----------------
    frequency_limits_hz, level_limits_v
        Limits of the instrument; values outside are refused before anything is sent.
    idle_level_v : float
        Lowest level that the instrument accepts.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    accuracy = declared.ACCURACY
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    shown_on_reset: ClassVar[str] = "its power-on level, 1 V,"
    line_address: ClassVar[str | None] = ""
    frequency_limits_hz: ClassVar[tuple[float, float]] = (20.0, 2e6)
    level_limits_v: ClassVar[tuple[float, float]] = (LOWEST_LEVEL_V, 2.0)
    idle_level_v: ClassVar[float] = 0.0

    frequency_hz = Instrument.control(
        ":FREQ?", ":FREQ %.9g", """Control the frequency in hertz (float), as the instrument rounds it."""
    )
    level_v = Instrument.control(":VOLT?", ":VOLT %.6g", """Control the test level in volts rms (float).""")
    bias_v = Instrument.control(":BIAS:VOLT?", ":BIAS:VOLT %.6g", """Control the DC bias in volts (float).""")
    bias_on = Instrument.control(
        ":BIAS:STAT?", ":BIAS:STAT %d", """Control whether the DC bias is applied (0 or 1).""", cast=int
    )

    def __init__(self, adapter: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(adapter, name, **kwargs)
        self.can = self.capabilities({})

    @classmethod
    def capabilities(cls, settings: Mapping[str, Any]) -> Capabilities:
        """Return the capabilities of the model."""
        return Capabilities(
            frequency_hz=Range(*cls.frequency_limits_hz),
            amplitude_v=Range(*cls.level_limits_v),
            bias_v=Range(*BIAS_LIMITS_V),
        )

    def prepare(self) -> None:
        """Check the model; switch bias and level off, reset, switch them off again.

        Corrections and cable length are kept. While the instrument resets, its power-on level (1 V) may be at
        the cell for an instant.
        """
        self.check_identity(*self.models)
        self.write("*CLS")
        self.make_safe()
        self.reset_keeping(FIXTURE, *self._off_messages())
        self.make_safe()

    def point_duration_s(self, frequency_hz: float, integration_s: float = 1.0) -> float:
        """Return the approximate duration of one point: the averages and some periods."""
        return 0.2 + max(integration_s, LONG_APERTURE_S / 2) + 10 / frequency_hz

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield one point per frequency; level and bias are off when the iterator ends or is closed.

        Raises ValueError for values out of the instrument's range.
        """
        self.can.check_sweep(self.name, frequencies_hz, amplitude_v, bias_v)
        return self._spectrum(frequencies_hz, amplitude_v, integration_s, bias_v)

    def _spectrum(
        self, frequencies_hz: Sequence[float], amplitude_v: float, integration_s: float, bias_v: float
    ) -> Generator[ImpedancePoint, None, None]:
        try:
            self._set_up(amplitude_v, integration_s, bias_v)
            for frequency_hz in frequencies_hz:
                self.set_timeout(3 * self.point_duration_s(frequency_hz, integration_s) + 5)
                yield self._measure(frequency_hz)
        finally:
            self._stimulus_off()

    def _set_up(self, amplitude_v: float, integration_s: float, bias_v: float) -> None:
        self.tell(
            ":TRIG:SOUR BUS",
            ":INIT:CONT ON",
            ":FORM ASC",
            ":FUNC:IMP RX",
            ":FUNC:IMP:RANG:AUTO ON",  # a range chosen at the front panel switches it off
            ":FUNC:DEV1:MODE OFF",  # if left on at the front panel, R and X are deviations from a reference
            ":FUNC:DEV2:MODE OFF",
            f":APER {aperture(integration_s)}",
            f":BIAS:VOLT {bias_v:.6g}",
            f":BIAS:STAT {int(bias_v != 0)}",
            f":VOLT {amplitude_v:.6g}",
        )
        self._confirm_function()
        self._confirm_stimulus(amplitude_v, bias_v)

    def _confirm_function(self) -> None:
        """Read the function: modulus and phase, or G and B, would look like R and X."""
        found = self.ask(":FUNC:IMP?").strip()
        if found != "RX":
            raise self.refuse(":FUNC:IMP?", found, "expected RX")

    def _confirm_stimulus(self, amplitude_v: float, bias_v: float) -> None:
        """Read level and bias: without a bias source the instrument has a few biases only."""
        wanted_v = {":VOLT?": amplitude_v, ":BIAS:VOLT?": bias_v, ":BIAS:STAT?": float(bias_v != 0)}
        for question, wanted in wanted_v.items():
            (found,) = cast(list[float], self.values(question))
            if not math.isclose(found, wanted, rel_tol=STIMULUS_TOLERANCE, abs_tol=STIMULUS_RESOLUTION_V):
                raise InstrumentError(
                    self.name, question, f"{found:g}", f"differs from the set value {wanted:g}"
                )

    def _measure(self, frequency_hz: float) -> ImpedancePoint:
        self.frequency_hz = frequency_hz
        applied_hz = self.frequency_hz
        if not math.isclose(applied_hz, frequency_hz, rel_tol=FREQUENCY_TOLERANCE):
            raise self.refuse(":FREQ?", f"{applied_hz:g}", f"{frequency_hz:g} Hz was not accepted")
        real_ohm, imag_ohm, status = self._triggered()
        return ImpedancePoint(applied_hz, real_ohm, imag_ohm, self.clock.time(), status)

    def _triggered(self) -> tuple[float, float, str]:
        """Return R, X and status of a new measurement; a bin number may follow in the reply.

        `*TRG` returns its own measurement. `:FETC?` after a lost trigger would return the previous
        measurement.
        """
        fields = self.values("*TRG", fields=0)
        if len(fields) not in (3, 4) or fields[2] != int(fields[2]):
            reply = ",".join(f"{field:g}" for field in fields)
            raise self.refuse("*TRG", reply, "expected two values and a status")
        real_ohm, imag_ohm, status = fields[:3]
        if max(abs(real_ohm), abs(imag_ohm)) >= NO_DATA and not status:
            return real_ohm, imag_ohm, "no data"
        words = STATUS_WORDS.get(int(status), f"measurement status {int(status)}")
        return real_ohm, imag_ohm, words if status else "ok"

    def _stimulus_off(self) -> None:
        self.send_all(*self._off_messages())

    def _off_messages(self) -> tuple[str, ...]:
        return (":TRIG:SOUR HOLD", ":BIAS:STAT OFF", ":BIAS:VOLT 0", f":VOLT {self.idle_level_v:g}")

    @property
    def amplitude_now_v(self) -> float:
        """Test level, V rms."""
        return cast(float, self.level_v)

    def switch_off(self) -> None:
        """Hold the trigger, switch bias and level off."""
        self.set_timeout(5)
        self._stimulus_off()

    def make_safe(self) -> None:
        """Hold the trigger, switch bias and level off, and read both back."""
        self.set_timeout(5)
        self.clear_bus()
        self.attempt_all(
            self.switch_off,
            partial(self.confirm, ":BIAS:STAT?", 0, "the bias is still on"),
            partial(self.confirm, ":VOLT?", LOWEST_LEVEL_V, "the test level is still on"),
        )


class KeysightE4980A(LcrMeter):
    """Keysight E4980A and E4980AL: 20 Hz to 2 MHz."""

    models: ClassVar[tuple[str, ...]] = ("E4980",)


class Agilent4284A(LcrMeter):
    """Agilent 4284A: 20 Hz to 1 MHz. Its lowest level is 5 mV, which `make_safe()` sets."""

    models: ClassVar[tuple[str, ...]] = ("4284A",)
    frequency_limits_hz: ClassVar[tuple[float, float]] = (20.0, 1e6)
    idle_level_v: ClassVar[float] = LOWEST_LEVEL_V
