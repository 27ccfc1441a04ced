"""The current of polarised cells against time, with the extrapolated steady-state current."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import numpy as np

from labctl.gui.plots import polarisation_html
from labctl.gui.plots.axes import DecadeAxis
from labctl.gui.plots.beside import Beside
from labctl.gui.plots.choice import Choice
from labctl.gui.plots.curves import Look, Points
from labctl.gui.plots.graphics import pg
from labctl.gui.plots.plot import Canvas, Plot
from labctl.gui.plots.refining import Reading, Refiner, is_refinable, refined
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.tab import Tab
from labctl.gui.plots.text_pane import WordsPane
from labctl.gui.qt import QtWidgets
from labctl.readmodel import polarisation_text
from labctl.readmodel.all_rows import all_rows
from labctl.readmodel.formatting import si
from labctl.readmodel.in_view import Part, View, current_in_view
from labctl.readmodel.snapshot import Array, PolarisationCurve
from labctl.store import Database

Key = tuple[int, int]
EXPORTED = (
    "run_id",
    "polarisation_id",
    "what",
    "setpoint_k",
    "potential_v",
    "elapsed_s",
    "current_a",
    "low_95_a",
    "high_95_a",
    "status",
)


@dataclass(frozen=True)
class Drawn:
    """A polarisation and its colour."""

    run: ShownRun
    curve: PolarisationCurve
    colour: str

    @property
    def key(self) -> Key:
        """Run and polarisation."""
        return self.run.snapshot.id, self.curve.id


class PolarisationTab(Tab):
    """Current against elapsed time, the extrapolated steady current with its 95 % band; text beside."""

    name = "Polarisation"

    def __init__(self) -> None:
        super().__init__()
        self._by_key: dict[Key, Drawn] = {}
        self.plot = Plot(self._note)
        self.plot.label("left", "current", "A")
        self.plot.label("bottom", "time since the potential was applied / s")
        self._canvas = Canvas()
        self._canvas.add(self.plot, 0, 0)
        self._refiner = Refiner(self, self.plot, self._wanted, lambda: self._log_time.isChecked())
        self._choice = Choice("all polarisations")
        self._choice.chosen.connect(self._chosen)
        self._log_time = QtWidgets.QCheckBox("logarithmic time")
        self._log_time.toggled.connect(self._change_axis)
        self._words = WordsPane()
        controls = QtWidgets.QHBoxLayout()
        controls.addWidget(self._choice)
        controls.addWidget(self._log_time)
        controls.addStretch(1)
        beside = Beside(self._canvas, self._words)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(beside, 1)
        self.apply_appearance()

    def choose(self, key: Key | None) -> None:
        """Show one polarisation, named by run and polarisation, or all."""
        self.catch_up()
        self._choice.choose(key)

    def draw(self) -> None:
        """Draw changed currents, extrapolated currents and text."""
        drawn = self._all_drawn()
        self._by_key = {one.key: one for one in drawn}
        titles = [(polarisation_text.title(one.curve), one.key) for one in drawn]
        self._choice.offer([(f"run {key[0]}, {title}", key) for title, key in titles])
        shown = self._shown()
        self._refiner.curves_changed()
        self.plot.curves.keep([key for one in shown for key in self._draw_one(one)])
        self.plot.say("" if drawn else "no polarisation yet")
        self._say(shown)

    def apply_appearance(self) -> None:
        """Dress the plot."""
        self._canvas.set_appearance(self.appearance)

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return the points of the drawn polarisations and their extrapolated steady currents."""
        return EXPORTED, (row for one in self._shown() for row in _table_rows(one, _points_drawn(one)))

    def whole_table(self, database: Database) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Return the same with every point, bad points included."""

        def measured(one: Drawn) -> Iterator[tuple[Any, Any, str]]:
            for row in all_rows(database, "polarisation_points", one.curve.id):
                yield row["elapsed_s"], row["current_a"], row["status"]

        return EXPORTED, (row for one in self._shown() for row in _table_rows(one, measured(one)))

    def picture(self) -> QtWidgets.QWidget:
        """Return the plot without the text beside it."""
        return self._canvas

    def _shown(self) -> list[Drawn]:
        chosen = self._by_key.get(self._choice.key)
        return [chosen] if chosen else list(self._by_key.values())

    def _all_drawn(self) -> list[Drawn]:
        every = [(run, curve) for run in self.runs for curve in run.snapshot.polarisations]
        by_temperature = self.appearance.temperature_colours([curve.setpoint_k for _, curve in every])
        colours = by_temperature if len(self.runs) == 1 else [run.colour for run, _ in every]
        return [Drawn(run, curve, colour) for (run, curve), colour in zip(every, colours, strict=True)]

    def _wanted(self) -> dict[Hashable, Reading]:
        """How to read the currents in view of each polarisation of a run with thinned ones."""
        thinned = [one for one in self._shown() if is_refinable(one.run.snapshot, "polarisations")]
        return {one.key: partial(_read, one.curve.id) for one in thinned}

    def _draw_one(self, one: Drawn) -> list[Hashable]:
        curve, log = one.curve, self._log_time.isChecked()
        few = curve.elapsed_s.size <= 400
        draw = self.plot.curves.draw
        band, steady, current = ((*one.key, part) for part in ("band", "steady", "current"))
        draw(band, Look(one.colour, fill=45), curve, log, lambda: _band(curve, log))
        draw(steady, Look(one.colour, line=1.0, dashed=True), curve, log, lambda: _steady(curve, log))
        look = Look(one.colour, line=1.0, symbol="circle" if few else "", size=4.0)
        part = self._refiner.parts.get(one.key)
        draw(current, look, curve, (log, part), lambda: _current(curve, log, part))
        return [band, steady, current]

    def _say(self, shown: list[Drawn]) -> None:
        head = f"<b>{len(shown)} polarisation{'' if len(shown) == 1 else 's'}</b>" if shown else ""
        running = [one.curve for one in shown if one.curve.status == "running"]
        headline = [head, *(escape(polarisation_text.now(curve)) for curve in running)]
        text = [
            polarisation_html.on_one(one.curve, one.run.snapshot, one.colour, self.appearance)
            for one in shown
        ]
        self._words.say("<br>".join(headline), "".join(text))

    def _note(self, key: Hashable, index: int) -> str:
        one = self._by_key.get(key[:2])  # type: ignore[index]
        if one is None:
            return ""
        kept = np.flatnonzero(one.curve.elapsed_s > 0) if self._log_time.isChecked() else None
        at = index if kept is None else int(kept[index])
        current = si(float(one.curve.current_a[at]), "A", 5)
        return f"{one.curve.elapsed_s[at]:.5g} s\n{current}\n{polarisation_text.title(one.curve)}"

    def _chosen(self) -> None:
        self._canvas.point_out_nothing()
        self.refresh()
        self.plot.enableAutoRange()

    def _change_axis(self, log: bool) -> None:
        axis = DecadeAxis("bottom") if log else pg.AxisItem("bottom")
        self.plot.setAxisItems({"bottom": axis})
        self.plot.label("bottom", "time since the potential was applied / s")
        self.apply_appearance()
        self._refiner.forget()
        self.refresh()
        self.plot.enableAutoRange()


def _points_drawn(one: Drawn) -> Iterator[tuple[Any, Any, str]]:
    for elapsed_s, current_a in zip(one.curve.elapsed_s, one.curve.current_a, strict=True):
        yield float(elapsed_s), float(current_a), "ok" if np.isfinite(current_a) else "bad"


def _table_rows(one: Drawn, points: Iterator[tuple[Any, Any, str]]) -> Iterator[Sequence[Any]]:
    curve, steady = one.curve, one.curve.steady
    about = (curve.setpoint_k, curve.potential_v)
    for elapsed_s, current_a, status in points:
        yield (*one.key, "measured", *about, elapsed_s, current_a, None, None, status)
    if steady is not None:
        for elapsed_s in _span(curve, False):
            extrapolated = (steady.current_a, steady.low_a, steady.high_a, steady.words)
            yield (*one.key, "steady current", *about, float(elapsed_s), *extrapolated)


def _time(elapsed_s: Array, log: bool) -> Array:
    return np.log10(elapsed_s) if log else elapsed_s


def _current(curve: PolarisationCurve, log: bool, part: Part | None) -> Points:
    elapsed_s, current_a = refined(part, curve.elapsed_s, curve.current_a)
    kept = elapsed_s > 0 if log else slice(None)
    return _time(elapsed_s[kept], log), current_a[kept]


def _read(polarisation_id: int, database: Database, view: View) -> Part:
    return current_in_view(database, polarisation_id, view)


def _span(curve: PolarisationCurve, log: bool) -> Array:
    """Return the first and last time drawn, (2,), or an empty array."""
    kept = curve.elapsed_s[curve.elapsed_s > 0] if log else curve.elapsed_s
    return _time(kept[[0, -1]], log) if kept.size else np.empty(0)


def _steady(curve: PolarisationCurve, log: bool) -> Points:
    span = _span(curve, log)
    if curve.steady is None or not span.size:
        return np.empty(0), np.empty(0)
    return span, np.full(2, curve.steady.current_a)


def _band(curve: PolarisationCurve, log: bool) -> Points:
    span = _span(curve, log)
    if curve.steady is None or not span.size:
        return np.empty(0), np.empty(0)
    low, high = curve.steady.low_a, curve.steady.high_a
    return span[[0, 1, 1, 0, 0]], np.array([low, low, high, high, low])
