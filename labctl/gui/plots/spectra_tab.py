"""Nyquist, Bode and relaxation times of the spectra of the shown runs, by temperature, with their fits."""

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from labctl.gui.flow_layout import FlowLayout
from labctl.gui.plots import spectrum_html
from labctl.gui.plots.axes import DecadeAxis
from labctl.gui.plots.beside import Beside
from labctl.gui.plots.choice import Choice
from labctl.gui.plots.curves import Curves, Look, Points
from labctl.gui.plots.equal_view import EqualView
from labctl.gui.plots.plot import Canvas, Plot
from labctl.gui.plots.relaxation_plot import DrawnRelaxation, RelaxationPlot
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.symbols import CIRCLE, FRAME, RING, RUN_SYMBOLS, SQUARE
from labctl.gui.plots.tab import Tab
from labctl.gui.plots.temperature_key import TemperatureKey
from labctl.gui.plots.text_pane import WordsPane
from labctl.gui.qt import QtCore, QtGui, QtWidgets, Signal
from labctl.readmodel import spectrum_text
from labctl.readmodel.formatting import celsius, si
from labctl.readmodel.run_of_file import is_of_another_file
from labctl.readmodel.snapshot import Array, SpectrumCurve

Key = tuple[int, int]
MOST_AT_ONCE = 20  # new spectra in one turn of the event loop
PARTS = ("points", "excluded", "now", "fit")
HOLLOW_OF = {CIRCLE: RING, SQUARE: FRAME}
PointsOf = Callable[[Array, Array], Points]
IN_UNITS_OF_R = ((0.0, 2.0), (0.0, 1.5))  # beyond it blocking electrodes rise without limit


@dataclass(frozen=True)
class Drawn:
    """A spectrum and how it is drawn."""

    run: ShownRun
    spectrum: SpectrumCurve
    colour: str
    symbol: str

    @property
    def key(self) -> Key:
        """Run and spectrum."""
        return self.run.snapshot.id, self.spectrum.id

    @property
    def total_ohm(self) -> float:
        """Total resistance, NaN if not known."""
        row = self.spectrum.resistance
        value = row["resistance_ohm"] if row is not None else None
        return math.nan if value is None else float(value)

    def looks_like(self, other: "Drawn") -> bool:
        """Return whether both would be drawn the same."""
        same = self.spectrum is other.spectrum
        return same and (self.colour, self.symbol) == (other.colour, other.symbol)


