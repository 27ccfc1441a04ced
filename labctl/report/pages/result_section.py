"""The section with the numbers that a run is known by."""

from labctl.plain_text import shortened
from labctl.readmodel.formatting import celsius, typeset
from labctl.readmodel.law_text import law_name
from labctl.readmodel.transference_text import interval as number_interval
from labctl.readmodel.transference_text import quantity
from labctl.report.pages import numbers
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, Items, Paragraph, Table, text
from labctl.report.pages.flags import LONGEST_FLAG
from labctl.report.pages.law_section import described_parameters, preferred_law, symbol
from labctl.report.pages.unknown_blocks import unknowns_of_one
from labctl.report.pages.words import Words


def results(content: RunContent, words: Words) -> list[Block]:
    """Return the numbers that a run is known by: of its preferred law, and transference numbers."""
    rows: list[list[Cell]] = []
    preferred = preferred_law(content)
    if preferred is not None:
        for name, described in described_parameters(preferred):
            rows.append([text(symbol(name)), *numbers.parameter(described, name)])
    rows += [
        [
            text(f"{quantity(row)}, {celsius(row['temperature_k'])} °C"),
            numbers.estimated(row, "value", "standard_uncertainty"),
            text(number_interval(row)),
        ]
        for row in content.numbers
        if row["value"] is not None
    ]
    if not rows:
        return [Paragraph(words("missing.results"), "missing"), *unknowns_of_one(content.run, words)]
    blocks: list[Block] = [
        Table([words(f"names.{name}") for name in ("quantity", "value", "interval")], rows, name="results")
    ]
    if preferred is not None:
        blocks.insert(
            0, Paragraph(f"{typeset(law_name(preferred))}, {preferred['n_points']} {words('names.points')}")
        )
    if preferred is not None and preferred["flags"]:
        blocks.append(Items([shortened(str(flag), LONGEST_FLAG) for flag in preferred["flags"]]))
    return [*blocks, *unknowns_of_one(content.run, words)]
