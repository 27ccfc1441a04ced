"""Evidence in the low-frequency end of a spectrum that the electrodes pass an ion."""

import numpy as np
from numpy.typing import ArrayLike

LAST_DECADE = 10.0
FEWEST_POINTS = 3
STEEPEST_DIFFUSION = 0.6


def shows_passing_electrodes(frequency_hz: ArrayLike, z_ohm: ArrayLike) -> bool | None:
    """Whether -Z'' over the lowest decade grows as slowly as diffusion; None where it does not say.

    In front of blocking electrodes -Z'' goes as f^-n with n of a constant-phase element, 0.7 to 1. Diffusion
    of an ion that the electrodes exchange has n = 0.5 at most, and less where a charge transfer ends.

    Parameters
    ----------
    frequency_hz, z_ohm : (n,)
        In any order, Z'' < 0 for a capacitor.
    """
    hz, z = np.asarray(frequency_hz, dtype=float), np.asarray(z_ohm, dtype=complex)
    low = hz <= LAST_DECADE * hz.min() if hz.size else np.zeros(0, dtype=bool)
    if np.count_nonzero(low) < FEWEST_POINTS:
        return None
    height = -np.imag(z[low])
    if not (height > 0).all():
        return True  # the spectrum reaches the real axis: direct current passes
    slope = float(np.polyfit(np.log(hz[low]), np.log(height), 1)[0])
    return bool(-slope <= STEEPEST_DIFFUSION)
