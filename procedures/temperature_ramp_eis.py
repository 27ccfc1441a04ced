"""Consecutive spectra during a slow temperature ramp; every point has its own temperature."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from pymeasure.experiment import FloatParameter

from labctl.bench import ZERO_CELSIUS_K, PlannedStep
from labctl.errors import SettlingTimeout
from procedures.oven_timing import ROOM_K, travel_time_s
from procedures.spectrum import SpectrumProcedure


class TemperatureRampEIS(SpectrumProcedure):
    """Ramp from one temperature to another with continuous spectra.

    The temperature moves during a spectrum; the flags of its conductivity give the change. To reduce it, omit
    low frequencies or ramp more slowly.
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

    check_points: Any = "off"  # the ramp itself changes the impedance

    roles_needed: ClassVar[tuple[str, ...]] = ("oven", "fra")
    begins_at_k: float = ROOM_K  # where the plan assumes the oven to be

    def execute(self) -> None:
        """Go to the start, then measure spectra until the end is reached.

        Raises SettlingTimeout where the start or the end is not reached in time.
        """
        self.bench.oven.ramp_rate_k_s = 0.0
        if not self.arrive(self.start_degc + ZERO_CELSIUS_K):
            return
        end_k = self.end_degc + ZERO_CELSIUS_K
        self.bench.oven.ramp_rate_k_s = self.ramp_k_min / 60
        self.bench.oven.setpoint_k = end_k
        branch = "heating" if self.end_degc >= self.start_degc else "cooling"
        begun_s = self.bench.clock.monotonic()
        number = 0
        while not self.should_leave():
            self.check_time(end_k, begun_s, self.ramp_s() + 60 * self.timeout_min)
            arrived = abs(self.temperature_now_k() - end_k) <= self.band_k
            self.take_spectrum({"spectrum": number, "step": number, "branch": branch, "setpoint_k": end_k})
            number += 1
            if arrived:
                return

    def arrive(self, target_k: float) -> bool:
        """Go to the start; return False if a stop comes first, raise SettlingTimeout after the time-out."""
        self.bench.oven.setpoint_k = target_k
        clock = self.bench.clock
        begun_s = clock.monotonic()
        while abs(self.temperature_now_k() - target_k) > self.band_k:
            if self.should_leave():
                return False
            self.check_time(target_k, begun_s, 60 * self.timeout_min)
            clock.sleep(5.0)
        return True

    def check_time(self, target_k: float, begun_s: float, allowed_s: float) -> None:
        """Raise SettlingTimeout where the way to a temperature takes longer than allowed."""
        waited_s = self.bench.clock.monotonic() - begun_s
        if waited_s > allowed_s:
            raise SettlingTimeout(target_k, self.temperature_now_k(), waited_s, self.band_k)

    def ramp_s(self) -> float:
        """Return the duration of the ramp in s."""
        return abs(self.end_degc - self.start_degc) / self.ramp_k_min * 60

    def planned(self) -> Iterator[PlannedStep]:
        """Yield the approach to the start, then the ramp."""
        start_k, end_k = self.start_degc + ZERO_CELSIUS_K, self.end_degc + ZERO_CELSIUS_K
        to_start_s = travel_time_s(self.begins_at_k, start_k)
        yield PlannedStep(f"go to {self.start_degc:g} degC", to_start_s, temperature_k=start_k)
        label = f"ramp to {self.end_degc:g} degC at {self.ramp_k_min:g} K/min, spectra all the way"
        spectra = self.planned_spectrum(end_k, label)
        yield replace(spectra, label=label, duration_s=self.ramp_s(), ramp_rate_k_s=self.ramp_k_min / 60)
