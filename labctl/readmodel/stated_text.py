"""Statements behind the numbers of a run as text: instruments and geometry, and what is missing."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from labctl.config.accuracy_text import NOT_STATED, accuracy_lines
from labctl.derive.geometry import geometry_in_words

IMPORTED = ("thermometer", "fra")
"""Roles that must have had an instrument where a run names none: its spectra were imported."""


def stated_lines(accuracy: Mapping[str, Any], roles: Collection[str], sample: Mapping[str, Any]) -> list[str]:
    """Return a line for each instrument and for the geometry, e.g. `thermometer: not stated`.

    Parameters
    ----------
    accuracy : mapping
        As a run keeps it; empty for a run of an older labctl, and for imported spectra.
    roles : collection of str
        Roles of the instruments of the run.
    sample : mapping
        The sample in force.
    """
    return [*accuracy_lines(accuracy, set(roles) or IMPORTED), *geometry_in_words(sample)]


def not_stated(lines: Sequence[str]) -> list[str]:
    """Return the names of the lines that say that something is not stated."""
    return [line.removesuffix(f": {NOT_STATED}") for line in lines if line.endswith(f": {NOT_STATED}")]


def not_stated_in_words(lines: Sequence[str]) -> str:
    """Return e.g. `not stated, and in no interval: thermometer, geometry`; empty where all is stated."""
    names = not_stated(lines)
    return f"not stated, and in no interval: {', '.join(names)}" if names else ""
