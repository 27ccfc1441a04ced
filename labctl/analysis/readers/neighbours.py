"""Points far from the curve of their neighbours, which may have lost a digit."""

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.numerics.arrays import ComplexArray, FloatArray

LEAST_POINTS = 7
LEAST_DEVIATION = 0.08
TIMES_USUAL = 12.0
MOST_NAMED = 3


def off(frequency_hz: FloatArray, z_ohm: ComplexArray) -> list[str]:
    """Warnings about points far from the line between their neighbours; (n,) arrays in the order measured.

    The impedance (log modulus, phase) is interpolated over log frequency between the point before and the one
    after.
    """
    sound = np.isfinite(z_ohm) & (np.abs(z_ohm) > 0)
    f, z = frequency_hz[sound], z_ohm[sound]
    if f.size < LEAST_POINTS:
        return []
    deviation = _deviation(np.log(f), np.log(np.abs(z)) + 1j * np.unwrap(np.angle(z)))
    limit = np.maximum(LEAST_DEVIATION, TIMES_USUAL * _usual_beside(deviation))
    places = np.flatnonzero(deviation > limit)
    found = [
        f"the point at {f[k]:g} Hz is {deviation[k]:.0%} off its neighbours" for k in places[:MOST_NAMED]
    ]
    return found + ([f"{places.size} points are off their neighbours"] if places.size > MOST_NAMED else [])


def _deviation(x: FloatArray, y: NDArray[np.complexfloating]) -> FloatArray:
    """(n,) relative distance from the line between both neighbours; at the ends from the next two."""
    n = x.size
    before, after = np.arange(n) - 1, np.arange(n) + 1
    before[0], after[0], before[-1], after[-1] = 1, 2, n - 3, n - 2
    with np.errstate(all="ignore"):
        part = (x - x[before]) / (x[after] - x[before])
    line = y[before] + np.where(np.isfinite(part), part, 0.5) * (y[after] - y[before])
    return np.abs(y - line)


def _usual_beside(deviation: FloatArray) -> FloatArray:
    """(n,) median deviation of the points two to four places away."""
    padded = np.pad(deviation, 4, constant_values=np.nan)
    n = deviation.size
    beside = np.stack([padded[4 + shift : 4 + shift + n] for shift in (-4, -3, -2, 2, 3, 4)])
    return np.nanmedian(beside, axis=0)
