"""The sections about remarks, excluded points and amendments."""

from collections.abc import Sequence
from typing import Any

from labctl.plain_text import utc_time
from labctl.readmodel.amendment_text import change_in_words
from labctl.readmodel.imported_text import imported_file_in_words
from labctl.readmodel.snapshot import SpectrumCurve
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Items, Paragraph, Table, text
from labctl.report.pages.flags import MOST_FLAGS
from labctl.report.pages.words import Words
from labctl.store.amendments import REMARK
from labctl.units import ZERO_CELSIUS_K


def remarks(content: RunContent, words: Words) -> list[Block]:
    """Return notes of people, events that warn, and flags of spectra without the table of conductivities."""
    warned = [
        f"{utc_time(event['time_s'])} UTC, {event['kind']}: {event['message']}"
        for event in content.run.events
        if event["level"] != "info"
    ]
    lines = [*content.remarks, *warned[:MOST_FLAGS]]
    aborted = [curve for curve in content.run.spectra if curve.status not in ("finished", "running")]
    lines += [f"spectrum {curve.number}: {curve.status}" for curve in aborted[:MOST_FLAGS]]
    lines += _bad_points([curve for curve in content.run.spectra if curve.bad_points])
    lines += [imported_file_in_words(row) for row in content.imported[:MOST_FLAGS]]
    return [Items(lines)] if lines else [Paragraph(words("missing.remarks"), "missing")]


def _bad_points(curves: Sequence[SpectrumCurve]) -> list[str]:
    """Return a line for each spectrum with bad points; one line for all where there are many."""
    if len(curves) <= MOST_FLAGS:
        return [
            f"spectrum {one.number}: {one.bad_points} point(s) marked as bad are left out" for one in curves
        ]
    numbers, points = [one.number for one in curves], [one.bad_points for one in curves]
    return [
        f"{len(curves)} spectra between {min(numbers)} and {max(numbers)} have points marked as bad, which "
        f"are left out: {min(points)} to {max(points)} in a spectrum, {sum(points)} in all"
    ]


def excluded(content: RunContent, words: Words) -> list[Block]:
    """Return the exclusions in force with their reasons."""
    if not content.exclusions:
        return [Paragraph(words("missing.excluded"), "missing")]
    return [Items([_exclusion_in_words(one) for one in content.exclusions])]


def _exclusion_in_words(one: Any) -> str:
    parts = ["all spectra" if one.spectrum is None else f"spectrum {one.spectrum}"]
    if one.frequency_hz is not None:
        parts.append(f"{one.frequency_hz[0]:g} to {one.frequency_hz[1]:g} Hz")
    if one.temperature_k is not None:
        low, high = (kelvin - ZERO_CELSIUS_K for kelvin in one.temperature_k)
        parts.append(f"{low:g} to {high:g} °C")
    return f"{', '.join(parts)}: {one.reason}"


def amendments(content: RunContent, words: Words) -> list[Block]:
    """Return the amendments in force: old and new value, person, time and reason."""
    rows = [row for row in content.run.amendments if row["field"] != REMARK]
    if not rows:
        return [Paragraph(words("missing.amendments"), "missing")]
    headings = [words(f"names.{name}") for name in ("field", "change_made", "person", "time", "reason")]
    cells = [
        [
            text(row["field"]),
            text(change_in_words(row)),
            text(row["person"] or "?"),
            text(utc_time(row["time_s"])),
            text(row["reason"]),
        ]
        for row in rows
    ]
    return [Table(headings, cells, name="amendments")]
