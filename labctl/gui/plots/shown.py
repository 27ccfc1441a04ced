"""Input of every tab: the ticked runs and their colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from labctl.gui.plots.graphics import pg
from labctl.readmodel.snapshot import RunSnapshot

# After Okabe and Ito, adjusted for contrast with black and with white.
RUN_COLOURS = ("#0079bd", "#d55e00", "#009e73", "#c46a9c", "#8a63d2", "#a87b00", "#7a7a7a", "#c0392b")


@dataclass(frozen=True)
class ShownRun:
    """A run that is ticked in the browser.

    Attributes
    ----------
    snapshot : RunSnapshot
    colour : str
        "#rrggbb", one for each run; `run_colour` gives them in turn.
    label : str
        Name of the run in legends.
    """

    snapshot: RunSnapshot
    colour: str
    label: str

    def is_same(self, other: "ShownRun") -> bool:
        """Return whether nothing has changed."""
        return self.snapshot is other.snapshot and (self.colour, self.label) == (other.colour, other.label)


@dataclass(frozen=True)
class Appearance:
    """Colours on a dark or a light ground, each "#rrggbb"."""

    dark: bool = False

    @property
    def background(self) -> str:
        """Background of the curves."""
        return "#15171c" if self.dark else "#ffffff"

    @property
    def foreground(self) -> str:
        """Axes and text."""
        return "#e4e6ea" if self.dark else "#1b1d21"

    @property
    def muted(self) -> str:
        """Secondary text and lines."""
        return "#a2a8b3" if self.dark else "#5b616b"

    @property
    def grid(self) -> str:
        """Lines behind the curves."""
        return "#2b2f38" if self.dark else "#e4e7ec"

    @property
    def error(self) -> str:
        """Text of errors."""
        return "#ff7b72" if self.dark else "#b3261e"

    @property
    def warning(self) -> str:
        """Text of warnings."""
        return "#e3b341" if self.dark else "#8a5a00"

    def temperature_colours(self, temperatures_k: Sequence[float | None]) -> list[str]:
        """Return a colour for each temperature, cold to hot; muted for an unknown temperature."""
        known = [kelvin for kelvin in temperatures_k if kelvin is not None]
        if not known:
            return [self.muted] * len(temperatures_k)
        low_k, span_k = min(known), max(max(known) - min(known), 1e-9)
        table = heat(self.dark)
        last = len(table) - 1
        return [
            self.muted if kelvin is None else table[round(last * (kelvin - low_k) / span_k)]
            for kelvin in temperatures_k
        ]


@cache
def heat(dark: bool) -> tuple[str, ...]:
    """256 colours from cold to hot, without colours close to the background."""
    start, stop = (0.35, 1.0) if dark else (0.0, 0.78)
    table = pg.colormap.get("plasma").getLookupTable(start, stop, 256)
    return tuple("#{:02x}{:02x}{:02x}".format(*map(int, row[:3])) for row in table)


def run_colour(index: int) -> str:
    """Return the colour of the run that was ticked as number `index`."""
    return RUN_COLOURS[index % len(RUN_COLOURS)]
