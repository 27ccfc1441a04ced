"""Writes a report of runs as .html, .pdf or .docx."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from labctl.errors import InvalidRequest
from labctl.report.figures.style import styled
from labctl.report.pages.assembling import report_of
from labctl.report.pages.document import Report
from labctl.report.pages.html_page import html_page
from labctl.report.pages.pdf_page import pdf_page
from labctl.report.pages.word_page import word_page
from labctl.report.pages.words import Words
from labctl.report.whole_files import is_database, whole_file
from labctl.store import Database

PAGES: Mapping[str, Callable[[Report], bytes]] = {
    ".html": html_page,
    ".pdf": pdf_page,
    ".docx": word_page,
}
"""The formats by the ending of a file."""


def write_report(
    db: Database,
    runs: Sequence[int | str],
    output: Path,
    *,
    style: Path | None = None,
    words: Path | None = None,
) -> None:
    """Write the report of some runs; a file of that name is replaced once the report is complete.

    Parameters
    ----------
    db : Database
    runs : sequence of int or str
        Names of runs; of several, their comparison comes first.
    output : path
        Its ending chooses the format.
    style : path, optional
        A matplotlibrc file for the figures.
    words : path, optional
        A translation of `words.toml`.

    Raises
    ------
    InvalidRequest
        A run is missing or named twice, another ending, a file that cannot be read or written, a package that
        is not installed. Nothing is written.
    StoreError
        The results file cannot be read. Nothing is written.
    """
    page = PAGES.get(output.suffix.lower())
    if page is None:
        raise InvalidRequest(f"--output: {output} ends in neither {', '.join(PAGES)}")
    if is_database(output):
        raise InvalidRequest(f"--output: {output} is a database; give another path")
    ids = [db.run(run)["id"] for run in runs]
    twice = next((run_id for run_id in ids if ids.count(run_id) > 1), None)
    if twice is not None:
        raise InvalidRequest(f"run {twice} is named twice")
    with styled(style):
        content = page(report_of(db, ids, Words(words)))
    try:
        with whole_file(output) as part:
            part.write_bytes(content)
    except OSError as error:
        raise InvalidRequest(f"--output: {output}: {error.strerror or error}") from error
