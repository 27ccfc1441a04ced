"""The pages of a job that has ended, in the folder of the station: a report in each format."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.config.report_settings import ReportSettings
from labctl.errors import InvalidRequest
from labctl.report.pages.writing import write_report
from labctl.store import Database
from labctl.store.queries import runs as runs_queries

Row = Mapping[str, Any]
_UNSAFE = re.compile(r"[^\w.+-]+")
LONGEST_NAME = 60


def write_job_pages(db: Database, job_id: int, settings: ReportSettings) -> list[Path]:
    """Write the report of the runs of a job in each format; several runs make a comparison.

    Returns the files. A file is written whole or not at all.

    Raises
    ------
    InvalidRequest
        The job measured nothing, the folder cannot be made or written, a package is not installed. The other
        formats are written all the same.
    StoreError
        The results file cannot be read.
    """
    runs = _whole_runs(db, job_id)
    stem = _name(db, job_id, runs[-1])
    folder_of(settings)
    written, problems = list[Path](), list[str]()
    for kind in settings.formats:
        path = settings.folder / f"{stem}.{kind}"
        try:
            write_report(db, [run["id"] for run in runs], path)
            written.append(path)
        except InvalidRequest as error:
            problems.append(str(error))
    if problems:
        raise InvalidRequest(", ".join(dict.fromkeys(problems)))
    return written


def folder_of(settings: ReportSettings) -> Path:
    """Make the folder of the pages where it is not there; raises InvalidRequest where it cannot be made."""
    try:
        settings.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidRequest(f"[report] folder: {settings.folder}: {error.strerror or error}") from error
    return settings.folder


def _whole_runs(db: Database, job_id: int) -> list[Row]:
    """Return the runs of a job that no later one continues."""
    rows = runs_queries.of_job(db, job_id)
    if not rows:
        raise InvalidRequest(f"{db.path}: job {job_id} measured nothing, or there is no such job")
    continued = {part for row in rows for part in db.part_ids(row["id"]) if part != row["id"]}
    return [row for row in rows if row["id"] not in continued]


def _name(db: Database, job_id: int, run: Row) -> str:
    """Return e.g. `lab-job7-pellet_7-1a2b3c4d`: the start of the uuid keeps jobs of other files apart."""
    safe = _UNSAFE.sub("_", str(run["sample"] or "")).strip("_.")[:LONGEST_NAME]
    parts = (db.path.stem, f"job{job_id}", safe, str(run["uuid"])[:8])
    return "-".join(filter(None, parts))
