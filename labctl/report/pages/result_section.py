"""The section with the numbers that a run is known by."""

from labctl.plain_text import shortened
from labctl.readmodel.formatting import celsius, typeset
from labctl.readmodel.law_conditions import at_condition
from labctl.readmodel.law_text import law_name
from labctl.readmodel.transference_text import interval as number_interval
from labctl.readmodel.transference_text import quantity
from labctl.report.pages import numbers
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, Items, Paragraph, Table, text
from labctl.report.pages.flags import LONGEST_FLAG
from labctl.report.pages.law_section import described_parameters, preferred_laws, symbol
from labctl.report.pages.unknown_blocks import unknowns_of_one
from labctl.report.pages.words import Words


def results(content: RunContent, words: Words) -> list[Block]:
    """Return the numbers that a run is known by: of its preferred law, and transference numbers."""
    rows: list[list[Cell]] = []
    laws = preferred_laws(content)
    for preferred in laws:
        for name, described in described_parameters(preferred):
            title = symbol(name) + at_condition(preferred)
            rows.append([text(title), *numbers.parameter(described, name)])
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
    titles = [
        Paragraph(f"{typeset(law_name(row))}{at_condition(row)}, {row['n_points']} {words('names.points')}")
        for row in laws
    ]
    flags = list(dict.fromkeys(str(flag) for row in laws for flag in row["flags"] or ()))
    if flags:
        blocks.append(Items([shortened(flag, LONGEST_FLAG) for flag in flags]))
    return [*titles, *blocks, *unknowns_of_one(content.run, words)]
