"""HTML tables of a notebook: text is data, numbers stand with their uncertainty, units in the heading."""

import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labctl.plain_text import printable, shortened
from labctl.readmodel.formatting import with_uncertainty

MOST_ROWS = 60
LONGEST_CELL = 300
UNCERTAINTY = {
    "conductivity_s_m": "standard_uncertainty_s_m",
    "temperature_k": "temperature_u_k",
    "resistance_ohm": "standard_uncertainty_ohm",
    "activation_energy_ev": "standard_uncertainty_ev",
    "value": "standard_uncertainty",
    "capacitance_f": "capacitance_u_f",
    "specific_resistance_ohm": "specific_resistance_u_ohm",
    "thickness_m": "thickness_u_m",
    "area_m2": "area_u_m2",
    "lead_ohm": "lead_u_ohm",
}
"""Columns with the columns of their standard uncertainties, which are shown in one."""
NOT_SHOWN = {
    "analysis_id", "uuid", "derived_s", "method", "method_version", "budget", "curve", "relaxation",
    "spectra", "protocol_text", "station_text", "inputs", "fixture_short", "fixture_open",
}  # fmt: skip
"""Columns that a frame has and its table does not show."""
NOT_A_UNIT = ("", "id", "text", "JSON", "1")


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> str:
    """Return a table as HTML. All arguments are plain text; nothing in them becomes a tag."""
    head = "".join(f"<th>{_escaped(one)}</th>" for one in headings)
    body = "".join(f"<tr>{''.join(f'<td>{_escaped(cell)}</td>' for cell in row)}</tr>" for row in rows)
    below = f"<p>{_escaped(note)}</p>" if note else ""
    return (
        f"<table><caption>{_escaped(title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{below}"
    )


def rows_table(title: str, rows: Sequence[Mapping[str, Any]], units: Mapping[str, str]) -> str:
    """Return rows as HTML, at most `MOST_ROWS` of them.

    Parameters
    ----------
    title : str
    rows : sequence of mapping
        All with the keys of the first.
    units : mapping of str to str
        Unit of each column.
    """
    names = _shown_names(rows[0]) if rows else []
    headings = [_heading(name, units.get(name, "")) for name in names]
    left = len(rows) - MOST_ROWS
    note = f"and {left} more rows" if left > 0 else "" if rows else "no rows"
    return table(title, headings, ([cell(row, name) for name in names] for row in rows[:MOST_ROWS]), note)


def _shown_names(row: Mapping[str, Any]) -> list[str]:
    beside = {u for value, u in UNCERTAINTY.items() if value in row}
    return [name for name in row if name not in beside and name not in NOT_SHOWN]


def _heading(name: str, unit: str) -> str:
    return name if unit in NOT_A_UNIT else f"{name} / {unit}"


def cell(row: Mapping[str, Any], name: str) -> str:
    """Return the text of a column of a row, with its uncertainty where there is one for it."""
    value = row[name]
    if _is_missing(value):
        return ""
    if name in UNCERTAINTY and UNCERTAINTY[name] in row and isinstance(value, int | float):
        u = row[UNCERTAINTY[name]]
        return with_uncertainty(value, None if _is_missing(u) else u)
    return shortened(_text(value), LONGEST_CELL)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return "; ".join(value)
    if isinstance(value, Mapping):
        return parameters_text(value) or json.dumps(value, default=str)
    return str(value)


def parameters_text(described: Mapping[str, Any]) -> str:
    """Return `{name: {value, standard_uncertainty, unit}}` as text; empty where the mapping is another."""
    inner = described.get("parameters", described)
    if not isinstance(inner, Mapping):
        return ""
    parts = [
        f"{name} = {with_uncertainty(one['value'], one.get('standard_uncertainty'))} {one.get('unit') or ''}"
        for name, one in inner.items()
        if isinstance(one, Mapping) and isinstance(one.get("value"), int | float)
    ]
    return "; ".join(part.rstrip() for part in parts)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _escaped(text: str) -> str:
    return html.escape(printable(text)).replace("\n", "<br>")
