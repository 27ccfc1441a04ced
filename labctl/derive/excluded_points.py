"""Spectra without the points that were excluded from them."""

from collections.abc import Sequence

import numpy as np

from labctl.analysis import Spectrum


def without_excluded(spectrum: Spectrum, ranges: Sequence[tuple[tuple[float, float], str]]) -> Spectrum:
    """Return a spectrum without the points in the given ranges; unchanged if it has none there.

    Parameters
    ----------
    spectrum : Spectrum
    ranges : sequence of ((lowest Hz, highest Hz), reason)
        The ends belong to the range. Each that holds a point adds a warning with its reason.
    """
    kept, warnings = np.ones(len(spectrum), dtype=bool), list(spectrum.warnings)
    for (low_hz, high_hz), reason in ranges:
        inside = (spectrum.frequency_hz >= low_hz) & (spectrum.frequency_hz <= high_hz)
        if inside.any():
            where = f"{low_hz:g} to {high_hz:g} Hz"
            warnings.append(f"{inside.sum()} of {len(spectrum)} points excluded, {where}: {reason}")
        kept &= ~inside
    if kept.all():
        return spectrum
    status = None if spectrum.status is None else tuple(np.array(spectrum.status)[kept])
    kept_z = spectrum.z_ohm[kept]
    return Spectrum(spectrum.frequency_hz[kept], kept_z, status, tuple(warnings), spectrum.metadata)
