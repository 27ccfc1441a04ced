"""The section with the table of conductivities, and why spectra gave none."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.derive.geometry import geometry_in_intervals
from labctl.readmodel.accuracy_text import analyser_left_out
from labctl.report.pages import numbers
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, Items, Paragraph, Table, text
from labctl.report.pages.flags import MOST_FLAGS, Flags
from labctl.report.pages.long_tables import MOST_ROWS, left_out
from labctl.report.pages.words import Words

Row = Mapping[str, Any]


def conductivities(content: RunContent, words: Words) -> list[Block]:
    """Return the table of conductivities, and the spectra that gave none with the reason."""
    points, blocks = content.run.conductivities, list[Block]()
    if not points:
        blocks.append(Paragraph(words("missing.conductivities"), "missing"))
    else:
        blocks += _table_of_conductivities(content, words)
    blocks += _reasons(content)
    stated = analyser_left_out(content.accuracy, points)
    return [*blocks, *([Paragraph(stated)] if stated else [])]


def _table_of_conductivities(content: RunContent, words: Words) -> list[Block]:
    points = content.run.conductivities
    flags = Flags(points)
    rows = [_conductivity_row(row, content, flags) for row in points[:MOST_ROWS]]
    headings = [
        words("names.number"), "T / °C", "1000 K / T", "R / Ω", words("names.conductivity"),
        words("names.circuit"), words("names.remarks"),
    ]  # fmt: skip
    caption = words("captions.conductivities", geometry=geometry_in_intervals(content.sample))
    blocks: list[Block] = [Table(headings, rows, caption, "conductivities")]
    blocks += left_out(len(points), content, words)
    return [*blocks, *flags.blocks()]


def _conductivity_row(row: Row, content: RunContent, flags: Flags) -> list[Cell]:
    resistance = content.resistances.get(row["spectrum_id"])
    return [
        numbers.plain(row, "spectrum", "d"),
        numbers.temperature(row),
        numbers.inverse(row),
        numbers.plain(row, "total_resistance_ohm", ".5g"),
        numbers.conductivity(row),
        text(resistance["circuit"] if resistance else ""),
        text(flags.marks(row)),
    ]


def _reasons(content: RunContent) -> list[Block]:
    """Return why spectra gave no number, those with one reason together, and drifts during spectra."""
    by_reason: dict[str, list[str]] = {}
    for row in content.without_number:
        why = "; ".join(row["flags"] or ()) or "not evaluated"
        by_reason.setdefault(why, []).append(str(row["spectrum"]))
    lines = [f"{_spectra(which)}: {why}" for why, which in by_reason.items()]
    blocks: list[Block] = []
    if lines:
        blocks.append(Items([f"no number from {line}" for line in lines[:MOST_FLAGS]]))
    if content.drift:
        blocks.append(Items(list(content.drift[:MOST_FLAGS])))
    return blocks


def _spectra(which: Sequence[str]) -> str:
    if len(which) == 1:
        return f"spectrum {which[0]}"
    more = f" and {len(which) - 12} more" if len(which) > 12 else ""
    return f"spectra {', '.join(which[:12])}{more}"
