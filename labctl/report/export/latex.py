"""Export as LaTeX: the tables of a supporting information, for the package booktabs."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labctl.readmodel.law_conditions import at_condition
from labctl.readmodel.law_text import law_name
from labctl.report.export.tables import Table, rows_of
from labctl.report.whole_files import whole_file
from labctl.units import ZERO_CELSIUS_K

S_CM = 0.01  # S/cm in S/m
SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
_SPECIAL = re.compile("[" + re.escape("".join(SPECIAL)) + "]")


def escaped(text: str) -> str:
    """Return text that LaTeX prints as it is."""
    return _SPECIAL.sub(lambda found: SPECIAL[found[0]], " ".join(str(text).split()))


def write_latex(tables: Sequence[Table], path: Path) -> list[Path]:
    """Write a table of conductivities and one of temperature laws for each run, remarks as notes."""
    by_name = {table.name: table for table in tables}
    samples = {row["run"]: row["name"] for row in rows_of(by_name.get("samples"))}
    parts = ["% needs \\usepackage{booktabs}"]
    for run in sorted(samples):
        title = f"{escaped(samples[run])} (run {run})"
        parts.append(
            _conductivities([r for r in rows_of(by_name.get("conductivities")) if r["run"] == run], title)
        )
        parts.append(_laws([r for r in rows_of(by_name.get("laws")) if r["run"] == run], title))
    parts += [_unknowns(run, samples[run], rows_of(by_name.get("unknowns"))) for run in sorted(samples)]
    with whole_file(path) as part:
        part.write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")
    return [path]


def _conductivities(rows: Sequence[dict[str, Any]], title: str) -> str:
    if not rows:
        return ""
    notes: dict[str, int] = {}
    lines = [_conductivity_line(row, notes) for row in rows]
    heading = r"$T$/\textdegree C & $1000\,\mathrm{K}/T$ & $R/\Omega$ & $\sigma/\mathrm{S\,cm^{-1}}$ & notes"
    caption = f"Ionic conductivity of {title}, $\\pm$ one standard uncertainty{_not_stated(rows)}."
    return _tabular("rrrrl", heading, lines, caption, notes)


def _conductivity_line(row: dict[str, Any], notes: dict[str, int]) -> str:
    kelvin, sigma, u = row["temperature_k"], row["conductivity_s_m"], row["standard_uncertainty_s_m"]
    sign = {"lower": ">", "upper": "<"}.get(row["bound"] or "", "")
    marks = [notes.setdefault(flag, len(notes) + 1) for flag in _flags(row)]
    cells = (
        "" if kelvin is None else f"{kelvin - ZERO_CELSIUS_K:.2f}",
        "" if not kelvin else f"{1000 / kelvin:.4f}",
        f"${number(row['total_resistance_ohm'], _of(row, 'relative_uncertainty_resistance'))}$",
        f"${sign}{number(S_CM * sigma, None if u is None else S_CM * u)}$",
        ", ".join(map(str, marks)),
    )
    return " & ".join(cells)


def _of(row: dict[str, Any], relative: str) -> float | None:
    """Return the standard uncertainty of the resistance from a relative one; None where it is not known."""
    return None if row[relative] is None else row[relative] * row["total_resistance_ohm"]


def _not_stated(rows: Sequence[dict[str, Any]]) -> str:
    """Return `, without thermometer, area: not stated` as far as the budgets of the rows name such parts."""
    kept = [json.loads(row["budget"]) if row.get("budget") else None for row in rows]
    known = [one for one in kept if isinstance(one, dict)]
    if len(known) < len(kept):
        return "; its parts are not known"
    names = dict.fromkeys(str(name) for one in known for name in one.get("not_stated") or ())
    return f", without {escaped(', '.join(names))}: not stated" if names else ""


def _flags(row: dict[str, Any]) -> list[str]:
    return [flag for flag in (row["flags"] or "").split("; ") if flag]


def _laws(rows: Sequence[dict[str, Any]], title: str) -> str:
    preferred = [row for row in rows if row["preferred"] and row["activation_energy_ev"] is not None]
    if not preferred:
        return ""
    lines = [
        f"{escaped(law_name(row) + at_condition(row))} & {escaped(row['branch'])} & {row['n_points']} & "
        f"${number(row['activation_energy_ev'], row['standard_uncertainty_ev'])}$"
        for row in preferred
    ]
    heading = r"law & branch & points & $E_\mathrm{a}/\mathrm{eV}$"
    return _tabular("llrr", heading, lines, f"Temperature laws of {title}.", {})


def _unknowns(run: int, sample: str, rows: Sequence[dict[str, Any]]) -> str:
    """Return the table of missing statements; empty without any."""
    own = [row for row in rows if row["run"] == run]
    if not own:
        return ""
    lines = [
        f"{escaped(row['not_stated'])} & {escaped(row['if_it_were_only'] or '')} & "
        f"{_of_hundred(row['relative_effect_on_conductivity'])} & {_milli(row['effect_on_energy_ev'])}"
        for row in own
    ]
    heading = r"not stated & if it were only & $u(\sigma)/\sigma$, \% & $u(E_\mathrm{a})/\mathrm{meV}$"
    caption = f"In no interval of {escaped(sample)} (run {run}), because nothing is stated of it."
    return _tabular("llrr", heading, lines, caption, {})


def _of_hundred(relative: float | None) -> str:
    return "?" if relative is None else f"{100 * relative:.2g}"


def _milli(energy_ev: float | None) -> str:
    return "" if energy_ev is None else f"{1e3 * energy_ev:.2g}"


def _tabular(columns: str, heading: str, lines: Sequence[str], caption: str, notes: dict[str, int]) -> str:
    body = " \\\\\n".join(lines)
    told = [f"\\\\ \\footnotesize ${place}$: {escaped(words)}" for words, place in notes.items()]
    return "\n".join(
        [
            r"\begin{table}",
            f"\\caption{{{caption}}}",
            r"\centering",
            f"\\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            f"{heading} \\\\",
            r"\midrule",
            f"{body} \\\\",
            r"\bottomrule",
            r"\end{tabular}",
            *told,
            r"\end{table}",
        ]
    )


def number(value: float | None, u: float | None) -> str:
    r"""Return a number for mathematics, e.g. `(8.31 \pm 0.12) \times 10^{-7}`; `?` where it is unknown."""
    if value is None or not math.isfinite(value):
        return "?"
    exponent = math.floor(math.log10(abs(value))) if value else 0
    exponent = 0 if -2 <= exponent < 4 else exponent
    scaled, power = value / 10**exponent, f" \\times 10^{{{exponent}}}" if exponent else ""
    if u is None or not math.isfinite(u) or u <= 0:
        return f"{scaled:.4g}{power} \\pm {{?}}"
    decimals = max(0, 1 - math.floor(math.log10(u / 10**exponent)))
    text = f"{scaled:.{decimals}f} \\pm {u / 10**exponent:.{decimals}f}"
    return f"({text}){power}" if power else text
