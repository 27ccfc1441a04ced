"""Conductivity against 1000/T with its laws."""

import math
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from html import escape
from typing import Any

import numpy as np

from labctl.derive.budgets import CONDUCTIVITY
from labctl.gui.plots.axes import CelsiusAxis, DecadeAxis
from labctl.gui.plots.beside import Beside
from labctl.gui.plots.curves import Look, Points
from labctl.gui.plots.plot import Canvas, Plot
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.stated_html import stated_html, unknowns_html
from labctl.gui.plots.symbols import CIRCLE, DIAMOND, DOWN, FRAME, RING, UP
from labctl.gui.plots.tab import Tab
from labctl.gui.plots.text_pane import WordsPane
from labctl.gui.qt import QtCore, QtWidgets, Signal
from labctl.readmodel.analysis_text import analysis_in_words
from labctl.readmodel.budget_text import budget_lines, with_lists
from labctl.readmodel.formatting import celsius, typeset
from labctl.readmodel.law_conditions import condition_words
from labctl.readmodel.law_curve import LawCurve, law_curve, law_curves, on_a_plot
from labctl.readmodel.law_text import for_the_thesis, law_in_words, law_name, part_in_words
from labctl.readmodel.literature import Published, measured_of, short_source
from labctl.readmodel.run_of_file import is_of_another_file
from labctl.readmodel.shown_columns import conductivity_s_cm
from labctl.readmodel.snapshot import Row
from labctl.readmodel.spectrum_text import interval_half
from labctl.readmodel.unreadable import or_as_unreadable
from labctl.store.amendments import why_excluded

S_CM = 0.01  # S/cm in a S/m
EXCLUDED = "excluded"
LITERATURE = ("literature",)
NARROWEST_SPAN = 0.4  # 1000 K / T: how far beyond the runs the literature is drawn, at least
KINDS = {
    "heating": (CIRCLE, 6.0),
    "cooling": (FRAME, 11.0),
    "upper": (DOWN, 9.0),
    "lower": (UP, 9.0),
    EXCLUDED: (RING, 8.0),
}
KEY_TO_SYMBOLS = "● heating  □ cooling  ▼ at most  ▲ at least  ○ excluded; bars and band 95 %"


