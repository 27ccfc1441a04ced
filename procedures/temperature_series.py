"""Base class of temperature series: settle at each temperature, then measure."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pymeasure.experiment import BooleanParameter, FloatParameter

from labctl.bench import ZERO_CELSIUS_K, ImpedancePoint, PlannedStep
from labctl.errors import ConfigurationError
from labctl.measure.events import StepStarted, TemperatureRead
from labctl.measure.settle import EarlierReading, SettlingCriterion, settle
from procedures.oven_timing import ROOM_K, travel_time_s
from procedures.parameters import FloatListParameter
from procedures.spectrum import SpectrumProcedure
from procedures.thermal_history import HistoryParameter, hold_step, parse_history


class TemperatureSeries(SpectrumProcedure):
    """A list of temperatures, up and optionally back down; `measure_at` measures at each of them.

    `bench` must be set before the start. Topics emitted: `results` (one row per point), `temperature` (every
    reading while settling), `step` (at its start), `spectrum` (at its start and its end), `progress`.

    The caller can set the steps that are already finished (`finished_steps`), request to leave a step
    (`should_skip`) and change the remaining steps (`revise`). Where other samples share the oven,
    `readings_before` gives what the thermometer of this one showed during their turns.
    """

    temperatures_degc: Any = FloatListParameter(
        "Temperatures", units="degC", minimum=-270, maximum=1700, default=[30.0, 45.0, 60.0, 75.0, 90.0]
    )
    return_down: Any = BooleanParameter("Measure on the way down as well", default=False)
    ramp_k_min: Any = FloatParameter("Ramp (0 = no ramp)", units="K/min", minimum=0, maximum=100, default=0)
    band_k: Any = FloatParameter("Settling band", units="K", minimum=0.001, maximum=20, default=0.5)
    slope_k_min: Any = FloatParameter(
        "Settling slope", units="K/min", minimum=0.0001, maximum=10, default=0.1
    )
    dwell_min: Any = FloatParameter("Dwell", units="min", minimum=0, maximum=10000, default=30)
    settling_timeout_min: Any = FloatParameter(
        "Settling time-out", units="min", minimum=1, maximum=10000, default=240
    )
    history: Any = HistoryParameter("Thermal history before the series", default="")
    roles_needed: ClassVar[tuple[str, ...]] = ("oven", "fra")
    longest_loss_s: ClassVar[float] = 60.0  # of time with lost exchanges, in a spectrum that counts
    shared_by_samples: ClassVar[tuple[str, ...]] = (
        "temperatures_degc",
        "return_down",
        "ramp_k_min",
        "history",
    )
    step_ends_with: ClassVar[str] = "spectra"
    rows_per_step: Any = 1  # number of finished rows of that table in a complete step
    begins_at_k: float = ROOM_K  # where the plan assumes the oven to be
    finished_steps: Container[int] = frozenset()
    finished_history: Container[int] = frozenset()
    revisions: tuple[tuple[int, list[float]], ...] = ()
    readings_before: Callable[[], Sequence[EarlierReading]] = staticmethod(
        tuple
    )  # while others were measured
    measured_before: Callable[[], Sequence[tuple[Sequence[float], Sequence[ImpedancePoint]]]] = staticmethod(
        tuple
    )  # temperatures in K and points of each spectrum of an earlier part of this run
    is_in_doubt: Callable[[], bool] = staticmethod(lambda: False)  # which cell the spectra are of
    _listed: Any = None  # what the steps were made from, and the steps: long lists are asked for often

    def execute(self) -> None:
        """Measure at every temperature."""
        for _ in self.turns():
            pass

    def turns(self) -> Iterator[float]:
        """Yield the temperature in K before each step, which is measured when the next one is asked for.

        Where several samples share an oven, each has such a procedure: all are measured at one temperature
        before the oven moves on. Nothing is energised before the first temperature is yielded.
        """
        if self.history:
            yield from self._hold_history()
        has_begun = False
        for step, target_k, branch in self.remaining_steps():
            if self.should_stop():
                return
            yield target_k
            if not has_begun:
                self.bench.oven.ramp_rate_k_s, has_begun = self.ramp_k_min / 60, True
            self.emit("step", StepStarted(step=step, of=len(self.steps()), setpoint_k=target_k))
            self.bring_to(target_k)
            if not self.should_leave():
                self.measure_at(step, target_k, branch)
            if self.should_stop() or self.knows_enough(step):
                return

    def _hold_history(self) -> Iterator[float]:
        """Hold the steps of the thermal history that are not finished; yield the temperature before each."""
        if getattr(self.bench, "of_cell", None) is not None:
            problem = "is for one sample in an oven; hold it before, in a procedure of one sample"
            raise ConfigurationError(type(self).__name__, "history", problem)
        for number, step in enumerate(parse_history(self.history)):
            if number in self.finished_history or self.should_stop():
                continue
            yield step.setpoint_k
            self.bench.oven.ramp_rate_k_s = self.ramp_k_min / 60
            timeout_s = 60 * self.settling_timeout_min + step.hold_s
            criterion = replace(self.criterion(), dwell_s=step.hold_s, timeout_s=timeout_s)
            for reading in hold_step(self.bench, number, step, criterion, self.should_leave, self.emit):
                self.emit("temperature", TemperatureRead(**reading._asdict()))

    def measure_at(self, step: int, target_k: float, branch: str) -> None:
        """Measure at one temperature, after settling."""
        raise NotImplementedError

    def knows_enough(self, step: int) -> bool:
        """Return, after a step, whether the remaining steps can be omitted."""
        return False

    def remaining_steps(self) -> Iterator[tuple[int, float, str]]:
        """Yield (step, target in K, branch) of each unfinished step; the list can change."""
        step = 0
        while step < len(self.steps()):
            target_k, branch = self.steps()[step]
            if step not in self.finished_steps:
                yield step, target_k, branch
            step += 1

    def revise(self, from_step: int, temperatures_degc: list[float]) -> None:
        """Replace the steps from `from_step` on, including the way back; ValueError for a bad value."""
        parameter = self._parameters["temperatures_degc"]
        self.revisions = (*self.revisions, (from_step, parameter.convert(temperatures_degc)))

    def bring_to(self, target_k: float) -> None:
        """Set the oven and wait until the sample is steady or a stop is requested."""
        self.bench.oven.setpoint_k = target_k
        before = self.readings_before()
        for reading in settle(self.bench, target_k, self.criterion(), self.should_leave, before):
            self.emit("temperature", TemperatureRead(**reading._asdict()))

    def take_spectrum(
        self, about: dict[str, Any], bias_v: float = 0.0, repeats: bool = False
    ) -> tuple[list[ImpedancePoint], list[float]]:
        """Measure one spectrum at the settled temperature.

        Where the sample leaves its band, or an exchange is lost for long, the temperature is settled again
        and the spectrum is measured anew, up to `repeats_at_most` times; the last one is kept as it is.
        """
        left = self.repeats_at_most(about)
        while True:
            self.ends_when_disturbed = left > 0
            taken = super().take_spectrum(about, bias_v, repeats)
            if not (self.disturbance and left) or self.should_leave():
                return taken
            message = f"{self.disturbance}: settling again, then the spectrum anew"
            self.bench.tell("warning", "spectrum again", message, step=about.get("step"))
            self.bring_to(about["setpoint_k"])
            if self.should_leave():
                return taken
            left, repeats = left - 1, True

    def repeats_at_most(self, about: dict[str, Any]) -> int:
        """Return how often a spectrum that was disturbed is measured again."""
        return 2 if about.get("setpoint_k") is not None else 0

    def spectrum_band_k(self, about: dict[str, Any]) -> float | None:
        """Return the settling band: a spectrum belongs to one temperature."""
        return self.band_k if about.get("setpoint_k") is not None else None

    def disturbed_by(self, about: dict[str, Any], temperature_k: float, lost_before_s: float) -> str:
        """Return that the sample has left its band, or that exchanges were lost for long."""
        band_k = self.spectrum_band_k(about)
        if band_k is not None and abs(temperature_k - about["setpoint_k"]) > band_k:
            at, set_at = (f"{t - ZERO_CELSIUS_K:.2f} degC" for t in (temperature_k, about["setpoint_k"]))
            return f"the sample is at {at}, outside the band of {band_k:g} K about {set_at}"
        lost_s = self.bench.exchanges.lost_s - lost_before_s
        if lost_s > self.longest_loss_s:
            return f"exchanges were lost for {lost_s:.0f} s during the spectrum"
        return ""

    def emit_progress(self, step: int, share: float) -> None:
        """Emit the progress in percent; `share` is the fraction of this step that is done, 0 to 1."""
        self.emit("progress", 100 * (step + share) / len(self.steps()))

    def steps(self) -> list[tuple[float, str]]:
        """Return (target in K, branch) of every step; raises ValueError if there are none."""
        stated = (self.temperatures_degc, self.return_down, self.revisions, self.repeats_first())
        if self._listed is None or self._listed[0] != stated:
            self._listed = stated, self._all_steps()
        return self._listed[1]

    def repeats_first(self) -> bool:
        """Return whether the first temperature is to be measured again after all others."""
        return False

    def _all_steps(self) -> list[tuple[float, str]]:
        up_k = [t + ZERO_CELSIUS_K for t in self.temperatures_degc]
        if not up_k:
            raise ValueError("temperatures_degc is empty; give at least one temperature")
        branches = ["isothermal" if len(up_k) == 1 else "heating", *map(_branch, up_k, up_k[1:])]
        there = list(zip(up_k, branches, strict=True))
        back = [(t, "cooling") for t in reversed(up_k[:-1])] if self.return_down else []
        return self._revised(self._with_first_again(there + back))

    def _with_first_again(self, steps: list[tuple[float, str]]) -> list[tuple[float, str]]:
        """Return the steps and, where it is asked for, the first again; unchanged where they end there."""
        if not (self.repeats_first() and steps) or steps[-1][0] == steps[0][0]:
            return steps
        return [*steps, (steps[0][0], _branch(steps[-1][0], steps[0][0]))]

    def _revised(self, steps: list[tuple[float, str]]) -> list[tuple[float, str]]:
        for from_step, temperatures_degc in self.revisions:
            kept = steps[:from_step]
            new_k = [t + ZERO_CELSIUS_K for t in temperatures_degc]
            before_k = [kept[-1][0] if kept else new_k[0], *new_k] if new_k else []
            added = [(t, _branch(b, t)) for b, t in zip(before_k, new_k, strict=False)]
            steps = self._with_first_again(kept + added)
        return steps

    def criterion(self) -> SettlingCriterion:
        """Return the criterion for a steady temperature."""
        return SettlingCriterion(
            band_k=self.band_k,
            slope_k_s=self.slope_k_min / 60,
            dwell_s=self.dwell_min * 60,
            timeout_s=self.settling_timeout_min * 60,
        )

    def planned(self) -> Iterator[PlannedStep]:
        """Yield settling and measuring at every temperature."""
        here_k = self.begins_at_k
        for step in self.planned_history(here_k):
            here_k = step.temperature_k or here_k
            yield step
        for target_k, branch in self.steps():
            settling_s = travel_time_s(here_k, target_k, self.ramp_k_min / 60) + 60 * self.dwell_min
            here_k = target_k
            place = f"{target_k - ZERO_CELSIUS_K:g} degC ({branch})"
            yield PlannedStep(
                f"settle at {place}", settling_s, temperature_k=target_k, ramp_rate_k_s=self.ramp_k_min / 60
            )
            yield from self.planned_at(target_k, place)

    def planned_history(self, here_k: float) -> Iterator[PlannedStep]:
        """Yield the steps of the thermal history, from an oven at `here_k`."""
        rate_k_s = self.ramp_k_min / 60
        for one in parse_history(self.history):
            way_s = travel_time_s(here_k, one.setpoint_k, rate_k_s)
            here_k = one.setpoint_k
            yield PlannedStep(one.words, way_s + one.hold_s, temperature_k=here_k, ramp_rate_k_s=rate_k_s)

    def planned_at(self, target_k: float, place: str) -> Iterator[PlannedStep]:
        """Yield the planned steps of `measure_at` at one temperature, named `place`."""
        yield self.planned_spectrum(target_k, place)


def _branch(before_k: float, target_k: float) -> str:
    return "heating" if target_k >= before_k else "cooling"
