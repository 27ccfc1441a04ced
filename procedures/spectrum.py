"""Base class of procedures that measure impedance spectra."""

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, ClassVar

import numpy as np
from pymeasure.experiment import FloatParameter, IntegerParameter, ListParameter, Procedure

from labctl.bench import Bench, ImpedancePoint, PlannedStep
from labctl.errors import InstrumentError, NotMadeSafe
from labctl.measure.amplitude_watch import AmplitudeWatch
from labctl.measure.events import CheckPointMeasured, PointMeasured, SpectrumEnded, SpectrumStarted
from labctl.measure.settle import sample_temperature_k
from procedures.parameters import FloatListParameter

POINT_OVERHEAD_S = 1.0
LONG_SWEEPS, ALWAYS, OFF = "long sweeps", "always", "off"
LONG_SWEEP_S = 1800.0
CHECK_POINTS_SHARE = 0.05
"""Time for check points, as a share of the time of the sweep, at most."""


class SpectrumProcedure(Procedure):
    """Frequencies, amplitude and integration time, and the measurement of one spectrum.

    `bench` must be set before the start. Topics emitted: `spectrum` (at its start and its end), `results`
    (one row per point), `check point` (a point of a long sweep measured again after it), `progress`.
    """

    frequency_max_hz: Any = FloatParameter(
        "Highest frequency", units="Hz", minimum=1e-5, maximum=1.2e8, default=1e6
    )
    frequency_min_hz: Any = FloatParameter(
        "Lowest frequency", units="Hz", minimum=1e-5, maximum=1.2e8, default=0.1
    )
    points_per_decade: Any = IntegerParameter("Points per decade", minimum=1, maximum=100, default=10)
    frequencies_hz: Any = FloatListParameter(
        "Frequencies, instead of the three above", units="Hz", minimum=1e-5, maximum=1.2e8, default=[]
    )
    amplitude_v: Any = FloatParameter("Amplitude (rms)", units="V", minimum=1e-4, maximum=3, default=0.02)
    integration_s: Any = FloatParameter("Integration time", units="s", minimum=0.01, maximum=1e4, default=1.0)
    check_points: Any = ListParameter(
        "Repeat up to three frequencies after the sweep, to see drift",
        choices=(LONG_SWEEPS, ALWAYS, OFF),
        default=LONG_SWEEPS,
    )

    roles_needed: ClassVar[tuple[str, ...]] = ("fra",)
    DATA_COLUMNS: ClassVar[list[str]] = [  # type: ignore[misc]
        "spectrum",
        "step",
        "branch",
        "setpoint_k",
        "temperature_k",
        *ImpedancePoint._fields,
    ]

    electrodes: str = "blocking"
    should_skip: Callable[[], bool] = staticmethod(lambda: False)

    disturbance: str = ""  # what spoilt the spectrum just taken; empty for nothing
    ends_when_disturbed: bool = False

    bench: Bench

    def take_spectrum(
        self, about: dict[str, Any], bias_v: float = 0.0, repeats: bool = False
    ) -> tuple[list[ImpedancePoint], list[float]]:
        """Measure and emit one spectrum; return its points and the temperature (K) at each.

        On a request to stop or skip, the spectrum ends after the current point; with `ends_when_disturbed`
        also after a disturbance. Check points follow the end of a complete spectrum.
        """
        settings = {"amplitude_v": self.amplitude_v, "bias_v": bias_v, "integration_s": self.integration_s}
        settings["band_k"] = self.spectrum_band_k(about)
        condition = self.spectrum_condition(about)
        self.emit("spectrum", SpectrumStarted(repeats=repeats, **about, **settings, **condition))
        points: list[ImpedancePoint] = []
        readings_k: list[float] = []
        self.disturbance, lost_s = "", self.bench.exchanges.lost_s
        amplitude = AmplitudeWatch(self.bench, self.amplitude_v)
        with closing(self.sweep(bias_v)) as sweep:
            for point in sweep:
                points.append(point)
                readings_k.append(self.temperature_now_k())
                row = PointMeasured(**about, temperature_k=readings_k[-1], **point._asdict())
                self.emit("results", row)
                self.emit_progress(about["step"], len(points) / len(self.frequencies()))
                wrong_amplitude = amplitude.look(is_last=self.is_complete(points))
                self.disturbance = (
                    self.disturbance or wrong_amplitude or self.disturbed_by(about, readings_k[-1], lost_s)
                )
                if self.should_leave() or (self.disturbance and self.ends_when_disturbed):
                    break
        complete = self.is_complete(points) and not (self.disturbance and self.ends_when_disturbed)
        self.emit("spectrum", SpectrumEnded(state="finished" if complete else "aborted", **about))
        if complete and self.has_check_points():
            self.take_check_points(about, points, bias_v)
        return points, readings_k

    def take_check_points(
        self, about: dict[str, Any], points: Sequence[ImpedancePoint], bias_v: float
    ) -> None:
        """Measure again the frequencies at which drift shows best, and emit each reading.

        The spectrum has ended and stays as it is. On a request to leave, or where the analyser or the
        thermometer fails, the remaining check points are emitted without a reading, with the reason.
        """
        left = self.places_to_repeat(points)
        if not left:
            self.bench.tell("info", "check points", "no check points: no frequency of the sweep is suited")
            return
        problem = ""
        try:
            problem = self._repeat(about, points, left, bias_v)
        except NotMadeSafe:
            raise
        except InstrumentError as error:
            problem = str(error)
            self.bench.tell("warning", "check points", f"check points not measured: {problem}")
        for place in left:
            now_s, status = self.bench.clock.time(), f"not measured: {problem}"
            point = ImpedancePoint(points[place].frequency_hz, math.nan, math.nan, now_s, status)
            self.emit("check point", CheckPointMeasured(repeats=place, **about, **point._asdict()))

    def _repeat(
        self, about: dict[str, Any], points: Sequence[ImpedancePoint], left: list[int], bias_v: float
    ) -> str:
        """Measure the places in `left` again, each taken out of it; return why some of them are left."""
        if self.should_leave():
            return "stop or skip requested"
        frequencies_hz = [points[place].frequency_hz for place in left]
        with closing(
            self.bench.fra.sweep(frequencies_hz, self.amplitude_v, self.integration_s, bias_v)
        ) as sweep:
            for point in sweep:
                reading_k = self.temperature_now_k()
                row = {**about, "temperature_k": reading_k, **point._asdict()}
                self.emit("check point", CheckPointMeasured(repeats=left.pop(0), **row))
                if left and self.should_leave():
                    return "stop or skip requested"
        return "the analyser ended its sweep early" if left else ""

    def take_at_other_amplitudes(
        self, about: dict[str, Any], points: Sequence[ImpedancePoint], bias_v: float = 0.0
    ) -> None:
        """Measure the points of the spectrum that has just ended at twice, then at half its amplitude.

        They are no spectra of their own: they show whether the response is linear. On a request to leave, and
        where analyser or thermometer fail, the measurement goes on without the rest.
        """
        try:
            for amplitude_v in (2 * self.amplitude_v, self.amplitude_v / 2):
                frequencies_hz = [point.frequency_hz for point in points]
                sweep = self.bench.fra.sweep(frequencies_hz, amplitude_v, self.integration_s, bias_v)
                with closing(sweep) as measured:
                    for place, point in enumerate(measured):
                        row = {**about, "temperature_k": self.temperature_now_k(), **point._asdict()}
                        event = CheckPointMeasured(repeats=place, amplitude_v=amplitude_v, **row)
                        self.emit("check point", event)
                        if self.should_leave():
                            return
        except NotMadeSafe:
            raise
        except InstrumentError as error:
            self.bench.tell("warning", "linearity", f"linearity not tested: {error}")

    def places_to_repeat(self, points: Sequence[ImpedancePoint]) -> list[int]:
        """Return the places among the points of a spectrum to measure again, at most three."""
        from labctl.analysis.spectra.drift import places_to_repeat  # slow to import: only where it is used

        good = [place for place, point in enumerate(points) if point.status == "ok"]
        frequency_hz = [points[place].frequency_hz for place in good]
        z_ohm = [complex(points[place].z_real_ohm, points[place].z_imag_ohm) for place in good]
        chosen = places_to_repeat(frequency_hz, z_ohm, self.point_duration_s, self.check_points_s())
        return [good[place] for place in chosen]

    def has_check_points(self) -> bool:
        """Return whether frequencies are measured again after a sweep."""
        is_long = self.check_points == LONG_SWEEPS and self.sweep_s() > LONG_SWEEP_S
        return is_long or self.check_points == ALWAYS

    def check_points_s(self) -> float:
        """Return the longest duration of the check points of one sweep, s; 0 where there are none."""
        return CHECK_POINTS_SHARE * self.sweep_s() if self.has_check_points() else 0.0

    def sweep_s(self) -> float:
        """Return the estimated duration of one sweep in s."""
        return sum(map(self.point_duration_s, self.frequencies()))

    def sweep(self, bias_v: float) -> Generator[ImpedancePoint, None, None]:
        """Return the generator of the points of a spectrum."""
        return self.bench.fra.sweep(self.frequencies(), self.amplitude_v, self.integration_s, bias_v)

    def is_complete(self, points: Sequence[ImpedancePoint]) -> bool:
        """Return whether a spectrum has all of its points."""
        return len(points) == len(self.frequencies())

    def spectrum_band_k(self, about: dict[str, Any]) -> float | None:
        """Return how far from its set point the sample may be during a spectrum, K; None: no limit."""
        return None

    def spectrum_condition(self, about: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of `SpectrumStarted` about a condition beside the temperature, if any."""
        return {}

    def disturbed_by(self, about: dict[str, Any], temperature_k: float, lost_before_s: float) -> str:
        """Return what spoilt the spectrum under way, seen at one point; `""` for nothing.

        `lost_before_s` is `bench.exchanges.lost_s` at the start of the spectrum.
        """
        return ""

    def temperature_now_k(self) -> float:
        """Return the temperature of the sample; nan for a station without a thermometer."""
        roles = self.bench.roles
        return sample_temperature_k(self.bench) if "oven" in roles or "thermometer" in roles else math.nan

    def emit_progress(self, step: int, share: float) -> None:
        """Emit the progress in percent; `share` is the fraction of this step that is done, 0 to 1."""
        self.emit("progress", 100 * share)

    def should_leave(self) -> bool:
        """Return whether to leave this step, because a stop or a skip was requested."""
        return self.should_stop() or self.should_skip()

    def shutdown(self) -> None:
        """Bring every instrument into its safe state."""
        self.bench.make_safe()

    def frequencies(self) -> list[float]:
        """Return the frequencies in hertz, high to low, or the listed frequencies in their order."""
        if self.frequencies_hz:
            return list(self.frequencies_hz)
        if not self.frequency_min_hz < self.frequency_max_hz:
            raise ValueError(
                f"frequency_min_hz ({self.frequency_min_hz:g}) must be below "
                f"frequency_max_hz ({self.frequency_max_hz:g})"
            )
        decades = np.log10(self.frequency_max_hz / self.frequency_min_hz)
        count = round(decades * self.points_per_decade) + 1
        return [float(f) for f in np.geomspace(self.frequency_max_hz, self.frequency_min_hz, max(count, 2))]

    def planned_spectrum(self, target_k: float | None, place: str, bias_v: float = 0.0) -> PlannedStep:
        """Return the planned step of one spectrum."""
        frequencies_hz = self.frequencies()
        again = " and check points" if self.has_check_points() else ""
        return PlannedStep(
            f"spectrum at {place}, {len(frequencies_hz)} points{again}",
            self.sweep_s() + self.check_points_s(),
            temperature_k=target_k,
            potential_v=bias_v,
            amplitude_v=self.amplitude_v,
            frequency_hz=(min(frequencies_hz), max(frequencies_hz)),
        )

    def point_duration_s(self, frequency_hz: float) -> float:
        """Return the estimated duration of one point: integration in whole cycles plus overhead."""
        cycles = max(1, math.ceil(self.integration_s * frequency_hz))
        return float(max(self.integration_s, cycles / frequency_hz)) + POINT_OVERHEAD_S

    def plan(self) -> list[PlannedStep]:
        """Return every step with its estimated duration, without instrument access."""
        return list(self.planned())

    def planned(self) -> Iterator[PlannedStep]:
        """Yield the planned steps."""
        yield self.planned_spectrum(None, "the present temperature")

    def get_estimates(self) -> float:
        """Return the estimated duration in seconds, for pymeasure's window."""
        return sum(step.duration_s for step in self.plan())
