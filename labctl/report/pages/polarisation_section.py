"""The section about polarisations and transference numbers."""

from collections.abc import Mapping
from typing import Any

from labctl.readmodel.transference_text import interval as number_interval
from labctl.readmodel.transference_text import quantity
from labctl.report.pages import numbers
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, Paragraph, Table, text
from labctl.report.pages.flags import Flags
from labctl.report.pages.pictures import picture
from labctl.report.pages.words import Words

Row = Mapping[str, Any]


def polarisation(content: RunContent, words: Words) -> list[Block]:
    """Return currents, transference numbers, and what these were made from."""
    if not content.run.polarisations:
        return [Paragraph(words("missing.polarisation"), "missing")]
    blocks: list[Block] = [picture("polarisation", content, words)]
    if not content.numbers:
        return [*blocks, Paragraph(words("missing.numbers"), "missing")]
    flags = Flags(content.numbers)
    rows = [_number_row(row, flags) for row in content.numbers]
    headings = [
        words("names.quantity"), "T / °C", words("names.value"), words("names.interval"),
        words("names.naive"), words("names.watanabe"), words("names.ended_by"), words("names.remarks"),
    ]  # fmt: skip
    made_from = Table(
        ["T / °C", "ΔV / mV", "I0 / µA", "Iss / µA", "R0 / Ω", "Rss / Ω", "Rb / Ω"],
        [_inputs_row(row) for row in content.numbers],
        name="transference_inputs",
    )
    table = Table(headings, rows, words("captions.numbers"), "transference_numbers")
    return [*blocks, table, made_from, *flags.blocks()]


def _number_row(row: Row, flags: Flags) -> list[Cell]:
    return [
        text(quantity(row)),
        numbers.temperature(row),
        numbers.estimated(row, "value", "standard_uncertainty"),
        text(number_interval(row)),
        numbers.plain(row, "naive"),
        numbers.plain(row, "watanabe"),
        text(row["ended_by"] or ""),
        text(flags.marks(row)),
    ]


def _inputs_row(row: Row) -> list[Cell]:
    return [
        numbers.temperature(row),
        numbers.estimated(row, "delta_v_v", "delta_v_u_v", 1e3),
        numbers.estimated(row, "initial_current_a", "initial_current_u_a", 1e6),
        numbers.estimated(row, "steady_current_a", "steady_current_u_a", 1e6),
        numbers.estimated(row, "initial_resistance_ohm", "initial_resistance_u_ohm"),
        numbers.estimated(row, "steady_resistance_ohm", "steady_resistance_u_ohm"),
        numbers.estimated(row, "bulk_resistance_ohm", "bulk_resistance_u_ohm"),
    ]
