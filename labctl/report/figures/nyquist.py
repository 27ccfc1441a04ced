"""Nyquist figure: points, excluded ones hollow, and the impedance of the circuit where it is known."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from labctl.readmodel.snapshot import RunSnapshot
from labctl.report.figures.axes import say
from labctl.report.figures.colours import show_key
from labctl.report.figures.spectra import DrawnSpectra, DrawnSpectrum, drawn_spectra, total_ohm

HEIGHT_RATIO = 0.86
ROUND_R = 1.9  # times the largest total resistance: how far the axes go
NO_SPECTRA = "no spectrum was measured"


def draw_nyquist(axes: Any, runs: Sequence[RunSnapshot]) -> None:
    """Draw -Z'' over Z' with equal scales, in ohm, or of resistances that differ much in units of R."""
    spectra = drawn_spectra(runs)
    if not spectra.shown:
        say(axes, NO_SPECTRA)
        return
    for one in spectra.shown:
        _draw(axes, one, spectra)
    unit = f"/ {spectra.unit}" if spectra.unit else "/ R"
    axes.set(xlabel=f"Z' {unit}", ylabel=f"-Z'' {unit}", aspect="equal")
    _set_limits(axes, spectra)
    show_key([axes], spectra.key, _extra(spectra))


def _draw(axes: Any, one: DrawnSpectrum, spectra: DrawnSpectra) -> None:
    z, out = one.curve.z_ohm * one.factor, one.curve.out
    look = {"color": one.colour, "linestyle": "none", "rasterized": spectra.as_image}
    size = None if spectra.is_small else 1.2
    axes.plot(z.real[~out], -z.imag[~out], one.marker, ms=size, mew=0, **look)
    axes.plot(z.real[out], -z.imag[out], one.marker, ms=size, mfc="none", **look)
    fit = one.curve.fit_z_ohm * one.factor
    axes.plot(fit.real, -fit.imag, "-", color=_darker(one.colour, spectra), lw=0.8, zorder=1.5)


def _darker(colour: Any, spectra: DrawnSpectra) -> Any:
    return colour if spectra.is_small else "0.25"


def _set_limits(axes: Any, spectra: DrawnSpectra) -> None:
    """Show the arcs: a blocking electrode's spike goes on far beyond them."""
    known = [one.factor * r for one in spectra.shown if (r := total_ohm(one.curve)) is not None]
    real = max(float(one.factor * np.real(one.curve.z_ohm).max()) for one in spectra.shown)
    imag = max(float(-one.factor * np.imag(one.curve.z_ohm).min()) for one in spectra.shown)
    low = min(float(-one.factor * np.imag(one.curve.z_ohm).max()) for one in spectra.shown)
    end = ROUND_R * max(known) if known else max(real, imag)
    right, top = min(1.06 * real, end), min(1.25 * max(imag, 0.0), 0.85 * end)
    bottom = max(low, -0.25 * right) - 0.03 * right
    axes.set(xlim=(-0.03 * right, right), ylim=(bottom, max(top, 0.3 * right)))


def _extra(spectra: DrawnSpectra) -> list[tuple[str, Any]]:
    extra: list[tuple[str, Any]] = []
    if any(one.curve.fit_z_ohm.size for one in spectra.shown):
        extra.append(("circuit", Line2D([], [], color="0.3", lw=0.8)))
    if any(one.curve.out.any() for one in spectra.shown):
        hollow = Line2D([], [], color="0.3", marker="o", mfc="none", linestyle="none")
        extra.append(("excluded", hollow))
    if len({one.marker for one in spectra.shown}) > 1:
        square = Line2D([], [], color="0.3", marker="s", linestyle="none")
        extra.append(("cooling", square))
    return extra
