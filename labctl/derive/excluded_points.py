"""Spectra without the points that were excluded from them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from labctl.analysis import Spectrum
from labctl.store.amendments import EXCLUDED

Ranges = Sequence[tuple[tuple[float, float], str]]


class WithFrequencies(Protocol):
    """A spectrum, or a curve of one."""

    @property
    def frequency_hz(self) -> np.ndarray:
        """Frequencies (n,) in Hz."""
        ...


def inside(spectrum: WithFrequencies, ranges: Ranges) -> np.ndarray:
    """Return (n,) bool: the points of a spectrum that are in one of the ranges, ends included."""
    found = np.zeros(spectrum.frequency_hz.size, dtype=bool)
    for (low_hz, high_hz), _ in ranges:
        found |= (spectrum.frequency_hz >= low_hz) & (spectrum.frequency_hz <= high_hz)
    return found


def without_excluded(spectrum: Spectrum, ranges: Ranges) -> Spectrum:
    """Return a spectrum without the points in the given ranges; unchanged if it has none there.

    Parameters
    ----------
    spectrum : Spectrum
    ranges : sequence of ((lowest Hz, highest Hz), reason)
        The ends belong to the range. Each that holds a point adds a warning with its reason.
    """
    warnings = list(spectrum.warnings)
    for one in ranges:
        (low_hz, high_hz), reason = one
        if count := int(inside(spectrum, [one]).sum()):
            where = f"{low_hz:g} to {high_hz:g} Hz"
            why = reason.removeprefix(EXCLUDED)
            warnings.append(f"{count} of {len(spectrum)} points excluded, {where}: {why}")
    kept = ~inside(spectrum, ranges)
    if kept.all():
        return spectrum
    return spectrum.at(kept, warnings=tuple(warnings))
