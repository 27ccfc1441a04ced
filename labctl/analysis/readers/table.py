"""The spectrum table of a text: its layout, rows and impedance, with warnings."""

from dataclasses import dataclass, field

import numpy as np

from labctl.analysis.numerics.arrays import BoolArray, ComplexArray, FloatArray
from labctl.analysis.readers import agreement, between, immittance, temperatures, titles
from labctl.analysis.readers.cells import number, value
from labctl.analysis.readers.columns import Column, refuse_unknown_units
from labctl.analysis.readers.decimals import refuse_ambiguous, refuse_grouped
from labctl.analysis.readers.digits import odd_one_out
from labctl.analysis.readers.layout import Layout, find_layouts, proving, with_subject
from labctl.analysis.readers.rows import NOT_CERTAIN, Lines, Row, WidthError, classify, read_rows
from labctl.analysis.readers.sweeps import WITHOUT_UNIT
from labctl.analysis.readers.transposed import upright

LARGEST_PHASE_IN_RADIANS = 1.6
LABELS = ("cycle", "temperature", "bias", "time")


@dataclass(frozen=True, eq=False)
class Table:
    """Content of the file: (n,) arrays in SI units, in its order.

    `row_lines` are the (n,) lines of the rows. `warnings` concern the whole file, `line_warnings` one line.
    `labels` are the (n,) columns that separate sweeps: cycle, temperature (K), bias (V), time (s).
    """

    frequency_hz: FloatArray
    z_ohm: ComplexArray
    status: tuple[str, ...] | None
    warnings: tuple[str, ...]
    imaginary_negated: bool
    row_lines: tuple[int, ...] = ()
    line_warnings: tuple[tuple[int, str], ...] = ()
    labels: dict[str, FloatArray] = field(default_factory=dict)
    promised: int | None = None
    sign_settled: bool = False


def read_table(text: str) -> Table:
    """The spectrum in a text; ValueError when there is none that can be trusted."""
    titles.refuse_touchstone(text)
    lines = upright(text.split("\n"))
    layout, kinds = _fitting_layout(lines)
    layout, found = between.understood(layout, lines, kinds.first_row(layout))
    layout = with_subject(layout, lines)
    refuse_unknown_units(layout.needed)
    titles.refuse_units_above(
        [*lines[: max(layout.first_line - 1, 0)], *found.notes],
        [c.meaning for c in layout.needed if not c.unit],
    )
    rows = read_rows(lines, layout, kinds, found.count_line)
    if not rows.rows:
        raise ValueError("the table has no complete line of numbers")
    rows.warnings.extend(_odd_numbers(rows.rows, layout))
    places = [column.place for column in layout.needed]
    refuse_ambiguous([row.cells[place] for row in rows.rows for place in places])
    if kinds.separator != r"\s+":
        refuse_grouped(
            [cell for line, _ in rows.warnings if line for cell in kinds.everything[line - 1].cells]
        )
    return _table(layout, rows.rows, rows.warnings, found, text)


def _fitting_layout(lines: list[str]) -> tuple[Layout, Lines]:
    """The first layout with as many headings as the rows have cells; else the error of the first one."""
    failed: list[tuple[Layout, WidthError]] = []
    for layout in find_layouts(lines):
        try:
            return layout, classify(lines, layout)
        except WidthError as error:
            failed.append((layout, error))
    for layout, _ in failed:
        try:
            return proving(layout), classify(lines, proving(layout))
        except WidthError:
            continue
    raise failed[0][1]


def _table(
    layout: Layout, rows: list[Row], warnings: list[tuple[int, str]], found: between.Between, text: str
) -> Table:
    columns = layout.columns
    values = _values(rows, columns)
    chosen = immittance.usable_forms(columns)
    frequency = immittance.frequency_hz(values)
    keep = np.isfinite(frequency) & (frequency > 0)
    if not keep.any():
        raise ValueError("the table has no line at a frequency above zero")
    values = {name: numbers[keep] for name, numbers in values.items()}
    frequencies_agree = agreement.check_frequencies(values)
    z = immittance.impedances(values, chosen, titles.length_per_area(text))
    settled = agreement.settle(z, [", ".join(form) for form in chosen], values)
    _refuse_unproved(layout, len(rows[0].cells), settled.proved, frequencies_agree)
    kept_rows = [row for row, kept in zip(rows, keep, strict=True) if kept]
    lines = tuple(row.line for row in kept_rows)
    labels, label_notes = _labels(columns, values, found)
    in_lines = [(lines[row], f"line {lines[row]}: {words}") for row, words in settled.warnings if row >= 0]
    phase_notes = [] if settled.proved or settled.sign_settled else _phase_warning(layout, values)
    notes = [*layout.warnings, *_skipped(frequency, keep), *immittance.unit_warnings(columns, chosen[0])]
    notes += [words for line, words in warnings if line == 0]
    notes += [words for row, words in settled.warnings if row < 0]
    notes += [*_no_readings(settled.z_ohm), *label_notes, *phase_notes]
    return Table(
        frequency_hz=frequency[keep],
        z_ohm=settled.z_ohm,
        status=_status(kept_rows, columns),
        warnings=tuple(notes),
        imaginary_negated=any(column.negated for column in layout.needed),
        row_lines=lines,
        line_warnings=(*((line, words) for line, words in warnings if line), *in_lines),
        labels=labels,
        promised=found.promised,
        sign_settled=settled.sign_settled,
    )


