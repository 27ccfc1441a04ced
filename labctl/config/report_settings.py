"""The `[report]` table of a station file: pages that are made at the end of each job."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from labctl.config.station import Station
from labctl.config.table import Table, read_document
from labctl.plain_text import shown

FORMATS = {"html": "jinja2", "pdf": "typst", "docx": "docx"}
"""Formats of a report, each with the module that writes it; every format needs jinja2 as well."""


@dataclass(frozen=True)
class ReportSettings:
    """A checked `[report]` table.

    Attributes
    ----------
    folder : Path
        Where the pages go; a relative one begins at the folder of the station file.
    formats : tuple of str
        From `FORMATS`.
    longest_s : float
        Time on this computer after which the process that makes the pages of one job is killed.
    """

    folder: Path
    formats: tuple[str, ...] = ("html",)
    longest_s: float = 600.0


def read_report(station: Station) -> ReportSettings | None:
    """Check the `[report]` table of a station; None where it has none.

    Raises ConfigurationError with file, key and a valid value.
    """
    return _settings(Table(station.source, station.report, "report."), Path(station.source))


def read_report_of(path: Path) -> tuple[str, ReportSettings | None]:
    """Read only the name of a station and its `[report]` table, without loading any driver.

    Raises ConfigurationError where the file cannot be read, or one of the two is wrong.
    """
    document = read_document(path)
    values = document.table("report", {}).values
    return document.text("name", path.stem), _settings(Table(path, values, "report."), path)


def packages_missing(station: Station) -> list[str]:
    """Return a sentence for each format that lacks a package; does not touch the folder.

    Raises ConfigurationError where the `[report]` table is wrong.
    """
    settings = read_report(station)
    formats = () if settings is None else settings.formats
    missing = [one for one in formats if not (find_spec(FORMATS[one]) and find_spec(FORMATS["html"]))]
    return [f"[report]: {one} needs the extra `report`: pip install -e '.[report]'" for one in missing]


def in_words(station: Station) -> list[str]:
    """Return a line that says where the pages of ended jobs go; none without a `[report]` table."""
    settings = read_report(station)
    if settings is None:
        return []
    problem = ", which is a file" if settings.folder.is_file() else ""
    return [f"report of each ended job ({', '.join(settings.formats)}) in {settings.folder}{problem}"]


def _settings(table: Table, source: Path) -> ReportSettings | None:
    if not table.values:
        return None
    folder = table.text("folder")
    if not folder.strip():
        raise table.error("folder", "is empty; give a folder for the pages")
    formats = table.take("formats", ["html"], "a list of formats")
    if not (isinstance(formats, list) and formats and all(one in FORMATS for one in formats)):
        raise table.error("formats", f"is {shown(formats)}; give a list from {', '.join(FORMATS)}")
    longest_s = 60 * table.number("longest_min", 10.0, minimum=0.1, maximum=1440)
    table.refuse_unknown()
    where = source.absolute().parent / Path(folder).expanduser()
    return ReportSettings(where, tuple(dict.fromkeys(formats)), longest_s)
