"""Keysight E4990A impedance analyser, 20 Hz to 120 MHz (GPIB, USB, LAN).

Sources: several programs in use with these instruments. Each frequency is a sweep of two points at the same
frequency, so that a point is stored as soon as it is measured and frequencies can be in any order.
"""

import math
from collections.abc import Generator, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from drivers.declarations import keysight_e4990a as declared
from drivers.scpi import NO_DATA, ScpiInstrument
from labctl.bench import ImpedancePoint
from labctl.errors import ConfigurationError
from labctl.instrument import Capabilities, Instrument, Range

LOWEST_LEVEL_V = 0.005
POINTS = 2
FREQUENCY_TOLERANCE = 1e-6
STIMULUS_TOLERANCE, STIMULUS_RESOLUTION_V = 0.02, 1e-3
OFF_MESSAGES = (":SOUR:BIAS:STAT OFF", ":SOUR1:VOLT 5E-3", ":TRIG:SOUR BUS", ":ABOR")
FIXTURE = (":SENS1:CORR2:OPEN", ":SENS1:CORR2:SHOR")


def aperture(integration_s: float) -> int:
    """Return the speed setting, 1 (fastest) to 5, for an integration time; 5 for more than 0.8 s."""
    return min(5, max(1, math.ceil(5 * integration_s)))