def _refuse_unproved(layout: Layout, width: int, proved: bool, frequencies_agree: bool) -> None:
    """ValueError where the rows have other cells than headings and no columns prove which is which."""
    if layout.unproved and not _is_proof(layout, proved, frequencies_agree):
        raise ValueError(
            f"the headings name {layout.named} columns and most lines hold {width}: {NOT_CERTAIN}"
        )


def _is_proof(layout: Layout, proved: bool, frequencies_agree: bool) -> bool:
    """Columns that agree row by row prove those before them; the frequency must be one of these."""
    proving = [
        layout.columns[n].place for n in ("modulus", "phase", "real", "imaginary") if n in layout.columns
    ]
    return proved and len(proving) == 4 and (frequencies_agree or layout.needed[0].place < max(proving))


def _values(rows: list[Row], columns: dict[str, Column]) -> dict[str, FloatArray]:
    """The (n,) numbers of each column in SI units; nan for a cell that holds none."""
    found = {}
    for name, column in columns.items():
        if name != "status":
            cells = [row.cells[column.place] if column.place < len(row.cells) else "" for row in rows]
            found[name] = column.to_si(np.array([value(cell) for cell in cells]))
    return found


def _skipped(frequency: FloatArray, keep: BoolArray) -> list[str]:
    direct = int((frequency == 0).sum())
    rest = int((~keep).sum()) - direct
    words = [f"{direct} lines at 0 Hz (direct current) left out"] if direct else []
    return words + ([f"{rest} lines without a frequency above zero left out"] if rest else [])


def _odd_numbers(rows: list[Row], layout: Layout) -> list[tuple[int, str]]:
    """Warnings about lines with a needed number that has fewer or more digits than the others below it."""
    found: dict[int, str] = {}
    for column in layout.needed:
        cells = [row.cells[column.place] for row in rows]
        found |= {rows[place].line: cells[place] for place in odd_one_out(cells)}
    return [
        (n, f"line {n}: {cell} has other digits than its column: it may be damaged")
        for n, cell in found.items()
    ]


def _no_readings(z: ComplexArray) -> list[str]:
    missing = int((~np.isfinite(z)).sum())
    return [f"{missing} points have no number for the impedance"] if missing else []


def _status(rows: list[Row], columns: dict[str, Column]) -> tuple[str, ...] | None:
    """Words of the status column; a maker's code numbers mean nothing here and become ""."""
    column = columns.get("status")
    if column is None:
        return None
    words = [row.cells[column.place] if column.place < len(row.cells) else "" for row in rows]
    return tuple("" if number(word) is not None else word for word in words)


def _labels(
    columns: dict[str, Column], values: dict[str, FloatArray], found: between.Between
) -> tuple[dict[str, FloatArray], list[str]]:
    labels = {name: values[name] for name in LABELS if name in values and np.isfinite(columns[name].factor)}
    notes: list[str] = []
    if "temperature" in labels:
        numbers = labels.pop("temperature")
        known, notes = temperatures.kelvin(numbers, columns["temperature"].kind)
        labels |= {WITHOUT_UNIT: numbers} if np.isnan(known).all() else {"temperature": known}
    elif found.temperature is not None:
        single, unit = found.temperature
        numbers = np.full(len(next(iter(values.values()))), single)
        known, notes = temperatures.kelvin(numbers, temperatures.kind_of(unit))
        labels |= {WITHOUT_UNIT: numbers} if np.isnan(known).all() else {"temperature": known}
    return labels, notes


def _phase_warning(layout: Layout, values: dict[str, FloatArray]) -> list[str]:
    phase = layout.needed[-1]
    if phase.meaning not in ("phase", "y phase") or phase.unit:
        return []
    largest = np.nanmax(np.abs(values[phase.meaning] / phase.factor), initial=0)
    if largest > LARGEST_PHASE_IN_RADIANS:
        return []
    return ["the phase has no unit and is taken as degrees; all of it is small enough to be radians"]
