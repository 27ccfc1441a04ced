"""Temperature series with one impedance spectrum at each settled temperature."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from pymeasure.experiment import BooleanParameter, FloatParameter, IntegerParameter, ListParameter

from labctl.bench import ZERO_CELSIUS_K, PlannedStep
from procedures.refinement import QUANTITIES, SeriesSoFar, is_consistent
from procedures.temperature_series import TemperatureSeries


class TemperatureSteppedEIS(TemperatureSeries):
    """Impedance spectra at a list of temperatures, up and optionally back down.

    With `repeat_first` the first temperature is measured again at the end, which shows whether the sample has
    changed; this spectrum enters no temperature law. Series that end at their first temperature, as with
    `return_down`, get no further spectrum.
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

    shared_by_samples: ClassVar[tuple[str, ...]] = (*TemperatureSeries.shared_by_samples, "repeat_first")
    inserted = 0

    def turns(self) -> Iterator[float]:
        """Measure a spectrum at every temperature."""
        self.series = SeriesSoFar(self.electrodes)
        self._keep_places_of_inserted()
        yield from super().turns()

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Measure one spectrum, and repeat it if it is inconsistent and `repeat_inconsistent` is set."""
        about: dict[str, Any] = {"spectrum": step, "step": step, "branch": branch, "setpoint_k": target_k}
        points, readings_k = self.take_spectrum(about)
        if self.repeat_inconsistent and not self.should_leave() and not is_consistent(points):
            points, readings_k = self.take_spectrum(about, repeats=True)
        is_good = self.is_complete(points) and not self.disturbance
        if self.check_linearity and step == 0 and is_good and not self.should_leave():
            self.take_at_other_amplitudes(about, points)
        if self.refine != "off" and not (self.should_leave() or self.disturbance):
            self.series.add(readings_k, points)

    def knows_enough(self, step: int) -> bool:
        """Return whether enough is known; at the end of the list, append the most informative temperature."""
        if self.refine == "off" or self.is_repetition(step):
            return False
        if self.series.is_known(self.refine, self.refine_half_width):
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
