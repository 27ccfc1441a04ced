"""The kinds of figures, each a function from runs to a matplotlib figure."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.figure import Figure

from labctl.errors import InvalidRequest
from labctl.readmodel.run_unknowns import grouped, unknowns_of
from labctl.readmodel.snapshot import RunSnapshot
from labctl.report.figures import (
    arrhenius,
    bode,
    condition,
    drt,
    nyquist,
    polarisation,
    residuals,
    temperature,
)
from labctl.report.figures.colours import run_name
from labctl.report.figures.style import WIDTH_MM, size_inches

Panels = Mapping[str, Any]


def _draw_arrhenius(panels: Panels, runs: Sequence[RunSnapshot], literature: bool) -> None:
    arrhenius.draw_arrhenius(panels["top"], panels["bottom"], runs, literature=literature)


def _draw_two(draw: Callable[..., None], panels: Panels, runs: Sequence[RunSnapshot], _: bool) -> None:
    draw(panels["top"], panels["bottom"], runs)


def _draw_one(draw: Callable[..., None], panels: Panels, runs: Sequence[RunSnapshot], _: bool) -> None:
    draw(panels["top"], runs)


Kind = tuple[Callable[[Panels, Sequence[RunSnapshot], bool], None], tuple[float, ...], float]
FIGURES: Mapping[str, Kind] = {  # kind: draws, heights of its axes, height / width
    "nyquist": (partial(_draw_one, nyquist.draw_nyquist), (1,), nyquist.HEIGHT_RATIO),
    "bode": (partial(_draw_two, bode.draw_bode), (1, 1), bode.HEIGHT_RATIO),
    "arrhenius": (_draw_arrhenius, (3, 1), arrhenius.HEIGHT_RATIO),
    "temperature": (partial(_draw_two, temperature.draw_temperature), (2, 1), temperature.HEIGHT_RATIO),
    "polarisation": (partial(_draw_one, polarisation.draw_polarisation), (1,), polarisation.HEIGHT_RATIO),
    "drt": (partial(_draw_one, drt.draw_drt), (1,), drt.HEIGHT_RATIO),
    "condition": (partial(_draw_one, condition.draw_condition), (1,), condition.HEIGHT_RATIO),
    "residuals": (partial(_draw_two, residuals.draw_residuals), (1, 1), residuals.HEIGHT_RATIO),
}
NOTE_LETTERS_PER_MM = 1.05
MOST_INSIDE, LEGEND_ROW_MM = 3, 3.2
"""Runs whose names stand among the points; each further one adds so much to the height, above the axes."""
KINDS = tuple(FIGURES)
NEED_FITS = ("nyquist", "bode", "residuals")
"""Kinds that draw the impedance of circuits: give them runs from `labctl.readmodel.whole_run.with_fits`."""


def figure_of(
    kind: str,
    runs: Sequence[RunSnapshot],
    *,
    width_mm: float = WIDTH_MM,
    slide: bool = False,
    literature: bool = False,
    note: bool = True,
    new_figure: Callable[..., Figure] = Figure,
) -> Figure:
    """Return a figure of one run, or of several on common axes.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    runs : sequence of RunSnapshot
        At least one.
    width_mm : float
        Width of the figure; its height follows from the kind.
    slide : bool
        16:9, with the name of the sample as title.
    literature : bool
        With kind `arrhenius`, also published conductivities of the runs' ions.
    note : bool
        Write the missing statements about runs with a number below the figure.
    new_figure : callable
        `matplotlib.pyplot.figure` shows it in a notebook.

    Raises
    ------
    InvalidRequest
        Another kind, no run, or an impossible width.
    """
    if kind not in FIGURES:
        raise InvalidRequest(f"--kind: {kind!r} is none of {', '.join(KINDS)}")
    if not runs:
        raise InvalidRequest("a figure needs at least one run")
    draw, heights, ratio = FIGURES[kind]
    ratio += LEGEND_ROW_MM / width_mm * max(0, len(runs) - MOST_INSIDE)
    figure = new_figure(figsize=size_inches(width_mm, ratio, slide=slide), layout="constrained")
    mosaic: Any = [["top"], ["bottom"]][: len(heights)]
    panels = figure.subplot_mosaic(mosaic, height_ratios=heights)
    draw(panels, runs, literature)
    _hide_empty(panels)
    if note:
        _write_note(figure, runs, width_mm)
    if slide:
        title = run_name(runs[0]) if len(runs) == 1 else f"{len(runs)} runs"
        figure.suptitle(title, parse_math=False)
    return figure


def _write_note(figure: Figure, runs: Sequence[RunSnapshot], width_mm: float) -> None:
    """Write the missing statements about the runs below the axes; nothing without any."""
    unknowns = {run.id: unknowns_of(run) for run in runs}
    alone = unknowns[runs[0].id].in_words if len(runs) == 1 else ""
    lines = [alone] if len(runs) == 1 else [line for line in grouped(unknowns) if not line.startswith(" ")]
    text = "\n".join(textwrap.fill(line, int(NOTE_LETTERS_PER_MM * width_mm)) for line in lines if line)
    if text:
        note = figure.supxlabel(text, fontsize="xx-small", color="0.35", x=0.01, ha="left")
        note.set_parse_math(False)


def _hide_empty(panels: Panels) -> None:
    """Take an axes away that has nothing to show."""
    for axes in panels.values():
        if not axes.has_data():
            axes.set_axis_off()
