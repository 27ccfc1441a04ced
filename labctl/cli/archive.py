"""`labctl archive`: ended runs of many results files as one Parquet dataset."""

import base64
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    JsonOption,
    PersonOption,
    StationOption,
    user_name,
)
from labctl.cli.web import (
    HostOption,
    NameOption,
    PortOption,
    TokenOption,
    YesOption,
    ask_before_listening,
    rules_for,
)

if TYPE_CHECKING:
    from labctl.archive.adding import Added
    from labctl.archive.fitting import SeriesFitted
    from labctl.archive.opened import Answer
    from labctl.archive.verifying import Verified

app = typer.Typer(
    help="Keep the ended runs of many rigs as Parquet; ask, verify and derive them again.",
    no_args_is_help=True,
)

ADDRESS = "FOLDER_OR_URL"
HELP = "The archive: a folder, or an address of fsspec such as s3://bucket/archive."
ArchiveOption = Annotated[
    str, typer.Option("--archive", metavar=ADDRESS, help=HELP, envvar="LABCTL_ARCHIVE", show_default=False)
]
MOST_NAMED = 20


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="Results files.", show_default=False)],
    to: Annotated[
        str,
        typer.Option("--to", "--archive", metavar=ADDRESS, help=HELP, envvar="LABCTL_ARCHIVE"),
    ] = "",
    run: Annotated[
        list[str] | None, typer.Option(help="Only runs with this uuid; repeatable.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add the ended runs of results files, each once, and what became known about them since.

    It may be stopped at any moment and given again, and several may write at once. A results file in use is
    only read. Exit code 1 where a run was refused.
    """
    from labctl.archive.adding import add_files
    from labctl.archive.place import place_of

    place = place_of(to)
    with _progress("adding", as_json) as step:
        added = add_files(files, place, run, lambda one: step())
    if as_json:
        terminal.echo(json.dumps({"archive": place.address, "series": [vars(one) for one in added]}))
    else:
        _print_added(added, place.address)
    raise typer.Exit(1 if any(one.outcome == "refused" for one in added) else 0)


@app.command()
def follow(station: StationOption = DEFAULT_STATION, db: DatabaseOption = DEFAULT_DATABASE) -> None:
    """Add what ends to the archive of the station's [archive] table; the runner starts this.

    It ends when the runner has ended and everything was added, or could not be. Python files of the station
    are not loaded.
    """
    from labctl.cli.runner import log_to_terminal
    from labctl.config.archive_settings import read_archive_of
    from labctl.errors import ConfigurationError
    from labctl.queue.archiving import command_to_add
    from labctl.queue.archiving import follow as follow_runner
    from labctl.queue.yielding import yield_to_others

    name, settings = read_archive_of(station)
    if settings is None:
        raise ConfigurationError(
            str(station), "archive", 'is missing; give a table [archive] with `to = "..."`'
        )
    yield_to_others()
    log_to_terminal()
    follow_runner(db, name, settings, command_to_add(db, settings.to))


def _print_added(added: "Sequence[Added]", address: str) -> None:
    count = {
        outcome: sum(len(one.runs) for one in added if one.outcome == outcome)
        for outcome in ("added", "updated", "known", "refused")
    }
    words = f"{count['added']} run(s) added, {count['updated']} updated, {count['known']} there already"
    terminal.echo(f"{address}: {words}")
    for one in added:
        if one.outcome == "refused":
            terminal.echo(f"{one.source}: run {one.runs[0]} refused: {one.reason}")


@app.command()
def verify(
    archive: ArchiveOption = "",
    files_only: Annotated[
        bool, typer.Option("--files-only", help="Hash the files, not the rows of the runs: quicker.")
    ] = False,
    tidy: Annotated[
        bool, typer.Option("--tidy", help="Delete files that killed processes left over an hour ago.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Hash every file and every run again; exit code 1 where something is damaged, missing or doubled."""
    from labctl.archive.place import place_of, require_archive
    from labctl.archive.verifying import delete_left_over
    from labctl.archive.verifying import verify as verify_archive

    place = place_of(archive)
    require_archive(place)
    with _progress("verifying", as_json) as step:
        found = verify_archive(place, rows=not files_only, done=lambda series: step())
    deleted = delete_left_over(place, found.left_over) if tidy else []
    if as_json:
        terminal.echo(json.dumps({"archive": place.address, **vars(found), "deleted": deleted}))
    else:
        _print_verified(found, place.address, len(deleted))
    raise typer.Exit(1 if found.problems else 0)


def _print_verified(found: "Verified", address: str, deleted: int) -> None:
    terminal.echo(
        f"{address}: {found.runs} run(s), {found.spectra} spectra, {found.files} files, "
        f"{found.bytes / 1e6:.1f} MB"
    )
    for problem in found.problems[:MOST_NAMED] or ["No problem found."]:
        terminal.echo(problem)
    if len(found.problems) > MOST_NAMED:
        terminal.echo(f"and {len(found.problems) - MOST_NAMED} more; --json has all")
    left = len(found.left_over) - deleted
    if deleted:
        terminal.echo(f"{deleted} left-over file(s) deleted.")
    if left:
        terminal.echo(
            f"{left} file(s) of no run that counts: being written now, or left by a killed process; "
            "`--tidy` deletes those older than an hour."
        )


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.", show_default=False)],
    archive: ArchiveOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ask the archive by SQL (DuckDB), e.g. "SELECT count(*) AS n FROM spectra".

    Tables and columns are named as in a results file (the table `columns` explains each), with series_uuid,
    run_uuid, sample and station added. Ids are unique within a series: join by series_uuid and id.
    """
    from labctl.archive.opened import Archive

    with Archive(archive) as opened:
        answer = opened.query(sql)
    if as_json:
        rows = [dict(zip(answer.columns, map(_as_json, row), strict=True)) for row in answer.rows]
        terminal.echo(json.dumps({"columns": list(answer.columns), "rows": rows}))
        return
    _print_answer(answer)


@app.command()
def fit(
    archive: ArchiveOption = "",
    where: Annotated[
        str, typer.Option(help="Only runs that meet this SQL condition, e.g. \"sample = 'pellet 7'\".")
    ] = "",
    scheduler: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="A running Dask scheduler, e.g. tcp://host:8786."),
    ] = "",
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes on this computer; default: one less than its cores."),
    ] = None,
    name: Annotated[str, typer.Option("--as", help="Name of the new analyses.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Also runs that are up to date.")] = False,
    person: PersonOption = "",
    as_json: JsonOption = False,
) -> None:
    """Derive the runs of an archive again with this version, on a Dask cluster; each gets a new analysis.

    Nothing is deleted. Runs that are up to date are passed over, so that a command that was stopped is given
    again. Without --scheduler a cluster on this computer is used. Exit code 1 where a run is not derived.
    """
    from labctl.archive.fitting import chosen_heads, fit_archive
    from labctl.archive.place import place_of
    from labctl.derive.choices import NO_CHOICE
    from labctl.derive.refit import Refit

    place = place_of(archive)
    heads = chosen_heads(place, where)
    count = workers or max(1, (os.cpu_count() or 2) - 1)
    refit = Refit(NO_CHOICE, name, person or user_name(), count, again)
    with _fitting(len(heads), as_json) as (begun, done, lost):
        results = fit_archive(place, heads, refit, scheduler, begun, done, lost)
    runs, made = sum(one.runs for one in results), sum(one.made for one in results)
    problems = [words for one in results for words in one.problems]
    if as_json:
        content = {"archive": place.address, "runs": runs, "derived": made, "problems": problems}
        terminal.echo(json.dumps(content))
    else:
        rest = f"{runs - made - len(problems)} up to date (--again derives them too)"
        terminal.echo(f"{made} run(s) derived; {rest}; {len(problems)} failed")
        for words in problems[:MOST_NAMED]:
            terminal.echo(words)
    raise typer.Exit(1 if problems else 0)


@contextmanager
def _fitting(
    count: int, quiet: bool
) -> "Iterator[tuple[Callable[[str], None], Callable[[SeriesFitted], None], Callable[[str], None]]]":
    """Give functions that print the dashboard's address, move a bar on, and print a warning.

    With `quiet` only the warning is printed, on the error output.
    """
    if quiet:
        yield lambda dashboard: None, lambda result: None, lambda words: terminal.echo(words, err=True)
        return
    from rich.progress import Progress

    with Progress(console=terminal.console(stderr=True)) as progress:
        task = progress.add_task("fit", total=count)

        def begun(dashboard: str) -> None:
            needs = "" if find_spec("bokeh") else " (its pages need the package bokeh)"
            progress.console.print(f"dashboard {dashboard}{needs}", markup=False)

        def lost(words: str) -> None:
            progress.console.print(words, markup=False)

        yield begun, lambda result: progress.advance(task), lost


@app.command()
def browse(
    archive: ArchiveOption = "",
    port: PortOption = 8002,
    host: HostOption = "127.0.0.1",
    name: NameOption = None,
    token_file: TokenOption = None,
    yes: YesOption = False,
) -> None:
    """Show an archive in a browser: samples, columns, and the answers to SQL; read-only.

    Who may ask is as with `labctl web`. A query is ended after 10 s and shows 1000 rows.
    """
    from labctl.archive.opened import Archive
    from labctl.web.archive_site import ArchiveSite, archive_app
    from labctl.web.gate import gated
    from labctl.web.serving import address_of, bound, serve

    rules = rules_for(host, name, token_file)
    with Archive(archive) as opened:
        ask_before_listening(host, yes)
        with bound(host, port) as listening:
            ready = f"{opened.address} is shown on {address_of(listening)} (Ctrl-C ends it)"
            served = gated(archive_app(ArchiveSite(opened)), rules)
            serve(served, listening, lambda: terminal.echo(ready))


def _print_answer(answer: "Answer") -> None:
    from labctl.cli.plain_table import print_columns

    print_columns(answer.columns, [[_in_words(value) for value in row] for row in answer.rows])


def _in_words(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return "" if value is None else str(value)


def _as_json(value: Any) -> Any:
    """Return a value of a row as JSON has it: numbers without a word in JSON tagged as in results files."""
    if isinstance(value, float) and not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return {"$number": name}
    if isinstance(value, bytes):
        return {"$base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {str(key): _as_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(one) for one in value]
    return value if isinstance(value, int | float | str | bool | None) else str(value)


@contextmanager
def _progress(doing: str, quiet: bool) -> Iterator[Callable[[], None]]:
    """Give a function that moves a counter on, on the error output of a terminal, unless `quiet`."""
    if quiet:
        yield lambda: None
        return
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn(doing), MofNCompleteColumn(), TextColumn("series"))
    with Progress(*columns, transient=True, console=terminal.console(stderr=True)) as progress:
        task = progress.add_task("", total=None)
        yield lambda: progress.advance(task)
