"""Uncertainties by source as a table, and what to calibrate first."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labctl.derive.budgets import CONDUCTIVITY, NOT_KEPT, listed, not_stated_in
from labctl.readmodel.formatting import celsius
from labctl.readmodel.law_text import HEADLINE_SYMBOLS, PARTS, SYMBOLS, law_name

Row = Mapping[str, Any]
WIDTH = 80
REMEDIES = {
    "fit and noise": "repeat the spectra, or measure more temperatures",
    "circuit": "widen the range of frequency, or vary thickness or electrodes",
    "law": "measure more temperatures, near the one asked for",
    "thickness": "measure the thickness better",
    "area": "measure the area better",
    "thermal expansion": "find the coefficient of expansion",
    "thermometer": "calibrate the thermometer",
    "sensor to sample": "measure how far the sample is from its sensor",
    "analyser": "compare the analyser with a reference resistor",
    "potentiostat": "calibrate the potentiostat",
    "leads": "measure a short of the leads",
    "electronic share": "measure the electronic share",
    "reference resistor": "use a better reference resistor",
    "isolation": "dry the sample holder and its cables, or use a card with a better isolation",
    "between mounts": "mount more often",
    "change of the sample": "let the sample settle, and repeat the first temperature",
    "steady current": "hold longer, or use a smaller range of current",
    "step of potential": "sense the potential at the cell",
    "bulk resistance": "widen the range of frequency, or lower the noise of the spectra",
    "interface resistance": "widen the range of frequency, or lower the noise of the spectra",
    "zero of the current": "measure the current at 0 V (zero_current_min), or reverse the polarity",
    "scale of the current": "compare direct and alternating current on a known resistor",
    "polarity": "let the cell relax longer before the other polarity",
    "linear range": "use a smaller step",
}
CHANGE = "change of the sample"
STATABLE = (*(name for name in REMEDIES if name != CHANGE), "geometry")
MEASURE_AGAIN = "measure the first temperature again (repeat_first), or the way back (return_down)"


def with_lists(row: Row, quantity: str | None = None) -> dict[str, Any]:
    """Return a row with its budget as a list and `not_stated`, as `--json` prints it.

    `quantity`: the one that the list is about; without it the first that the row keeps. Parameters of a law
    have a list each.
    """
    kept = row.get("budget")
    quantities = _quantities(kept)
    of = quantity or next((one for one in HEADLINE_SYMBOLS if one in quantities), "")
    shown = dict(row) | {"budget": listed(kept, of), "not_stated": not_stated_in(kept)}
    if isinstance(row.get("parameters"), Mapping):
        shown["parameters"] = {
            name: {**one, "budget": listed(kept, name)} if name in quantities else one
            for name, one in row["parameters"].items()
        }
    return shown


def budget_lines(conductivities: Sequence[Row], fits: Sequence[Row], numbers: Sequence[Row]) -> list[str]:
    """Return a table for each number, largest source first, then the parts not stated and the next step.

    Rows are as `with_lists` returns them; `numbers` are transference numbers. Lines have at most 80 columns.
    """
    lines = []
    for row in fits:
        for name, one in row["parameters"].items():
            if one.get("budget"):
                part = f"{PARTS.get(row['part'], row['part'])}, " if row.get("part") else ""
                title = f"{SYMBOLS.get(name, name)}, {part}{law_name(row)}"
                lines += _table(title, *_in_lab_units(name, one))
    for row in conductivities:
        lines += _table(_conductivity_title(row), row["conductivity_s_m"] / 100, row["budget"], "S/cm", 0.01)
    for row in numbers:
        lines += _table(row["quantity"], row["value"], row["budget"], "", 1.0)
    rows = [*fits, *conductivities, *numbers]
    return [*lines, *_not_stated_lines(rows), *_first(rows)] or ["no number yet"]


def largest_unknowns(rows: Sequence[Row]) -> list[str]:
    """Return the line of parts not stated, and one about the largest source of the preferred number."""
    preferred = [row for row in rows if row.get("preferred")] or list(rows)
    return [*_not_stated_lines(preferred), *_first(preferred)]


def _first(rows: Sequence[Row]) -> list[str]:
    """Return lines about what to state and what to calibrate first."""
    silent = _silent(rows)
    statable = [name for name in silent if name.partition(" (")[0] in STATABLE]
    lines = _wrapped("state first: ", statable) if statable else []
    if any(name.startswith(CHANGE) for name in silent):
        lines += [MEASURE_AGAIN]
    number = next((row for row in rows if row["budget"]), None)
    if number is None:
        return lines
    largest = number["budget"][0]["source"]
    return [*lines, f"largest source: {largest}; {REMEDIES.get(largest, 'look there first')}"]


def _quantities(kept: Any) -> list[str]:
    components = kept.get("components") if isinstance(kept, Mapping) else None
    return list(components) if isinstance(components, Mapping) else []


def _conductivity_title(row: Row) -> str:
    at = f" at {celsius(row['temperature_k'])} °C" if row["temperature_k"] else ""
    return f"sigma of spectrum {row.get('spectrum', '?')}{at}"


def _in_lab_units(name: str, one: Row) -> tuple[float, list[Row], str, float]:
    if name.startswith(CONDUCTIVITY):
        return one["value"] / 100, one["budget"], "S/cm", 0.01
    return one["value"], one["budget"], one["unit"], 1.0


def _table(title: str, value: float, entries: Sequence[Row], unit: str, scale: float) -> list[str]:
    if not entries:
        return []
    whole = sum(entry["standard_uncertainty"] ** 2 for entry in entries)
    lines = [f"{title} = {value:.5g} {unit}, u = {scale * whole**0.5:.2g} {unit}"]
    for entry in entries:
        u = entry["standard_uncertainty"]
        common = "common" if entry["common"] else ""
        share = u**2 / whole if whole else 0.0
        lines.append(
            f"   {entry['source']:<20} {scale * u:>9.2g} {unit:<8} {entry['type']}  {common:<7} {share:>5.0%}"
        )
    return lines


def _silent(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row["not_stated"]))


def _not_stated_lines(rows: Iterable[Row]) -> list[str]:
    """Return a line `not stated: ...`; budgets that are not kept have a line of their own."""
    silent = _silent(rows)
    kept = [name for name in silent if not name.startswith(NOT_KEPT)]
    lines = _wrapped("not stated: ", kept) if kept else []
    return lines + [NOT_KEPT] * (len(kept) < len(silent))


def _wrapped(begin: str, names: Sequence[str]) -> list[str]:
    text = begin + ", ".join(names)
    return textwrap.wrap(text, WIDTH, subsequent_indent="   ", break_long_words=False)