class SpectraTab(Tab):
    """Left -Z'' against Z' with equal scales, right |Z| and phase against frequency, text beside them.

    Below |Z| and phase, the distribution of relaxation times.

    Signals
    -------
    exclusion_wanted(int)
        Id of the chosen spectrum, which is to be excluded from the results.
    points_marked(int, float, float)
        Id of a spectrum of which points were marked with the mouse, with their range of frequencies in Hz.
    refused(str)
        Why nothing can be done with what was marked.
    """

    name = "Spectra"
    exclusion_wanted = Signal(int)
    points_marked = Signal(int, float, float)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._by_key: dict[Key, Drawn] = {}
        self._equal = EqualView()
        self.nyquist = Plot(self._note, view=self._equal)
        self.magnitude = Plot(self._note, {"bottom": DecadeAxis("bottom"), "left": DecadeAxis("left")})
        self.phase = Plot(self._note, {"bottom": DecadeAxis("bottom")})
        self.phase.setXLink(self.magnitude)
        self.magnitude.label("left", "|Z| / Ω")
        self.phase.label("left", "−phase / °")
        self.phase.label("bottom", "frequency / Hz")
        width = self.fontMetrics().horizontalAdvance("5·10⁸⁸") + 2 * self.fontMetrics().height()
        self.relaxation = RelaxationPlot()
        for plot in (self.magnitude, self.phase, self.relaxation):  # one above the other
            plot.getAxis("left").setWidth(width)
        self._drawings = (
            _Drawing(self.nyquist.curves, _nyquist_points),
            _Drawing(self.magnitude.curves, _magnitude_points),
            _Drawing(self.phase.curves, _phase_points),
        )
        self._temperatures = TemperatureKey()
        self._canvas = self._make_canvas()
        self._choice = Choice("all spectra")
        self._choice.chosen.connect(self._chosen)
        self._in_units_of_r = QtWidgets.QCheckBox("in &units of R")
        self._in_units_of_r.setToolTip("Divide each spectrum by its total resistance")
        self._in_units_of_r.toggled.connect(self._rescaled)
        self.by_sample = QtWidgets.QCheckBox("colour by sample")
        self.by_sample.setToolTip("The colour of each run, as in the list of runs, in place of temperatures")
        self.by_sample.toggled.connect(lambda _: self.refresh())
        self.by_sample.hide()
        self.exclude_button = QtWidgets.QPushButton("Exclude…", self)
        self.exclude_button.setToolTip("Exclude the chosen spectrum from the results, with a reason")
        self.exclude_button.setEnabled(False)
        self.exclude_button.clicked.connect(lambda: self.exclusion_wanted.emit(self._choice.key[1]))
        self.mark_button = QtWidgets.QPushButton("Mark points", self)
        self.mark_button.setToolTip("Drag a rectangle around points to exclude them (also with Shift held)")
        self.mark_button.setCheckable(True)
        self.mark_button.toggled.connect(self._set_marking)
        self._words = WordsPane()
        self._lay_out()
        self.apply_appearance()

    def choose(self, key: Key | None) -> None:
        """Show one spectrum, named by run and spectrum, or all."""
        self.catch_up()
        self._choice.choose(key)

    def fit_view(self) -> None:
        """Fit the view to all curves."""
        self._equal.window = IN_UNITS_OF_R if self._in_units_of_r.isChecked() else None
        for plot in (self.nyquist, self.magnitude, self.phase, self.relaxation):
            plot.enableAutoRange()

    def draw(self) -> None:
        """Draw changed spectra, fits, colours and text."""
        drawn = self._all_drawn()
        self._by_key = {one.key: one for one in drawn}
        self._offer(drawn)
        chosen = self._by_key.get(self._choice.key)
        self.exclude_button.setEnabled(chosen is not None and not is_of_another_file(chosen.key[0]))
        shown = [chosen] if chosen else drawn
        scale = "in units of R" if self._in_units_of_r.isChecked() else "ohm"
        in_reach = [one for one in shown if scale == "ohm" or one.total_ohm > 0]
        everything = self._draw_nyquist(in_reach, scale)
        everything &= self._drawings[1].draw(shown) & self._drawings[2].draw(shown)
        self._draw_relaxations(in_reach, scale != "ohm")
        if not everything:
            QtCore.QTimer.singleShot(0, self.refresh)
        self.by_sample.setVisible(len(self.runs) > 1)
        coloured = [] if self._is_by_sample() else drawn
        self._temperatures.show_range([one.spectrum.temperature_k for one in coloured], self.appearance)
        self._say(shown, chosen, len(shown) - len(in_reach))

    def apply_appearance(self) -> None:
        """Apply the appearance to plots and colour key."""
        self._canvas.set_appearance(self.appearance)
        self._temperatures.set_appearance(self.appearance)

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return the points of the drawn spectra, then their fits."""
        chosen = self._by_key.get(self._choice.key)
        shown = [chosen] if chosen else list(self._by_key.values())
        header = (
            "run_id",
            "spectrum_id",
            "what",
            "temperature_k",
            "frequency_hz",
            "z_real_ohm",
            "z_imag_ohm",
        )
        return header, _table_rows(shown)

    def picture(self) -> QtWidgets.QWidget:
        """Return the plots without the text beside them."""
        return self._canvas

    def _make_canvas(self) -> Canvas:
        canvas = Canvas()
        canvas.add(self.nyquist, 0, 0, rows=3)
        canvas.add(self.magnitude, 0, 1)
        canvas.add(self.phase, 1, 1)
        canvas.add(self.relaxation, 2, 1)
        canvas.addItem(self._temperatures, 0, 2, rowspan=3)
        for column, stretch in ((0, 5), (1, 4)):
            canvas.ci.layout.setColumnStretchFactor(column, stretch)
        for plot in (self.nyquist, self.magnitude, self.phase, self.relaxation):
            plot.picked.connect(lambda key, _: self.choose(key[:2]))
        for plot, drawing in zip((self.nyquist, self.magnitude, self.phase), self._drawings, strict=True):
            plot.marked.connect(partial(self._mark, drawing))
        return canvas

    def _lay_out(self) -> None:
        fit_view = QtWidgets.QPushButton("F&it view")
        fit_view.setShortcut(QtGui.QKeySequence("F"))
        fit_view.setToolTip("Make everything that is drawn visible (F)")
        fit_view.clicked.connect(self.fit_view)
        controls = FlowLayout()
        for widget in (
            self._choice,
            self._in_units_of_r,
            self.by_sample,
            fit_view,
            self.exclude_button,
            self.mark_button,
        ):
            controls.addWidget(widget)
        beside = Beside(self._canvas, self._words)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(beside, 1)

    def _all_drawn(self) -> list[Drawn]:
        every = [
            (run, spectrum, RUN_SYMBOLS[index % len(RUN_SYMBOLS)])
            for index, run in enumerate(self.runs)
            for spectrum in run.snapshot.spectra
        ]
        if self._is_by_sample():
            colours = [run.colour for run, _, _ in every]
        else:
            temperatures_k = [spectrum.temperature_k for _, spectrum, _ in every]
            colours = self.appearance.temperature_colours(temperatures_k)
        return [
            Drawn(run, spectrum, colour, symbol)
            for (run, spectrum, symbol), colour in zip(every, colours, strict=True)
        ]

    def set_read_only(self) -> None:
        """Hide what changes a file."""
        self.exclude_button.hide()
        self.mark_button.hide()

    def _set_marking(self, on: bool) -> None:
        for plot in (self.nyquist, self.magnitude, self.phase):
            plot.set_marking(on)

    def _mark(self, drawing: "_Drawing", place: QtCore.QRectF) -> None:
        """Offer to exclude the points in a rectangle; they must be of one spectrum."""
        found = drawing.within(place)
        if len(found) != 1:
            words = f"points of {len(found)} spectra" if found else "no point"
            self.refused.emit(f"{words} marked; choose one spectrum, and drag around points of it")
            return
        self.mark_button.setChecked(False)
        ((key, frequency_hz),) = found.items()
        if is_of_another_file(key[0]):
            self.refused.emit(f"run {key[0]} is read-only here")
            return
        low_hz, high_hz = float(frequency_hz.min()), float(frequency_hz.max())
        spectrum = self._by_key[key].spectrum
        inside = (spectrum.frequency_hz >= low_hz) & (spectrum.frequency_hz <= high_hz) & ~spectrum.out
        if more := int(inside.sum()) - frequency_hz.size:
            self.refused.emit(f"{more} more point(s) lie between; mark them as well, or fewer")
            return
        self.points_marked.emit(key[1], low_hz, high_hz)

    def _is_by_sample(self) -> bool:
        return self.by_sample.isChecked() and len(self.runs) > 1

    def _offer(self, drawn: list[Drawn]) -> None:
        """Keep the list of spectra up to date."""
        several = len(self.runs) > 1
        self._choice.offer(
            [(f"run {one.key[0]}, " * several + spectrum_text.title(one.spectrum), one.key) for one in drawn]
        )

    def _draw_nyquist(self, shown: list[Drawn], scale: str) -> bool:
        names = ("Z' / R", "−Z'' / R", "") if scale != "ohm" else ("Z'", "−Z''", "Ω")
        self.nyquist.label("bottom", names[0], names[2])
        self.nyquist.label("left", names[1], names[2])
        sentence = "no spectrum yet" if not self._by_key else "no resistance yet: nothing to divide by"
        self.nyquist.say("" if shown else sentence)
        return self._drawings[0].draw(shown, scale != "ohm")

    def _draw_relaxations(self, shown: list[Drawn], in_units_of_r: bool) -> None:
        every = [
            DrawnRelaxation(one.key, curve, one.colour, 1 / one.total_ohm if in_units_of_r else 1.0)
            for one in shown
            if (curve := one.spectrum.relaxation) is not None
        ]
        is_running = any(run.snapshot.run.get("status") == "running" for run in self.runs)
        self.relaxation.draw(every, in_units_of_r, is_running)

    def _say(self, shown: list[Drawn], chosen: Drawn | None, not_drawn: int) -> None:
        if chosen:
            self._words.say(*spectrum_html.on_one(chosen.run, chosen.spectrum, self.appearance))
        else:
            every = [(one.run, one.spectrum) for one in shown]
            self._words.say(*spectrum_html.on_all(every, self.appearance, not_drawn, self._is_by_sample()))

    def _note(self, key: Hashable, index: int) -> str:
        run_id, spectrum_id, part = key  # type: ignore[misc]
        one = self._by_key.get((run_id, spectrum_id))
        if one is None:
            return ""
        out = one.spectrum.out
        place = np.flatnonzero(out if part == "excluded" else ~out)[index] if part != "fit" else index
        z_ohm = one.spectrum.z_ohm[place]
        kelvin = one.spectrum.temperature_k
        lines = [
            *(["excluded"] if part == "excluded" else []),
            si(one.spectrum.frequency_hz[place], "Hz", 4),
            f"Z' = {si(z_ohm.real, 'Ω', 4)}",
            f"−Z'' = {si(-z_ohm.imag, 'Ω', 4)}",
            f"{celsius(kelvin)} °C" if kelvin is not None else "no temperature",
        ]
        return "\n".join(lines)

    def _chosen(self) -> None:
        self._canvas.point_out_nothing()
        self.refresh()
        self.fit_view()

    def _rescaled(self) -> None:
        self.refresh()
        self.fit_view()


class _Drawing:
    """Curves of spectra in one plot; unchanged spectra are skipped quickly."""

    def __init__(self, curves: Curves, points: PointsOf) -> None:
        self._curves, self._points = curves, points
        self._last: dict[Key, tuple[Drawn, float]] = {}

    def draw(self, shown: list[Drawn], in_units_of_r: bool = False) -> bool:
        """Draw the points of every spectrum, its fit as a line, and a mark on the one being measured.

        Returns whether all are drawn: only some of many new spectra are drawn in one call.
        """
        now = {one.key: (one, 1 / one.total_ohm if in_units_of_r else 1.0) for one in shown}
        changed = [key for key, state in now.items() if not self._is_drawn(key, *state)]
        for key in changed[:MOST_AT_ONCE]:
            self._draw_one(*now[key])
        for key in changed[MOST_AT_ONCE:]:
            del now[key]
        self._curves.keep((*key, part) for key in now for part in PARTS)
        self._last = now
        return len(changed) <= MOST_AT_ONCE

    def within(self, place: QtCore.QRectF) -> dict[Key, Array]:
        """Return the frequencies in Hz of the points in a rectangle, by spectrum; without excluded points."""
        found = {}
        for key, (one, factor) in self._last.items():
            s = one.spectrum
            x, y = self._points(s.frequency_hz, s.z_ohm * factor)
            inside = (x >= place.left()) & (x <= place.right()) & (y >= place.top()) & (y <= place.bottom())
            if (inside & ~s.out).any():
                found[key] = s.frequency_hz[inside & ~s.out]
        return found

    def _is_drawn(self, key: Key, one: Drawn, factor: float) -> bool:
        old = self._last.get(key)
        return old is not None and old[1] == factor and one.looks_like(old[0])

    def _draw_one(self, one: Drawn, factor: float) -> None:
        s = one.spectrum
        fit, running = s.fit_frequency_hz.size > 0, s.status == "running"
        look = Look(one.colour, line=0.0 if fit else 0.6, symbol=one.symbol, size=5.0)
        self._part(one, "points", look, factor, s.frequency_hz[~s.out], s.z_ohm[~s.out])
        hollow = Look(one.colour, symbol=HOLLOW_OF.get(one.symbol, one.symbol), size=7.0)
        self._part(one, "excluded", hollow, factor, s.frequency_hz[s.out], s.z_ohm[s.out])
        last = slice(-1, None) if running else slice(0, 0)
        mark = Look(one.colour, symbol=RING, size=12.0)
        self._part(one, "now", mark, factor, s.frequency_hz[last], s.z_ohm[last])
        self._part(one, "fit", Look(one.colour, line=1.0), factor, s.fit_frequency_hz, s.fit_z_ohm)

    def _part(self, one: Drawn, part: str, look: Look, factor: float, frequency_hz: Array, z: Array) -> None:
        def points() -> Points:
            return self._points(frequency_hz, z * factor)

        self._curves.draw((*one.key, part), look, one.spectrum, factor, points)


def _nyquist_points(_: Array, z: Array) -> tuple[Array, Array]:
    return np.real(z), -np.imag(z)


def _magnitude_points(frequency_hz: Array, z: Array) -> tuple[Array, Array]:
    with np.errstate(divide="ignore"):
        return np.log10(frequency_hz), np.log10(np.abs(z))


def _phase_points(frequency_hz: Array, z: Array) -> tuple[Array, Array]:
    return np.log10(frequency_hz), -np.degrees(np.angle(z))


def _table_rows(shown: list[Drawn]) -> Iterator[Sequence[Any]]:
    for one in shown:
        spectrum = one.spectrum
        out = spectrum.out
        for what, frequency_hz, z_ohm in (
            ("measured", spectrum.frequency_hz[~out], spectrum.z_ohm[~out]),
            ("excluded", spectrum.frequency_hz[out], spectrum.z_ohm[out]),
            ("fit", spectrum.fit_frequency_hz, spectrum.fit_z_ohm),
        ):
            for f, z in zip(frequency_hz, z_ohm, strict=True):
                yield (*one.key, what, spectrum.temperature_k, float(f), float(z.real), float(z.imag))
