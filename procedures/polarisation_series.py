"""Base class of polarisation procedures: rest, spectrum and a potential step with checks of every point."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, ClassVar

from pymeasure.experiment import FloatParameter, IntegerParameter

from labctl.analysis.transport.zero_current import ZERO_AFTER, ZERO_BEFORE
from labctl.bench import CurrentPoint, ImpedancePoint, PlannedStep
from labctl.measure.events import CurrentMeasured, PolarisationEnded, PolarisationStarted
from labctl.measure.settle import sample_temperature_k
from procedures.parameters import FloatListParameter
from procedures.temperature_series import TemperatureSeries
from procedures.transient import (
    LOST_SHARE,
    Rest,
    Transient,
    even_times_s,
    growing_times_s,
    rest_of,
    sample_times_s,
)

AT_REST, WHILE_HELD = "spectrum at rest", "spectrum while held"
__all__ = ["ZERO_AFTER", "ZERO_BEFORE", "Ending", "PolarisationSeries", "Step"]


@dataclass(frozen=True)
class Ending:
    """Reason for the end of a hold: `steady`, `extrapolated` or `maximum time`, and the time saved."""

    ended_by: str
    saved_s: float = 0.0


@dataclass(frozen=True)
class Step:
    """One potential step: height above the rest potential, maximum duration, spectra before and during it."""

    delta_v_v: float
    longest_s: float
    spectrum_before: bool = True
    spectrum_held: bool = True


class PolarisationSeries(TemperatureSeries):
    """Potential steps on the settled cell, at one or several temperatures; the cell is off in between.

    Emits the topics of `TemperatureSeries`, and `polarisation` (at its start, and at its end with the cell
    off).
    """

    temperatures_degc: Any = FloatListParameter(
        "Temperatures", units="degC", minimum=-270, maximum=1700, default=[60.0]
    )
    amplitude_v: Any = FloatParameter("Amplitude (rms)", units="V", minimum=1e-4, maximum=0.05, default=0.005)
    rest_min: Any = FloatParameter("Rest before", units="min", minimum=0.1, maximum=10000, default=5)
    hold_min_min: Any = FloatParameter("Minimum hold", units="min", minimum=0.1, maximum=10000, default=2)
    steady_percent: Any = FloatParameter(
        "Steady when the change in the last fifth of the hold is below",
        units="%",
        minimum=0.01,
        maximum=10,
        default=0.5,
    )
    current_limit_a: Any = FloatParameter("Current limit", units="A", minimum=1e-9, maximum=2, default=2e-3)
    samples_per_decade: Any = IntegerParameter(
        "Samples per decade of time", minimum=5, maximum=1000, default=50
    )
    longest_interval_s: Any = FloatParameter(
        "Maximum time between samples", units="s", minimum=0.1, maximum=3600, default=30
    )

    zero_current_min: Any = FloatParameter(
        "Current at 0 V above the rest, before and after a step (0 = not measured)",
        units="min",
        minimum=0,
        maximum=1000,
        default=1,
    )

    roles_needed: ClassVar[tuple[str, ...]] = ("oven", "fra", "potentiostat")
    step_ends_with: ClassVar[str] = "polarisations"
    lost_share: ClassVar[float] = LOST_SHARE
    DATA_COLUMNS: ClassVar[list[str]] = [  # type: ignore[misc]
        *("spectrum", "polarisation", "phase", "step", "branch", "setpoint_k", "temperature_k"),
        *ImpedancePoint._fields,
        *("elapsed_s", "potential_v", "current_a"),
    ]

    def ending(self, transient: Transient) -> Ending | None:
        """Return why the hold can end, judged by the samples so far; None if more are needed."""
        raise NotImplementedError

    def rest(self, about: dict[str, Any], duration_s: float) -> Rest:
        """Record the open cell; return its potential and drift."""
        points: list[CurrentPoint] = []
        with closing(self.bench.potentiostat.rest(self.sample_times_s(duration_s))) as resting:
            for point in resting:
                points.append(point)
                self.emit("results", CurrentMeasured(**about, phase="rest", **point._asdict()))
                if self.should_leave():
                    break
        return rest_of(points)

    def measure_zero(self, about: dict[str, Any], potential_v: float, phase: str) -> None:
        """Record the current at the potential at rest; the cell is off when this returns.

        Every point is checked as in a hold. `phase` is ZERO_BEFORE or ZERO_AFTER.
        """
        if not self.zero_current_min or self.should_leave():
            return
        held = Transient(potential_v, self.current_limit_a, lost_share=0.0)
        times_s = even_times_s(60 * self.zero_current_min)
        with closing(self.bench.potentiostat.hold(potential_v, times_s, self.current_limit_a)) as points:
            for point in points:
                self.emit("results", CurrentMeasured(**about, phase=phase, **point._asdict()))
                held.take(point)
                if self.should_leave():
                    return

    def polarise(self, about: dict[str, Any], before: Rest, step: Step) -> None:
        """Measure spectrum, potential step, spectrum; the cell is off when this returns."""
        about, expected_a = {**about, "spectrum": 2 * about["polarisation"]}, 0.0
        if step.spectrum_before:
            spectrum, _ = self.take_spectrum({**about, "phase": AT_REST}, before.potential_v)
            if not self.is_complete(spectrum):
                return
            expected_a = _current_a(step.delta_v_v, spectrum[-1])
        transient = Transient(
            before.potential_v + step.delta_v_v, self.current_limit_a, expected_a, self.lost_share
        )
        started = PolarisationStarted(
            potential_v=transient.potential_v,
            rest_potential_v=before.potential_v,
            rest_drift_v_s=before.drift_v_s,
            **about,
        )
        self.emit("polarisation", started)
        state = self.hold(about, transient, step)
        self.emit("polarisation", PolarisationEnded(**about, **state))

    def hold(self, about: dict[str, Any], transient: Transient, step: Step) -> dict[str, Any]:
        """Hold the potential, record the current and, if configured, a spectrum; return the final state."""
        complete = True
        with closing(self.held(transient.potential_v, step.longest_s)) as points:
            ending = self.watch(about, points, transient, step.longest_s)
            if ending and step.spectrum_held:
                under = {**about, "spectrum": about["spectrum"] + 1, "phase": WHILE_HELD}
                spectrum, _ = self.take_spectrum(under, transient.potential_v)
                complete = self.is_complete(spectrum)
        if ending is None:
            return {"state": "aborted"}
        return {"state": "finished" if complete else "aborted", **vars(ending)}

    def repeats_at_most(self, about: dict[str, Any]) -> int:
        """Return how often a disturbed spectrum is measured again; never while the cell is polarised."""
        return 0 if about.get("phase") == WHILE_HELD else super().repeats_at_most(about)

    def held(self, potential_v: float, longest_s: float) -> Generator[CurrentPoint, None, None]:
        """Return the generator of the polarisation; closing it switches the cell off."""
        times_s = self.sample_times_s(longest_s)
        return self.bench.potentiostat.hold(potential_v, times_s, self.current_limit_a)

    def sample_times_s(self, longest_s: float) -> Iterator[float]:
        """Yield the sample times: dense at first, then log-spaced, then even."""
        return sample_times_s(self.bench.clock, longest_s, self.samples_per_decade, self.longest_interval_s)

    def watch(
        self, about: dict[str, Any], points: Iterator[CurrentPoint], transient: Transient, longest_s: float
    ) -> Ending | None:
        """Record the current until it is steady or known; return None on a request to leave the step.

        At the maximum time it returns with `points` not exhausted: exhausting them would switch the cell off
        before the spectrum under polarisation.
        """
        judging_s = growing_times_s(60 * self.hold_min_min)
        judge_s, thermometer_s = next(judging_s), 0.0
        for point in points:
            temperature_k = None
            if point.elapsed_s >= thermometer_s:
                temperature_k = sample_temperature_k(self.bench)
                thermometer_s = point.elapsed_s + self.longest_interval_s
            row = CurrentMeasured(**about, phase="hold", temperature_k=temperature_k, **point._asdict())
            self.emit("results", row)
            transient.take(point)
            if self.should_leave():
                return None
            if point.elapsed_s >= judge_s:
                judge_s = next(time_s for time_s in judging_s if time_s > point.elapsed_s)
                if ending := self.ending(transient):
                    return ending
            if point.elapsed_s >= longest_s * (1 - 1e-9):
                break
        return Ending("maximum time")

    def planned_zero(self, target_k: float, place: str) -> Iterator[PlannedStep]:
        """Yield the planned current at 0 V above the rest, if it is configured."""
        if self.zero_current_min:
            yield PlannedStep(
                f"current at 0 V at {place}",
                60 * self.zero_current_min,
                temperature_k=target_k,
                current_a=self.current_limit_a,
            )

    def planned_hold(self, target_k: float, place: str, delta_v_v: float, longest_min: float) -> PlannedStep:
        """Return the planned hold, with its maximum duration and the current limit."""
        return PlannedStep(
            f"hold {1e3 * delta_v_v:g} mV at {place}, at most",
            60 * longest_min,
            temperature_k=target_k,
            potential_v=delta_v_v,
            current_a=self.current_limit_a,
        )


def _current_a(delta_v_v: float, point: ImpedancePoint) -> float:
    """Return the magnitude of the initial current, from the lowest frequency of the preceding spectrum."""
    return abs(delta_v_v) / max(abs(complex(point.z_real_ohm, point.z_imag_ohm)), 1e-9)
