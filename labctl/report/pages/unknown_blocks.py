"""Missing statements, which are in no interval, beside the numbers of a report."""

from collections.abc import Sequence

from labctl.readmodel.largest_unknowns import Unknown
from labctl.readmodel.run_unknowns import RunUnknowns, unknowns_of
from labctl.readmodel.snapshot import RunSnapshot
from labctl.report.pages.document import Block, Cell, Paragraph, Table, text
from labctl.report.pages.numbers import with_powers
from labctl.report.pages.words import Words


def unknowns_of_one(run: RunSnapshot, words: Words) -> list[Block]:
    """Return the line of missing statements, and the table of their effects."""
    found = unknowns_of(run)
    return [*_line(found, words), *_table([(None, one) for one in found.effects], words)]


def unknowns_of_several(runs: Sequence[RunSnapshot], words: Words) -> list[Block]:
    """Return these of several runs, each with its number."""
    found = [(run.id, unknowns_of(run)) for run in runs]
    alike: dict[tuple[str, ...], list[str]] = {}
    for run_id, one in found:
        alike.setdefault(one.names, []).append(str(run_id))
    lines = [
        Paragraph(
            f"{words('names.run')} {', '.join(ids)}: {words('missing.unstated', names=', '.join(names))}",
            "warning",
        )
        for names, ids in alike.items()
        if names
    ]
    return [*lines, *_table([(run_id, effect) for run_id, one in found for effect in one.effects], words)]


def _line(found: RunUnknowns, words: Words) -> list[Block]:
    if not found.names:
        return []
    return [Paragraph(words("missing.unstated", names=", ".join(found.names)), "warning")]


def _table(effects: Sequence[tuple[int | None, Unknown]], words: Words) -> list[Block]:
    if not effects:
        return []
    several = any(run_id is not None for run_id, _ in effects)
    names = (*(("run",) if several else ()), "source", "usual", "of_sigma", "of_energy")
    rows = [
        [*([text(run_id)] if several else []), text(one.source), text(one.usual), *_effect(one)]
        for run_id, one in effects
    ]
    return [Table([words(f"names.{name}") for name in names], rows, words("captions.unknowns"), "unknowns")]


def _effect(one: Unknown) -> tuple[Cell, Cell]:
    energy = Cell(with_powers(f"{1e3 * one.energy_ev:.2g}"), "", one.energy_ev) if one.energy_ev else text("")
    return Cell(with_powers(f"{100 * one.relative:.2g}"), "", one.relative), energy
