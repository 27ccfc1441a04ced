"""Distribution of relaxation times of each spectrum, as stored; band and peaks where one is shown alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.readmodel.snapshot import RunSnapshot
from labctl.report.figures.axes import logarithmic, say
from labctl.report.figures.colours import show_key
from labctl.report.figures.spectra import drawn_spectra

HEIGHT_RATIO = 0.75
NONE_STORED = "no distribution of relaxation times is stored"


def draw_drt(axes: Any, runs: Sequence[RunSnapshot]) -> None:
    """Draw gamma over the relaxation time, in ohm or in units of the total resistance."""
    spectra = drawn_spectra(runs)
    shown = [one for one in spectra.shown if one.curve.relaxation is not None]
    if not shown:
        say(axes, NONE_STORED)
        return
    logarithmic(axes, x=True)
    axes.set_xlabel("relaxation time τ / s")
    axes.set_ylabel("γ / R" if spectra.is_normalised else f"γ / {spectra.unit}")
    for one in shown:
        relaxation = one.curve.relaxation
        assert relaxation is not None
        style = "--" if one.marker == "s" else "-"
        axes.plot(relaxation.tau_s, one.factor * relaxation.gamma_ohm, style, color=one.colour, lw=0.8)
        if len(shown) == 1:
            low, high = one.factor * relaxation.low_ohm, one.factor * relaxation.high_ohm
            axes.fill_between(relaxation.tau_s, low, high, color=one.colour, alpha=0.25, lw=0)
            times = [peak["time_s"] for peak in relaxation.peaks]
            tops = np.interp(times, relaxation.tau_s, one.factor * relaxation.gamma_ohm)
            axes.plot(times, tops, "v", color=one.colour)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    show_key([axes], spectra.key)
