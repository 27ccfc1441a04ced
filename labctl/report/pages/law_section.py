"""The section about temperature laws."""

from collections.abc import Mapping
from typing import Any

from labctl.readmodel.law_conditions import at_condition, preferred_of_each
from labctl.readmodel.law_text import SYMBOLS, law_name
from labctl.report.figures.kinds import figure_of
from labctl.report.pages import numbers
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, Paragraph, Picture, Table, text
from labctl.report.pages.flags import Flags
from labctl.report.pages.pictures import WIDTH_MM
from labctl.report.pages.words import Words

Row = Mapping[str, Any]


def laws(content: RunContent, words: Words) -> list[Block]:
    """Return the Arrhenius figure and each law with its parameters."""
    run = content.run
    blocks: list[Block] = []
    if run.conductivities:
        figure = figure_of("arrhenius", [run], width_mm=WIDTH_MM, note=False)
        blocks.append(Picture(figure, words("captions.arrhenius", literature=False), "arrhenius"))
    if not run.fits:
        return [*blocks, Paragraph(words("missing.laws"), "missing")]
    if preferred_law(content) is None:
        blocks.append(Paragraph(words("missing.no_preferred"), "missing"))
    flags = Flags(run.fits)
    rows = [cells for row in run.fits for cells in _law_rows(row, flags, words)]
    headings = [words(f"names.{name}") for name in ("law", "quantity", "value", "interval", "remarks")]
    return [*blocks, Table(headings, rows, words("captions.laws"), "laws"), *flags.blocks()]


def _law_rows(row: Row, flags: Flags, words: Words) -> list[list[Cell]]:
    branch = "" if row["branch"] == "all" else f", {row['branch']}"
    mark = f" ({words('names.preferred')})" if row["preferred"] else ""
    name = f"{law_name(row)}{at_condition(row)}, {row['n_points']} {words('names.points')}{branch}{mark}"
    shown = described_parameters(row)
    first = [name] + [""] * (len(shown) - 1)
    marks = [flags.marks(row)] + [""] * (len(shown) - 1)
    return [
        [text(title), text(symbol(key)), *numbers.parameter(described, key), text(mark)]
        for title, mark, (key, described) in zip(first, marks, shown, strict=True)
    ] or [[text(name), text(""), text(""), text(""), text(flags.marks(row))]]


def preferred_law(content: RunContent) -> Row | None:
    """Return the law that the data favour for all points; None where there is none."""
    found = preferred_laws(content)
    return found[0] if found else None


def preferred_laws(content: RunContent) -> list[Row]:
    """Return the law that the data favour for all points, at each condition of the run."""
    return preferred_of_each(content.run.fits)


def described_parameters(row: Row) -> list[tuple[str, Row]]:
    """Return name and description of each parameter of a law that has a value."""
    return [
        (name, described)
        for name, described in row["parameters"].items()
        if isinstance(described, Mapping) and described.get("value") is not None
        and "standard_uncertainty" in described
    ]  # fmt: skip


def symbol(name: str) -> str:
    """Return how a parameter of a law is written, e.g. `Ea`."""
    return SYMBOLS.get(name, name.replace("_", " ")).replace("sigma", "σ")
