"""Wrappers that emit the events of everything that a script measures.

Each wraps the guarded instrument of one role. A spectrum of a script becomes a spectrum in the database, a
hold becomes a polarisation; both carry the set point of the oven and whether it was reached by heating or
cooling.
"""

import math
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

from labctl.instruments.roles import CurrentPoint, ImpedancePoint
from labctl.measure.amplitude_watch import AmplitudeWatch
from labctl.measure.events import (
    CurrentMeasured,
    PointMeasured,
    PolarisationEnded,
    PolarisationStarted,
    SpectrumEnded,
    SpectrumStarted,
)

Emit = Callable[[str, Any], None]


class Place:
    """The position of a script in its series: current set point, heating or cooling, step number.

    Parameters
    ----------
    temperature_k : callable
        Returns the current temperature of the sample in K; NaN without a thermometer.
    look_at_amplitude : callable
        Returns the watch over an amplitude, given in V rms.
    """

    def __init__(
        self, temperature_k: Callable[[], float], look_at_amplitude: Callable[[float], AmplitudeWatch]
    ) -> None:
        self.temperature_k, self.look_at_amplitude = temperature_k, look_at_amplitude
        self.step, self.branch = 0, "isothermal"
        self.setpoint_k: float | None = None
        self.band_k: float | None = None
        self.holds = 0

    def move_to(self, setpoint_k: float) -> None:
        """Set a new set point in K."""
        before_k = self.temperature_k() if self.setpoint_k is None else self.setpoint_k
        self.step += self.setpoint_k is not None
        self.branch = "cooling" if setpoint_k < before_k else "heating"
        self.setpoint_k, self.band_k = setpoint_k, None

    def about(self) -> dict[str, Any]:
        """Return the labels of every row; spectra and a hold at one set point belong together."""
        about: dict[str, Any] = {"step": self.step, "branch": self.branch}
        return about | {"polarisation": (self.step, self.holds), "setpoint_k": self.setpoint_k}


class _Recorded:
    def __init__(self, instrument: Any, place: Place, emit: Emit) -> None:
        self.__dict__.update(_instrument=instrument, _place=place, _emit=emit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._instrument, name)


class RecordedOven(_Recorded):
    """A temperature controller with a record of its set points."""

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._instrument, name, value)
        if name == "setpoint_k":
            self._place.move_to(value)


class RecordedAnalyzer(_Recorded):
    """A frequency response analyser that emits the events of its spectra."""

    def sweep(
        self,
        frequencies_hz: Sequence[float],
        amplitude_v: float,
        integration_s: float = 1.0,
        bias_v: float = 0.0,
    ) -> Generator[ImpedancePoint, None, None]:
        """Measure one spectrum; see `labctl.bench.FrequencyResponseAnalyzer.sweep`."""
        frequencies_hz = list(frequencies_hz)
        points = self._instrument.sweep(frequencies_hz, amplitude_v, integration_s, bias_v)
        settings = {"amplitude_v": amplitude_v, "integration_s": integration_s, "bias_v": bias_v}
        return self._recorded(points, len(frequencies_hz), settings)

    def _recorded(
        self, points: Any, count: int, settings: Mapping[str, Any]
    ) -> Generator[ImpedancePoint, None, None]:
        about, measured = self._place.about(), 0
        watch = self._place.look_at_amplitude(settings["amplitude_v"])
        self._emit("spectrum", SpectrumStarted(band_k=self._place.band_k, **about, **settings))
        try:
            with closing(points):
                for point in points:
                    measured += 1
                    reading_k = self._place.temperature_k()
                    row = PointMeasured(**about, temperature_k=reading_k, **point._asdict())
                    self._emit("results", row)
                    watch.look(is_last=measured == count)
                    yield point
        finally:
            state = "finished" if measured == count else "aborted"
            self._emit("spectrum", SpectrumEnded(state=state, **about))


class RecordedPotentiostat(_Recorded):
    """A potentiostat that emits the events of its holds and rests."""

    def rest(self, times_s: Iterable[float]) -> Generator[CurrentPoint, None, None]:
        """Watch the open cell; see `labctl.bench.Potentiostat.rest`."""
        for point in self._instrument.rest(times_s):
            row = CurrentMeasured(temperature_k=self._place.temperature_k(), **point._asdict())
            self._emit("results", row)
            yield point

    def hold(
        self, potential_v: float, times_s: Iterable[float], current_limit_a: float
    ) -> Generator[CurrentPoint, None, None]:
        """Polarise the cell; see `labctl.bench.Potentiostat.hold`."""
        return self._recorded(self._instrument.hold(potential_v, times_s, current_limit_a), potential_v)

    def _recorded(self, points: Any, potential_v: float) -> Generator[CurrentPoint, None, None]:
        about, state = self._place.about(), "aborted"
        self._emit("polarisation", PolarisationStarted(potential_v=potential_v, **about))
        try:
            with closing(points):
                for point in points:
                    reading_k = self._place.temperature_k()
                    row = CurrentMeasured(**about, temperature_k=reading_k, **point._asdict())
                    self._emit("results", row)
                    yield point
            state = "finished"
        except GeneratorExit as left:
            state = "finished" if left.__context__ is None else "aborted"  # closed normally, or by an error
            raise
        finally:
            self._place.holds += 1
            self._emit("polarisation", PolarisationEnded(state=state, **about))


RECORDED = {"oven": RecordedOven, "fra": RecordedAnalyzer, "potentiostat": RecordedPotentiostat}


def thermometer_of(bench: Any) -> Callable[[], float]:
    """Return a function that reads the sample's temperature in K; it gives NaN without a thermometer."""
    if {"oven", "thermometer"} & set(bench.roles):
        return bench.sample_temperature_k
    return lambda: math.nan
