"""Conductivity against 1000/T with its laws."""

import math
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from html import escape
from typing import Any

import numpy as np

from labctl.gui.plots.axes import CelsiusAxis, DecadeAxis
from labctl.gui.plots.beside import Beside
from labctl.gui.plots.curves import Look, Points
from labctl.gui.plots.plot import Canvas, Plot
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.stated_html import stated_html, unknowns_html
from labctl.gui.plots.symbols import CIRCLE, DOWN, FRAME, RING, UP
from labctl.gui.plots.tab import Tab
from labctl.gui.plots.text_pane import WordsPane
from labctl.gui.qt import QtWidgets
from labctl.readmodel.analysis_text import analysis_in_words
from labctl.readmodel.formatting import celsius, typeset
from labctl.readmodel.law_conditions import condition_words
from labctl.readmodel.law_curve import LawCurve, law_curve, law_curves, on_a_plot
from labctl.readmodel.law_text import for_the_thesis, law_in_words, law_name, part_in_words
from labctl.readmodel.shown_columns import conductivity_s_cm
from labctl.readmodel.snapshot import Row
from labctl.readmodel.spectrum_text import interval_half
from labctl.readmodel.unreadable import or_as_unreadable
from labctl.store.amendments import why_excluded

S_CM = 0.01  # S/cm in a S/m
EXCLUDED = "excluded"
KINDS = {
    "heating": (CIRCLE, 6.0),
    "cooling": (FRAME, 11.0),
    "upper": (DOWN, 9.0),
    "lower": (UP, 9.0),
    EXCLUDED: (RING, 8.0),
}
KEY_TO_SYMBOLS = "● heating  □ cooling  ▼ at most  ▲ at least  ○ excluded; bars and band 95 %"


