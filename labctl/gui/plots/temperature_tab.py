"""Temperature against time, with set point and settling band; below it a quantity that monitors read."""

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from labctl.gui.plain_label import PlainLabel
from labctl.gui.plots.axes import ClockAxis
from labctl.gui.plots.curves import Look, Points
from labctl.gui.plots.graphics import pg
from labctl.gui.plots.plot import Canvas, Plot
from labctl.gui.plots.refining import Reading, Refiner, is_refinable, refined
from labctl.gui.plots.shown import ShownRun
from labctl.gui.plots.tab import Tab
from labctl.gui.qt import QtWidgets
from labctl.quantity_text import Quantity, quantity_named
from labctl.readmodel.all_rows import all_rows
from labctl.readmodel.in_view import Part, View, temperature_in_view
from labctl.readmodel.snapshot import Array, MonitorCurve
from labctl.store import Database
from labctl.units import ZERO_CELSIUS_K


class TemperatureTab(Tab):
    """Temperature in °C against time of day, or against hours since the start to compare runs."""

    name = "Temperature"

    def __init__(self) -> None:
        super().__init__()
        self.plot = Plot(None, {"bottom": ClockAxis()})
        self.plot.label("left", "temperature / °C")
        self._canvas = Canvas()
        self._canvas.add(self.plot, 0, 0)
        self._refiner = Refiner(self, self.plot, self._wanted)
        self.monitor_plot = Plot(None, {"bottom": ClockAxis()})
        self.monitor_plot.setXLink(self.plot)
        self._canvas.add(self.monitor_plot, 1, 0)
        self.quantities = QtWidgets.QComboBox()
        self.quantities.setAccessibleName("Quantity of the monitors")
        self.quantities.setToolTip("Quantity that the monitors of the station read beside the temperature")
        self.quantities.activated.connect(lambda _: self.refresh())
        self._since_start = QtWidgets.QCheckBox("hours since the start")
        self._since_start.setToolTip("Compare runs of different days")
        self._since_start.toggled.connect(self._change_axis)
        self._now = PlainLabel()
        self._now.setWordWrap(True)
        controls = QtWidgets.QHBoxLayout()
        controls.addWidget(self._since_start)
        controls.addWidget(self._now, 1)
        controls.addWidget(self.quantities)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(controls)
        layout.addWidget(self._canvas, 1)
        self.apply_appearance()

    def draw(self) -> None:
        """Draw changed curves."""
        keys = [key for run in self.runs for key in self._draw_run(run)]
        self.plot.curves.keep(keys)
        self._refiner.curves_changed()
        known = [run for run in self.runs if run.snapshot.temperature.time_s.size]
        self.plot.say("" if known else "no temperature yet")
        self._now.setText("   ".join(_in_words(run) for run in known))
        self._draw_monitors()

    def _draw_monitors(self) -> None:
        """Draw the chosen quantity of all monitors; without one there is no second plot."""
        names = sorted({curve.quantity for run in self.runs for curve in run.snapshot.monitors})
        if names != [self.quantities.itemData(place) for place in range(self.quantities.count())]:
            chosen = self.quantities.currentData()
            self.quantities.clear()
            for name in names:
                self.quantities.addItem(quantity_named(name).label, name)
            self.quantities.setCurrentIndex(max(0, self.quantities.findData(chosen)))
        self.quantities.setVisible(bool(names))
        self.monitor_plot.setVisible(bool(names))
        name = self.quantities.currentData() or ""
        quantity = quantity_named(name)
        self.monitor_plot.label("left", quantity.label)
        self.monitor_plot.curves.keep(
            [key for run in self.runs for key in self._draw_monitors_of(run, name, quantity)]
        )

    def _draw_monitors_of(self, run: ShownRun, name: str, quantity: Quantity) -> list[Hashable]:
        """Draw the monitors of one run that read a quantity; return the keys of their curves."""
        log, keys = run.snapshot.temperature, list[Hashable]()
        start_s = float(log.time_s[0]) if self._since_start.isChecked() and log.time_s.size else None
        for curve in run.snapshot.monitors:
            if curve.quantity == name:
                key = (run.snapshot.id, curve.instrument, name)
                points = partial(_monitor_points, curve, quantity, start_s)
                self.monitor_plot.curves.draw(key, Look(run.colour, line=1.0), curve, start_s, points)
                keys.append(key)
        return keys

    def apply_appearance(self) -> None:
        """Dress the plot."""
        self._canvas.set_appearance(self.appearance)

    def table(self) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Temperature and set point of every run."""
        rows = (
            (run.snapshot.id, float(t), float(kelvin), float(setpoint_k))
            for run in self.runs
            for log in [run.snapshot.temperature]
            for t, kelvin, setpoint_k in zip(log.time_s, log.temperature_k, log.setpoint_k, strict=True)
        )
        return ("run_id", "time_s", "temperature_k", "setpoint_k"), rows

    def whole_table(self, database: Database) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        """Every reading of every run."""
        names = ("time_s", "temperature_k", "setpoint_k", "phase")
        rows = (
            (run.snapshot.id, *(row[name] for name in names))
            for run in self.runs
            for part in database.part_ids(run.snapshot.id)
            for row in all_rows(database, "temperature_log", part)
        )
        return ("run_id", *names), rows

    def picture(self) -> QtWidgets.QWidget:
        """Return the plot."""
        return self._canvas

    def _draw_run(self, run: ShownRun) -> list[Hashable]:
        log, run_id = run.snapshot.temperature, run.snapshot.id
        start_s, part = self._start_s(run), self._refiner.parts.get(run_id)
        band_k = run.snapshot.run["parameters"].get("band_k")
        readings, steps, band = (run_id, "temperature"), (run_id, "setpoint"), (run_id, "band")

        def time(seconds: Array) -> Array:
            return seconds if start_s is None else (seconds - start_s) / 3600

        def draw(key: Hashable, look: Look, points: Any) -> None:
            self.plot.curves.draw(key, look, log, (start_s, band_k, part), points)

        def temperature() -> Points:
            seconds, kelvin = refined(part, log.time_s, log.temperature_k)
            return time(seconds), kelvin - ZERO_CELSIUS_K

        draw(
            band,
            Look(run.colour, fill=45),
            lambda: _band(time(log.time_s), log.setpoint_k, float(band_k or 0)),
        )
        draw(
            steps,
            Look(self.appearance.muted, line=1.0, dashed=True),
            lambda: _steps(time(log.time_s), log.setpoint_k),
        )
        draw(
            readings,
            Look(run.colour, line=1.0),
            temperature,
        )
        return [band, steps, readings]

    def _start_s(self, run: ShownRun) -> float | None:
        """Return the time that the axis counts from; None where it shows the time of day."""
        log = run.snapshot.temperature
        return float(log.time_s[0]) if self._since_start.isChecked() and log.time_s.size else None

    def _wanted(self) -> dict[Hashable, Reading]:
        """How to read the temperatures in view of each run that is thinned."""
        thinned = [run for run in self.runs if is_refinable(run.snapshot, "temperature")]
        return {run.snapshot.id: partial(_read, run.snapshot.id, self._start_s(run)) for run in thinned}

    def _change_axis(self, since_start: bool) -> None:
        for plot in (self.plot, self.monitor_plot):
            axis = pg.AxisItem("bottom") if since_start else ClockAxis()
            plot.setAxisItems({"bottom": axis})
            plot.label("bottom", "time since the start / h" if since_start else "")
        self.apply_appearance()
        self._refiner.forget()
        self.refresh()
        self.plot.enableAutoRange()


def _read(run_id: int, start_s: float | None, database: Database, view: View) -> Part:
    if start_s is not None:
        view = replace(view, low=start_s + 3600 * view.low, high=start_s + 3600 * view.high)
    return temperature_in_view(database, run_id, view)


def _monitor_points(curve: MonitorCurve, quantity: Quantity, start_s: float | None) -> Points:
    time = curve.time_s if start_s is None else (curve.time_s - start_s) / 3600
    return time, quantity.shown(curve.value)


def _in_words(run: ShownRun) -> str:
    log = run.snapshot.temperature
    now, setpoint = log.temperature_k[-1] - ZERO_CELSIUS_K, log.setpoint_k[-1] - ZERO_CELSIUS_K
    reading = "no reading" if math.isnan(now) else f"{now:.2f} °C"
    target = "" if math.isnan(setpoint) else f", set point {setpoint:.2f} °C"
    waits = f"; {run.snapshot.settling}" if run.snapshot.settling else ""
    return f"run {run.snapshot.id}: {reading}{target}{waits}"


def _changes(setpoint_k: Array) -> Array:
    """Return the indices at which a stretch of constant (or no) set point begins."""
    same = (setpoint_k[1:] == setpoint_k[:-1]) | (np.isnan(setpoint_k[1:]) & np.isnan(setpoint_k[:-1]))
    return np.concatenate([[0], 1 + np.flatnonzero(~same)]).astype(int)


def _stretches(time: Array, setpoint_k: Array) -> tuple[Array, Array, Array]:
    """Return begin, end and set point in °C of each stretch."""
    first = _changes(setpoint_k)
    ends = np.append(time[first[1:]], time[-1])
    return time[first], ends, setpoint_k[first] - ZERO_CELSIUS_K


def _steps(time: Array, setpoint_k: Array) -> Points:
    if time.size == 0:
        return np.empty(0), np.empty(0)
    begins, ends, degc = _stretches(time, setpoint_k)
    return np.column_stack([begins, ends]).ravel(), np.repeat(degc, 2)


def _band(time: Array, setpoint_k: Array, band_k: float) -> Points:
    """Return rectangles around the set points, separated by gaps."""
    if time.size == 0 or band_k <= 0:
        return np.empty(0), np.empty(0)
    begins, ends, degc = _stretches(time, setpoint_k)
    nothing = np.full_like(begins, math.nan)
    x = np.column_stack([begins, ends, ends, begins, begins, nothing])
    low, high = degc - band_k, degc + band_k
    y = np.column_stack([low, low, high, high, low, nothing])
    return x.ravel(), y.ravel()
