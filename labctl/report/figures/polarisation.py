"""Polarisation figure: current over time, stored relaxation, steady-state current with its band."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labctl.analysis import relaxation_current_a
from labctl.readmodel.formatting import celsius
from labctl.readmodel.snapshot import Array, PolarisationCurve, Row, RunSnapshot
from labctl.report.figures.axes import logarithmic, prefixed, say
from labctl.report.figures.colours import OKABE_ITO, Key, by_run, by_temperature, show_key

HEIGHT_RATIO = 0.75
NO_POLARISATION = "no polarisation was measured"
TWO_SIDED_95 = 1.959964


def draw_polarisation(axes: Any, runs: Sequence[RunSnapshot]) -> None:
    """Draw each current over the time since the potential was applied, on a logarithmic axis."""
    every = [(place, run, curve) for place, run in enumerate(runs) for curve in run.polarisations]
    if not every:
        say(axes, NO_POLARISATION)
        return
    colours, key = _colours(runs, [curve for _, _, curve in every], [place for place, _, _ in every])
    largest = max(np.nanmax(np.abs(curve.current_a), initial=0.0) for _, _, curve in every)
    factor, unit = prefixed(float(largest), "A")
    drawn_band = False
    for (_, run, curve), colour in zip(every, colours, strict=True):
        shown = curve.elapsed_s > 0
        size = 2.0 if shown.sum() < 400 else 1.0
        points = (curve.elapsed_s[shown], factor * curve.current_a[shown])
        axes.plot(*points, "o", color=colour, ms=size, mew=0, rasterized=shown.sum() > 4000)
        row = _number_of(run, curve)
        drawn_band |= row is not None and _draw_stored(axes, row, curve.elapsed_s[shown], factor, colour)
    logarithmic(axes, x=True)
    axes.set(xlabel="time since the potential was applied / s", ylabel=f"current / {unit}")
    extra = [("steady current, 95 %", axes.plot([], [], "--", color="0.3", lw=0.8)[0])] if drawn_band else []
    show_key([axes], key, extra)


def _colours(
    runs: Sequence[RunSnapshot], curves: Sequence[PolarisationCurve], places: Sequence[int]
) -> tuple[list[Any], Key]:
    if len(runs) > 1:
        of_run, key = by_run(runs)
        return [of_run[place] for place in places], key
    if len(curves) > 1:
        return by_temperature([curve.setpoint_k for curve in curves])
    kelvin = curves[0].setpoint_k
    label = f"{celsius(kelvin)} °C" if kelvin is not None else "measured"
    return [OKABE_ITO[0]], Key([(label, OKABE_ITO[0])])


def _number_of(run: RunSnapshot, curve: PolarisationCurve) -> Row | None:
    found = [row for row in run.transference_numbers if row["polarisation_id"] == curve.id]
    return found[0] if found else None


def _draw_stored(axes: Any, row: Row, time_s: Array, factor: float, colour: Any) -> bool:
    """Draw the stored steady current with its interval and the stored relaxation; return whether any."""
    steady, u = row["steady_current_a"], row["steady_current_u_a"]
    if steady is None or not time_s.size:
        return False
    axes.axhline(factor * steady, color=colour, ls="--", lw=0.8, zorder=1)
    if u is not None:
        half = TWO_SIDED_95 * u
        axes.axhspan(factor * (steady - half), factor * (steady + half), color=colour, alpha=0.18, lw=0)
    curve = _relaxation(row, time_s)
    if curve is not None:
        axes.plot(curve[0], factor * curve[1], "-", color=colour, lw=0.8)
    return True


def _relaxation(row: Row, time_s: Array) -> tuple[Array, Array] | None:
    """Return the stored relaxation over the time measured; None where the row keeps none."""
    kept = row["relaxation"] if isinstance(row["relaxation"], dict) else {}
    names = ("transient_initial_current_a", "extrapolated_current_a", "time_constant_s")
    values: list[Any] = [(kept.get(name) or {}).get("value") for name in names]
    if any(value is None for value in values):
        return None
    grid_s = np.geomspace(float(time_s.min()), float(time_s.max()), 300)
    try:
        return grid_s, relaxation_current_a(grid_s, *values)
    except ValueError:
        return None
