"""`labctl report`: runs as one page with figures, tables, methods and provenance."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DEFAULT_STATION, DatabaseOption, StationOption
from labctl.errors import ConfigurationError, InvalidRequest

SUMMARY = "{file}-summary.html"


def report(
    runs: Annotated[
        list[str] | None, typer.Argument(help="Numbers, starts of uuids, or `last`.", show_default=False)
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .html, .pdf or .docx.")
    ] = Path("report.html"),
    style: Annotated[
        Path | None, typer.Option(help="A matplotlibrc file for the figures.", show_default=False)
    ] = None,
    words: Annotated[
        Path | None, typer.Option(help="Your translation of the words of a report.", show_default=False)
    ] = None,
    print_words: Annotated[
        bool, typer.Option("--print-words", help="Print the words, to be translated, and write nothing.")
    ] = False,
    of_job: Annotated[
        int | None,
        typer.Option(help="Write the pages of this job into the folder of [report] of the station."),
    ] = None,
    ended_jobs: Annotated[
        bool, typer.Option("--ended-jobs", help="Write those of all jobs that want them, and record it.")
    ] = False,
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
) -> None:
    """Write one self-contained page about a run, or a comparison of several runs.

    Every number is the results file's; unknown values are named as unknown. Needs the extra `report`.

    A station with a [report] table gets the pages of each job when it has ended, by a process of low
    priority: the runner starts --ended-jobs, and --of-job makes the pages of one job by hand.
    """
    if not print_words and sum((bool(runs), of_job is not None, ended_jobs)) != 1:
        raise InvalidRequest("give runs, --of-job, --ended-jobs or --print-words: one of them")
    if print_words:
        from labctl.report.pages.words import FILE

        terminal.echo(FILE.read_text(encoding="utf-8"))
    elif ended_jobs:
        _of_ended_jobs(station, db)
    elif of_job is not None:
        _of_job(of_job, station, db)
    else:
        _of_runs(runs or [], output, style, words, db)


def _of_runs(runs: list[str], output: Path, style: Path | None, words: Path | None, db: Path) -> None:
    from labctl.report.pages.writing import write_report
    from labctl.store import Database

    with Database(db) as database:
        write_report(database, runs, output, style=style, words=words)
    terminal.echo(f"report    {output}")


def _of_ended_jobs(station: Path, db: Path) -> None:
    from labctl.cli.runner import log_to_terminal
    from labctl.config.report_settings import read_report_of
    from labctl.queue.reporting import command_for, make_wanted_reports
    from labctl.queue.yielding import yield_to_others

    yield_to_others()
    log_to_terminal()
    name, settings = read_report_of(station)
    if settings is None:
        raise ConfigurationError(str(station), "report", "is missing; give a table [report] with a folder")
    make_wanted_reports(db, name, settings, command_for(db, station))


def _of_job(job_id: int, station: Path, db: Path) -> None:
    from labctl.cli.summary import last_noon_s, summary_of
    from labctl.clock import RealClock
    from labctl.config.report_settings import read_report_of
    from labctl.report.night_page import write_page
    from labctl.report.pages_of_job import folder_of, write_job_pages
    from labctl.store import Database

    _, settings = read_report_of(station)
    if settings is None:
        raise ConfigurationError(str(station), "report", "is missing; give a table [report] with a folder")
    summary = folder_of(settings) / SUMMARY.format(file=db.stem)
    write_page(summary_of(db, last_noon_s(RealClock().time()), station), summary)
    with Database(db) as database:
        written = write_job_pages(database, job_id, settings)
    for path in (*written, summary):
        terminal.echo(path)