class KeysightE4990A(ScpiInstrument):
    """A `labctl.bench.FrequencyResponseAnalyzer`.

    The oscillator cannot be switched off: `make_safe()` sets its lowest level, 5 mV.
    """

    messages = declared.MESSAGES
    bench_checks = declared.BENCH_CHECKS
    accuracy = declared.ACCURACY
    connection_settings: ClassVar[dict[str, Any]] = {
        "write_termination": "\n",
        "read_termination": "\n",
        "timeout": 5000,
    }
    shown_on_reset: ClassVar[str] = "its power-on level"
    line_address: ClassVar[str | None] = ""
    models: ClassVar[tuple[str, ...]] = ("E4990A",)
    can = Capabilities(
        frequency_hz=Range(20.0, 120e6), amplitude_v=Range(LOWEST_LEVEL_V, 1.0), bias_v=Range(-40.0, 40.0)
    )

    level_v = Instrument.control(
        ":SOUR1:VOLT?", ":SOUR1:VOLT %.6g", """Control the oscillator level in volts rms (0.005 to 1)."""
    )
    open_compensated = Instrument.measurement(
        ":SENS1:CORR2:OPEN?", """Get whether open compensation is on (0 or 1).""", cast=int
    )
    short_compensated = Instrument.measurement(
        ":SENS1:CORR2:SHOR?", """Get whether short compensation is on (0 or 1).""", cast=int
    )

    def __init__(self, adapter: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(adapter, name, **kwargs)
        self._last_data: list[float] = []

    def prepare(self) -> None:
        """Check the model; set no bias, the lowest level and no running sweep, before and after a reset.

        Open and short compensation are kept. While the instrument resets, its power-on level may be at the
        cell for an instant.
        """
        self.check_identity(*self.models)
        self.write("*CLS")
        self.make_safe()
        self.reset_keeping(FIXTURE, *OFF_MESSAGES)
        self.make_safe()

    def point_duration_s(self, frequency_hz: float, integration_s: float = 1.0) -> float:
        """Return the approximate duration of one point: two measurements of several periods."""
        return 0.3 + POINTS * (integration_s + 10 / frequency_hz)

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Yield one point per frequency; bias off and lowest level when the iterator ends or is closed.

        Raises ValueError for values out of the instrument's range, ConfigurationError if the fixture
        compensation was not measured at these frequencies.
        """
        self.can.check_sweep(self.name, frequencies_hz, amplitude_v, bias_v)
        return self._spectrum(frequencies_hz, amplitude_v, integration_s, bias_v)

    def _spectrum(
        self, frequencies_hz: Sequence[float], amplitude_v: float, integration_s: float, bias_v: float
    ) -> Generator[ImpedancePoint, None, None]:
        self._check_compensation(frequencies_hz)
        try:
            self._set_up(amplitude_v, integration_s, bias_v)
            for frequency_hz in frequencies_hz:
                self.set_timeout(3 * self.point_duration_s(frequency_hz, integration_s) + 10)
                yield self._measure(frequency_hz)
        finally:
            self._stimulus_off()

    def _check_compensation(self, frequencies_hz: Sequence[float]) -> None:
        states = {"OPEN": self.open_compensated, "SHOR": self.short_compensated}
        for kind in (kind for kind, on in states.items() if on):
            taken_hz = self._compensated_at_hz(kind)
            absent = [f for f in frequencies_hz if not any(_same(f, taken) for taken in taken_hz)]
            if absent:
                problem = (
                    f"{kind} compensation not measured at {absent[0]:g} Hz; measure it at these frequencies"
                )
                raise ConfigurationError(self.name, "frequencies_hz", problem)

    def _compensated_at_hz(self, kind: str) -> list[float]:
        """Return the frequencies of a compensation; it may be on without ever having been measured."""
        question = f":SENS1:CORR2:ZME:{kind}:FREQ?"
        reply = self.ask(question).strip()
        try:
            return [float(field) for field in reply.split(",")] if reply else []
        except ValueError as problem:
            raise self.refuse(question, reply, "expected frequencies") from problem

    def _set_up(self, amplitude_v: float, integration_s: float, bias_v: float) -> None:
        self.tell(
            ":TRIG:SOUR BUS",
            ":INIT1:CONT ON",
            ":FORM:DATA ASC",
            ":CALC1:PAR1:DEF R",
            ":CALC1:PAR2:DEF X",
            ":SENS1:SWE:TYPE LIN",
            f":SENS1:SWE:POIN {POINTS}",
            f":SENS1:APER:TIME {aperture(integration_s)}",
            ":CALC1:AVER OFF",  # if left on at the front panel, it would average with earlier frequencies
            ":SENS1:AVER:STAT OFF",
            ":SOUR1:MODE VOLT",
            ":SOUR1:BIAS:MODE VOLT",
            f":SOUR1:BIAS:VOLT {bias_v:.6g}",
            f":SOUR:BIAS:STAT {'ON' if bias_v else 'OFF'}",
            f":SOUR1:VOLT {amplitude_v:.6g}",
        )
        for question, wanted in (
            (":SOUR1:VOLT?", amplitude_v),
            (":SOUR1:BIAS:VOLT?", bias_v),
            (":SOUR:BIAS:STAT?", float(bias_v != 0)),
        ):
            self._confirm_value(question, wanted)
        self._confirm_parameter(1, "R")
        self._confirm_parameter(2, "X")

    def _new_data(self) -> list[float]:
        """Return R and X of every point; raise InstrumentError if they equal the previous point exactly."""
        data = cast(list[float], self.values(":CALC1:DATA:RDAT?", fields=2 * POINTS))
        if data == self._last_data and max(map(abs, data)) < NO_DATA:
            raise self.refuse(":CALC1:DATA:RDAT?", str(data), "same data as the previous point")
        self._last_data = data
        return data

    def _confirm_parameter(self, number: int, wanted: str) -> None:
        question = f":CALC1:PAR{number}:DEF?"
        found = self.ask(question).strip()
        if found != wanted:
            raise self.refuse(question, found, f"expected {wanted}")

    def _confirm_value(self, question: str, wanted: float) -> None:
        (found,) = cast(list[float], self.values(question))
        if not math.isclose(found, wanted, rel_tol=STIMULUS_TOLERANCE, abs_tol=STIMULUS_RESOLUTION_V):
            raise self.refuse(question, f"{found:g}", f"differs from the set value {wanted:g}")

    def _measure(self, frequency_hz: float) -> ImpedancePoint:
        for end in ("STAR", "STOP"):
            self.write(f":SENS1:FREQ:{end} {frequency_hz:.9g}")
        self._trigger()
        axis_hz = cast(list[float], self.values(":SENS1:FREQ:DATA?", fields=POINTS))
        if not all(_same(measured, frequency_hz) for measured in axis_hz):
            problem = f"result at a frequency other than {frequency_hz:g} Hz"
            raise self.refuse(":SENS1:FREQ:DATA?", str(axis_hz), problem)
        data = self._new_data()
        real_ohm, imag_ohm = (sum(data[part::2]) / POINTS for part in (0, 1))
        return ImpedancePoint(axis_hz[0], real_ohm, imag_ohm, self.clock.time(), self._status(data))

    def _trigger(self) -> None:
        """Start a sweep and wait for its end in one message, so that both are received or neither."""
        (complete,) = self.values(":TRIG:SING;*OPC?")
        if complete != 1:
            raise self.refuse(":TRIG:SING;*OPC?", f"{complete:g}", "expected 1 at the end of the sweep")

    def _status(self, data: Sequence[float]) -> str:
        doubts = ["overload"] if max(map(abs, data)) >= NO_DATA else []
        doubts += filter(None, [self.oldest_error()])
        return "; ".join(doubts) or "ok"

    def _stimulus_off(self) -> None:
        self.send_all(*OFF_MESSAGES)

    @property
    def amplitude_now_v(self) -> float:
        """Oscillator level, V rms."""
        return cast(float, self.level_v)

    def switch_off(self) -> None:
        """Switch the bias off, set the lowest level, end any sweep."""
        self.set_timeout(5)
        self._stimulus_off()

    def make_safe(self) -> None:
        """Switch the bias off, set the lowest level, end any sweep, and read bias and level back."""
        self.set_timeout(5)
        self.clear_bus()
        self.attempt_all(
            self.switch_off,
            partial(self.confirm, ":SOUR:BIAS:STAT?", 0, "the bias is still on"),
            partial(self.confirm, ":SOUR1:VOLT?", LOWEST_LEVEL_V, "the level is not the lowest"),
        )


def _same(one_hz: float, other_hz: float) -> bool:
    return math.isclose(one_hz, other_hz, rel_tol=FREQUENCY_TOLERANCE)
