"""A measured spectrum against a standard of known resistance and capacitance: ratio of |Z|, and phase.

The standard is R parallel to C: Z = R / (1 + j w R C), C = 0 for a resistor. Its uncertainty is propagated
linearly (JCGM 100:2008, 5.1): d ln Z = (dR/R - j w R C dC/C) / (1 + j w R C).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.numerics.estimate import Estimate

Array = NDArray[np.float64]
OPEN_FACTOR = 100.0
OTHER_FACTOR = 1.5
CAPACITIVE_RAD = math.radians(45)


@dataclass(frozen=True)
class AgainstStandard:
    """Ratio and phase by frequency.

    Attributes
    ----------
    frequency_hz, ratio, phase_rad : (n,)
        Measured |Z| divided by that of the standard, and measured phase minus its phase.
    ratio_u, phase_u_rad : (n,)
        Standard uncertainty that the standard leaves.
    resistance_ohm : float
        Median of the measured |Z|, scaled to the standard's resistance.
    """

    frequency_hz: Array
    ratio: Array
    phase_rad: Array
    ratio_u: Array
    phase_u_rad: Array
    resistance_ohm: float

    @property
    def gain(self) -> Estimate:
        """Mean ratio; its uncertainty is that of the standard and the spread over the frequencies."""
        spread = float(np.std(self.ratio, ddof=1)) if self.ratio.size > 1 else 0.0
        return Estimate(float(np.mean(self.ratio)), math.hypot(float(np.max(self.ratio_u)), spread))

    @property
    def largest_deviation(self) -> float:
        """Largest |ratio - 1| over the frequencies."""
        return float(np.max(np.abs(self.ratio - 1)))

    @property
    def largest_phase_rad(self) -> float:
        """Largest deviation of the phase over the frequencies."""
        return float(np.max(np.abs(self.phase_rad)))

    @property
    def doubt(self) -> str:
        """What else than the standard may be connected, as a sentence; `""` for nothing."""
        ratio = float(np.median(self.ratio))
        if ratio > OPEN_FACTOR:
            return f"|Z| is {ratio:.3g} times that of the standard: the leads are open"
        if ratio < 1 / OPEN_FACTOR:
            return f"|Z| is {ratio:.3g} times that of the standard: the leads are shorted"
        if not 1 / OTHER_FACTOR < ratio < OTHER_FACTOR:
            return (
                f"|Z| is {ratio:.3g} times that of the standard ({self.resistance_ohm:.4g} ohm): another "
                "standard, or the sample, is connected"
            )
        if float(np.median(np.abs(self.phase_rad))) > CAPACITIVE_RAD:
            return "the phase is not that of the standard: another standard, or the sample, is connected"
        return ""


def against_standard(
    frequency_hz: ArrayLike,
    z_ohm: ArrayLike,
    resistance_ohm: float,
    resistance_u_ohm: float,
    capacitance_f: float = 0.0,
    capacitance_u_f: float = 0.0,
) -> AgainstStandard:
    """Compare impedances (n,) in ohm with a standard.

    Raises
    ------
    ValueError
        No point, unequal lengths, or an impedance that is zero or not finite.
    """
    frequency = np.asarray(frequency_hz, dtype=float)
    z = np.asarray(z_ohm, dtype=complex)
    if z.ndim != 1 or not z.size or z.shape != frequency.shape:
        raise ValueError(f"z_ohm and frequency_hz must have the same length above 0, got {z.size}")
    if not (np.isfinite(z).all() and np.abs(z).min() > 0):
        raise ValueError("z_ohm holds a value that is zero or not finite")
    reactive = 2j * np.pi * frequency * resistance_ohm * capacitance_f
    relative = z * (1 + reactive) / resistance_ohm
    by_resistance = resistance_u_ohm / resistance_ohm / (1 + reactive)
    share = capacitance_u_f / capacitance_f if capacitance_f else 0.0
    by_capacitance = -share * reactive / (1 + reactive)
    return AgainstStandard(
        frequency_hz=frequency,
        ratio=np.abs(relative),
        phase_rad=np.angle(relative),
        ratio_u=np.hypot(by_resistance.real, by_capacitance.real),
        phase_u_rad=np.hypot(by_resistance.imag, by_capacitance.imag),
        resistance_ohm=float(np.median(np.abs(relative))) * resistance_ohm,
    )
