"""Export as RO-Crate: runs with everything behind them, described by machine-readable metadata.

A crate is a folder, or a zip (`.zip`, `.eln`), with `ro-crate-metadata.json`. It holds the runs as a results
file of their own (`runs.db`), every table as csv, every spectrum as `.z`, protocol and station files, figures
and the report as a page. Each file is described with its SHA-256. `labctl import CRATE` checks these and
takes the runs into another results file. The vocabulary follows RO-Crate 1.1 (schema.org).
"""

import datetime
import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from labctl.errors import InvalidRequest, LabctlError
from labctl.plain_text import on_one_line
from labctl.report.crate_rules import broken_rules
from labctl.report.export.delimited import DESCRIPTION, csv_text, description
from labctl.report.export.latex import write_latex
from labctl.report.export.optional import needed
from labctl.report.export.tables import Table, named, rows_of, tables_of
from labctl.report.export.terms import SPECTRUM, term_of
from labctl.report.export.zplot import spectrum_files
from labctl.report.whole_files import whole_file, whole_folder
from labctl.store import Database, Store
from labctl.store.merging import merge
from labctl.version import __version__

RUNS = "runs.db"
VERSION = "1.1"
TERMS = {"sha256": "http://schema.org/sha256"}
"""Properties that the context of version 1.1 does not have."""
REPORT = "report.html"
SOFTWARE = "#labctl"
ENCODINGS = {
    ".csv": "text/csv",
    ".db": "application/vnd.sqlite3",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
    ".z": "text/plain",
}
_ORCID = re.compile(r"(?:https://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_ADDRESS = re.compile(r"https?://\S+$")
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
FIGURES = {
    "nyquist": "impedance_points",
    "bode": "impedance_points",
    "arrhenius": "conductivities",
    "temperature": "temperature_log",
    "polarisation": "polarisation_points",
}
"""The kinds of figures, each with the table that it needs."""
LICENCES = {
    "https://creativecommons.org/licenses/by/4.0/": "Creative Commons Attribution 4.0 International",
    "https://creativecommons.org/licenses/by-sa/4.0/": "Creative Commons Attribution-ShareAlike 4.0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "Creative Commons Zero 1.0 Universal",
}


def write_crate(
    db: Database, runs: Sequence[int], path: Path, licence: str = "", orcid: str = "", name: str = ""
) -> list[Path]:
    """Write runs as a crate; return the path.

    Parameters
    ----------
    licence : str, optional
        Address of the licence of the data, e.g. https://creativecommons.org/licenses/by/4.0/.
    orcid : str, optional
        Of the person who is named as author.
    name : str, optional
        Of the author; without it a crate with an orcid alone has no name.

    Raises
    ------
    InvalidRequest
        A run has not ended, the path is taken, or the orcid is none.
    """
    author = orcid_address(orcid)
    _refuse_growing(db, runs)
    crates = needed("rocrate.rocrate", "ro-crate")
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder) / "content"
        content.mkdir()
        files = dict(_files(db, runs, content))
        crate = crates.ROCrate(version=VERSION)
        crate.metadata.extra_terms |= TERMS
        _describe(crate, db, runs, licence)
        _credit(crate, author, on_one_line(name.strip()))
        for file, words in files.items():
            crate.add_file(str(content / file), file, properties=_about(content / file, words))
        return _written(crate, path)


def write_si(db: Database, runs: Sequence[int], path: Path) -> list[Path]:
    """Write a supporting information as zip: tables as csv and LaTeX, spectra as .z, figures, the report."""
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder)
        for name, _ in _files(db, runs, content):
            if name == RUNS or name.startswith("sources/"):
                (content / name).unlink()
        write_latex(tables_of(db, runs), content / "tables" / "tables.tex")
        _zip(content, path, "")
    return [path]


def orcid_address(text: str) -> str:
    """Return the address of an ORCID, `""` for none; raises InvalidRequest for other text."""
    if not text:
        return ""
    found = _ORCID.fullmatch(text.strip())
    if found is None or not _check_digit_is_right(found[1]):
        raise InvalidRequest(f"--orcid: {text!r} is no ORCID; give e.g. 0000-0002-1825-0097")
    return f"https://orcid.org/{found[1]}"


