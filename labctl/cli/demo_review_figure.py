"""The figure of `labctl demo --review`: conductivities over 1000 / T, and measured over printed ones."""

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import labctl
from labctl.cli.across import runs_of
from labctl.report.figures.style import size_inches, styled

if TYPE_CHECKING:
    from labctl.cli.demo_beside import Beside

WIDTH_MM, HEIGHT_RATIO = 210.0, 1.42
MARKERS = "osD^v<>ph8dP"
CAPTION_WIDTH = 150
SMALL = 6.5
RATIOS = (0.85, 1.15)


def review_figure(
    database: Path, nights: Sequence[tuple[str, int]], found: "Sequence[Beside]", caption: str, file: Path
) -> None:
    """Write the figure.

    Parameters
    ----------
    database : Path
    nights : sequence of (str, int)
        Title of each night, and how many of `found` are of it, in their order.
    found : sequence of Beside
    caption : str
        Printed below.
    file : Path
    """
    with styled():
        figure = Figure(figsize=size_inches(WIDTH_MM, HEIGHT_RATIO), layout="constrained")
        grid = figure.add_gridspec(len(nights), 2, width_ratios=(1.0, 0.72))
        first = 0
        with labctl.open(database) as db:
            by_id = {run.id: run for run in runs_of(database, None)}
            for place, (title, count) in enumerate(nights):
                axes = figure.add_subplot(grid[place, 0])
                _draw_night(axes, db, by_id, found[first : first + count])
                axes.set_title(f"({'abcdefgh'[place]}) {title}", loc="left")
                first += count
        _draw_ratios(figure.add_subplot(grid[:, 1]), found, "abcdefgh"[len(nights)])
        figure.text(0.01, -0.01, textwrap.fill(caption, CAPTION_WIDTH), va="top", fontsize=7)
        figure.savefig(file, dpi=200, bbox_inches="tight")


def _draw_night(axes: Any, db: Any, by_id: dict[int, Any], found: "Sequence[Beside]") -> None:
    handles = []
    for number, one in enumerate(found):
        colour = colormaps["tab20"](2 * number % 20 + (2 * number >= 20))
        marker = MARKERS[number % len(MARKERS)]
        points = db.conductivities(one.run)
        bounds, points = points[points["bound"].notna()], points[points["bound"].isna()]
        kelvin, sigma = points["temperature_k"], points["conductivity_s_m"] / 100
        axes.plot(1000 / kelvin, sigma, marker, color=colour, ms=3, ls="none")
        upper = {"marker": "$\\downarrow$", "color": colour, "ms": 6, "ls": "none"}
        axes.plot(1000 / bounds["temperature_k"], bounds["conductivity_s_m"] / 100, **upper)
        _draw_law(axes, by_id[one.run], kelvin, one.temperature_k, colour)
        place = (1000 / one.temperature_k, one.published_s_m / 100)
        axes.plot(*place, marker, color=colour, ms=7, mfc="none", ls="none")
        label = f"{one.material} [{', '.join(map(str, one.references))}]"
        handles.append(Line2D([], [], color=colour, marker=marker, ms=3, lw=0.8, label=label))
    axes.set_yscale("log")
    axes.set_xlabel("1000 K / T")
    axes.set_ylabel("σ / S cm$^{-1}$")
    axes.legend(handles=handles, fontsize=SMALL - 1.5, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _draw_law(axes: Any, run: Any, kelvin: Any, printed_k: float, colour: Any) -> None:
    law = run.function()
    if law is None or not len(kelvin):
        return
    low, high = min(kelvin.min(), printed_k), max(kelvin.max(), printed_k)
    steps = [low + (high - low) * part / 60 for part in range(61)]
    values = [found.value_s_m / 100 if (found := run.conductivity_at(one)) else math.nan for one in steps]
    axes.plot([1000 / one for one in steps], values, color=colour, lw=0.8)


def _draw_ratios(axes: Any, found: "Sequence[Beside]", letter: str) -> None:
    for number, one in enumerate(found):
        if one.measured_s_m is None or one.low_s_m is None or one.high_s_m is None:
            axes.text(1.0, number, " out of reach", fontsize=SMALL, va="center")
            continue
        ratio, low, high = (
            value / one.published_s_m for value in (one.measured_s_m, one.low_s_m, one.high_s_m)
        )
        if not RATIOS[0] < ratio < RATIOS[1]:
            axes.text(RATIOS[ratio > 1], number, f" {ratio:.2g} ", fontsize=SMALL, va="center", ha="right")
        filled = "none" if one.origin == "extrapolated" else "k"
        axes.errorbar(
            ratio,
            number,
            xerr=[[ratio - low], [high - ratio]],
            fmt="o",
            color="k",
            mfc=filled,
            ms=3,
            lw=0.8,
            capsize=1.5,
        )
    axes.axvline(1.0, color="0.6", lw=0.8, zorder=0)
    axes.set_xlim(*RATIOS)
    axes.set_yticks(range(len(found)), [one.material for one in found], fontsize=SMALL)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_xlabel("measured / printed σ (open: extrapolated)")
    axes.set_title(f"({letter})", loc="left")
