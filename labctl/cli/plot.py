"""`labctl plot`: a figure of runs for a paper or a slide."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import terminal
from labctl.cli.number import number_option
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption
from labctl.errors import InvalidRequest

KIND_HELP = "nyquist, bode, arrhenius, temperature, polarisation, drt, condition or residuals."


def plot(
    runs: Annotated[list[str], typer.Argument(help="Numbers, starts of uuids, or `last`.")],
    kind: Annotated[str, typer.Option(help=KIND_HELP)],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .pdf, .svg or .png.")],
    width_mm: Annotated[
        float, number_option("Width; 85 is one column.", "--width-mm", show_default=True)
    ] = 85.0,
    style: Annotated[
        Path | None, typer.Option(help="A matplotlibrc file of your own.", show_default=False)
    ] = None,
    slide: Annotated[bool, typer.Option("--slide", help="16:9 in large letters, for a talk.")] = False,
    literature: Annotated[
        bool, typer.Option("--literature", help="With arrhenius: also published conductivities.")
    ] = False,
    db: DatabaseOption = DEFAULT_DATABASE,
) -> None:
    """Draw runs from their stored rows: several runs on common axes, excluded points hollow.

    Fonts are embedded in pdf files, and the text of svg files stays text.
    """
    from labctl.readmodel.whole_run import runs_named, with_fits
    from labctl.report.figures import figure_of, save, styled
    from labctl.report.figures.kinds import NEED_FITS
    from labctl.report.figures.saving import format_of
    from labctl.store import Database

    if format_of(output) != "png" and slide:
        raise InvalidRequest(f"--slide: {output} must end in .png")
    with Database(db) as database:
        drawn = runs_named(database, runs)
    if kind in NEED_FITS:
        drawn = [with_fits(run) for run in drawn]
    with styled(style, slide=slide):
        figure = figure_of(kind, drawn, width_mm=width_mm, slide=slide, literature=literature)
        save(figure, output)
    terminal.echo(f"figure    {output}")