def _check_digit_is_right(orcid: str) -> bool:
    """Return whether the last digit fits the others (ISO 7064, MOD 11-2)."""
    *digits, last = orcid.replace("-", "")
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == last


def _refuse_growing(db: Database, runs: Sequence[int]) -> None:
    growing = [run for run in runs if db.run(run)["status"] == "running"]
    if growing:
        raise InvalidRequest(f"run {growing[0]} has not ended; a crate holds runs that no longer grow")


def _files(db: Database, runs: Sequence[int], folder: Path) -> Iterator[tuple[str, str]]:
    """Write the files of a crate into a folder; yield the name and the description of each."""
    yield _runs_of_their_own(db, runs, folder), "the runs as a results file of labctl"
    tables = tables_of(db, runs)
    texts = {f"tables/{table.name}.csv": _csv(table) for table in tables}
    texts[f"tables/{DESCRIPTION}"] = description(tables)
    texts |= {f"spectra/{name}": text for name, text in spectrum_files(tables)}
    texts |= _sources(db, runs)
    for name, text in texts.items():
        _write(folder / name, text.encode())
        yield name, _words(name)
    has = {table.name for table in tables}
    yield from _figures(db, runs, folder, [kind for kind, table in FIGURES.items() if table in has])
    yield from _report(db, runs, folder)


def _runs_of_their_own(db: Database, runs: Sequence[int], folder: Path) -> str:
    Store.open(folder / RUNS).close()
    parts = [part for run in runs for part in db.part_ids(run)]
    merged = merge(folder / RUNS, db.path, only={db.run(part)["uuid"] for part in parts})
    if merged.refused:
        raise InvalidRequest(f"{db.path}: {merged.refused[0]}")
    return RUNS


def _csv(table: Table) -> str:
    return csv_text([[column.name for column in table.columns], *table.rows])


def _sources(db: Database, runs: Sequence[int]) -> dict[str, str]:
    """Return station and protocol files as they were when the runs began."""
    found = {}
    for run in runs:
        row = db.run(run)
        for kind in ("protocol", "station"):
            if row[f"{kind}_text"]:
                found[f"sources/run{run}_{kind}.toml"] = row[f"{kind}_text"]
    return found


def _figures(
    db: Database, runs: Sequence[int], folder: Path, kinds: Sequence[str]
) -> Iterator[tuple[str, str]]:
    from labctl.readmodel.whole_run import runs_named, with_fits
    from labctl.report.figures import figure_of, save, styled

    drawn = [with_fits(run) for run in runs_named(db, list(runs))]
    (folder / "figures").mkdir()
    with styled(None):
        for kind in kinds:
            name = f"figures/{kind}.svg"
            save(figure_of(kind, drawn), folder / name)
            yield name, f"figure: {kind}"


def _report(db: Database, runs: Sequence[int], folder: Path) -> Iterator[tuple[str, str]]:
    """Write the report where the packages of the extra `report` are installed."""
    if find_spec("jinja2") is None:
        return
    from labctl.report.pages.writing import write_report

    write_report(db, list(runs), folder / REPORT)
    yield REPORT, "report of the runs, methods and references included"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _words(name: str) -> str:
    folder, _, file = name.partition("/")
    stem = file.rpartition(".")[0]
    words = {
        "tables": f"table: {stem}",
        "spectra": f"impedance spectrum {stem}",
        "sources": f"source: {stem}",
    }
    return "unit and meaning of every column" if file == DESCRIPTION else words.get(folder, stem)


def _about(path: Path, words: str) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "name": path.name,
        "description": words,
        "encodingFormat": ENCODINGS.get(path.suffix, "application/octet-stream"),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
        **({"additionalType": SPECTRUM} if path.suffix == ".z" else {}),
    }


