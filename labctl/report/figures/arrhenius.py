"""Arrhenius figure: conductivity over 1000 K / T, stored laws with their bands, deviations from the law."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from labctl.plain_text import on_one_line
from labctl.readmodel.formatting import typeset, with_uncertainty
from labctl.readmodel.law_conditions import at_condition, preferred_of_each
from labctl.readmodel.law_curve import LawCurve, law_curve, on_a_plot, points_of
from labctl.readmodel.law_text import HEADLINE_SYMBOLS, law_name
from labctl.readmodel.literature import Published, measured_of, short_source
from labctl.readmodel.snapshot import Row, RunSnapshot
from labctl.readmodel.spectrum_text import interval_half
from labctl.report.figures.axes import MOST_VECTOR_POINTS, celsius_above, logarithmic, say
from labctl.report.figures.colours import OKABE_ITO, by_run, run_name, show_legend
from labctl.store.amendments import why_excluded

HEIGHT_RATIO = 1.05
NO_CONDUCTIVITY = "no conductivity with a temperature"
TWO_SIDED_95 = 1.959964
S_CM = 0.01  # S/cm of one S/m
NARROWEST_SPAN = 0.4  # 1000 K / T: how far beyond the runs the literature is drawn, at least
NARROWEST_FACTOR = 4.0  # of the conductivities drawn
LONGEST_OF_TWO = 24  # letters of an entry of a legend with two columns
MOST_INSIDE = 3  # entries of a legend that find room among the points
FEW_POINTS = 60  # markers are drawn smaller above


def draw_arrhenius(axes: Any, below: Any, runs: Sequence[RunSnapshot], *, literature: bool = False) -> None:
    """Draw conductivities with 95 % bars, each run's preferred law with its band, and the deviations.

    Parameters
    ----------
    axes, below : matplotlib axes
        `below` shows measured / law - 1 in percent, bars without geometry; None: not drawn.
    runs : sequence of RunSnapshot
    literature : bool
        Also the published conductivities of the runs' ions.
    """
    colours, _ = by_run(runs)
    shown = [pair for pair in zip(runs, colours, strict=True) if on_a_plot(pair[0].conductivities)]
    if not shown:
        say(axes, NO_CONDUCTIVITY)
        return
    logarithmic(axes, y=True)
    handles: list[tuple[str, Any]] = []
    for run, colour in shown:
        handles += _draw_run(axes, below, run, colour, alone=len(runs) == 1)
    handles += _draw_meanings(shown)
    if literature:
        handles += _draw_literature(axes, [run for run, _ in shown])
    axes.set_ylabel("conductivity / S cm⁻¹")
    _finish(axes, below)
    _show(axes, handles)


def _draw_run(axes: Any, below: Any, run: RunSnapshot, colour: Any, alone: bool) -> list[tuple[str, Any]]:
    points = on_a_plot(run.conductivities)
    many = len(points) > FEW_POINTS
    for branch in ("heating", "cooling"):
        of_branch = [point for point in points if (point["branch"] == "cooling") == (branch == "cooling")]
        _draw_points(axes, of_branch, colour, "s" if branch == "cooling" else "o", many)
    curves = [law_curve(row, points) for row in preferred_of_each(run.fits)]
    name = "measured" if alone else run_name(run)
    handles = [(name, Line2D([], [], color=colour, marker="o", linestyle="none"))]
    for curve in [one for one in curves if one is not None]:
        line = _draw_law(axes, curve, "0.2" if alone else colour)
        if alone:
            handles.append((law_label(curve.row) + at_condition(curve.row), line))
        if below is not None:
            _draw_deviations(below, curve, points_of(curve.row, points), colour, many)
    return handles


def _draw_points(axes: Any, points: Sequence[Row], colour: Any, marker: str, many: bool) -> None:
    for excluded in (False, True):
        chosen = [p for p in points if bool(why_excluded(p["flags"])) == excluded and not p["bound"]]
        if not chosen:
            continue
        inverse = np.array([1000 / p["temperature_k"] for p in chosen])
        sigma = np.array([S_CM * p["conductivity_s_m"] for p in chosen])
        half = np.array([interval_half(p, "s_m") if p["standard_uncertainty_s_m"] else 0.0 for p in chosen])
        axes.errorbar(
            inverse, sigma, yerr=S_CM * half, fmt=marker, color=colour,
            mfc="none" if excluded else colour, ms=1.6 if many else None, elinewidth=0.6,
            rasterized=len(points) > MOST_VECTOR_POINTS,
        )  # fmt: skip
    for point in points:
        if point["bound"]:
            _draw_bound(axes, point, colour)


def _draw_bound(axes: Any, point: Row, colour: Any) -> None:
    """Draw a bar with an arrow in the direction in which the conductivity lies."""
    sigma = S_CM * point["conductivity_s_m"]
    upper = point["bound"] == "upper"
    length = [[0.45 * sigma], [0.0]] if upper else [[0.0], [0.8 * sigma]]
    axes.errorbar(
        [1000 / point["temperature_k"]], [sigma], yerr=length, fmt="_", color=colour, uplims=upper,
        lolims=not upper, ms=6, mfc="none",
    )  # fmt: skip


def _draw_law(axes: Any, curve: LawCurve, colour: Any) -> Any:
    inverse, mid = 1000 / curve.temperature_k, S_CM * np.exp(curve.ln_sigma)
    if curve.has_band:
        spread = np.exp(curve.ln_half_width)
        axes.fill_between(inverse, mid / spread, mid * spread, color=colour, alpha=0.22, lw=0, zorder=0)
    return axes.plot(inverse, mid, "-", color=colour, lw=0.8, zorder=1)[0]


def law_label(row: Row) -> str:
    """Return a law on two lines: its form; its energies with their standard uncertainties."""
    numbers = [
        f"{symbol} = {with_uncertainty(found['value'], found['standard_uncertainty'])} {found['unit']}"
        for name, symbol in HEADLINE_SYMBOLS.items()
        if (found := row["parameters"].get(name)) is not None and found["value"] is not None
    ]
    return "\n".join([typeset(law_name(row)), *numbers])


def _draw_deviations(below: Any, curve: LawCurve, points: Sequence[Row], colour: Any, many: bool) -> None:
    if curve.has_band:
        band = 100 * np.expm1(curve.ln_half_width)
        inverse = 1000 / curve.temperature_k
        below.fill_between(inverse, -band, band, color=colour, alpha=0.18, lw=0, zorder=0)
    if not points:
        return
    inverse = np.array([1000 / point["temperature_k"] for point in points])
    off = np.array([100 * np.expm1(curve.ln_deviation(point)) for point in points])
    u = np.array([point["relative_uncertainty_resistance"] or 0.0 for point in points])
    below.errorbar(
        inverse, off, yerr=100 * TWO_SIDED_95 * u, fmt="o", color=colour, ms=1.2 if many else 2.4,
        elinewidth=0.5,
    )  # fmt: skip


def _draw_meanings(shown: Sequence[tuple[RunSnapshot, Any]]) -> list[tuple[str, Any]]:
    """Return entries for the markers that need one: cooling, excluded, a bound."""
    points = [point for run, _ in shown for point in on_a_plot(run.conductivities)]
    found: list[tuple[str, Any]] = []
    if len({point["branch"] == "cooling" for point in points}) > 1:
        found.append(("cooling", Line2D([], [], color="0.3", marker="s", linestyle="none")))
    if any(why_excluded(point["flags"]) for point in points):
        found.append(("excluded", Line2D([], [], color="0.3", marker="o", mfc="none", linestyle="none")))
    if any(point["bound"] for point in points):
        found.append(("bound", Line2D([], [], color="0.3", marker=r"$\downarrow$", linestyle="none")))
    return found


def literature_of(runs: Sequence[RunSnapshot]) -> list[Published]:
    """Return the published, measured conductivities of the runs' ions that have a value and a temperature."""
    return measured_of(str(run.sample["cation"]) for run in runs)


