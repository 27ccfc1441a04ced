"""Series of impedance spectra over a condition beside the temperature: humidity, oxygen, a gas flow."""

import math
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

from pymeasure.experiment import FloatParameter, ListParameter

from labctl.bench import ZERO_CELSIUS_K, PlannedStep
from labctl.errors import ConfigurationError
from labctl.measure.events import TemperatureRead
from labctl.measure.settle_condition import ConditionCriterion, settle_condition
from procedures.oven_timing import travel_time_s
from procedures.parameters import FloatListParameter
from procedures.temperature_stepped_eis import TemperatureSteppedEIS


class Axis(NamedTuple):
    """A condition as typed: the quantity of the instrument is `factor` times the number plus `offset`."""

    quantity: str
    factor: float = 1.0
    offset: float = 0.0


AXES = {
    "oxygen_pa": Axis("oxygen_pa"),
    "water_pa": Axis("water_pa"),
    "relative_humidity_percent": Axis("relative_humidity_percent"),
    "dew_point_degc": Axis("dew_point_k", 1.0, ZERO_CELSIUS_K),
    "flow_ml_min": Axis("flow_m3_s", 1e-6 / 60),
}
CONDITIONS_AT_EACH_TEMPERATURE = "conditions at each temperature"
TEMPERATURES_AT_EACH_CONDITION = "temperatures at each condition"


class ConditionSeries(TemperatureSteppedEIS):
    """Impedance spectra at a list of conditions of the atmosphere, at one temperature or several.

    A step is one condition at one temperature. The atmosphere is set and awaited by its own reading after the
    temperature has settled; its set point and reading are stored with each spectrum. Spectra at several
    temperatures have a temperature law for each condition.
    """

    condition: Any = ListParameter("Condition", choices=tuple(AXES), default="oxygen_pa")
    conditions: Any = FloatListParameter("Values of the condition", default=[21000.0])
    order: Any = ListParameter(
        "Order",
        choices=(CONDITIONS_AT_EACH_TEMPERATURE, TEMPERATURES_AT_EACH_CONDITION),
        default=CONDITIONS_AT_EACH_TEMPERATURE,
    )
    condition_tolerance: Any = FloatParameter(
        "Tolerance of the condition", units="as the condition", minimum=1e-9, maximum=1e9, default=100.0
    )
    condition_dwell_min: Any = FloatParameter(
        "Dwell of the condition", units="min", minimum=0, maximum=10000, default=30
    )
    condition_timeout_min: Any = FloatParameter(
        "Time-out of the condition", units="min", minimum=1, maximum=10000, default=240
    )
    roles_needed: ClassVar[tuple[str, ...]] = ("oven", "fra", "atmosphere")
    _step, _measuring, _settled_k = 0, False, math.nan

    def startup(self) -> None:
        """Refuse an atmosphere that sets another quantity; nothing is energised."""
        found, wanted = self.bench.atmosphere.quantity, self.axis.quantity
        if found != wanted:
            problem = f"is {self.condition}, but the atmosphere of the station sets {found}"
            raise ConfigurationError(type(self).__name__, "condition", problem)

    @property
    def axis(self) -> Axis:
        """The quantity of the condition, and how a typed number becomes its value."""
        return AXES[self.condition]

    def conditions_of_steps(self) -> list[float]:
        """Return the condition of every step, in the unit of its quantity."""
        values = [self.axis.factor * value + self.axis.offset for value in self.conditions]
        places = len(super()._all_steps())
        if self.order == TEMPERATURES_AT_EACH_CONDITION:
            return [value for value in values for _ in range(places)]
        return values * places

    def steps(self) -> list[tuple[float, str]]:
        """Return (target in K, branch) of every step; raises ValueError if there are none."""
        return self._all_steps()

    def bring_to(self, target_k: float) -> None:
        """Settle at a temperature; a step at the temperature of the one before begins at once."""
        if target_k == self._settled_k and not self._measuring:
            return
        self._settled_k = math.nan
        super().bring_to(target_k)
        if not self.should_leave():
            self._settled_k = target_k

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Bring the atmosphere to the condition of the step, then measure its spectrum."""
        self._measuring = True
        try:
            self._measure_at(step, target_k, branch)
        finally:
            self._measuring = False

    def _measure_at(self, step: int, target_k: float, branch: str) -> None:
        self._step = step
        target = self.conditions_of_steps()[step]
        self.bench.atmosphere.setpoint = target
        for reading in settle_condition(
            self.bench, target, target_k, self.condition_criterion(), self.should_leave
        ):
            self.emit("temperature", TemperatureRead(**reading._asdict()))
        if not self.should_leave():
            super().measure_at(step, target_k, branch)

    def condition_criterion(self) -> ConditionCriterion:
        """Return the criterion by which a condition counts as steady."""
        return ConditionCriterion(
            tolerance=self.axis.factor * self.condition_tolerance,
            dwell_s=60 * self.condition_dwell_min,
            timeout_s=60 * self.condition_timeout_min,
        )

    def spectrum_condition(self, about: dict[str, Any]) -> dict[str, Any]:
        """Return quantity, set point and reading of the condition of a spectrum that begins."""
        return {
            "condition_quantity": self.axis.quantity,
            "condition_setpoint": self.conditions_of_steps()[self._step],
            "condition_value": self.bench.atmosphere.value,
        }

    def revise(self, from_step: int, temperatures_degc: list[float]) -> None:
        """Refuse: the steps of a series over conditions are fixed. Raises ValueError."""
        raise ValueError("the steps of a series over conditions cannot be changed while it runs")

    def planned(self) -> Iterator[PlannedStep]:
        """Yield the thermal history, then settling of temperature and condition and each spectrum."""
        here_k, settled_k, rate_k_s = self.begins_at_k, math.nan, self.ramp_k_min / 60
        for step in self.planned_history(here_k):
            here_k = step.temperature_k or here_k
            yield step
        unit = self.condition.replace("_", " ")
        typed = [(value - self.axis.offset) / self.axis.factor for value in self.conditions_of_steps()]
        for (target_k, branch), value in zip(self.steps(), typed, strict=True):
            settling_s = 60 * self.condition_dwell_min
            if target_k != settled_k:  # also before the first: NaN
                settling_s += travel_time_s(here_k, target_k, rate_k_s) + 60 * self.dwell_min
            here_k = settled_k = target_k
            place = f"{target_k - ZERO_CELSIUS_K:g} degC ({branch}), {unit} {value:g}"
            yield PlannedStep(
                f"settle at {place}", settling_s, temperature_k=target_k, ramp_rate_k_s=rate_k_s
            )
            yield from self.planned_at(target_k, place)

    def _all_steps(self) -> list[tuple[float, str]]:
        if not self.conditions:
            raise ValueError("conditions is empty; give at least one value")
        if self.refine != "off" or self.repeat_first:
            raise ValueError("refine and repeat_first are for series over the temperature alone")
        steps = super()._all_steps()
        if self.order == TEMPERATURES_AT_EACH_CONDITION:
            return steps * len(self.conditions)
        return [step for step in steps for _ in self.conditions]
