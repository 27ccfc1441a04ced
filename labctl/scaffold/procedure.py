"""Ageing of a sample at one temperature: a spectrum after every interval."""

from contextlib import closing
from typing import Any, ClassVar

import numpy as np
from pymeasure.experiment import FloatParameter, IntegerParameter, Procedure

from labctl.bench import Bench, ImpedancePoint, PlannedStep
from labctl.measure.events import PointMeasured, SpectrumEnded, SpectrumStarted, TemperatureRead
from labctl.measure.settle import SettlingCriterion, settle
from labctl.units import ZERO_CELSIUS_K


class NewProcedure(Procedure):
    """Reach a temperature, wait, take a spectrum; wait and take the next."""

    # What a person chooses: name on the form, unit, limits, default. A protocol gives them by these names.
    temperature_degc: Any = FloatParameter(
        "Temperature", units="degC", minimum=-50, maximum=250, default=60.0
    )
    spectra: Any = IntegerParameter("Number of spectra", minimum=1, maximum=1000, default=3)
    interval_min: Any = FloatParameter("Wait before each", units="min", minimum=1, maximum=1e4, default=30.0)
    frequency_max_hz: Any = FloatParameter(
        "Highest frequency", units="Hz", minimum=1e-3, maximum=1e7, default=1e6
    )
    frequency_min_hz: Any = FloatParameter(
        "Lowest frequency", units="Hz", minimum=1e-3, maximum=1e7, default=1.0
    )
    amplitude_v: Any = FloatParameter("Amplitude (rms)", units="V", minimum=1e-3, maximum=1, default=0.02)

    roles_needed: ClassVar[tuple[str, ...]] = ("oven", "fra")
    DATA_COLUMNS: ClassVar[list[str]] = [  # type: ignore[misc]
        "spectrum",
        "temperature_k",
        *ImpedancePoint._fields,
    ]

    bench: Bench  # the station's instruments, within its limits; labctl gives it

    def execute(self) -> None:
        """Wait and measure, as often as asked for, or until a stop is requested."""
        for number in range(self.spectra):
            self.wait_at(self.temperature_degc + ZERO_CELSIUS_K)
            if self.should_stop():
                return
            self.take_spectrum(number)

    def wait_at(self, target_k: float) -> None:
        """Set the oven, wait until the sample was steady for the interval; every reading is recorded."""
        dwell_s = 60 * self.interval_min
        criterion = SettlingCriterion(dwell_s=dwell_s, timeout_s=4 * 3600 + dwell_s)
        self.bench.oven.setpoint_k = target_k
        for reading in settle(self.bench, target_k, criterion, self.should_stop):
            self.emit("temperature", TemperatureRead(**reading._asdict()))

    def take_spectrum(self, number: int) -> None:
        """Measure from high to low frequency; labctl evaluates what lies between start and end."""
        self.emit("spectrum", SpectrumStarted(step=number, amplitude_v=self.amplitude_v))
        points = 0
        with closing(self.bench.fra.sweep(self.frequencies_hz(), self.amplitude_v)) as sweep:
            for point in sweep:
                temperature_k = self.bench.thermometer.temperature_k
                row = PointMeasured(spectrum=number, temperature_k=temperature_k, **point._asdict())
                self.emit("results", row)
                points += 1
                if self.should_stop():
                    break
        complete = points == len(self.frequencies_hz())
        self.emit("spectrum", SpectrumEnded(state="finished" if complete else "aborted"))
        self.emit("progress", 100 * (number + 1) / self.spectra)

    def shutdown(self) -> None:
        """Leave every instrument safe after any ending."""
        self.bench.make_safe()

    def frequencies_hz(self) -> list[float]:
        """Return ten frequencies a decade; a ValueError here is shown by `labctl check`."""
        if not self.frequency_min_hz < self.frequency_max_hz:
            raise ValueError("frequency_min_hz must be below frequency_max_hz")
        count = round(10 * np.log10(self.frequency_max_hz / self.frequency_min_hz)) + 1
        return np.geomspace(self.frequency_max_hz, self.frequency_min_hz, max(count, 2)).tolist()

    def plan(self) -> list[PlannedStep]:
        """Return every step: `labctl check` holds them against the station's limits and adds up the time."""
        target_k = self.temperature_degc + ZERO_CELSIUS_K
        frequencies_hz = self.frequencies_hz()
        spectrum_s = sum(1 + max(1.0, 1 / frequency_hz) for frequency_hz in frequencies_hz)
        wait = PlannedStep(
            f"wait at {self.temperature_degc:g} degC", 60 * self.interval_min, temperature_k=target_k
        )
        measure = PlannedStep(
            "spectrum",
            spectrum_s,
            temperature_k=target_k,
            amplitude_v=self.amplitude_v,
            frequency_hz=(min(frequencies_hz), max(frequencies_hz)),
        )
        return [wait, measure] * self.spectra
