"""Current fraction of a symmetric cell by Bruce and Vincent, at one or several temperatures.

At each: rest, a spectrum (R0 and bulk), a small step of potential held until the current is steady, and a
spectrum at that potential (Rss). Bruce & Vincent, J. Electroanal. Chem. 225 (1987) 1,
10.1016/0022-0728(87)80001-3; Evans, Vincent & Bruce, Polymer 28 (1987) 2324, 10.1016/0032-3861(87)90394-6.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, ClassVar

from pymeasure.experiment import BooleanParameter, FloatParameter, IntegerParameter

from labctl.analysis.early_stop import steady_current_known
from labctl.analysis.polarisation import FEWEST_SAMPLES, fit_polarisation
from labctl.bench import CurrentPoint, ImpedancePoint, PlannedStep
from procedures.parameters import FloatListParameter
from procedures.temperature_series import TemperatureSeries
from procedures.transient import Rest, Transient, growing_times_s, rest_of, sample_times_s


@dataclass(frozen=True)
class Ending:
    """Why a polarisation may end: `steady`, `extrapolated` or `maximum time`, and the wait that was saved."""

    ended_by: str
    saved_s: float = 0.0


class BruceVincent(TemperatureSeries):
    """Rest, spectrum, small constant potential until steady, spectrum; at one or several temperatures.

    Topics as `TemperatureSeries`, and `polarisation` (its start, and its end once the cell is off).
    """

    temperatures_degc: Any = FloatListParameter(
        "Temperatures", units="degC", minimum=-270, maximum=1700, default=[60.0]
    )
    amplitude_v: Any = FloatParameter("Amplitude (rms)", units="V", minimum=1e-4, maximum=0.05, default=0.005)
    delta_v_v: Any = FloatParameter("Step of potential", units="V", minimum=0.001, maximum=0.05, default=0.01)
    rest_min: Any = FloatParameter("Rest before", units="min", minimum=0.1, maximum=10000, default=5)
    hold_min_min: Any = FloatParameter("Shortest hold", units="min", minimum=0.1, maximum=10000, default=2)
    hold_max_min: Any = FloatParameter("Longest hold", units="min", minimum=0.2, maximum=20000, default=600)
    steady_percent: Any = FloatParameter(
        "Steady when the last fifth of the hold changes less than",
        units="%",
        minimum=0.01,
        maximum=10,
        default=0.5,
    )
    early_stop: Any = BooleanParameter(
        "Stop when the steady current is known by extrapolation", default=False
    )
    early_stop_percent: Any = FloatParameter(
        "Standard error of the extrapolation", units="%", minimum=0.05, maximum=5, default=0.4
    )
    current_limit_a: Any = FloatParameter("Current limit", units="A", minimum=1e-9, maximum=2, default=2e-3)
    repeats: Any = IntegerParameter("Polarisations at each temperature", minimum=1, maximum=50, default=1)
    relaxation_min: Any = FloatParameter(
        "Relaxation before a repeat", units="min", minimum=0, maximum=20000, default=60
    )
    samples_per_decade: Any = IntegerParameter(
        "Samples per decade of time", minimum=5, maximum=1000, default=50
    )
    longest_interval_s: Any = FloatParameter(
        "Longest time between samples", units="s", minimum=0.1, maximum=3600, default=30
    )

    roles_needed: ClassVar[tuple[str, ...]] = ("oven", "fra", "potentiostat")
    step_ends_with: ClassVar[str] = "polarisations"
    DATA_COLUMNS: ClassVar[list[str]] = [  # type: ignore[misc]
        *("spectrum", "polarisation", "phase", "step", "branch", "setpoint_k", "temperature_k"),
        *ImpedancePoint._fields,
        *("elapsed_s", "potential_v", "current_a"),
    ]

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Polarise the settled cell, as often as asked."""
        for repeat in range(self.repeats):
            about = {
                "polarisation": step * self.repeats + repeat,
                "step": step,
                "branch": branch,
                "setpoint_k": target_k,
            }
            before = self.rest(about, 60 * (self.relaxation_min if repeat else self.rest_min))
            if self.should_leave():
                return
            self.polarise({**about, "spectrum": 2 * about["polarisation"]}, before)
            if self.should_leave():
                return

    def rest(self, about: dict[str, Any], duration_s: float) -> Rest:
        """Watch the open cell; return its potential and drift."""
        times_s = self.sample_times_s(duration_s)
        points: list[CurrentPoint] = []
        with closing(self.bench.potentiostat.rest(times_s)) as resting:
            for point in resting:
                points.append(point)
                self.emit("results", {**about, "phase": "rest", **point._asdict()})
                if self.should_leave():
                    break
        return rest_of(points)

    def polarise(self, about: dict[str, Any], before: Rest) -> None:
        """Spectrum, step of potential, spectrum; the cell is off when this returns."""
        spectrum, _ = self.take_spectrum({**about, "phase": "spectrum at rest"}, before.potential_v)
        if not self.is_complete(spectrum):
            return
        potential_v = before.potential_v + self.delta_v_v
        rested = {"rest_potential_v": before.potential_v, "rest_drift_v_s": before.drift_v_s}
        self.emit("polarisation", {"state": "started", **about, "potential_v": potential_v, **rested})
        transient = Transient(potential_v, self.current_limit_a, self.expected_current_a(spectrum[-1]))
        state: dict[str, Any] = {"state": "aborted"}
        with closing(self.hold(potential_v)) as held:
            ending = self.watch(about, held, transient)
            if ending:
                under = {**about, "spectrum": about["spectrum"] + 1, "phase": "spectrum while held"}
                spectrum, _ = self.take_spectrum(under, potential_v)
                state = {"state": "finished" if self.is_complete(spectrum) else "aborted", **vars(ending)}
        self.emit("polarisation", {**about, **state})

    def hold(self, potential_v: float) -> Generator[CurrentPoint, None, None]:
        """Return the polarisation about to be made; the cell is off when it is closed."""
        times_s = self.sample_times_s(60 * self.hold_max_min)
        return self.bench.potentiostat.hold(potential_v, times_s, self.current_limit_a)

    def sample_times_s(self, longest_s: float) -> Iterator[float]:
        """Yield when to sample: densely, then log-spaced, then evenly."""
        return sample_times_s(self.bench.clock, longest_s, self.samples_per_decade, self.longest_interval_s)

    def watch(
        self, about: dict[str, Any], held: Iterator[CurrentPoint], transient: Transient
    ) -> Ending | None:
        """Take the current until it is steady or known; None when the step is to be left."""
        judging_s = growing_times_s(60 * self.hold_min_min)
        judge_s, thermometer_s = next(judging_s), -self.longest_interval_s
        for point in held:
            row = {**about, "phase": "hold", **point._asdict()}
            if point.elapsed_s >= thermometer_s + self.longest_interval_s:
                row["temperature_k"], thermometer_s = self.bench.thermometer.temperature_k, point.elapsed_s
            self.emit("results", row)
            transient.take(point)
            if self.should_leave():
                return None
            if point.elapsed_s >= judge_s:
                judge_s = next(time_s for time_s in judging_s if time_s > point.elapsed_s)
                if ending := self.ending(transient):
                    return ending
        return Ending("maximum time")

    def ending(self, transient: Transient) -> Ending | None:
        """Judge the samples so far: None when more are needed."""
        time_s, current_a = transient.arrays()
        if time_s.size < FEWEST_SAMPLES:
            return None
        try:
            fit = fit_polarisation(time_s, current_a, steady_tolerance=self.steady_percent / 100)
            if fit.steady:
                return Ending("steady")
            if self.early_stop:
                known = steady_current_known(time_s, current_a, self.early_stop_percent / 100)
                return Ending("extrapolated", known.saved_s) if known.known else None
        except ValueError:  # no fit yet: the current has no one sign, or does not decay
            return None
        return None

    def expected_current_a(self, point: ImpedancePoint) -> float:
        """Return the size of the first current, by the lowest frequency of the spectrum before."""
        return abs(self.delta_v_v / complex(point.z_real_ohm, point.z_imag_ohm))

    def planned_at(self, target_k: float, place: str) -> Iterator[PlannedStep]:
        """Yield rest, spectrum, hold (at its longest) and spectrum, as often as they are repeated."""
        if self.hold_min_min > self.hold_max_min:
            raise ValueError(
                f"hold_min_min ({self.hold_min_min:g}) is above hold_max_min ({self.hold_max_min:g})"
            )
        for repeat in range(self.repeats):
            rest_s = 60 * (self.relaxation_min if repeat else self.rest_min)
            yield PlannedStep(f"rest at {place}", rest_s, temperature_k=target_k)
            yield self.planned_spectrum(target_k, place)
            label = f"hold {1e3 * self.delta_v_v:g} mV at {place}, at most"
            yield PlannedStep(
                label,
                60 * self.hold_max_min,
                temperature_k=target_k,
                potential_v=self.delta_v_v,
                current_a=self.current_limit_a,
            )
            yield self.planned_spectrum(target_k, place, self.delta_v_v)
