"""Figures of runs, drawn with matplotlib from stored rows. Nothing is fitted or averaged here."""

from labctl.report.figures.kinds import FIGURES, KINDS, figure_of
from labctl.report.figures.night import NO_POINTS, night_figure
from labctl.report.figures.saving import save
from labctl.report.figures.style import styled

__all__ = ["FIGURES", "KINDS", "NO_POINTS", "figure_of", "night_figure", "save", "styled"]
