"""Potential steps for electronic conduction of mixed conductors and for user-defined experiments.

Between ion-blocking electrodes the steady current is electronic (Hebb, J. Chem. Phys. 20 (1952) 185; Wagner,
Z. Elektrochem. 60 (1956) 4). Each step starts from the cell at rest, after the current at 0 V.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from pymeasure.experiment import BooleanParameter

from labctl.bench import PlannedStep
from procedures.parameters import FloatListParameter
from procedures.polarisation_series import ZERO_BEFORE, Ending, PolarisationSeries, Step
from procedures.transient import Transient


class DCPolarisation(PolarisationSeries):
    """At every temperature, consecutive holds at a list of potentials above the rest potential."""

    potentials_v: Any = FloatListParameter(
        "Potential steps above the rest potential", units="V", minimum=-10, maximum=10, default=[0.05]
    )
    hold_max_min: Any = FloatListParameter(
        "Maximum hold, one value or one per step", units="min", minimum=0.2, maximum=20000, default=[120.0]
    )
    spectra: Any = BooleanParameter("Spectrum before each step", default=True)

    lost_share: ClassVar[float] = 0.0  # between blocking electrodes zero current is a result, not a fault

    @property
    def rows_per_step(self) -> int:
        """Number of polarisations in a step."""
        return len(self.potentials_v)

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Polarise the settled cell at each potential in turn."""
        about = {"step": step, "branch": branch, "setpoint_k": target_k}
        for number, (potential_v, longest_s) in enumerate(self.holds()):
            numbered = {"polarisation": step * len(self.potentials_v) + number, **about}
            before = self.rest(numbered, 60 * self.rest_min)
            self.measure_zero(numbered, before.potential_v, ZERO_BEFORE)
            if self.should_leave():
                return
            delta_v_v = self.step_v(potential_v, before.potential_v)
            self.polarise(numbered, before, Step(delta_v_v, longest_s, self.spectra, spectrum_held=False))
            if self.should_leave():
                return

    def step_v(self, potential_v: float, rest_v: float) -> float:
        """Return the step above the potential at rest, V, for an entry of `potentials_v`."""
        return potential_v

    def holds(self) -> list[tuple[float, float]]:
        """Return (step in V, maximum time in s) of every hold; raises ValueError for unequal lists."""
        if not self.potentials_v or 0 in self.potentials_v:
            raise ValueError("potentials_v must hold at least one step, none of them zero")
        longest_min = list(self.hold_max_min)
        if len(longest_min) == 1:
            longest_min *= len(self.potentials_v)
        if len(longest_min) != len(self.potentials_v):
            raise ValueError(
                f"hold_max_min has {len(longest_min)} entries for {len(self.potentials_v)} potentials_v"
            )
        if self.hold_min_min > min(longest_min):
            raise ValueError(f"hold_min_min ({self.hold_min_min:g}) is above a hold_max_min")
        return [(delta, 60 * longest) for delta, longest in zip(self.potentials_v, longest_min, strict=True)]

    def ending(self, transient: Transient) -> Ending | None:
        """Return `steady` if the current change in the last fifth of the hold is small, with its error."""
        change = transient.last_change()
        return Ending("steady") if change < self.steady_percent / 100 else None

    def planned_at(self, target_k: float, place: str) -> Iterator[PlannedStep]:
        """Yield rest, spectrum (if configured) and hold (with its maximum duration) for each potential."""
        for delta_v_v, longest_s in self.holds():
            yield PlannedStep(f"rest at {place}", 60 * self.rest_min, temperature_k=target_k)
            yield from self.planned_zero(target_k, place)
            if self.spectra:
                yield self.planned_spectrum(target_k, place)
            yield self.planned_hold(target_k, place, delta_v_v, longest_s / 60)
