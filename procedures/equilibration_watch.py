"""Repeated spectra at each temperature until the resistance is steady: wetting, crystallisation."""

from collections.abc import Iterator
from typing import Any

from pymeasure.experiment import FloatParameter, IntegerParameter

from labctl.analysis import ionic_resistance
from labctl.bench import ZERO_CELSIUS_K, ImpedancePoint, PlannedStep
from procedures.refinement import spectrum_of
from procedures.temperature_series import TemperatureSeries


class EquilibrationWatch(TemperatureSeries):
    """Settle, then measure spectra at intervals until two consecutive resistances agree."""

    steady_percent: Any = FloatParameter(
        "Steady when two consecutive agree within", units="%", minimum=0.01, maximum=50, default=1.0
    )
    interval_min: Any = FloatParameter(
        "Time between spectra", units="min", minimum=0, maximum=10000, default=10
    )
    spectra_at_most: Any = IntegerParameter(
        "Maximum spectra at each temperature", minimum=2, maximum=1000, default=12
    )

    taken = 0

    @property
    def rows_per_step(self) -> int:
        """Number of spectra that surely complete a step: an interrupted watch starts again."""
        return self.spectra_at_most

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Repeat spectra until the resistance is steady; after `spectra_at_most`, say that it is not."""
        before_ohm = None
        for number in range(self.spectra_at_most):
            about = {"spectrum": self.taken, "step": step, "branch": branch, "setpoint_k": target_k}
            points, _ = self.take_spectrum(about)
            self.taken += 1
            now_ohm = self.resistance_ohm(points)
            if self.should_leave() or self.is_steady(before_ohm, now_ohm):
                return
            before_ohm = now_ohm
            if number + 1 < self.spectra_at_most:
                self.wait(60 * self.interval_min)
        place = f"{target_k - ZERO_CELSIUS_K:g} degC"
        self.emit("missing", f"not steady within {self.spectra_at_most} spectra at {place}")

    def resistance_ohm(self, points: list[ImpedancePoint]) -> float:
        """Return the total resistance of a spectrum; nan if it cannot be determined."""
        return ionic_resistance(spectrum_of(points), electrodes=self.electrodes).total_ohm.value  # type: ignore[arg-type]

    def is_steady(self, before_ohm: float | None, now_ohm: float) -> bool:
        """Return whether two consecutive resistances agree; False for nan."""
        return before_ohm is not None and abs(now_ohm / before_ohm - 1) <= self.steady_percent / 100

    def wait(self, duration_s: float) -> None:
        """Wait for `duration_s` or until a stop or skip is requested, and watch the oven during the wait."""
        clock = self.bench.clock
        end_s = clock.monotonic() + duration_s
        while clock.monotonic() < end_s and not self.should_leave():
            clock.sleep(min(10.0, max(0.0, end_s - clock.monotonic())))
            self.temperature_now_k()

    def planned_at(self, target_k: float, place: str) -> Iterator[PlannedStep]:
        """Yield the maximum number of spectra at one temperature."""
        for number in range(self.spectra_at_most):
            spectrum = self.planned_spectrum(
                target_k, f"{place}, {number + 1} of at most {self.spectra_at_most}"
            )
            yield spectrum
