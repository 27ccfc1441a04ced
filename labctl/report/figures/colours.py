"""Colours of spectra and runs that are distinct for the colour-blind, and their key.

One run: colour by temperature. Several runs: a colour for each. Up to `MOST_ENTRIES` have a legend, more a
colour bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, ListedColormap, Normalize
from matplotlib.lines import Line2D

from labctl.plain_text import on_one_line, shortened
from labctl.readmodel.snapshot import RunSnapshot
from labctl.units import ZERO_CELSIUS_K

MOST_ENTRIES = 8
LONGEST_NAME = 60
LONGEST_BESIDE = 14  # characters of a label beside the axes; longer ones stand above
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#8C6D31")
"""Palette of Okabe and Ito (https://jfly.uni-koeln.de/color/); its yellow, faint on white, is replaced."""
UNKNOWN = "0.6"
_MAP = colormaps["plasma"]
HEAT = ListedColormap(_MAP(np.linspace(0.03, 0.88, 256)), name="labctl heat")


@dataclass(frozen=True)
class Key:
    """Meaning of the colours: an entry for each label, or a scale.

    Attributes
    ----------
    entries : sequence of (label, colour)
        At most `MOST_ENTRIES`; empty where there is a scale.
    scale : ScalarMappable or None
    title : str
        Label of the scale.
    """

    entries: Sequence[tuple[str, Any]]
    scale: ScalarMappable | None = None
    title: str = ""


def by_temperature(temperatures_k: Sequence[float | None]) -> tuple[list[Any], Key]:
    """Return a colour for each temperature, cold to hot, and their key; grey where it is not known."""
    known = [kelvin - ZERO_CELSIUS_K for kelvin in temperatures_k if kelvin is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    norm = Normalize(low, high if high - low > 0.1 else low + 1.0)
    colours = [UNKNOWN if k is None else HEAT(norm(k - ZERO_CELSIUS_K)) for k in temperatures_k]
    entries = dict(zip(map(_degrees, temperatures_k), colours, strict=True))
    if len(entries) <= MOST_ENTRIES:
        order = sorted(zip(temperatures_k, colours, strict=True), key=lambda pair: pair[0] or 0.0)
        return colours, Key(list({_degrees(kelvin): colour for kelvin, colour in order}.items()))
    return colours, Key((), ScalarMappable(norm, HEAT), "T / °C")


def by_run(runs: Sequence[RunSnapshot]) -> tuple[list[Any], Key]:
    """Return a colour for each run and their key."""
    if len(runs) <= MOST_ENTRIES:
        colours = list(OKABE_ITO[: len(runs)])
        return colours, Key(list(zip(map(run_name, runs), colours, strict=True)))
    norm, colour_map = Normalize(1, len(runs)), _viridis()
    return [colour_map(norm(place)) for place in range(1, len(runs) + 1)], Key(
        (), ScalarMappable(norm, colour_map), "run, in the order given"
    )


def run_name(run: RunSnapshot) -> str:
    """Return the sample and the number of a run, on one line."""
    name = shortened(on_one_line(run.sample["name"]), LONGEST_NAME)
    return f"{name} (run {run.id})"


def show_key(all_axes: Sequence[Any], key: Key, extra: Sequence[tuple[str, Any]] = ()) -> None:
    """Draw the key of some axes beside them; `extra` are more entries, each with the artist that shows it."""
    figure = all_axes[0].figure
    handles = [Line2D([], [], color=colour, marker="o", linestyle="none") for _, colour in key.entries]
    labels = [label for label, _ in key.entries]
    if key.scale is not None:
        bar = figure.colorbar(key.scale, ax=list(all_axes), pad=0.02, fraction=0.05, aspect=30)
        bar.set_label(key.title)
        bar.outline.set_linewidth(0.4)
    labels, handles = [*labels, *(one for one, _ in extra)], [*handles, *(one for _, one in extra)]
    is_long = max(map(len, labels), default=0) > LONGEST_BESIDE or not key.entries
    place = {"loc": "outside upper center", "ncols": 1 if key.entries else 3}
    show_legend(figure, labels, handles, **(place if is_long else {"loc": "outside right upper"}))


def show_legend(owner: Any, labels: Sequence[str], handles: Sequence[Any], **legend: Any) -> None:
    """Draw a legend of a figure or an axes with labels that are data; nothing without entries."""
    if not labels:
        return
    shown = [f" {label}" if label.startswith("_") else label for label in labels]
    drawn = owner.legend(handles, shown, **({"loc": "best"} | legend))
    for text in drawn.get_texts():
        text.set_parse_math(False)


def _degrees(kelvin: float | None) -> str:
    return "T not known" if kelvin is None else f"{kelvin - ZERO_CELSIUS_K:.0f} °C"


def _viridis() -> Colormap:
    return ListedColormap(colormaps["viridis"](np.linspace(0.0, 0.9, 256)), name="labctl runs")
