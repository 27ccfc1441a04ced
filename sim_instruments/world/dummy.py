"""A resistor, or a resistor parallel to a capacitor, connected in place of the sample."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Dummy:
    """Electrical response that depends on neither temperature nor age; ohm and F."""

    resistance_ohm: float
    capacitance_f: float = 0.0

    def impedance_ohm(self, frequency_hz: float, temperature_k: float, age_s: float = 0.0) -> complex:
        """Impedance in ohm, imaginary part negative when capacitive."""
        reactive = 2j * math.pi * frequency_hz * self.resistance_ohm * self.capacitance_f
        return self.resistance_ohm / (1 + reactive)

    def step_conductance_s(self, elapsed_s: float, temperature_k: float, age_s: float = 0.0) -> float:
        """Current per volt after a step of potential, S."""
        return 1 / self.resistance_ohm
