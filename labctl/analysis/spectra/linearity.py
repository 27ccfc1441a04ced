"""Linearity of the response: one spectrum at an amplitude, then at its double, then at its half.

The combination d = ln Z(2A) - [ln Z(A) + ln Z(A/2)] / 2 is zero for a linear response, and a drift that is
linear in time cancels in it where the three are measured in that order. To lowest order the response of a
cell depends on the square of the amplitude: ln Z = ln Z0 + k A^2 gives d = 3.375 k A^2. Its noise follows
from successive differences over the frequencies (von Neumann, 10.1214/aoms/1177731677), so nothing has to be
stated.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.numerics.distributions import student_tail
from labctl.analysis.numerics.estimate import Estimate

FEWEST_POINTS = 6
BANDS = 3
SIGNIFICANCE = 0.01
SMALLEST = 5e-3
"""Relative change below which a response counts as linear, however small the noise: an oven that settles
moves a sample by 0.2 % between the sweeps, not linearly in time."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Linearity:
    """How Z depends on the amplitude.

    Attributes
    ----------
    amplitude_v : float
        Of the spectrum, V rms; the others are at twice and at half of it.
    change : Estimate
        Relative change of Z at twice the amplitude, in the band where it is the most significant; real part.
    frequency_hz : (low, high)
        Ends of that band.
    is_linear : bool
        No band differs by more than chance (1 % over all bands) and by more than 0.5 %.
    """

    amplitude_v: float
    change: Estimate
    frequency_hz: tuple[float, float]
    is_linear: bool

    @property
    def words(self) -> str:
        """A sentence without a verb at its beginning: `linear: ...` or `not linear: ...`."""
        low, high = self.frequency_hz
        span = f"{self.amplitude_v / 2:.3g} to {2 * self.amplitude_v:.3g} V"
        value, u = 100 * self.change.value, 100 * self.change.standard_uncertainty
        size = f"Z changes by {value:+.2g} ± {u:.1g} % at {low:.3g} to {high:.3g} Hz"
        return f"{'linear' if self.is_linear else 'not linear'} from {span} rms: {size}"


def linearity(
    frequency_hz: ArrayLike,
    z_ohm: ArrayLike,
    z_double_ohm: ArrayLike,
    z_half_ohm: ArrayLike,
    amplitude_v: float,
) -> Linearity | None:
    """Compare impedances (n,) at an amplitude, at its double and at its half; None below six points.

    Raises
    ------
    ValueError
        Unequal lengths, or an impedance that is zero or not finite.
    """
    frequency = np.asarray(frequency_hz, dtype=float)
    z, double, half = (np.asarray(values, dtype=complex) for values in (z_ohm, z_double_ohm, z_half_ohm))
    for name, values in (("z_ohm", z), ("z_double_ohm", double), ("z_half_ohm", half)):
        if values.shape != frequency.shape:
            raise ValueError(f"{name} has {values.size} entries, frequency_hz has {frequency.size}")
        if not (np.isfinite(values).all() and (np.abs(values) > 0).all()):
            raise ValueError(f"{name} holds a value that is zero or not finite")
    if frequency.size < FEWEST_POINTS:
        return None
    order = np.argsort(frequency)
    ratio = np.log(double / z) - 0.5 * np.log(half / z)
    parts = (ratio[order].real, ratio[order].imag)
    bands = [band for part in parts for band in _bands(frequency[order], part)]
    p_value, change, ends = min(bands, key=lambda band: band[0])
    is_linear = p_value * len(bands) >= SIGNIFICANCE or abs(change.value) < SMALLEST
    return Linearity(amplitude_v, change, ends, is_linear)


def _bands(frequency_hz: Array, difference: Array) -> list[tuple[float, Estimate, tuple[float, float]]]:
    """Probability, mean difference and ends of each third of the frequencies, ascending."""
    successive = np.diff(difference)
    noise = math.sqrt(max(float(np.mean(successive**2)) / 2, 1e-30))
    freedom = max(2 * (difference.size - 1) / 3, 1.0)  # of the mean square successive difference
    found = []
    for places in np.array_split(np.arange(difference.size), BANDS):
        u = noise / math.sqrt(places.size)
        mean = float(np.mean(difference[places]))
        ends = (float(frequency_hz[places[0]]), float(frequency_hz[places[-1]]))
        found.append((2 * student_tail(abs(mean) / u, freedom), Estimate(mean, u, freedom), ends))
    return found
