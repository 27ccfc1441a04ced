"""The section with uncertainties by source."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl.derive.budgets import CONDUCTIVITY
from labctl.readmodel.budget_text import largest_unknowns, with_lists
from labctl.readmodel.formatting import celsius
from labctl.readmodel.transference_text import quantity
from labctl.report.pages import numbers
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, Items, Paragraph, Table, text
from labctl.report.pages.law_section import preferred_law, symbol
from labctl.report.pages.long_tables import MOST_ROWS
from labctl.report.pages.words import Words

CONDUCTIVITY_AT = "conductivity"  # begins the parameters of a law in S/m
Row = Mapping[str, Any]


def budgets(content: RunContent, words: Words) -> list[Block]:
    """Return uncertainties by source: of the preferred law, of conductivities, of transference numbers."""
    preferred = preferred_law(content)
    law = None if preferred is None else with_lists(preferred)
    points = [with_lists(row, CONDUCTIVITY) for row in content.run.conductivities]
    numbers_ = [with_lists(row) for row in content.numbers]
    blocks: list[Block] = [] if law is None else _law_budgets(law, words)
    blocks += _conductivity_budgets(points, words)
    for row in numbers_:
        name = f"{quantity(row)}, {celsius(row['temperature_k'])} °C"
        blocks += _budget_table(name, row["budget"], words)
    if not blocks:
        return [Paragraph(words("missing.budget"), "missing")]
    return [*blocks, Items(largest_unknowns([*([law] if law else []), *points, *numbers_]))]


def _law_budgets(law: Row, words: Words) -> list[Block]:
    return [
        table
        for name, described in law["parameters"].items()
        for table in _budget_table(
            symbol(name), described.get("budget") or (), words, name, described.get("unit", "")
        )
    ]


def _budget_table(
    title: str, entries: Sequence[Row], words: Words, name: str = "", unit: str = ""
) -> list[Block]:
    """Return a table of sources, the largest first; none where the budget was not kept."""
    if not entries:
        return []
    factor = numbers.S_CM if name.startswith(CONDUCTIVITY_AT) else 1.0
    whole = sum(entry["standard_uncertainty"] ** 2 for entry in entries)
    unit = "S/cm" if name.startswith(CONDUCTIVITY_AT) else unit
    headings = [words(f"names.{one}", unit=unit) for one in ("source", "change", "share", "common")]
    rows = [
        [
            text(entry["source"]),
            Cell(numbers.with_powers(f"{factor * u:.2g}"), "standard_uncertainty", u),
            text(f"{100 * u**2 / whole:.0f} %" if whole else ""),
            text(words("names.yes") if entry["common"] else words("names.no")),
        ]
        for entry in entries
        for u in [entry["standard_uncertainty"]]
    ]
    return [Table(headings, rows, words("captions.budget", quantity=title), "budget")]


def _conductivity_budgets(points: Sequence[Row], words: Words) -> list[Block]:
    """Return a table with a row for each conductivity and a column for each source, in percent."""
    sources = list(dict.fromkeys(entry["source"] for row in points for entry in row["budget"]))
    if not sources:
        return []
    rows = []
    for row in points[:MOST_ROWS]:
        u_of = {entry["source"]: entry["standard_uncertainty"] for entry in row["budget"]}
        shares = [100 * u_of[one] / row["conductivity_s_m"] if one in u_of else None for one in sources]
        cells = [text("" if share is None else f"{share:.2g}") for share in shares]
        rows.append([numbers.plain(row, "spectrum", "d"), numbers.temperature(row), *cells])
    headings = [words("names.number"), "T / °C", *(f"{source} / %" for source in sources)]
    return [Table(headings, rows, words("captions.budgets"), "conductivity_budgets")]
