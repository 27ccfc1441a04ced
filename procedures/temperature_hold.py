"""Hold at one temperature, with a record of the temperature."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pymeasure.experiment import FloatParameter, Procedure

from labctl.bench import ZERO_CELSIUS_K, Bench, PlannedStep
from labctl.measure.events import TemperatureRead
from labctl.measure.settle import SettlingCriterion, settle
from procedures.oven_timing import ROOM_K, travel_time_s


class TemperatureHold(Procedure):
    """Bring the sample to a temperature and hold it: annealing, drying, equilibration."""

    temperature_degc: Any = FloatParameter(
        "Temperature", units="degC", minimum=-270, maximum=1700, default=60.0
    )
    hold_min: Any = FloatParameter("Hold after settling", units="min", minimum=0, maximum=100000, default=60)
    ramp_k_min: Any = FloatParameter("Ramp (0 = no ramp)", units="K/min", minimum=0, maximum=100, default=0)
    band_k: Any = FloatParameter("Settling band", units="K", minimum=0.001, maximum=20, default=0.5)
    settling_timeout_min: Any = FloatParameter(
        "Settling time-out", units="min", minimum=1, maximum=100000, default=240
    )

    roles_needed: ClassVar[tuple[str, ...]] = ("oven",)
    shared_by_samples: ClassVar[tuple[str, ...]] = ("temperature_degc", "hold_min", "ramp_k_min")
    begins_at_k: float = ROOM_K  # where the plan assumes the oven to be
    DATA_COLUMNS: ClassVar[list[str]] = ["time_s", "temperature_k", "setpoint_k", "phase"]  # type: ignore[misc]

    bench: Bench

    def execute(self) -> None:
        """Settle, with the hold as the dwell."""
        target_k = self.temperature_degc + ZERO_CELSIUS_K
        self.bench.oven.ramp_rate_k_s = self.ramp_k_min / 60
        self.bench.oven.setpoint_k = target_k
        for reading in settle(self.bench, target_k, self.criterion(), self.should_stop):
            self.emit("temperature", TemperatureRead(**reading._asdict()))
            self.emit("results", reading._asdict())

    def criterion(self) -> SettlingCriterion:
        """Return the criterion that ends the hold; the time-out covers the time before the hold."""
        hold_s = 60 * self.hold_min
        return SettlingCriterion(
            band_k=self.band_k, dwell_s=hold_s, timeout_s=60 * self.settling_timeout_min + hold_s
        )

    def shutdown(self) -> None:
        """Bring every instrument into its safe state."""
        self.bench.make_safe()

    def plan(self) -> list[PlannedStep]:
        """Return the hold with its estimated time."""
        return list(self._planned())

    def _planned(self) -> Iterator[PlannedStep]:
        target_k = self.temperature_degc + ZERO_CELSIUS_K
        duration_s = travel_time_s(self.begins_at_k, target_k, self.ramp_k_min / 60) + 60 * self.hold_min
        label, rate_k_s = f"hold {self.temperature_degc:g} degC", self.ramp_k_min / 60
        yield PlannedStep(label, duration_s, temperature_k=target_k, ramp_rate_k_s=rate_k_s)

    def get_estimates(self) -> float:
        """Return the estimated duration in seconds, for pymeasure's window."""
        return sum(step.duration_s for step in self.plan())
