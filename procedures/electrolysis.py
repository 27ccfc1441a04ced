"""Direct-current electrolysis of a stack that is weighed before and after: charge for Tubandt's method.

The cell is held at one potential, which every potentiostat can do, and the charge is counted from the
measured current until it is reached. `labctl carriers` adds up the charge of every part, an interrupted one
included, with the uncertainty of the current, and the masses are facts of the sample.
C. Tubandt, Handbuch der Experimentalphysik XII/1 (1932) 383.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from pymeasure.experiment import FloatParameter, IntegerParameter

from labctl.bench import ZERO_CELSIUS_K, CurrentPoint, PlannedStep
from labctl.measure.events import CurrentMeasured
from labctl.measure.settle import sample_temperature_k
from procedures.parameters import FloatListParameter
from procedures.polarisation_series import Ending, PolarisationSeries, Step
from procedures.transient import Transient

CHARGE_PASSED = "charge passed"


class Electrolysis(PolarisationSeries):
    """Hold the settled cell at one potential until a charge has passed, in one part or in several."""

    temperatures_degc: Any = FloatListParameter(
        "Temperature", units="degC", minimum=-270, maximum=1700, default=[200.0]
    )
    potential_v: Any = FloatParameter(
        "Potential between the electrodes", units="V", minimum=-10, maximum=10, default=0.1
    )
    decomposition_v: Any = FloatParameter(
        "Decomposition voltage, not to be reached (0 = not known)",
        units="V",
        minimum=0,
        maximum=10,
        default=0,
    )
    charge_c: Any = FloatParameter("Charge to pass", units="C", minimum=1e-6, maximum=1e6, default=10)
    parts: Any = IntegerParameter(
        "Parts; an interrupted run begins the part anew", minimum=1, maximum=1000, default=10
    )
    hold_max_min: Any = FloatParameter(
        "Maximum time of each part", units="min", minimum=0.2, maximum=100000, default=600
    )
    samples_per_decade: Any = IntegerParameter(
        "Samples per decade of time", minimum=5, maximum=1000, default=20
    )
    longest_interval_s: Any = FloatParameter(
        "Maximum time between samples", units="s", minimum=0.1, maximum=3600, default=10
    )
    gain_u_percent: Any = FloatParameter(
        "Standard uncertainty of the ammeter, relative (0 = as the station states)",
        units="%",
        minimum=0,
        maximum=100,
        default=0,
    )
    zero_u_a: Any = FloatParameter(
        "Standard uncertainty of the ammeter's zero, with the line above",
        units="A",
        minimum=0,
        maximum=1,
        default=0,
    )
    frequency_max_hz = frequency_min_hz = points_per_decade = frequencies_hz = None  # no spectra
    amplitude_v = integration_s = check_points = None
    hold_min_min = steady_percent = None
    zero_current_min: Any = 0.0
    return_down: Any = False

    roles_needed: ClassVar[tuple[str, ...]] = ("oven", "potentiostat")
    DATA_COLUMNS: ClassVar[list[str]] = [  # type: ignore[misc]
        *("polarisation", "phase", "step", "branch", "setpoint_k", "temperature_k"),
        *CurrentPoint._fields,
    ]
    is_there = False

    def bring_to(self, target_k: float) -> None:
        """Settle before the first part; the oven stays where it is between parts."""
        if not self.is_there:
            super().bring_to(target_k)
            self.is_there = True

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Pass one part of the charge."""
        about = {"polarisation": step, "step": step, "branch": branch, "setpoint_k": target_k}
        before = self.rest(about, 60 * self.rest_min)
        if self.should_leave():
            return
        delta_v_v = self.potential_v - before.potential_v
        self.polarise(about, before, Step(delta_v_v, 60 * self.hold_max_min, False, False))

    def watch(
        self, about: dict[str, Any], points: Iterator[CurrentPoint], transient: Transient, longest_s: float
    ) -> Ending | None:
        """Record the current and count its charge until the part is complete; None on a request to leave."""
        passed_c, thermometer_s, before = 0.0, 0.0, None
        for point in points:
            temperature_k = None
            if point.elapsed_s >= thermometer_s:
                temperature_k = sample_temperature_k(self.bench)
                thermometer_s = point.elapsed_s + self.longest_interval_s
            row = CurrentMeasured(**about, phase="hold", temperature_k=temperature_k, **point._asdict())
            self.emit("results", row)
            transient.take(point)
            if before is not None:
                mean_a = (point.current_a + before.current_a) / 2
                passed_c += mean_a * (point.elapsed_s - before.elapsed_s)
            before = point
            if self.should_leave():
                return None
            if abs(passed_c) >= self.part_c():
                return Ending(CHARGE_PASSED)
        words = f"part {about['step'] + 1}: {abs(passed_c):.3g} C of {self.part_c():.3g} C passed in its time"
        self.emit("missing", words)
        return Ending("maximum time")

    def part_c(self) -> float:
        """Return the charge of one part, C."""
        return self.charge_c / self.parts

    def steps(self) -> list[tuple[float, str]]:
        """Return (temperature in K, branch) of every part; ValueError for another number of temperatures."""
        if len(self.temperatures_degc) != 1:
            raise ValueError("temperatures_degc of an electrolysis holds one temperature")
        target_k = self.temperatures_degc[0] + ZERO_CELSIUS_K
        return self._revised([(target_k, "isothermal")] * self.parts)

    def planned_at(self, target_k: float, place: str) -> Iterator[PlannedStep]:
        """Yield rest and hold, with its maximum duration, of one part."""
        if self.potential_v == 0:
            raise ValueError("potential_v must not be zero")
        if self.decomposition_v and abs(self.potential_v) >= self.decomposition_v:
            raise ValueError(f"potential_v must stay below decomposition_v ({self.decomposition_v:g} V)")
        yield PlannedStep(f"rest at {place}", 60 * self.rest_min, temperature_k=target_k)
        yield self.planned_hold(target_k, place, self.potential_v, self.hold_max_min)

    def planned(self) -> Iterator[PlannedStep]:
        """Yield settling once, then every part."""
        for number, step in enumerate(super().planned()):
            if number == 0 or not step.label.startswith("settle"):
                yield step
