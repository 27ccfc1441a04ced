"""Temperature series with one impedance spectrum at each settled temperature."""

from typing import Any

from pymeasure.experiment import BooleanParameter, FloatParameter, IntegerParameter, ListParameter

from procedures.refinement import QUANTITIES, SeriesSoFar, is_consistent
from procedures.temperature_series import TemperatureSeries


class TemperatureSteppedEIS(TemperatureSeries):
    """Impedance spectra at a list of temperatures, up and optionally back down."""

    repeat_inconsistent: Any = BooleanParameter("Repeat a spectrum that fails Kramers-Kronig", default=False)
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

    inserted = 0

    def execute(self) -> None:
        """Measure a spectrum at every temperature."""
        self.series = SeriesSoFar(self.electrodes)
        super().execute()

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Measure one spectrum, and repeat it if it is inconsistent and `repeat_inconsistent` is set."""
        about: dict[str, Any] = {"spectrum": step, "step": step, "branch": branch, "setpoint_k": target_k}
        points, readings_k = self.take_spectrum(about)
        if self.repeat_inconsistent and not self.should_leave() and not is_consistent(points):
            points, readings_k = self.take_spectrum(about, repeats=True)
        if self.refine != "off" and not (self.should_leave() or self.disturbance):
            self.series.add(readings_k, points)

    def knows_enough(self, step: int) -> bool:
        """Return whether enough is known; at the end of the list, append the most informative temperature."""
        if self.refine == "off":
            return False
        if self.series.is_known(self.refine, self.refine_half_width):
            return True
        if step + 1 == len(self.steps()) and self.inserted < self.refine_insertions:
            low_k, high_k = (f(t for t, _ in self.steps()) for f in (min, max))
            next_degc = self.series.next_degc(self.refine, low_k, high_k)
            if next_degc is not None:
                self.inserted += 1
                self.revise(step + 1, [next_degc])
        return False
