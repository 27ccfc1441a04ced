"""Bode figure: modulus and phase over frequency."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.readmodel.snapshot import Array, RunSnapshot
from labctl.report.figures.axes import logarithmic, say
from labctl.report.figures.colours import show_key
from labctl.report.figures.nyquist import NO_SPECTRA
from labctl.report.figures.spectra import DrawnSpectra, DrawnSpectrum, drawn_spectra

HEIGHT_RATIO = 1.05


def draw_bode(modulus: Any, phase: Any, runs: Sequence[RunSnapshot]) -> None:
    """Draw |Z| in ohm on one axes and the phase in degrees on the other."""
    spectra = drawn_spectra(runs)
    if not spectra.shown:
        say(modulus, NO_SPECTRA)
        return
    logarithmic(modulus, x=True, y=True)
    logarithmic(phase, x=True)
    modulus.set_ylabel("|Z| / Ω")
    phase.set(xlabel="frequency / Hz", ylabel="-phase / °")
    for one in spectra.shown:
        _draw(modulus, phase, one, spectra)
    modulus.tick_params(labelbottom=False)
    show_key([modulus, phase], spectra.key)


def _draw(modulus: Any, phase: Any, one: DrawnSpectrum, spectra: DrawnSpectra) -> None:
    frequency, z, out = one.curve.frequency_hz, one.curve.z_ohm, one.curve.out
    size = None if spectra.is_small else 1.2
    look = {"color": one.colour, "linestyle": "none", "rasterized": spectra.as_image, "ms": size}
    for axes, values in ((modulus, np.abs), (phase, _minus_degrees)):
        axes.plot(frequency[~out], values(z[~out]), one.marker, mew=0, **look)
        axes.plot(frequency[out], values(z[out]), one.marker, mfc="none", **look)
        fit = one.curve.fit_z_ohm
        colour = one.colour if spectra.is_small else "0.25"
        axes.plot(one.curve.fit_frequency_hz, values(fit), "-", color=colour, lw=0.8, zorder=1.5)


def _minus_degrees(z: Array) -> Array:
    return -np.degrees(np.angle(z))
