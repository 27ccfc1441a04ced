"""Drift of a sample during a sweep, from frequencies that are measured again after the sweep.

The Kramers-Kronig test is nearly blind to the slow drift of a cell with blocking electrodes
(docs/explanation/impedance.md). A frequency measured twice sees it directly, where Z changes with the
resistance R of the sample: |dZ/dR| relative to |Z| is largest in the valley between the arcs and the spike
of the electrodes. At the top of an arc's flank the capacitance shunts R, and leads add to it; in the spike
the electrodes hide it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.numerics.arrays import BoolArray, ComplexArray, FloatArray
from labctl.analysis.spectra.kramers_kronig import kramers_kronig
from labctl.analysis.spectra.spectrum import Spectrum

MOST_REPEATED = 3
LEADS_ABOVE = 1 / 3
"""Share of the highest frequency above which none is repeated: the resistance of leads shows there."""
FLAT_PHASE = 0.03
"""Ratio of |imaginary| to real part below which a point counts as real: smaller ones are noise."""
STEEP_PHASE = 10.0
"""Ratio above which it is not distinguished: the real part of a steep spike is mostly noise."""
DEEP = 1.5
"""The ratio is this many times its smallest value on the high side of a valley."""
TIMES_UNCERTAINTY = 3.0
SMALLEST_DRIFT = 0.005


@dataclass(frozen=True)
class Drift:
    """Relative change of Z', the real part of the impedance, between two readings of the same frequencies.

    Attributes
    ----------
    change : float
        Mean over the repeated frequencies; 0.04: Z' rose by 4 %.
    standard_uncertainty : float
        From the noise of the spectrum, or from the scatter of the changes where that is larger.
    frequency_hz : tuple of float
        The repeated frequencies with two valid readings, in the order measured.
    elapsed_s : float
        Mean time between the two readings.
    warmer_k : float
        Mean change of the temperature; NaN: not known.
    """

    change: float
    standard_uncertainty: float
    frequency_hz: tuple[float, ...]
    elapsed_s: float = math.nan
    warmer_k: float = math.nan

    @property
    def is_significant(self) -> bool:
        """Whether the change is above 0.5 % and above three times its standard uncertainty."""
        return abs(self.change) > max(SMALLEST_DRIFT, TIMES_UNCERTAINTY * self.standard_uncertainty)


@dataclass(frozen=True)
class RepeatedPoint:
    """One frequency measured in a sweep and again after it.

    Attributes
    ----------
    frequency_hz : float
    first_ohm, again_ohm : complex
        Impedance in the sweep, and after it.
    elapsed_s : float
        Time between the two; NaN: not known.
    warmer_k : float
        How much warmer the sample was the second time; NaN: not known.
    """

    frequency_hz: float
    first_ohm: complex
    again_ohm: complex
    elapsed_s: float = math.nan
    warmer_k: float = math.nan


def places_to_repeat(
    frequency_hz: ArrayLike,
    z_ohm: ArrayLike,
    duration_s: Callable[[float], float],
    allowed_s: float,
) -> list[int]:
    """Return the places of at most three neighbouring points to measure again.

    The first lies in the valley of the phase at the lowest frequency. Where the valley takes too long, or
    lies where leads show, the nearest allowed points are taken.

    Parameters
    ----------
    frequency_hz, z_ohm : (n,)
        The measured points, in any order.
    duration_s : callable
        Duration in s of one point at a frequency in Hz.
    allowed_s : float
        Duration in s of all of them together, at most.
    """
    f, z = np.asarray(frequency_hz, dtype=float), np.asarray(z_ohm, dtype=complex)
    usable = np.flatnonzero(_usable(f, z))
    slow_first = usable[np.argsort(f[usable])]
    without_leads = int(np.sum(f[usable] <= LEADS_ABOVE * f[usable].max(initial=0.0)))
    if not without_leads:
        return []
    valley = min(_valley(f[slow_first], z[slow_first]), without_leads - 1)
    for count in (MOST_REPEATED, 1):
        for place in range(valley, without_leads):
            chosen = [int(slow_first[k]) for k in _around(place, without_leads)[:count]]
            if sum(duration_s(float(f[k])) for k in chosen) <= allowed_s:
                return chosen
    return []


def _around(place: int, count: int) -> list[int]:
    """The place, then its faster and slower neighbours as far as there are any."""
    near = (place, place + 1, place - 1, place - 2)
    return [k for k in near if 0 <= k < count]


def _usable(f: FloatArray, z: ComplexArray) -> BoolArray:
    return np.isfinite(f) & (f > 0) & np.isfinite(z.real) & np.isfinite(z.imag) & (z.real > 0)


def _valley(f: FloatArray, z: ComplexArray) -> int:
    """Place of the smallest |Z''| / Z' met from the low end before it rises again; f rises."""
    ratio = np.clip(np.abs(z.imag) / z.real, FLAT_PHASE, STEEP_PHASE)
    lowest = 0
    for place in range(1, ratio.size):
        if ratio[place] > DEEP * ratio[lowest]:
            break
        if ratio[place] <= ratio[lowest]:
            lowest = place
    return lowest


def drift(spectrum: Spectrum, repeated: Sequence[RepeatedPoint]) -> Drift | None:
    """Return the drift that repeated points show; None without a usable one.

    Parameters
    ----------
    spectrum : Spectrum
        The whole spectrum; the repeated points have the same noise.
    """
    usable = [point for point in repeated if _two_readings(point)]
    if not usable:
        return None
    changes = np.array([point.again_ohm.real / point.first_ohm.real - 1 for point in usable])
    noise = _noise(spectrum)
    per_change = [
        math.hypot(*(noise * abs(z) / point.first_ohm.real for z in _both(point))) for point in usable
    ]
    expected = float(np.sqrt(np.mean(np.square(per_change))))
    scatter = float(np.std(changes, ddof=1)) if len(usable) > 1 else 0.0
    return Drift(
        change=float(changes.mean()),
        standard_uncertainty=max(expected, scatter) / math.sqrt(len(usable)),
        frequency_hz=tuple(point.frequency_hz for point in usable),
        elapsed_s=float(np.mean([point.elapsed_s for point in usable])),
        warmer_k=float(np.mean([point.warmer_k for point in usable])),
    )


def _both(point: RepeatedPoint) -> tuple[complex, complex]:
    return point.first_ohm, point.again_ohm


def _two_readings(point: RepeatedPoint) -> bool:
    return (
        all(math.isfinite(z.real) and math.isfinite(z.imag) for z in _both(point))
        and point.first_ohm.real > 0
    )


def _noise(spectrum: Spectrum) -> float:
    """Relative noise of a point; 0 for a spectrum too short to estimate it."""
    try:
        return kramers_kronig(spectrum).noise
    except ValueError:
        return 0.0
