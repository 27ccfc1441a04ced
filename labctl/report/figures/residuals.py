"""Residuals figure: points minus circuit of each spectrum, in percent of |Z|."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labctl.readmodel.snapshot import Array, RunSnapshot, SpectrumCurve
from labctl.report.figures.axes import logarithmic, say
from labctl.report.figures.colours import show_key
from labctl.report.figures.spectra import drawn_spectra

HEIGHT_RATIO = 1.0
ComplexArray = NDArray[np.complex128]
NO_CIRCUIT = "no spectrum has a circuit"


def draw_residuals(real: Any, imaginary: Any, runs: Sequence[RunSnapshot]) -> None:
    """Draw (Z - circuit) / |circuit| in percent, real part on one axes and imaginary part on the other."""
    spectra = drawn_spectra(runs)
    fitted = [one for one in spectra.shown if one.curve.fit_z_ohm.size]
    if not fitted:
        say(real, NO_CIRCUIT)
        return
    for one in fitted:
        frequency, off = residuals(one.curve)
        look = {"color": one.colour, "lw": 0.5, "ms": 2.4 if spectra.is_small else 1.6, "mew": 0}
        real.plot(frequency, 100 * off.real, f"{one.marker}-", **look)
        imaginary.plot(frequency, 100 * off.imag, f"{one.marker}-", **look)
    for axes, part in ((real, "real"), (imaginary, "imaginary")):
        axes.axhline(0, color="0.4", lw=0.6, zorder=0)
        logarithmic(axes, x=True)
        axes.set_ylabel(f"{part} residual / %")
    real.tick_params(labelbottom=False)
    imaginary.set_xlabel("frequency / Hz")
    show_key([real, imaginary], spectra.key)


def residuals(curve: SpectrumCurve) -> tuple[Array, ComplexArray]:
    """Return frequencies (n,) in Hz and (Z - circuit) / |circuit| (n,) of the points that were fitted."""
    by_frequency = dict(zip(curve.frequency_hz[~curve.out], curve.z_ohm[~curve.out], strict=True))
    pairs = [
        (hz, by_frequency[hz], fit)
        for hz, fit in zip(curve.fit_frequency_hz, curve.fit_z_ohm, strict=True)
        if hz in by_frequency
    ]
    if not pairs:
        pairs = [
            (hz, by_frequency[near], fit)
            for hz, fit in zip(curve.fit_frequency_hz, curve.fit_z_ohm, strict=True)
            if (near := _nearest(by_frequency, hz)) is not None
        ]
    columns: list[Array] = [np.array(column) for column in zip(*pairs, strict=True)]
    frequency, measured, fit = columns
    return frequency, np.asarray((measured - fit) / np.abs(fit), dtype=complex)


def _nearest(known: dict[Any, Any], hz: float) -> float | None:
    near = min(known, key=lambda one: abs(one - hz))
    return near if abs(near - hz) <= 1e-9 * hz else None
