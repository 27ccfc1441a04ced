"""Current fraction of a symmetric cell by Bruce and Vincent, at one or several temperatures.

At each temperature: rest, the current at 0 V, a spectrum (R0 and bulk), a small potential step held until the
current is steady, a spectrum at that potential (Rss), the current at 0 V. With `reverse` a step of the other
sign follows, and offsets of the current cancel; a second height of the step shows whether the current is
proportional to it. Bruce & Vincent, J. Electroanal. Chem. 225 (1987) 1, 10.1016/0022-0728(87)80001-3; Evans,
Vincent & Bruce, Polymer 28 (1987) 2324, 10.1016/0032-3861(87)90394-6.
"""

from collections.abc import Iterator
from typing import Any

from pymeasure.experiment import BooleanParameter, FloatParameter, IntegerParameter

from labctl.analysis.transport.early_stop import steady_current_known
from labctl.analysis.transport.polarisation import FEWEST_SAMPLES, fit_polarisation, is_clearly_changing
from labctl.bench import PlannedStep
from procedures.polarisation_series import ZERO_AFTER, ZERO_BEFORE, Ending, PolarisationSeries, Step
from procedures.transient import Transient


class BruceVincent(PolarisationSeries):
    """Rest, spectrum, small constant potential until steady, spectrum; at one or several temperatures."""

    delta_v_v: Any = FloatParameter("Step of potential", units="V", minimum=0.001, maximum=0.05, default=0.01)
    hold_max_min: Any = FloatParameter("Maximum hold", units="min", minimum=0.2, maximum=20000, default=600)
    early_stop: Any = BooleanParameter(
        "Stop when the steady current is known by extrapolation", default=False
    )
    early_stop_percent: Any = FloatParameter(
        "Standard error of the extrapolation", units="%", minimum=0.05, maximum=5, default=0.4
    )
    repeats: Any = IntegerParameter("Polarisations at each temperature", minimum=1, maximum=50, default=1)
    relaxation_min: Any = FloatParameter(
        "Relaxation before a repeat, and before a step of another sign or height",
        units="min",
        minimum=0,
        maximum=20000,
        default=60,
    )
    reverse: Any = BooleanParameter("Polarise again with the other sign", default=False)
    second_delta_v_v: Any = FloatParameter(
        "Second step of potential, to show proportionality (0 = none)",
        units="V",
        minimum=-0.05,
        maximum=0.05,
        default=0,
    )

    @property
    def rows_per_step(self) -> int:
        """Number of polarisations in a step."""
        return self.repeats * len(self.heights_v())

    def heights_v(self) -> list[float]:
        """Return the steps of potential of one repeat, in order."""
        other = [-self.delta_v_v] if self.reverse else []
        return [self.delta_v_v, *other, *([self.second_delta_v_v] if self.second_delta_v_v else [])]

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Polarise the settled cell, repeated as configured."""
        about = {"step": step, "branch": branch, "setpoint_k": target_k}
        for number, delta_v_v in enumerate(self.repeats * self.heights_v()):
            numbered = {"polarisation": step * self.rows_per_step + number, **about}
            before = self.rest(numbered, self.rest_s(number))
            self.measure_zero(numbered, before.potential_v, ZERO_BEFORE)
            if self.should_leave():
                return
            self.polarise(numbered, before, Step(delta_v_v, 60 * self.hold_max_min))
            self.measure_zero(numbered, before.potential_v, ZERO_AFTER)
            if self.should_leave():
                return

    def rest_s(self, number: int) -> float:
        """Return the rest time before polarisation `number` of a step; it is longer after the first."""
        return 60 * (self.relaxation_min if number else self.rest_min)

    def ending(self, transient: Transient) -> Ending | None:
        """Return why the hold can end, judged by the samples so far; None if more are needed."""
        time_s, current_a = transient.arrays()
        if time_s.size < FEWEST_SAMPLES:
            return None
        if not self.early_stop and is_clearly_changing(time_s, current_a, self.steady_percent / 100):
            return None
        try:
            if fit_polarisation(time_s, current_a, steady_tolerance=self.steady_percent / 100).steady:
                return Ending("steady")
            if self.early_stop:
                known = steady_current_known(time_s, current_a, self.early_stop_percent / 100)
                return Ending("extrapolated", known.saved_s) if known.known else None
        except ValueError:  # no fit yet: the current changes sign, or does not decay
            return None
        return None

    def planned_at(self, target_k: float, place: str) -> Iterator[PlannedStep]:
        """Yield rest, spectrum, hold (with its maximum duration) and spectrum for each repeat."""
        if self.hold_min_min > self.hold_max_min:
            raise ValueError(
                f"hold_min_min ({self.hold_min_min:g}) is above hold_max_min ({self.hold_max_min:g})"
            )
        for number, delta_v_v in enumerate(self.repeats * self.heights_v()):
            yield PlannedStep(f"rest at {place}", self.rest_s(number), temperature_k=target_k)
            yield from self.planned_zero(target_k, place)
            yield self.planned_spectrum(target_k, place)
            yield self.planned_hold(target_k, place, delta_v_v, self.hold_max_min)
            yield self.planned_spectrum(target_k, place, delta_v_v)
            yield from self.planned_zero(target_k, place)
