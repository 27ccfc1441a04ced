"""`labctl export`: results and measured rows as files for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption
from labctl.errors import InvalidRequest

if TYPE_CHECKING:
    from labctl.store import Database

FORMAT_HELP = "csv, origin, xlsx, latex, parquet, zplot, netcdf, nexus, ro-crate, eln or si."
MOST_NAMED = 5


def export(
    runs: Annotated[
        list[str] | None, typer.Argument(help="Numbers, starts of uuids, or `last`.", show_default=False)
    ] = None,
    kind: Annotated[str, typer.Option("--format", "-f", help=FORMAT_HELP)] = "csv",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File, or folder, to write.", show_default=False)
    ] = None,
    sample: Annotated[str, typer.Option(help="All runs of this sample.")] = "",
    all_runs: Annotated[bool, typer.Option("--all", help="All runs of the file.")] = False,
    licence: Annotated[str, typer.Option(help="Of a crate: address of the licence of the data.")] = "",
    orcid: Annotated[str, typer.Option(help="Of a crate: ORCID of the author.")] = "",
    author: Annotated[str, typer.Option(help="Of a crate: name of the author.")] = "",
    db: DatabaseOption = DEFAULT_DATABASE,
) -> None:
    """Export runs: units, meaning, sign convention, uncertainty and flags travel with the data.

    The numbers come from the current analysis, in full. Excluded points are kept, with the reason. A path
    that ends in .zip, .csv, .xlsx, .tex, .nc, .nxs or .eln is a file, another one is a folder. `ro-crate`
    and `eln` hold everything, so that `labctl import` gives the same runs; `si` is a supporting information.
    """
    from labctl.report.export.formats import Credit, format_named
    from labctl.report.export.formats import export as write
    from labctl.store import Database

    if output is None:
        raise InvalidRequest("--output is missing; give the file, or folder, to write")
    format_named(kind, output)
    with Database(db) as database:
        chosen = _chosen(database, runs or [], sample, all_runs)
        written = write(database, chosen, kind, output, Credit(licence, orcid, author))
    for path in written[:MOST_NAMED]:
        terminal.echo(f"written   {path}")
    if len(written) > MOST_NAMED:
        terminal.echo(f"and {len(written) - MOST_NAMED} more files")


def _chosen(database: "Database", runs: list[str], sample: str, all_runs: bool) -> list[int]:
    """Return the numbers of the runs asked for, each once."""
    from labctl.store.queries.runs import ids_of

    if sum((bool(runs), bool(sample), all_runs)) != 1:
        raise InvalidRequest("give runs, --sample or --all: one of them")
    if runs:
        return list(dict.fromkeys(database.run(run)["id"] for run in runs))
    found = ids_of(database, sample or None)
    if not found:
        raise InvalidRequest(f"{database.path}: no run" + (f" of a sample {sample!r}" if sample else " yet"))
    return found
