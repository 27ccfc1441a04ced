"""Export as csv: a folder or zip of all tables, or one table; and as csv for Origin."""

import csv
import io
import math
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from labctl.plain_text import spreadsheet_cell
from labctl.report.export.tables import Table, named, rows_of
from labctl.report.whole_files import whole_file, whole_folder
from labctl.units import ZERO_CELSIUS_K

S_CM = 0.01  # S/cm in S/m
LN10 = math.log(10)
DESCRIPTION = "columns.csv"
MAIN = ("conductivities", "transference_numbers", "spectra")
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as csv: None is empty, numbers in full, and no text is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: Any) -> Any:
    """Return a value for csv: None is empty, a float has all of its digits, and no text is a formula."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else spreadsheet_cell(value)


def write_csv(tables: Sequence[Table], path: Path) -> list[Path]:
    """Write all tables into a folder or a .zip, or the main one into a .csv; return the files written.

    Unit and meaning of each column are in `columns.csv`; a single .csv has the unit in the names only.
    """
    if path.suffix.lower() == ".csv":
        with whole_file(path) as part:
            part.write_text(_text_of(_main(tables)), encoding="utf-8", newline="")
        return [path]
    texts = {f"{table.name}.csv": _text_of(table) for table in tables}
    return write_texts(texts | {DESCRIPTION: description(tables)}, path)


def write_texts(texts: dict[str, str], path: Path) -> list[Path]:
    """Write named texts into a folder, or into a zip where the path ends in .zip."""
    if path.suffix.lower() == ".zip":
        with whole_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in texts.items():
                archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), text, zipfile.ZIP_DEFLATED)
        return [path]
    with whole_folder(path, texts) as folder:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    return [path / name for name in texts]


def description(tables: Sequence[Table]) -> str:
    """Return a csv with unit and meaning of every column of some tables."""
    rows = [(table.name, one.name, one.unit, one.meaning) for table in tables for one in table.columns]
    return csv_text([("table", "column", "unit", "meaning"), *rows])


def _main(tables: Sequence[Table]) -> Table:
    """Return the table that a person means by "the results": conductivities, else transference numbers."""
    by_name = {table.name: table for table in tables}
    return next((by_name[name] for name in MAIN if name in by_name), tables[0])


def _text_of(table: Table) -> str:
    return csv_text([[column.name for column in table.columns], *table.rows])


ORIGIN: tuple[tuple[str, str, str], ...] = (
    ("run", "", "run of the database"),
    ("spectrum", "", "number in the run"),
    ("T", "K", "temperature of the sample"),
    ("u(T)", "K", "standard uncertainty"),
    ("T", "°C", "temperature of the sample"),
    ("1000/T", "1/K", ""),
    ("R", "ohm", "ionic resistance"),
    ("sigma", "S/cm", "ionic conductivity"),
    ("u(sigma)", "S/cm", "standard uncertainty, geometry included as far as it was stated"),
    ("log10 sigma", "log(S/cm)", ""),
    ("u(log10 sigma)", "log(S/cm)", "standard uncertainty"),
    ("ln(sigma T)", "ln(S K/cm)", ""),
    ("u(ln(sigma T))", "ln(S K/cm)", "standard uncertainty"),
    ("bound", "", "lower: sigma is above it; upper: below it"),
    ("remarks", "", ""),
    ("not stated", "", "in no uncertainty of the row"),
)
"""Long name, unit and comment of each column for Origin."""


def write_origin(tables: Sequence[Table], path: Path) -> list[Path]:
    """Write the columns that are plotted, with rows of long names, units and comments."""
    silent = names_not_stated(tables)
    rows = [
        (*_origin_row(row), silent.get(row["run"], "")) for row in rows_of(named(tables, "conductivities"))
    ]
    with whole_file(path) as part:
        part.write_text(csv_text([*zip(*ORIGIN, strict=True), *rows]), encoding="utf-8", newline="")
    return [path]


def names_not_stated(tables: Sequence[Table]) -> dict[int, str]:
    """Return the missing statements about each run, e.g. `thermometer, leads`."""
    found: dict[int, dict[str, None]] = {}
    for row in rows_of(named(tables, "unknowns")):
        found.setdefault(row["run"], {})[row["not_stated"]] = None
    return {run: ", ".join(names) for run, names in found.items()}


def _origin_row(row: dict[str, Any]) -> tuple[Any, ...]:
    kelvin, sigma, u = row["temperature_k"], row["conductivity_s_m"], row["standard_uncertainty_s_m"]
    relative = None if u is None or not sigma else u / sigma
    log_sigma = math.log10(S_CM * sigma) if sigma and sigma > 0 else None
    ln_sigma_t = None if log_sigma is None or not kelvin else log_sigma * LN10 + math.log(kelvin)
    return (
        row["run"],
        row.get("spectrum"),
        kelvin,
        row["temperature_u_k"],
        None if kelvin is None else kelvin - ZERO_CELSIUS_K,
        None if not kelvin else 1000 / kelvin,
        row["total_resistance_ohm"],
        None if sigma is None else S_CM * sigma,
        None if u is None else S_CM * u,
        log_sigma,
        None if relative is None else relative / LN10,
        ln_sigma_t,
        relative,
        row["bound"],
        row["flags"],
    )
