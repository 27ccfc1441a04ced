"""Distributions of relaxation times over time, with the 95 % band and the peaks of a single one."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

import numpy as np

from labctl.gui.plots.axes import DecadeAxis
from labctl.gui.plots.curves import Look, Points
from labctl.gui.plots.plot import Plot
from labctl.gui.plots.symbols import CIRCLE
from labctl.readmodel.snapshot import RelaxationCurve
from labctl.readmodel.spectrum_text import relaxation

BAND_OPACITY = 60


@dataclass(frozen=True)
class DrawnRelaxation:
    """A distribution, the key of its spectrum, its colour, and the factor for its values."""

    key: tuple[int, int]
    curve: RelaxationCurve
    colour: str
    factor: float


class RelaxationPlot(Plot):
    """gamma over tau. The band and the peaks are drawn where one distribution is shown alone."""

    def __init__(self) -> None:
        super().__init__(self._peak_in_words, {"bottom": DecadeAxis("bottom")})
        self._shown: dict[tuple[int, int], RelaxationCurve] = {}
        self.label("bottom", "relaxation time τ / s")

    def draw(self, shown: Iterable[DrawnRelaxation], in_units_of_r: bool, is_running: bool) -> None:
        """Draw these distributions; without any, show why there are none."""
        every = list(shown)
        self._shown = {one.key: one.curve for one in every}
        self.label("left", *(("γ / R", "") if in_units_of_r else ("γ", "Ω")))
        why = "made when the run ends" if is_running else "no distribution of relaxation times"
        self.say("" if every else why)
        alone = len(every) == 1
        for one in every:
            self._draw_one(one, alone)
        parts = ("band", "gamma", "peaks") if alone else ("gamma",)
        self.curves.keep((*one.key, part) for one in every for part in parts)

    def _draw_one(self, one: DrawnRelaxation, alone: bool) -> None:
        curve, log_tau = one.curve, np.log10(one.curve.tau_s)

        def draw(part: str, look: Look, points: Callable[[], Points]) -> None:
            self.curves.draw((*one.key, part), look, curve, one.factor, points)

        if alone:
            around = np.concatenate([log_tau, log_tau[::-1]])
            band = np.concatenate([curve.low_ohm, curve.high_ohm[::-1]]) * one.factor
            draw("band", Look(one.colour, fill=BAND_OPACITY), lambda: (around, band))
        draw("gamma", Look(one.colour, line=1.0), lambda: (log_tau, curve.gamma_ohm * one.factor))
        if alone and curve.peaks:
            times = np.log10([peak["time_s"] for peak in curve.peaks])
            tops = np.interp(times, log_tau, curve.gamma_ohm) * one.factor
            draw("peaks", Look(one.colour, symbol=CIRCLE, size=7.0), lambda: (times, tops))

    def _peak_in_words(self, key: Hashable, index: int) -> str:
        run_id, spectrum_id, part = key  # type: ignore[misc]  # every key here has three parts
        curve = self._shown.get((run_id, spectrum_id))
        return "" if curve is None or part != "peaks" else relaxation(curve.peaks[index])