class ConductivityTab(Tab):
    """Points with 95 % bars, the preferred law with its band, the other laws dashed; text beside.

    A click on a point shows its uncertainty by source. The layer of the literature is named so, and is off
    until a person asks for it.

    Signals
    -------
    temperatures_marked(int, float, float)
        Run of which points were marked with the mouse, with their range of temperatures in K.
    refused(str)
        Why nothing can be done with what was marked.
    """

    name = "Conductivity"
    temperatures_marked = Signal(int, float, float)
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._curves: dict[int, tuple[ShownRun, tuple[LawCurve, ...]]] = {}
        self._points: dict[Hashable, list[Row]] = {}
        self._published: list[Published] = []
        self._picked: tuple[int, int] | None = None  # run and spectrum
        self.plot = Plot(self._note, {"left": DecadeAxis("left"), "top": CelsiusAxis("top")})
        self.plot.showAxis("top")
        self.plot.label("left", "conductivity / S cm⁻¹")
        self.plot.label("bottom", "1000 K / T")
        self.plot.label("top", "T / °C")
        self._canvas = Canvas()
        self._canvas.add(self.plot, 0, 0)
        self.plot.picked.connect(self._pick)
        self.plot.marked.connect(self._mark)
        self._words = WordsPane()
        beside = Beside(self._canvas, self._words)
        layout = QtWidgets.QVBoxLayout(self)
        self._of_parts = QtWidgets.QCheckBox("laws of bulk and grain &boundary")
        self._of_parts.toggled.connect(self.draw)
        self._of_parts.hide()
        self.literature = QtWidgets.QCheckBox("literature")
        self.literature.setToolTip("Published conductivities of the same mobile ion, named as literature")
        self.literature.toggled.connect(self.draw)
        self.mark_button = QtWidgets.QPushButton("Mark temperatures")
        self.mark_button.setToolTip("Drag a rectangle around points to exclude them (also with Shift held)")
        self.mark_button.setCheckable(True)
        self.mark_button.toggled.connect(self.plot.set_marking)
        controls = QtWidgets.QHBoxLayout()
        for widget in (self._of_parts, self.literature, self.mark_button):
            controls.addWidget(widget)
        controls.addStretch(1)
        layout.addWidget(beside)
        layout.addLayout(controls)
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
        keys += self._draw_literature()
        self._of_parts.setVisible(any(run.snapshot.part_fits for run in self.runs))
        self.plot.curves.keep(keys)
        self.plot.say("" if self._points else "no conductivity yet")
        headline = KEY_TO_SYMBOLS if self._points else ""
        if self._published and self.literature.isChecked():
            headline += f"  ◇ literature: {short_source()}"
        words = "".join(self._in_words(run, curves) for run, curves in laws)
        self._words.say(headline, self._budget_html() + words)

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

    def _draw_literature(self) -> list[Hashable]:
        """Draw the published conductivities of the ions of these runs, where a person asks for them."""
        published = measured_of(str(run.snapshot.sample.get("cation") or "") for run in self.runs)
        self.literature.setVisible(bool(published))
        inverse = [1000 / row["temperature_k"] for rows in self._points.values() for row in rows]
        near = [row for row in published if inverse and _is_near(row, min(inverse), max(inverse))]
        if near != self._published:
            self._published = near
        if not near or not self.literature.isChecked():
            return []
        look = Look(self.appearance.muted, symbol=DIAMOND, size=9.0)
        rows = self._published
        self.plot.curves.draw(LITERATURE, look, rows, None, lambda: _published_places(rows))
        return [LITERATURE]

    def _pick(self, key: Hashable, index: int) -> None:
        """Show the uncertainty of the point that was clicked, by source; a second click hides it."""
        if key == LITERATURE:
            return
        row = self._points[key][index]
        picked = (key[0], row["spectrum_id"])  # type: ignore[index]
        self._picked = None if picked == self._picked else picked
        self.draw()
        self._words.to_top()

    def _budget_html(self) -> str:
        row = next(
            (
                row
                for run in self.runs
                for row in run.snapshot.conductivities
                if (run.snapshot.id, row["spectrum_id"]) == self._picked
            ),
            None,
        )
        if row is None:
            return ""
        lines = or_as_unreadable(
            lambda: "\n".join(budget_lines([with_lists(row, CONDUCTIVITY)], [], [])), str
        )
        return f"<pre>{escape(lines)}</pre><hr>"

    def set_read_only(self) -> None:
        """Hide what changes a file."""
        self.mark_button.hide()

    def _mark(self, place: QtCore.QRectF) -> None:
        """Offer to exclude the points in a rectangle; they must be of one run."""
        found: dict[int, list[float]] = {}
        for (run_id, kind), rows in self._points.items():  # type: ignore[misc]
            if kind == EXCLUDED:
                continue
            for x, y, row in zip(*_places(rows), rows, strict=True):
                if place.left() <= x <= place.right() and place.top() <= y <= place.bottom():
                    found.setdefault(run_id, []).append(row["temperature_k"])
        if len(found) != 1:
            words = f"points of {len(found)} runs" if found else "no point"
            self.refused.emit(f"{words} marked; drag around points of one run")
            return
        self.mark_button.setChecked(False)
        ((run_id, temperatures_k),) = found.items()
        if is_of_another_file(run_id):
            self.refused.emit(f"run {run_id} is read-only here")
            return
        low_k, high_k = min(temperatures_k), max(temperatures_k)
        if more := self._count_within(run_id, low_k, high_k) - len(temperatures_k):
            self.refused.emit(f"{more} more point(s) lie between; mark them as well, or fewer")
            return
        self.temperatures_marked.emit(run_id, low_k, high_k)

    def _count_within(self, run_id: int, low_k: float, high_k: float) -> int:
        """Return how many points of a run are in a range of temperature, whatever their conductivity."""
        own = (rows for (number, kind), rows in self._points.items() if number == run_id and kind != EXCLUDED)  # type: ignore[misc]
        return sum(low_k <= row["temperature_k"] <= high_k for rows in own for row in rows)

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
        if key == LITERATURE:
            return _published_in_words(self._published[index])
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


def _is_near(row: Published, low: float, high: float) -> bool:
    """Return whether it was measured near the range of 1000 K / T."""
    span = max(high - low, NARROWEST_SPAN)
    return low - span < 1000 / (row.temperature_k or math.nan) < high + span


def _published_places(rows: Sequence[Published]) -> Points:
    inverse = np.array([1000 / (row.temperature_k or math.nan) for row in rows])
    return inverse, np.log10([(row.conductivity_s_m or math.nan) * S_CM for row in rows])


def _published_in_words(row: Published) -> str:
    references = ", ".join(map(str, row.references))
    sigma = f"σ = {(row.conductivity_s_m or math.nan) * S_CM:.3g} S/cm"
    place = f"literature: row {row.number}, references {references}"
    return "\n".join([place, row.material, f"{celsius(row.temperature_k)} °C", sigma])


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