class ConductivityTab(Tab):
    """Points with 95 % bars, the preferred law with its band, the other laws dashed; text beside."""

    name = "Conductivity"

    def __init__(self) -> None:
        super().__init__()
        self._curves: dict[int, tuple[ShownRun, tuple[LawCurve, ...]]] = {}
        self._points: dict[Hashable, list[Row]] = {}
        self.plot = Plot(self._note, {"left": DecadeAxis("left"), "top": CelsiusAxis("top")})
        self.plot.showAxis("top")
        self.plot.label("left", "conductivity / S cm⁻¹")
        self.plot.label("bottom", "1000 K / T")
        self.plot.label("top", "T / °C")
        self._canvas = Canvas()
        self._canvas.add(self.plot, 0, 0)
        self._words = WordsPane()
        beside = Beside(self._canvas, self._words)
        layout = QtWidgets.QVBoxLayout(self)
        self._of_parts = QtWidgets.QCheckBox("laws of bulk and grain &boundary")
        self._of_parts.toggled.connect(self.draw)
        self._of_parts.hide()
        layout.addWidget(beside)
        layout.addWidget(self._of_parts)
        self.apply_appearance()

    def draw(self) -> None:
        """Draw changed points, laws and text."""
        keys: list[Hashable] = []
        self._points = {}
        laws = [(run, self._laws_of(run)) for run in self.runs]
        self._curves = {run.snapshot.id: (run, curves) for run, curves in laws}
        for run, curves in laws:
            keys += [key for curve in curves for key in self._draw_law(run, curve)]
        for run in self.runs:
            keys += self._draw_points(run)
            keys += self._draw_parts(run)
        self._of_parts.setVisible(any(run.snapshot.part_fits for run in self.runs))
        self.plot.curves.keep(keys)
        self.plot.say("" if self._points else "no conductivity yet")
        headline = KEY_TO_SYMBOLS if self._points else ""
        self._words.say(headline, "".join(self._in_words(run, curves) for run, curves in laws))

    def apply_appearance(self) -> None:
        """Dress the plot."""
        self._canvas.set_appearance(self.appearance)

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Points, then the laws that are drawn."""
        header = (
            "run_id",
            "what",
            "branch",
            "temperature_k",
            "conductivity_s_m",
            "low_95_s_m",
            "high_95_s_m",
            "bound",
            "total_resistance_ohm",
            "flags",
        )
        return header, self._table_rows()

    def picture(self) -> QtWidgets.QWidget:
        """Return the plot without the text beside it."""
        return self._canvas

    def _laws_of(self, run: ShownRun) -> tuple[LawCurve, ...]:
        """Return the curves of a run's stored laws; the same objects as last time for unchanged rows."""
        now, (before, curves) = run.snapshot, self._curves.get(run.snapshot.id, (None, ()))
        if before is not None:
            then = before.snapshot
            if then.fits is now.fits and then.conductivities is now.conductivities:
                return curves
        return law_curves(now.fits, now.conductivities)

    def _draw_points(self, run: ShownRun) -> list[Hashable]:
        source = run.snapshot.conductivities
        for row in on_a_plot(source):
            kind = EXCLUDED if why_excluded(row["flags"]) else row["bound"] or row["branch"]
            self._points.setdefault((run.snapshot.id, kind), []).append(row)
        keys: list[Hashable] = []
        for kind, (symbol, size) in KINDS.items():
            key = (run.snapshot.id, kind)
            rows = self._points.get(key, [])
            bars = Look(run.colour, line=1.0, pairs=True)
            symbols = Look(run.colour, symbol=symbol, size=size)
            self.plot.curves.draw((*key, "bars"), bars, source, None, lambda rows=rows: _bars(rows))
            self.plot.curves.draw(key, symbols, source, None, lambda rows=rows: _places(rows))
            keys += [(*key, "bars"), key]
        return keys

    def _draw_law(self, run: ShownRun, curve: LawCurve) -> list[Hashable]:
        key = (run.snapshot.id, "law", curve.row["law"], *filter(None, (condition_words(curve.row),)))
        preferred = bool(curve.row["preferred"])
        line = Look(run.colour if preferred else self.appearance.muted, line=1.0, dashed=not preferred)
        band = Look(run.colour, fill=50 if preferred else 0)
        if preferred:
            self.plot.curves.draw((*key, "band"), band, curve, None, lambda: _band(curve))
        self.plot.curves.draw(key, line, curve, None, lambda: _line(curve, 0))
        return [(*key, "band"), key] if preferred else [key]

    def _draw_parts(self, run: ShownRun) -> list[Hashable]:
        """Draw the laws of bulk and grain boundary where a person asks for them."""
        if not self._of_parts.isChecked():
            return []
        keys: list[Hashable] = []
        for row in run.snapshot.part_fits:
            if row["branch"] != "all":
                continue
            curve = law_curve(row, ())
            if curve is not None:
                key = (run.snapshot.id, "part", row["part"])
                look = Look(run.colour, line=1.0, dashed=True)
                self.plot.curves.draw(key, look, row, None, lambda curve=curve: _line(curve, 0))
                keys.append(key)
        return keys

    def _in_words(self, run: ShownRun, curves: Sequence[LawCurve]) -> str:
        remarks = {curve.row["id"]: curve.remark for curve in curves if curve.remark}
        lines = [f"<p><b><span style='color:{run.colour}'>▬</span> {escape(run.label)}</b></p>"]
        if run.snapshot.analysis is not None:
            words = or_as_unreadable(partial(analysis_in_words, run.snapshot.analysis), str)
            lines.append(f"<p>{escape(words)}</p>")
        lines += stated_html(run.snapshot, self.appearance)
        fits = [row for row in run.snapshot.fits if row["branch"] == "all"]
        if words := or_as_unreadable(partial(for_the_thesis, fits), str):
            lines += [f"<p>{escape(line)}</p>" for line in words.splitlines()]
        for row in sorted(fits, key=lambda row: -row["preferred"]):
            words = escape(law_in_words(row))
            lines.append(f"<p><b>{words}</b>, preferred</p>" if row["preferred"] else f"<p>{words}</p>")
            flags = [*row["flags"], *([remarks[row["id"]]] if row["id"] in remarks else [])]
            lines += [self._warning(flag) for flag in flags]
        for row in run.snapshot.part_fits:
            lines.append(f"<p>{escape(part_in_words(row))}</p>")
            lines += [self._warning(flag) for flag in row["flags"]]
        for row in run.snapshot.conductivities:
            if row["flags"]:
                lines.append(self._warning(f"{_place(row)}: {'; '.join(row['flags'])}"))
        lines += unknowns_html(run.snapshot)
        return "".join(lines)

    def _warning(self, sentence: str) -> str:
        return f"<p style='color:{self.appearance.warning}'>{escape(sentence)}</p>"

    def _note(self, key: Hashable, index: int) -> str:
        row = self._points[key][index]
        place = f"{celsius(row['temperature_k'])} °C, {row['branch']}"
        return "\n".join([place, sigma_in_words(row), *row["flags"]])

    def _table_rows(self) -> Iterator[Sequence[Any]]:
        for (run_id, _), rows in self._points.items():  # type: ignore[misc]
            for row in rows:
                low, high = _interval_s_m(row)
                about = (row["bound"], row["total_resistance_ohm"], row["flags"])
                yield (
                    run_id,
                    "measured",
                    row["branch"],
                    row["temperature_k"],
                    row["conductivity_s_m"],
                    low,
                    high,
                    *about,
                )
        for run in self.runs:
            for curve in self._laws_of(run):
                mid, spread = np.exp(curve.ln_sigma), np.exp(curve.ln_half_width)
                columns = zip(curve.temperature_k, mid, mid / spread, mid * spread, strict=True)
                for numbers in columns:
                    yield (
                        run.snapshot.id,
                        typeset(law_name(curve.row)),
                        "all",
                        *map(float, numbers),
                        "",
                        "",
                        "",
                    )