def _draw_literature(axes: Any, runs: Sequence[RunSnapshot]) -> list[tuple[str, Any]]:
    limits = axes.get_xlim()
    span = max(limits[1] - limits[0], NARROWEST_SPAN)
    rows = [
        row
        for row in literature_of(runs)
        if limits[0] - span < 1000 / (row.temperature_k or 1.0) < limits[1] + span
    ]
    if not rows:
        return []
    inverse = np.array([1000 / (row.temperature_k or 1.0) for row in rows])
    sigma = np.array([S_CM * (row.conductivity_s_m or 0.0) for row in rows])
    points = axes.plot(inverse, sigma, "*", color="0.45", ms=5, mfc="none", zorder=0)[0]
    for row, x, y in zip(rows, inverse, sigma, strict=True):
        axes.annotate(
            f"{row.number}", (x, y), xytext=(2.5, 1.5), textcoords="offset points", color="0.4",
            fontsize="x-small", annotation_clip=True,
        )  # fmt: skip
    low, high = min(limits[0], inverse.min()), max(limits[1], inverse.max())
    margin = 0.06 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    return [(f"literature: {on_one_line(short_source())}", points)]


def _finish(axes: Any, below: Any) -> None:
    bottom = axes
    if below is not None and below.has_data():
        bottom = below
        below.set(ylabel="from law / %", xlim=axes.get_xlim())
        below.axhline(0, color="0.4", lw=0.6, zorder=0)
        axes.tick_params(labelbottom=False)
    bottom.set_xlabel("1000 K / T")
    _widen(axes)
    celsius_above(axes)


def _widen(axes: Any) -> None:
    """Show at least a factor of `NARROWEST_FACTOR` of conductivities: one point has no range of its own."""
    low, high = axes.get_ylim()
    if 0 < low < high < NARROWEST_FACTOR * low:
        middle, half = math.sqrt(low * high), math.sqrt(NARROWEST_FACTOR)
        axes.set_ylim(middle / half, middle * half)


def _show(axes: Any, handles: Sequence[tuple[str, Any]]) -> None:
    if len(handles) > len(OKABE_ITO) + 4:
        handles = handles[:0]
    labels, artists = [label for label, _ in handles], [handle for _, handle in handles]
    if len(handles) > MOST_INSIDE:
        columns = 1 if max(map(len, labels)) > LONGEST_OF_TWO else 2
        show_legend(axes.figure, labels, artists, loc="outside upper center", ncols=columns)
    else:
        show_legend(axes, labels, artists, loc="best")
