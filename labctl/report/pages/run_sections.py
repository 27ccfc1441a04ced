"""The sections of a report about one run."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from labctl.config.accuracy_text import accuracy_lines
from labctl.config.fixture import in_words as correction_in_words
from labctl.derive.budgets import CONDUCTIVITY
from labctl.derive.geometry import fringe_in_words, geometry_in_intervals
from labctl.plain_text import shortened, utc_time
from labctl.readmodel.accuracy_text import analyser_left_out
from labctl.readmodel.amendment_text import change_in_words
from labctl.readmodel.analysis_text import analysis_in_words
from labctl.readmodel.budget_text import largest_unknowns, with_lists
from labctl.readmodel.circuit_curve import fitted_anew
from labctl.readmodel.formatting import celsius, duration, typeset, with_uncertainty
from labctl.readmodel.imported_text import imported_file_in_words
from labctl.readmodel.law_text import SYMBOLS, law_name
from labctl.readmodel.recorded_checks import in_words as checks_in_words
from labctl.readmodel.transference_text import interval as number_interval
from labctl.readmodel.transference_text import quantity
from labctl.readmodel.unreadable import or_as_unreadable
from labctl.report.figures.kinds import figure_of
from labctl.report.figures.spectra import drawn_spectra
from labctl.report.pages import numbers
from labctl.report.pages.content import RunContent
from labctl.report.pages.document import Block, Cell, Items, Paragraph, Picture, Section, Table, facts, text
from labctl.report.pages.words import Words
from labctl.store.amendments import REMARK
from labctl.units import ZERO_CELSIUS_K

MOST_ROWS = 500
MOST_FLAGS = 40
LONGEST_FLAG = 400
CONDUCTIVITY_AT = "conductivity"  # begins the parameters of a law in S/m
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?")
WIDTH_MM = 85.0  # two figures beside each other on a page
Row = Mapping[str, Any]


def run_sections(content: RunContent, words: Words, level: int = 1) -> list[Section]:
    """Return the sections about a run, in the order of a report."""
    makers = {
        "results": results,
        "sample": sample,
        "spectra": spectra,
        "conductivities": conductivities,
        "laws": laws,
        "polarisation": polarisation,
        "temperature": temperature,
        "budget": budgets,
        "remarks": remarks,
        "excluded": excluded,
        "amendments": amendments,
        "instruments": instruments,
    }
    return [
        Section(words(f"titles.{name}"), or_as_unreadable(partial(make, content, words), _instead), level)
        for name, make in makers.items()
    ]


def _instead(why: str) -> list[Block]:
    return [Paragraph(why, "warning")]


def heading(content: RunContent, words: Words) -> list[Block]:
    """Return procedure, status and times of a run, with a warning where it did not finish."""
    run = content.run.run
    took = duration(run["ended_s"] - run["started_s"]) if run["ended_s"] else ""
    about = words("page.run", **_run_values(run))
    simulated = run["clock"] == "virtual"
    began = utc_time(run["started_s"])
    if content.imported:
        when = words("page.imported", imported=began)
    else:
        when = words("page.began", began=began, took=took, simulated=simulated)
    blocks: list[Block] = [Paragraph(f"{about}; {when}.")]
    if run["status"] == "running":
        blocks.append(Paragraph(words("page.growing"), "warning"))
    elif run["status"] != "finished":
        blocks.append(Paragraph(words("page.not_finished", **_run_values(run)), "warning"))
    return blocks


def _run_values(run: Row) -> dict[str, Any]:
    procedure = str(run["procedure"]).rpartition(":")[2]
    return {"id": run["id"], "procedure": procedure, "status": run["status"], "reason": run["reason"]}


def results(content: RunContent, words: Words) -> list[Block]:
    """Return the numbers that a run is known by: of its preferred law, and transference numbers."""
    rows: list[list[Cell]] = []
    preferred = preferred_law(content)
    if preferred is not None:
        for name, described in _described(preferred):
            rows.append([text(_symbol(name)), *numbers.parameter(described, name)])
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
        return [Paragraph(words("missing.results"), "missing")]
    blocks: list[Block] = [
        Table([words(f"names.{name}") for name in ("quantity", "value", "interval")], rows, name="results")
    ]
    if preferred is not None:
        blocks.insert(
            0, Paragraph(f"{typeset(law_name(preferred))}, {preferred['n_points']} {words('names.points')}")
        )
    return blocks


def preferred_law(content: RunContent) -> Row | None:
    """Return the law that the data favour for all points; None where there is none."""
    found = [row for row in content.run.fits if row["branch"] == "all" and row["preferred"]]
    return found[0] if found else None


def sample(content: RunContent, words: Words) -> list[Block]:
    """Return the sample behind the numbers; missing statements are named."""
    row, silent = content.sample, words("missing.not_stated")
    pairs: list[tuple[str, object]] = [
        ("name", row["name"]),
        ("composition", row["composition"] or silent),
        ("cation", row["cation"] or silent),
        ("thickness", _length(row, "thickness_m", "thickness_u_m", 1e3, "mm", words)),
        ("area", _length(row, "area_m2", "area_u_m2", 1e4, "cm²", words)),
        ("pellet", _length(row, "pellet_area_m2", "pellet_area_u_m2", 1e4, "cm²", words)),
        ("fringe", fringe_in_words(row).removeprefix("fringe: ")),
        ("electrodes", row["electrodes"]),
        ("correction", correction_in_words(row) or silent),
        ("thermometer", _correction(row, silent)),
        ("note", row["note"] or words("missing.sample_note")),
    ]
    return [facts([(words(f"names.{name}"), value) for name, value in pairs])]


def _length(row: Row, column: str, u_column: str, factor: float, unit: str, words: Words) -> Cell:
    value, u = row.get(column), row.get(u_column)
    if value is None:
        return text(words("missing.not_stated"))
    if not u:
        return Cell(f"{factor * value:.4g} {unit}, {words('missing.no_uncertainty')}", column, value)
    return Cell(f"{with_uncertainty(factor * value, factor * u)} {unit}", column, value)


def _correction(row: Row, silent: str) -> str:
    kelvin = row.get("thermometer_correction_k")
    return silent if kelvin is None else f"{kelvin:+g} K"


def spectra(content: RunContent, words: Words) -> list[Block]:
    """Return Nyquist, Bode, residuals and distributions of relaxation times."""
    run = content.run
    if not any(curve.z_ohm.size for curve in run.spectra):
        return [Paragraph(words("missing.spectra"), "missing")]
    shown = drawn_spectra([run])
    fitted = sum(bool(curve.fit_z_ohm.size) for curve in run.spectra)
    counts = {"fitted": fitted, "spectra": len(run.spectra), "normalised": shown.is_normalised}
    counts["anew"] = fitted_anew(run.spectra)
    blocks: list[Block] = [_picture("nyquist", content, words, **counts)]
    if shown.left_out:
        blocks.append(Paragraph(words("missing.left_out", count=shown.left_out), "missing"))
    blocks.append(_picture("bode", content, words))
    if fitted:
        blocks.append(_picture("residuals", content, words, **counts))
    if any(curve.relaxation is not None for curve in run.spectra):
        blocks.append(_picture("drt", content, words))
    else:
        blocks.append(Paragraph(words("missing.drt"), "missing"))
    return blocks


def _picture(kind: str, content: RunContent, words: Words, **values: Any) -> Picture:
    figure = figure_of(kind, [content.run], width_mm=WIDTH_MM)
    return Picture(figure, words(f"captions.{kind}", **values), kind)


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
    flags = _Flags(points)
    rows = [_conductivity_row(row, content, flags) for row in points[:MOST_ROWS]]
    headings = [
        words("names.number"), "T / °C", "1000 K / T", "R / Ω", words("names.conductivity"),
        words("names.circuit"), words("names.remarks"),
    ]  # fmt: skip
    caption = words("captions.conductivities", geometry=geometry_in_intervals(content.sample))
    blocks: list[Block] = [Table(headings, rows, caption, "conductivities")]
    blocks += _left_out(len(points), content, words)
    return [*blocks, *flags.blocks()]


def _conductivity_row(row: Row, content: RunContent, flags: "_Flags") -> list[Cell]:
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


def _left_out(count: int, content: RunContent, words: Words) -> list[Block]:
    more = count - MOST_ROWS
    if more <= 0:
        return []
    return [Paragraph(words("missing.rows_left_out", count=more, run=content.run.id), "missing")]


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


class _Flags:
    """Flags of rows, numbered as first seen; of very many, those that differ in numbers only are one."""

    def __init__(self, rows: Sequence[Row]) -> None:
        every = [str(flag) for row in rows for flag in row["flags"] or ()]
        self._gathers = len(set(every)) > MOST_FLAGS
        self._like: dict[str, set[str]] = {}
        for flag in every:
            self._like.setdefault(self._kind(flag), set()).add(flag)
        self._first = {self._kind(flag): flag for flag in reversed(every)}
        self._numbers = {kind: number for number, kind in enumerate(self._like, start=1)}

    def marks(self, row: Row) -> str:
        """Return the numbers of the flags of a row."""
        kinds = dict.fromkeys(self._kind(str(flag)) for flag in row["flags"] or ())
        return " ".join(f"{self._numbers[kind]})" for kind in kinds)

    def blocks(self) -> list[Block]:
        """Return the flags with their numbers."""
        lines = [f"{number}) {self._words(kind)}" for kind, number in self._numbers.items()]
        return [Items(lines)] if lines else []

    def _kind(self, flag: str) -> str:
        return _NUMBER.sub("#", flag) if self._gathers else flag

    def _words(self, kind: str) -> str:
        more = len(self._like[kind]) - 1
        alike = f" (and {more} more with other numbers: `labctl show`)" if more else ""
        return shortened(self._first[kind], LONGEST_FLAG) + alike


def laws(content: RunContent, words: Words) -> list[Block]:
    """Return the Arrhenius figure and each law with its parameters."""
    run = content.run
    blocks: list[Block] = []
    if run.conductivities:
        figure = figure_of("arrhenius", [run], width_mm=WIDTH_MM)
        blocks.append(Picture(figure, words("captions.arrhenius", literature=False), "arrhenius"))
    if not run.fits:
        return [*blocks, Paragraph(words("missing.laws"), "missing")]
    if preferred_law(content) is None:
        blocks.append(Paragraph(words("missing.no_preferred"), "missing"))
    flags = _Flags(run.fits)
    rows = [cells for row in run.fits for cells in _law_rows(row, flags, words)]
    headings = [words(f"names.{name}") for name in ("law", "quantity", "value", "interval", "remarks")]
    return [*blocks, Table(headings, rows, words("captions.laws"), "laws"), *flags.blocks()]


def _law_rows(row: Row, flags: _Flags, words: Words) -> list[list[Cell]]:
    branch = "" if row["branch"] == "all" else f", {row['branch']}"
    mark = f" ({words('names.preferred')})" if row["preferred"] else ""
    name = f"{law_name(row)}, {row['n_points']} {words('names.points')}{branch}{mark}"
    shown = _described(row)
    first = [name] + [""] * (len(shown) - 1)
    marks = [flags.marks(row)] + [""] * (len(shown) - 1)
    return [
        [text(title), text(_symbol(key)), *numbers.parameter(described, key), text(mark)]
        for title, mark, (key, described) in zip(first, marks, shown, strict=True)
    ] or [[text(name), text(""), text(""), text(""), text(flags.marks(row))]]


def _described(row: Row) -> list[tuple[str, Row]]:
    return [
        (name, described)
        for name, described in row["parameters"].items()
        if isinstance(described, Mapping) and described.get("value") is not None
        and "standard_uncertainty" in described
    ]  # fmt: skip


def _symbol(name: str) -> str:
    return SYMBOLS.get(name, name.replace("_", " ")).replace("sigma", "σ")


def polarisation(content: RunContent, words: Words) -> list[Block]:
    """Return currents, transference numbers, and what these were made from."""
    if not content.run.polarisations:
        return [Paragraph(words("missing.polarisation"), "missing")]
    blocks: list[Block] = [_picture("polarisation", content, words)]
    if not content.numbers:
        return [*blocks, Paragraph(words("missing.numbers"), "missing")]
    flags = _Flags(content.numbers)
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


def _number_row(row: Row, flags: _Flags) -> list[Cell]:
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


def temperature(content: RunContent, words: Words) -> list[Block]:
    """Return the temperature log, and its stretches by set point and phase."""
    if not content.stretches:
        return [Paragraph(words("missing.temperature"), "missing")]
    begin_s = content.stretches[0]["begun_s"]
    rows = [_stretch_row(row, begin_s) for row in content.stretches[:MOST_ROWS]]
    names = ("set_point", "phase", "begun", "took", "readings", "mean", "range")
    table = Table([words(f"names.{name}") for name in names], rows, words("captions.settling"), "settling")
    blocks: list[Block] = [_picture("temperature", content, words), table]
    return [*blocks, *_left_out(len(content.stretches), content, words)]


def _stretch_row(row: Row, begin_s: float) -> list[Cell]:
    low, high = row["min_k"], row["max_k"]
    spread = "" if low is None else f"{celsius(low)} to {celsius(high)}"
    return [
        numbers.temperature(row, "setpoint_k"),
        text(row["phase"]),
        text(f"{(row['begun_s'] - begin_s) / 60:.1f}"),
        text(duration(row["ended_s"] - row["begun_s"])),
        numbers.plain(row, "readings", "d"),
        numbers.temperature(row, "mean_k"),
        text(spread),
    ]


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
        for table in _budget_table(_symbol(name), described.get("budget") or (), words, name)
    ]


def _budget_table(title: str, entries: Sequence[Row], words: Words, name: str = "") -> list[Block]:
    """Return a table of sources, the largest first; none where the budget was not kept."""
    if not entries:
        return []
    factor = numbers.S_CM if name.startswith(CONDUCTIVITY_AT) else 1.0
    whole = sum(entry["standard_uncertainty"] ** 2 for entry in entries)
    headings = [words(f"names.{one}") for one in ("source", "change", "share", "common")]
    rows = [
        [
            text(entry["source"]),
            Cell(f"{factor * u:.2g}", "standard_uncertainty", u),
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
    bad = [curve for curve in content.run.spectra if curve.bad_points]
    lines += [
        f"spectrum {curve.number}: {curve.bad_points} point(s) marked as bad are left out" for curve in bad
    ]
    lines += [imported_file_in_words(row) for row in content.imported[:MOST_FLAGS]]
    return [Items(lines)] if lines else [Paragraph(words("missing.remarks"), "missing")]


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


def instruments(content: RunContent, words: Words) -> list[Block]:
    """Return each instrument with its identity, recorded bench checks and stated accuracy."""
    if not content.instruments:
        return [Paragraph(words("missing.instruments"), "missing")]
    headings = [words(f"names.{name}") for name in ("role", "instrument", "driver", "confirmed")]
    rows = [
        [
            text(row["role"]),
            text(row["identity"] or words("missing.identity")),
            text(_driver(row["driver"])),
            text("; ".join(_checks(row)) or words("missing.confirmed")),
        ]
        for row in content.instruments
    ]
    stated = accuracy_lines(content.accuracy, {row["role"] for row in content.instruments})
    about: Block = Items(stated) if stated else Paragraph(words("missing.accuracy"), "missing")
    return [Table(headings, rows, name="instruments"), about]


def _driver(reference: object) -> str:
    """Return `module:Class` as `Class (module)`, which a line can break."""
    module, _, name = str(reference).partition(":")
    return f"{name} ({module})" if name else module


def _checks(row: Row) -> list[str]:
    """Return the recorded checks without the name of the instrument, which stands beside it."""
    begin = f"{row['role']} ({row['identity']}): "
    return [line.removeprefix(begin) for line in checks_in_words(row)]


def provenance(content: RunContent, words: Words) -> list[Block]:
    """Return hash, analysis, program, files and computer that the numbers come from."""
    run, kept = content.run.run, content.provenance
    analysis = content.run.analysis
    revisions = [one for one in kept.get("scripts") or () if isinstance(one, Mapping) and one.get("revision")]
    pairs: list[tuple[str, object]] = [
        ("uuid", run["uuid"]),
        ("content hash", run["content_hash"] or words("missing.hash")),
        ("analysis", analysis_in_words(analysis) if analysis else words("missing.analysis")),
        ("station", run["station"] or words("missing.not_stated")),
        ("computer", run["host"]),
        ("operator", kept.get("operator") or words("missing.not_stated")),
        ("operating system", kept.get("operating_system") or words("missing.not_stated")),
        ("revisions", ", ".join(f"{str(one['revision'])[:12]}{_dirty(one)}" for one in revisions)
         or words("missing.not_stated")),
    ]  # fmt: skip
    files = [
        f"{str(one.get('path')).replace(chr(92), '/').rpartition('/')[2]}: sha256 {one.get('sha256')}"
        for one in kept.get("script_files") or ()
        if isinstance(one, Mapping)
    ]
    blocks: list[Block] = [facts(pairs)]
    return [*blocks, *([Items(files)] if files else [])]


def _dirty(script: Row) -> str:
    return " (with changes)" if script.get("dirty") else ""
