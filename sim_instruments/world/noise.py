"""Impedance as measured by a frequency response analyser: noise, ranges, overload."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Signal:
    """Voltage across and current through the cell, rms, and the full scales they are measured on."""

    voltage_v: float
    current_a: float
    voltage_scale_v: float
    current_scale_a: float

    @property
    def overloaded(self) -> bool:
        """Whether voltage or current exceeds its range."""
        return self.voltage_v > self.voltage_scale_v or self.current_a > self.current_scale_a

    @property
    def clipping(self) -> float:
        """Factor by which an overload changes |Z|; 1 without overload."""
        voltage = min(1.0, self.voltage_scale_v / self.voltage_v) if self.voltage_v else 1.0
        current = min(1.0, self.current_scale_a / self.current_a) if self.current_a else 1.0
        return voltage / current


@dataclass(frozen=True)
class ImpedanceNoise:
    """Noise of an impedance, per component, as a fraction of |Z| at 1 s of averaging.

    `fraction` is proportional to |Z|; `floor`, a fraction of full scale, adds in quadrature, scaled by full
    scale over signal for voltage and current. Both fall with the square root of the averaging time.
    """

    fraction: float
    floor: float

    def deviation(self, signal: Signal, averaging_s: float) -> float:
        """Standard deviation of the real and of the imaginary part, as a fraction of |Z|."""
        parts = (
            self.fraction,
            self.floor * signal.current_scale_a / signal.current_a,
            self.floor * signal.voltage_scale_v / signal.voltage_v,
        )
        return math.hypot(*parts) / math.sqrt(averaging_s)

    def observe(
        self, z_ohm: complex, signal: Signal, averaging_s: float, chance: np.random.Generator
    ) -> complex:
        """One reading of `z_ohm`. Without a signal it is noise divided by noise, as in a real instrument."""
        real, imag, more_real, more_imag = chance.standard_normal(4)
        if not (signal.voltage_v and signal.current_a):
            scale_ohm = signal.voltage_scale_v / signal.current_scale_a
            return scale_ohm * complex(real, imag) / complex(more_real, more_imag) if self.floor else 0j
        spread = abs(z_ohm) * self.deviation(signal, averaging_s)
        return signal.clipping * (z_ohm + spread * complex(real, imag))


def smallest_fitting(scales: tuple[float, ...], value: float) -> float:
    """Autoranging: the smallest full scale that holds a value, or the largest available."""
    return next((scale for scale in scales if value <= scale), scales[-1])
