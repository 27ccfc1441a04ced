"""Temperature figure: readings and set point over time, and below it the distance from the set point."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.readmodel.snapshot import Array, RunSnapshot, TemperatureCurve
from labctl.report.figures.axes import say
from labctl.report.figures.colours import OKABE_ITO, Key, by_run, show_key
from labctl.units import ZERO_CELSIUS_K

HEIGHT_RATIO = 0.9
NO_READINGS = "the run has no temperature log"
NEAR_K = 2.0


def draw_temperature(axes: Any, distance: Any, runs: Sequence[RunSnapshot]) -> None:
    """Draw the temperature in degC on one axes, and T - set point in K, within 2 K, on the other."""
    colours, key = by_run(runs)
    shown = [pair for pair in zip(runs, colours, strict=True) if pair[0].temperature.time_s.size]
    if not shown:
        say(axes, NO_READINGS)
        return
    for run, colour in shown:
        log = run.temperature
        hours = (log.time_s - log.time_s[0]) / 3600
        single = len(runs) == 1
        look = {"drawstyle": "steps-post", "lw": 0.7, "color": "0.45" if single else colour}
        axes.plot(hours, log.setpoint_k - ZERO_CELSIUS_K, **look, linestyle="--")
        axes.plot(hours, log.temperature_k - ZERO_CELSIUS_K, "-", color=OKABE_ITO[0] if single else colour)
        distance.plot(hours, _from_set_point(log), "-", lw=0.7, color=colour)
    axes.set_ylabel("T / °C")
    axes.tick_params(labelbottom=False)
    distance.set(xlabel="time / h", ylabel="T - set point / K", xlim=axes.get_xlim(), ylim=(-NEAR_K, NEAR_K))
    distance.axhline(0, color="0.5", lw=0.5, zorder=0)
    set_point = axes.plot([], [], "--", color="0.45", lw=0.7)[0]
    show_key([axes, distance], Key(()) if len(runs) == 1 else key, [("set point", set_point)])
    if not np.isfinite(np.concatenate([run.temperature.setpoint_k for run, _ in shown])).any():
        say(distance, "no set point was recorded")


def _from_set_point(log: TemperatureCurve) -> Array:
    """Return T - set point (n,) in K; NaN just after a change, so that no line joins both set points."""
    off = log.temperature_k - log.setpoint_k
    changed = np.flatnonzero(np.diff(log.setpoint_k)) + 1
    off[changed] = np.nan
    return off
