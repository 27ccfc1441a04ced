"""Consecutive spectra during a slow temperature ramp; every point has its own temperature."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from pymeasure.experiment import BooleanParameter, FloatParameter

from labctl.bench import ZERO_CELSIUS_K, PlannedStep
from labctl.errors import SettlingTimeout
from labctl.measure.events import TemperatureRead
from labctl.measure.settle import SettlingCriterion, settle
from procedures.oven_timing import ROOM_K, travel_time_s
from procedures.spectrum import SpectrumProcedure


class TemperatureRampEIS(SpectrumProcedure):
    """Ramp from one temperature to another with continuous spectra.

    The sample settles at the start, where a spectrum is measured at rest, and again at the end. These two
    show how far the sample lags its sensor on the way, and the lag is taken off (`measure_lag`). The
    temperature also moves during a spectrum; the flags of its conductivity give the change. To reduce it,
    omit low frequencies or ramp more slowly.
    """

    start_degc: Any = FloatParameter("From", units="degC", minimum=-270, maximum=1700, default=30.0)
    end_degc: Any = FloatParameter("To", units="degC", minimum=-270, maximum=1700, default=90.0)
    ramp_k_min: Any = FloatParameter("Ramp", units="K/min", minimum=0.1, maximum=20, default=0.5)
    band_k: Any = FloatParameter(
        "Tolerance at start and end", units="K", minimum=0.01, maximum=20, default=1.0
    )
    timeout_min: Any = FloatParameter(
        "Time-out beyond the ramp", units="min", minimum=1, maximum=10000, default=120
    )

    dwell_min: Any = FloatParameter(
        "Dwell at start and end", units="min", minimum=0, maximum=10000, default=20
    )
    measure_lag: Any = BooleanParameter("Measure at rest at start and end, to see the lag", default=True)

    check_points: Any = "off"  # the ramp itself changes the impedance

    roles_needed: ClassVar[tuple[str, ...]] = ("oven", "fra")
    shared_by_samples: ClassVar[tuple[str, ...]] = ("start_degc", "end_degc", "ramp_k_min")
    begins_at_k: float = ROOM_K  # where the plan assumes the oven to be
    measured: int = 0  # spectra so far
    at_rest: bool = False  # whether the spectrum under way is measured at a settled temperature

    def execute(self) -> None:
        """Settle at the start, then measure spectra until the end is reached, and settle there.

        Raises SettlingTimeout where the start or the end is not reached in time.
        """
        self.bench.oven.ramp_rate_k_s = 0.0
        start_k, end_k = (t + ZERO_CELSIUS_K for t in (self.start_degc, self.end_degc))
        if not self.arrive(start_k):
            return
        self.measured = 0
        if self.measure_lag:
            self.measure_at_rest(start_k)
        self.bench.oven.ramp_rate_k_s = self.ramp_k_min / 60
        self.bench.oven.setpoint_k = end_k
        self.measure_on_the_way(end_k)
        if self.measure_lag and not self.should_leave() and self.arrive(end_k):
            self.measure_at_rest(end_k)

    def measure_on_the_way(self, end_k: float) -> None:
        """Measure spectra until one has begun near the end, or a stop is requested."""
        begun_s = self.bench.clock.monotonic()
        while not self.should_leave():
            self.check_time(end_k, begun_s, self.ramp_s() + 60 * self.timeout_min)
            arrived = abs(self.temperature_now_k() - end_k) <= self.band_k
            self.take_next_spectrum(end_k)
            if arrived:
                return

    def measure_at_rest(self, target_k: float) -> None:
        """Measure one spectrum at a settled temperature; it belongs to the band about it."""
        self.at_rest = True
        self.take_next_spectrum(target_k)
        self.at_rest = False

    def take_next_spectrum(self, setpoint_k: float) -> None:
        """Measure the next spectrum of the run."""
        branch = "heating" if self.end_degc >= self.start_degc else "cooling"
        about = {"spectrum": self.measured, "step": self.measured, "branch": branch, "setpoint_k": setpoint_k}
        self.take_spectrum(about)
        self.measured += 1

    def spectrum_band_k(self, about: dict[str, Any]) -> float | None:
        """Return the band of a spectrum at rest; on the way there is none."""
        return self.band_k if self.at_rest else None

    def arrive(self, target_k: float) -> bool:
        """Settle at a temperature; return False if a stop comes first.

        Raises SettlingTimeout where it does not settle in time.
        """
        self.bench.oven.setpoint_k = target_k
        criterion = SettlingCriterion(
            band_k=self.band_k,
            dwell_s=60 * self.dwell_min,
            timeout_s=60 * (self.timeout_min + self.dwell_min),
        )
        for reading in settle(self.bench, target_k, criterion, self.should_leave):
            self.emit("temperature", TemperatureRead(**reading._asdict()))
        return not self.should_leave()

    def check_time(self, target_k: float, begun_s: float, allowed_s: float) -> None:
        """Raise SettlingTimeout where the way to a temperature takes longer than allowed."""
        waited_s = self.bench.clock.monotonic() - begun_s
        if waited_s > allowed_s:
            raise SettlingTimeout(target_k, self.temperature_now_k(), waited_s, self.band_k)

    def ramp_s(self) -> float:
        """Return the duration of the ramp in s."""
        return abs(self.end_degc - self.start_degc) / self.ramp_k_min * 60

    def planned(self) -> Iterator[PlannedStep]:
        """Yield the approach to the start, the ramp, and settling at the end, with the spectra at rest."""
        start_k, end_k = self.start_degc + ZERO_CELSIUS_K, self.end_degc + ZERO_CELSIUS_K
        dwell_s = 60 * self.dwell_min
        to_start_s = travel_time_s(self.begins_at_k, start_k)
        place = f"{self.start_degc:g} degC"
        yield PlannedStep(f"settle at {place}", to_start_s + dwell_s, temperature_k=start_k)
        if self.measure_lag:
            yield self.planned_spectrum(start_k, f"{place}, at rest")
        label = f"ramp to {self.end_degc:g} degC at {self.ramp_k_min:g} K/min, spectra all the way"
        spectra = self.planned_spectrum(end_k, label)
        yield replace(spectra, label=label, duration_s=self.ramp_s(), ramp_rate_k_s=self.ramp_k_min / 60)
        if self.measure_lag:
            place = f"{self.end_degc:g} degC"
            yield PlannedStep(f"settle at {place}", dwell_s, temperature_k=end_k)
            yield self.planned_spectrum(end_k, f"{place}, at rest")