def _describe(crate: Any, db: Database, runs: Sequence[int], licence: str) -> None:
    entities = needed("rocrate.model", "ro-crate")
    rows = [db.run(run) for run in runs]
    samples = dict.fromkeys(
        row["name"] for row in rows_of(named(tables_of(db, runs, ["samples"]), "samples"))
    )
    crate.name = on_one_line(f"Ionic transport of {', '.join(samples)}")
    without = "" if find_spec("jinja2") else "; without a report, whose packages were not installed"
    crate.description = f"{len(runs)} run(s) of labctl with raw rows, results and figures{without}"
    ended_s = max((row["ended_s"] or row["started_s"] for row in rows), default=0.0)
    crate.datePublished = datetime.datetime.fromtimestamp(ended_s, datetime.UTC)
    crate.license = _licence(crate, licence, entities) if licence else "not stated"
    software = {"@type": "SoftwareApplication", "name": "labctl", "softwareVersion": __version__}
    crate.add(entities.ContextEntity(crate, SOFTWARE, properties=software))
    numbers = [
        crate.add(entities.ContextEntity(crate, f"#number{place}", properties=about))
        for place, about in enumerate(_numbers(db, runs))
    ]
    crate.root_dataset["variableMeasured"] = [{"@id": one.id} for one in numbers]
    crate.root_dataset["instrument"] = {"@id": SOFTWARE}


def _credit(crate: Any, orcid: str, name: str) -> None:
    """Name the author by ORCID, by name, or by both."""
    if orcid or name:
        entities = needed("rocrate.model", "ro-crate")
        about = {"name": name} if name else {}
        person = crate.add(entities.Person(crate, orcid or "#author", properties=about))
        crate.root_dataset["author"] = {"@id": person.id}


def _licence(crate: Any, address: str, entities: Any) -> Any:
    """Return the entity of a licence, by name where it is a usual one."""
    about = {"@type": "CreativeWork", "name": LICENCES.get(address, address), "url": address}
    identifier = address if _ADDRESS.match(address) else "#licence"
    return crate.add(entities.ContextEntity(crate, identifier, properties=about))


def _numbers(db: Database, runs: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    """Yield each conductivity, activation energy and transference number as a PropertyValue."""
    tables = tables_of(db, runs, ["conductivities", "laws", "transference_numbers"])
    for row in rows_of(named(tables, "conductivities")):
        yield _number("conductivity_s_m", row, row["standard_uncertainty_s_m"], row["conductivity_s_m"])
    for row in rows_of(named(tables, "laws")):
        if row["preferred"] and row["activation_energy_ev"] is not None:
            yield _number(
                "activation_energy_ev", row, row["standard_uncertainty_ev"], row["activation_energy_ev"]
            )
    for row in rows_of(named(tables, "transference_numbers")):
        if row["value"] is not None:
            yield _number(row["quantity"], row, row["standard_uncertainty"], row["value"])


def _number(quantity: str, row: Mapping[str, Any], u: float | None, value: float) -> dict[str, Any]:
    term = term_of(quantity)
    kelvin = row.get("temperature_k")
    at = f" at {kelvin:.2f} K" if kelvin is not None else ""
    known = "not known" if u is None else f"{u:.3g} {term.unit}"
    return {
        "@type": "PropertyValue",
        "name": f"{term.words}{at}, run {row['run']}",
        "value": value,
        "unitText": term.unit,
        **({"propertyID": term.identifier} if term.identifier else {}),
        **({"unitCode": term.unit_identifier} if term.unit_identifier else {}),
        "description": f"standard uncertainty {known}",
    }


def _written(crate: Any, path: Path) -> list[Path]:
    if path.suffix.lower() not in (".zip", ".eln"):
        if path.exists() and os.listdir(path):
            raise InvalidRequest(f"--output: {path} is not empty; give another folder")
        with whole_folder(path) as part:
            crate.write(part)
            _keep_rules(part)
        return [path]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / path.stem
        crate.write(root)
        _keep_rules(root)
        _zip(root, path, f"{path.stem}/")
    return [path]


def _keep_rules(crate: Path) -> None:
    broken = broken_rules(crate)
    if broken:
        raise LabctlError(f"the crate would break a rule of RO-Crate 1.1: {broken[0]}")


def _zip(folder: Path, path: Path, prefix: str) -> None:
    """Write the files of a folder into a zip; without times, equal files are equal zips."""
    with whole_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                name = f"{prefix}{file.relative_to(folder).as_posix()}"
                archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), file.read_bytes(), zipfile.ZIP_DEFLATED)
