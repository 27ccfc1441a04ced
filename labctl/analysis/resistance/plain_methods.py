"""Resistances read from the plot without a fit, for comparison with the fit."""

import numpy as np

from labctl.analysis.numerics.arrays import FloatArray
from labctl.analysis.spectra.spectrum import Spectrum


def spike_intercept_ohm(spectrum: Spectrum) -> float:
    """Where a line through the low-frequency spike meets the real axis; nan without a spike.

    The spike is the run of lowest frequencies over which -Z'' grows steadily with falling frequency; its
    upper half in log frequency is left out, as it still bends.
    """
    clean = spectrum.cleaned()
    real, reactance = clean.z_ohm.real[::-1], -clean.z_ohm.imag[::-1]
    length = _spike_length(reactance)
    if length < 4:
        return float("nan")
    x, y = reactance[: max(length // 2, 4)], real[: max(length // 2, 4)]
    return float(np.polyfit(x / x.max(), y, 1)[1])


def minimum_of_reactance_ohm(spectrum: Spectrum) -> float:
    """Z' at the local minimum of -Z'' between arc and spike; nan where there is none."""
    clean = spectrum.cleaned()
    real, reactance = clean.z_ohm.real[::-1], -clean.z_ohm.imag[::-1]
    length = _spike_length(reactance)
    if length < 2 or length >= reactance.size - 1:
        return float("nan")
    return float(real[length - 1])


def _spike_length(reactance: FloatArray) -> int:
    """Points from the lowest frequency up over which -Z'' falls."""
    if reactance.size < 3 or reactance[0] <= 0:
        return 0
    rises = np.flatnonzero(np.diff(reactance) >= 0)
    return int(rises[0]) + 1 if rises.size else reactance.size
