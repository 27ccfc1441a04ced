"""`labctl report`: runs as one page with figures, tables, methods and provenance."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption


def report(
    runs: Annotated[list[str], typer.Argument(help="Numbers, starts of uuids, or `last`.")],
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
    db: DatabaseOption = DEFAULT_DATABASE,
) -> None:
    """Write one self-contained page about a run, or a comparison of several runs.

    Every number is the results file's; unknown values are named as unknown. Needs the extra `report`.
    """
    if print_words:
        from labctl.report.pages.words import FILE

        terminal.echo(FILE.read_text(encoding="utf-8"))
        return
    from labctl.report.pages.writing import write_report
    from labctl.store import Database

    with Database(db) as database:
        write_report(database, runs, output, style=style, words=words)
    terminal.echo(f"report    {output}")
