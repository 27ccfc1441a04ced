"""Base class of procedures that measure impedance spectra."""

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, ClassVar

import numpy as np
from pymeasure.experiment import FloatParameter, IntegerParameter, Procedure

from labctl.bench import Bench, ImpedancePoint, PlannedStep
from labctl.measure.amplitude_watch import AmplitudeWatch
from labctl.measure.events import PointMeasured, SpectrumEnded, SpectrumStarted
from labctl.measure.settle import sample_temperature_k
from procedures.parameters import FloatListParameter

POINT_OVERHEAD_S = 1.0


class SpectrumProcedure(Procedure):
    """Frequencies, amplitude and integration time, and the measurement of one spectrum.

    `bench` must be set before the start. Topics emitted: `spectrum` (at its start and its end), `results`
    (one row per point), `progress`.
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
        also after a disturbance.
        """
        settings = {"amplitude_v": self.amplitude_v, "bias_v": bias_v, "integration_s": self.integration_s}
        settings["band_k"] = self.spectrum_band_k(about)
        self.emit("spectrum", SpectrumStarted(repeats=repeats, **about, **settings))
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
        return points, readings_k

    def sweep(self, bias_v: float) -> Generator[ImpedancePoint, None, None]:
        """Return the generator of the points of a spectrum."""
        return self.bench.fra.sweep(self.frequencies(), self.amplitude_v, self.integration_s, bias_v)

    def is_complete(self, points: Sequence[ImpedancePoint]) -> bool:
        """Return whether a spectrum has all of its points."""
        return len(points) == len(self.frequencies())

    def spectrum_band_k(self, about: dict[str, Any]) -> float | None:
        """Return how far from its set point the sample may be during a spectrum, K; None: no limit."""
        return None

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
        return PlannedStep(
            f"spectrum at {place}, {len(frequencies_hz)} points",
            sum(map(self.point_duration_s, frequencies_hz)),
            temperature_k=target_k,
            potential_v=bias_v,
            amplitude_v=self.amplitude_v,
            frequency_hz=(min(frequencies_hz), max(frequencies_hz)),
        )

    def point_duration_s(self, frequency_hz: float) -> float:
        """Return the estimated duration of one point: integration in whole cycles plus overhead."""
        cycles = max(1.0, np.ceil(self.integration_s * frequency_hz))
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
