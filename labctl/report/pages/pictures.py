"""Figures of one run for a page."""

from typing import Any

from labctl.report.figures.kinds import figure_of
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Picture
from labctl.report.pages.words import Words

WIDTH_MM = 85.0  # two figures beside each other on a page


def picture(kind: str, content: RunContent, words: Words, **values: Any) -> Picture:
    """Return a figure of a run with its caption; `values` go into the caption."""
    figure = figure_of(kind, [content.run], width_mm=WIDTH_MM, note=False)
    return Picture(figure, words(f"captions.{kind}", **values), kind)
