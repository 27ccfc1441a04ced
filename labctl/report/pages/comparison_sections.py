"""The sections of a report that compare several runs."""

from collections.abc import Sequence

from labctl.readmodel.across_runs import ROOM_K, OverviewRun, overview_runs
from labctl.readmodel.best_numbers import sample_overviews
from labctl.readmodel.circuit_curve import fitted_anew
from labctl.readmodel.comparing import RunComparison, compare_runs
from labctl.readmodel.formatting import with_uncertainty
from labctl.readmodel.literature import source
from labctl.report.figures.arrhenius import literature_of
from labctl.report.figures.kinds import figure_of
from labctl.report.figures.spectra import drawn_spectra
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, Items, Paragraph, Picture, Section, Table, text
from labctl.report.pages.numbers import S_CM, with_powers
from labctl.report.pages.pictures import WIDTH_MM
from labctl.report.pages.unknown_blocks import unknowns_of_several
from labctl.report.pages.words import Words
from labctl.store import Database
from labctl.units import ZERO_CELSIUS_K


def comparison_sections(db: Database, contents: Sequence[RunContent], words: Words) -> list[Section]:
    """Return the numbers of the runs side by side, figures on common axes, and the literature."""
    by_id = {run.id: run for run in overview_runs(db)}
    overviews = [by_id[content.run.id] for content in contents]
    runs = [content.run for content in contents]
    blocks: list[Block] = [
        _side_by_side(overviews, words),
        *unknowns_of_several(runs, words),
        *_ratios(overviews, words),
    ]
    arrhenius = figure_of("arrhenius", runs, width_mm=WIDTH_MM, note=False, literature=True)
    blocks.append(Picture(arrhenius, words("captions.arrhenius", literature=True), "arrhenius"))
    if any(curve.z_ohm.size for run in runs for curve in run.spectra):
        fitted = sum(bool(curve.fit_z_ohm.size) for run in runs for curve in run.spectra)
        count = sum(len(run.spectra) for run in runs)
        in_r = drawn_spectra(runs).is_normalised
        anew = sum(fitted_anew(run.spectra) for run in runs)
        counts = {"fitted": fitted, "spectra": count, "normalised": in_r, "anew": anew}
        caption = words("captions.nyquist", **counts)
        blocks.append(Picture(figure_of("nyquist", runs, width_mm=WIDTH_MM, note=False), caption, "nyquist"))
    if any(run.polarisations for run in runs):
        caption = words("captions.polarisation")
        blocks.append(
            Picture(figure_of("polarisation", runs, width_mm=WIDTH_MM, note=False), caption, "polarisation")
        )
    return [
        Section(words("titles.compared"), blocks),
        Section(words("titles.literature"), _literature(contents, words)),
    ]


def _side_by_side(overviews: Sequence[OverviewRun], words: Words) -> Table:
    headings = [words(f"names.{name}") for name in ("run", "sample", "room", "energy", "transference")]
    rows = [_overview_row(run) for run in overviews]
    return Table(headings, rows, name="compared")


def _overview_row(run: OverviewRun) -> list[Cell]:
    (best,) = sample_overviews([run])
    numbers = [text(str(run.id)), text(run.sample["name"])]
    for one, factor in ((best.at_room_s_m, S_CM), (best.energy_ev, 1.0), (best.transference, 1.0)):
        if one is None:
            numbers.append(text("-"))
            continue
        u = None if one.standard_uncertainty is None else factor * one.standard_uncertainty
        remarks = ", ".join(filter(None, (one.words, one.not_stated and f"without {one.not_stated}")))
        shown = with_uncertainty(factor * one.value, u) + (f" ({remarks})" if remarks else "")
        numbers.append(Cell(with_powers(shown), "", one.value))
    return numbers


def _ratios(overviews: Sequence[OverviewRun], words: Words) -> list[Block]:
    having = [run for run in overviews if run.function() is not None]
    if len(having) < 2:
        return [Paragraph(words("missing.no_law"), "missing")]
    comparisons = compare_runs(having)
    first = having[0].id
    names = [words(f"names.{name}") for name in ("run", "temperature")]
    headings = [*names, words("names.ratio", first=first), words("names.interval"), words("names.judged")]
    rows = [row for comparison in comparisons for row in _ratio_rows(comparison)]
    lines = [f"run {one.other.id}: {remark}" for one in comparisons for remark in one.remarks]
    blocks: list[Block] = [Table(headings, rows, name="ratios")]
    if len(having) < len(overviews):
        blocks.append(Paragraph(words("missing.no_law"), "missing"))
    return [*blocks, *([Items(lines)] if lines else [])]


def _ratio_rows(comparison: RunComparison) -> list[list[Cell]]:
    rows = []
    for one in comparison.ratios:
        low, high = one.ratio.interval()
        judged = "?" if one.is_real is None else "real" if one.is_real else "may be chance"
        where = f"{one.temperature_k - ZERO_CELSIUS_K:.1f}"
        ratio = Cell(f"{one.ratio.value:#.4g}", "", one.ratio.value)
        interval = text(f"{low:#.4g} to {high:#.4g}")
        rows.append([text(str(comparison.other.id)), text(where), ratio, interval, text(judged)])
    return rows


def _literature(contents: Sequence[RunContent], words: Words) -> list[Block]:
    rows = literature_of([content.run for content in contents])
    if not rows:
        return [Paragraph(words("missing.literature"), "missing")]
    names = ("number", "material", "temperature", "conductivity", "reference")
    headings = [words(f"names.{name}") for name in names]
    cells = [
        [
            text(str(row.number)),
            text(row.material),
            text(f"{(row.temperature_k or ROOM_K) - ZERO_CELSIUS_K:g}"),
            text(
                with_powers(f"{row.conductivity_in_words} {S_CM * (row.conductivity_s_m or 0.0):.3g}".strip())
            ),
            text(", ".join(map(str, row.references))),
        ]
        for row in rows
    ]
    return [Table(headings, cells, words("captions.literature", source=source()), "literature")]