def sigma_in_words(row: Row) -> str:
    """Return conductivity in S/cm with its standard uncertainty, or the bound."""
    return f"σ {'' if row['bound'] else '= '}{conductivity_s_cm(row)} S/cm"


def _interval_s_m(row: Row) -> tuple[float, float]:
    if row["standard_uncertainty_s_m"] is None or row["bound"]:
        return math.nan, math.nan
    sigma, half = row["conductivity_s_m"], interval_half(row, "s_m")
    return max(sigma - half, 1e-3 * sigma), sigma + half


def _places(rows: Sequence[Row]) -> Points:
    inverse = np.array([1000 / row["temperature_k"] for row in rows])
    return inverse, np.log10([row["conductivity_s_m"] * S_CM for row in rows])


def _bars(rows: Sequence[Row]) -> Points:
    inverse = np.array([1000 / row["temperature_k"] for row in rows])
    ends = np.array([_interval_s_m(row) for row in rows]).reshape(-1, 2)
    good = np.isfinite(ends).all(axis=1)
    return np.repeat(inverse[good], 2), np.log10(ends[good].ravel() * S_CM)


def _line(curve: LawCurve, side: int) -> Points:
    """Return the law (side 0), or the lower (-1) or upper (1) end of its 95 % band."""
    ln_sigma = curve.ln_sigma + (side * curve.ln_half_width if side else 0.0)
    return 1000 / curve.temperature_k, ln_sigma / math.log(10) + math.log10(S_CM)


def _band(curve: LawCurve) -> Points:
    if not curve.has_band:
        return np.empty(0), np.empty(0)
    x, low = _line(curve, -1)
    _, high = _line(curve, 1)
    return np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])


def _place(row: Row) -> str:
    """Return the temperature of a conductivity as text, or its spectrum if the temperature is not known."""
    kelvin = row["temperature_k"]
    return f"spectrum {row['spectrum_id']}" if kelvin is None else f"{celsius(kelvin)} °C"
