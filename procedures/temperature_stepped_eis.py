"""Temperature series with one impedance spectrum at each settled temperature."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pymeasure.experiment import BooleanParameter, FloatParameter, IntegerParameter, ListParameter

from labctl.bench import ZERO_CELSIUS_K, ImpedancePoint, PlannedStep
from labctl.measure.events import StepStarted
from procedures.least_hours import (
    EVERYTHING,
    KnownPoint,
    Proposal,
    Seen,
    Window,
    again_in_words,
    as_point,
    conductance_at_s,
    corners_hz,
    expected_point,
    gain_for_both,
    half_width_ev,
    in_words,
    narrowing_per_hour,
    planned,
    window_at,
    window_beside,
)
from procedures.oven_timing import travel_time_s
from procedures.refinement import FEWEST_TEMPERATURES, QUANTITIES, SeriesSoFar, is_consistent
from procedures.temperature_series import TemperatureSeries

MOST_REPEATS = 6
SURE_SHARE = 0.9
"""Of the wanted half width: the expected one must be below it, for the one that comes out scatters."""


class TemperatureSteppedEIS(TemperatureSeries):
    """Impedance spectra at a list of temperatures, up and optionally back down.

    With `repeat_first` the first temperature is measured again at the end, which shows whether the sample has
    changed; this spectrum enters no temperature law. Series that end at their first temperature, as with
    `return_down`, get no further spectrum.

    With `least_hours` the temperatures are those to choose from. The next one is always that which narrows
    the activation energy most per hour; its spectrum covers the arc and the beginning of the spike, and the
    series ends when the interval is narrow enough. Each choice is logged in one line.
    """

    repeat_first: Any = BooleanParameter("Repeat the first temperature at the end", default=False)
    repeat_inconsistent: Any = BooleanParameter("Repeat a spectrum that fails Kramers-Kronig", default=False)
    check_linearity: Any = BooleanParameter(
        "Measure the first spectrum at half and double amplitude as well", default=False
    )
    refine: Any = ListParameter("Refine for", choices=QUANTITIES, default="off")
    refine_half_width: Any = FloatParameter(
        "Stop at this half width of the 95 % interval",
        units="eV or K",
        minimum=1e-6,
        maximum=1e3,
        default=0.005,
    )
    refine_insertions: Any = IntegerParameter(
        "Maximum inserted temperatures", minimum=0, maximum=50, default=5
    )

    least_hours: Any = BooleanParameter(
        "Choose each next temperature by what it teaches per hour", default=False
    )

    shared_by_samples: ClassVar[tuple[str, ...]] = (
        *TemperatureSeries.shared_by_samples,
        "repeat_first",
        "least_hours",
    )
    inserted = 0
    chosen: Proposal | None = None
    window: Window = EVERYTHING

    def turns(self) -> Iterator[float]:
        """Measure a spectrum at every temperature."""
        self.series, self._seen = SeriesSoFar(self.electrodes), list[Seen]()
        self._failed_k, self._measured = list[float](), set[int]()
        if self.refine != "off":
            for readings_k, points in self.measured_before():
                self._learn(readings_k, points)
        if self.least_hours:
            yield from self._turns_of_least_hours()
            return
        self._keep_places_of_inserted()
        yield from super().turns()

    @property
    def chooses_steps(self) -> bool:
        """Whether this series chooses its next step by `proposals`."""
        return bool(self.least_hours)

    def _turns_of_least_hours(self) -> Iterator[float]:
        """Yield the temperature chosen; where samples share the oven, `chosen` may be set to another one."""
        self._here_k = self.begins_at_k
        ramp_is_set = False
        while offers := self.proposals(self._here_k):
            self.chosen = max(offers, key=lambda offer: offer.rate)
            yield self.chosen.temperature_k
            if not ramp_is_set:
                self.bench.oven.ramp_rate_k_s, ramp_is_set = self.ramp_k_min / 60, True
            self._measure_chosen(self.chosen)
            if self.should_stop() or self._tells_that_it_is_known() or self._tells_that_it_is_in_doubt():
                return
        if not self.should_stop():
            width_mev = 1e3 * self.series.half_width(self.refine)
            message = (
                f"all temperatures are measured, the activation energy is known to +-{width_mev:.1f} meV"
            )
            self.bench.tell("info", "least hours", message)

    def _measure_chosen(self, chosen: Proposal) -> None:
        step, known = chosen.step, len(self.series.points)
        target_k, branch = self.steps()[step]
        self.bench.tell("info", "least hours", chosen.reason, step=step)
        self.emit("step", StepStarted(step=step, of=len(self.steps()), setpoint_k=target_k))
        self.bring_to(target_k)
        self._here_k = target_k
        self._measured.add(step)
        first = self._window(target_k)
        for window in dict.fromkeys((first, EVERYTHING)):
            self.window = window
            is_vain = window != first and self.is_in_doubt()  # nothing is learnt until a person decides
            if not (is_vain or self.should_leave()) and len(self.series.points) == known:
                self.measure_at(step, target_k, branch)
        if len(self.series.points) > known:
            self._repeat_while_worth(step)

    def _repeat_while_worth(self, step: int) -> None:
        """Take the spectrum again while that is the quickest way to the wanted interval."""
        target_k, branch = self.steps()[step]
        for _ in range(MOST_REPEATS):
            reason = "" if self.should_leave() or self.is_in_doubt() else self._reason_to_repeat(target_k)
            if not reason:
                return
            self.bench.tell("info", "least hours", reason, step=step)
            self.measure_at(step, target_k, branch)

    def _reason_to_repeat(self, target_k: float) -> str:
        """Return why a spectrum is taken again at this temperature; `""` if it is not."""
        known = self._known()
        missing = FEWEST_TEMPERATURES - len({round(point.temperature_k) for point in known})
        left = [self._expected(kelvin) for _, kelvin in self._left()]
        plan = planned(known, left, missing)
        expected_ev = half_width_ev(known, *plan)
        if expected_ev <= SURE_SHARE * self.refine_half_width:
            return ""
        hours = self.sweep_s() / 3600
        again_ev = half_width_ev(known, *plan, self._expected(target_k))
        others = [
            narrowing_per_hour(expected_ev, half_width_ev(known, *plan, one), hours + self.dwell_min / 60)
            for one in left
            if one not in plan
        ]
        if narrowing_per_hour(expected_ev, again_ev, hours) <= max(others, default=0.0):
            return ""
        return again_in_words(target_k, expected_ev, again_ev, hours)

    def _known(self) -> list[KnownPoint]:
        return [as_point(point) for point in self.series.points]

    def _expected(self, temperature_k: float) -> KnownPoint:
        return expected_point(self._known(), self._failed_k, temperature_k)

    def _tells_that_it_is_known(self) -> bool:
        if self.is_in_doubt() or not self.series.is_known(self.refine, self.refine_half_width):
            return False
        width_mev, count = 1e3 * self.series.half_width(self.refine), len(self.series.points)
        message = f"the activation energy is known to +-{width_mev:.1f} meV after {count} temperatures: done"
        self.bench.tell("info", "least hours", message)
        return True

    def _tells_that_it_is_in_doubt(self) -> bool:
        """Return whether a sample in doubt has as many temperatures as a law needs: a person decides."""
        if not self.is_in_doubt() or len(self._measured) < FEWEST_TEMPERATURES:
            return False
        message = (
            f"in doubt which cell was measured, after {FEWEST_TEMPERATURES} temperatures: no more are chosen"
        )
        self.bench.tell("warning", "least hours", message)
        return True

    def proposals(self, here_k: float) -> list[Proposal]:
        """Return what could be measured next, from an oven at `here_k`."""
        known = self._known()
        now_ev = half_width_ev(known)
        return [self._proposal(step, kelvin, known, now_ev, here_k) for step, kelvin in self._left()]

    def _left(self) -> list[tuple[int, float]]:
        """Return step and temperature in K of what can still be measured."""
        return [
            (step, kelvin)
            for step, (kelvin, _) in enumerate(self.steps())
            if step not in self.finished_steps and step not in self._measured
        ]

    def _proposal(
        self,
        step: int,
        target_k: float,
        known: list[KnownPoint],
        now_ev: float,
        here_k: float,
    ) -> Proposal:
        expected = self._expected(target_k)
        then_ev = half_width_ev(known, expected)
        settling_s = 0.0
        if abs(target_k - here_k) > 0.01:
            settling_s = travel_time_s(here_k, target_k, self.ramp_k_min / 60) + 60 * self.dwell_min
        frequencies_hz = self._window(target_k).of(super().frequencies())
        hours = (settling_s + sum(map(self.point_duration_s, frequencies_hz))) / 3600
        is_first = len({round(point.temperature_k) for point in known}) < FEWEST_TEMPERATURES
        reason = in_words(target_k, now_ev, then_ev, hours, is_first)
        if len(frequencies_hz) < len(super().frequencies()):
            reason += f"; {min(frequencies_hz):.3g} to {max(frequencies_hz):.3g} Hz show its arc"
        gain = gain_for_both(known, expected) if is_first else math.log(now_ev / then_ev)
        return Proposal(step, target_k, gain, hours, settling_s / 3600, reason)

    def _window(self, target_k: float) -> Window:
        known = self._known()
        if len(self._seen) == 1 and len(known) == 1:
            return window_beside(self._seen[0], is_hotter=target_k > known[0].temperature_k)
        return window_at(self._seen, conductance_at_s(known, target_k))

    def frequencies(self) -> list[float]:
        """Return the frequencies of the next spectrum in Hz; with `least_hours` those that show the arc."""
        return self.window.of(super().frequencies())

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Measure one spectrum, and repeat it if it is inconsistent and `repeat_inconsistent` is set."""
        about: dict[str, Any] = {"spectrum": step, "step": step, "branch": branch, "setpoint_k": target_k}
        points, readings_k = self.take_spectrum(about)
        if self.repeat_inconsistent and not self.should_leave() and not is_consistent(points):
            points, readings_k = self.take_spectrum(about, repeats=True)
        is_good = self.is_complete(points) and not self.disturbance
        if self.check_linearity and step == 0 and is_good and not self.should_leave():
            self.take_at_other_amplitudes(about, points)
        if self.refine != "off" and not (self.should_leave() or self.disturbance or self.is_in_doubt()):
            self._learn(readings_k, points)

    def _learn(self, readings_k: Sequence[float], points: Sequence[ImpedancePoint]) -> None:
        """Add a spectrum, with the temperature in K at each point, to the series that choices stand on."""
        known = len(self.series.points)
        self.series.add(readings_k, points)
        if self.least_hours and len(self.series.points) > known:
            self._see_corners(points)
        if len(self.series.points) > known:
            return
        finite_k = [kelvin for kelvin in readings_k if math.isfinite(kelvin)]
        if finite_k and self.window == EVERYTHING:
            self._failed_k.append(sum(finite_k) / len(finite_k))

    def _see_corners(self, points: Sequence[ImpedancePoint]) -> None:
        low_hz, high_hz = corners_hz(points)
        if math.isfinite(low_hz):
            self._seen.append(Seen(low_hz, high_hz, as_point(self.series.points[-1]).conductance_s))

    def knows_enough(self, step: int) -> bool:
        """Return whether enough is known; at the end of the list, append the most informative temperature."""
        if self.refine == "off" or self.is_repetition(step):
            return False
        if not self.is_in_doubt() and self.series.is_known(self.refine, self.refine_half_width):
            return self._leave_out_after(step)
        is_last = step + 1 == len(self.steps()) or self.is_repetition(step + 1)
        if is_last and self.inserted < self.refine_insertions:
            low_k, high_k = (f(t for t, _ in self.steps()) for f in (min, max))
            next_degc = self.series.next_degc(self.refine, low_k, high_k)
            if next_degc is not None:
                self.inserted += 1
                self.revise(step + 1, [next_degc])
        return False

    def planned(self) -> Iterator[PlannedStep]:
        """Yield settling and measuring at every temperature; the first spectrum with its other amplitudes."""
        self._refuse_contradictions()
        is_first = self.check_linearity
        for step in super().planned():
            yield self._with_other_amplitudes(step) if is_first and step.amplitude_v else step
            is_first = is_first and not step.amplitude_v

    def _with_other_amplitudes(self, step: PlannedStep) -> PlannedStep:
        low_v, high_v = self.amplitude_v / 2, 2 * self.amplitude_v
        return replace(
            step,
            label=f"{step.label}, then at {high_v:g} and {low_v:g} V",
            duration_s=step.duration_s + 2 * self.sweep_s(),
            amplitude_v=high_v,
        )

    def _refuse_contradictions(self) -> None:
        if not self.least_hours:
            return
        if self.refine != "activation_energy_ev":
            raise ValueError("least_hours needs refine = 'activation_energy_ev' beside it")
        for name in ("return_down", "repeat_first"):
            if getattr(self, name):
                raise ValueError(f"{name} and least_hours cannot both be set: the order is chosen")

    def emit_progress(self, step: int, share: float) -> None:
        """Emit the progress in percent; with `least_hours` by the number of temperatures measured."""
        if self.least_hours:
            step = min(len(self.series.points), len(self.steps()) - 1)
        super().emit_progress(step, share)

    def repeats_first(self) -> bool:
        """Return `repeat_first`."""
        return bool(self.repeat_first)

    def is_repetition(self, step: int) -> bool:
        """Return whether a step is the first temperature again, the last of a series with `repeat_first`."""
        steps = self.steps()
        return self.repeats_first() and 0 < step == len(steps) - 1 and steps[step][0] == steps[0][0]

    def _keep_places_of_inserted(self) -> None:
        """Let the repetition follow temperatures that an earlier part of this run inserted and measured."""
        if self.refine == "off" or not self.repeats_first():
            return
        end = next((step for step in range(len(self.steps())) if self.is_repetition(step)), None)
        while end is not None and end in self.finished_steps:
            last_k = self.steps()[end - 1][0]
            self.revise(end, [last_k - ZERO_CELSIUS_K])
            self.inserted, end = self.inserted + 1, end + 1

    def _leave_out_after(self, step: int) -> bool:
        """Leave out the steps after this one but for the repetition; return whether none is left."""
        if not self.repeats_first():
            return True
        self.revise(step + 1, [])
        return False
