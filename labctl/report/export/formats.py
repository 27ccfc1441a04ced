"""The formats of `labctl export`, each with the function that writes it and the endings of its path."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labctl.errors import InvalidRequest
from labctl.report.export.crate import write_crate, write_si
from labctl.report.export.delimited import write_csv, write_origin
from labctl.report.export.latex import write_latex
from labctl.report.export.netcdf import write_netcdf
from labctl.report.export.nexus import write_nexus
from labctl.report.export.parquet import write_parquet
from labctl.report.export.tables import Table, tables_of
from labctl.report.export.workbook import write_xlsx
from labctl.report.export.zplot import write_zplot
from labctl.report.whole_files import is_database
from labctl.store import Database

RESULTS = ("samples", "runs", "conductivities", "resistances", "laws", "transference_numbers", "unknowns")
SPECTRA = ("samples", "spectra", "impedance_points", "conductivities", "unknowns")
EVERYTHING = ()


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes
    ----------
    writer : callable
        Writes tables to a path, and returns the files written.
    endings : tuple of str
        Endings of the path; `""` is a folder.
    tables : tuple of str
        The tables it holds; empty: all.
    holds : str
        What it is for, in one phrase.
    """

    writer: Callable[[Sequence[Table], Path], list[Path]]
    endings: tuple[str, ...]
    tables: tuple[str, ...]
    holds: str


@dataclass(frozen=True)
class Credit:
    """Address of the licence, ORCID and name of the author, `""` where not stated."""

    licence: str = ""
    orcid: str = ""
    author: str = ""


CRATES: dict[str, tuple[str, ...]] = {"ro-crate": ("", ".zip"), "eln": (".eln",), "si": (".zip",)}
"""Formats of everything about some runs, with the endings of their paths."""

FORMATS: dict[str, Format] = {
    "csv": Format(write_csv, ("", ".zip", ".csv"), EVERYTHING, "every table; .csv: the main one"),
    "origin": Format(write_origin, (".csv",), RESULTS, "what is plotted, with units and comments"),
    "xlsx": Format(write_xlsx, (".xlsx",), EVERYTHING, "every table, a sheet for each"),
    "latex": Format(write_latex, (".tex",), RESULTS, "tables of a supporting information"),
    "parquet": Format(write_parquet, ("",), EVERYTHING, "every table, a file for each"),
    "zplot": Format(write_zplot, ("", ".zip"), SPECTRA, "every spectrum as .z"),
    "netcdf": Format(write_netcdf, (".nc",), EVERYTHING, "every table in one file"),
    "nexus": Format(write_nexus, (".nxs", ".h5"), EVERYTHING, "every run as NXentry, and every table"),
}


def export(
    db: Database, runs: Sequence[int], kind: str, path: Path, credit: Credit | None = None
) -> list[Path]:
    """Write runs in a format; return the files written. `credit` is for crates.

    Raises
    ------
    InvalidRequest
        Another format, a path that does not fit it, a database at the path, or nothing to export.
    """
    chosen, credit = format_named(kind, path), credit or Credit()
    try:
        if chosen is None:
            if kind == "si":
                return write_si(db, runs, path)
            return write_crate(db, runs, path, credit.licence, credit.orcid, credit.author)
        tables = tables_of(db, runs, chosen.tables or None)
        if not tables:
            raise InvalidRequest(f"--format {kind}: these runs have no rows for it")
        return chosen.writer(tables, path)
    except OSError as error:
        raise InvalidRequest(f"--output: {path} cannot be written: {error.strerror or error}") from error


def format_named(kind: str, path: Path) -> Format | None:
    """Return a format after a check of its path, None for one of `CRATES`; raises InvalidRequest."""
    known = {name: one.endings for name, one in FORMATS.items()} | CRATES
    if kind not in known:
        raise InvalidRequest(f"--format: {kind!r} is not one of {', '.join(known)}")
    endings = known[kind]
    if path.suffix.lower() not in endings and not ("" in endings and path.is_dir()):
        wanted = " or ".join(one or "a folder" for one in endings)
        raise InvalidRequest(f"--output: {path} does not fit {kind}, which needs {wanted}")
    if is_database(path):
        raise InvalidRequest(f"--output: {path} is a database; give another path")
    return FORMATS.get(kind)
