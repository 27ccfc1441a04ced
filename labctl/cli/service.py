"""`labctl service`: keep the supervisor of a station running."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DEFAULT_STATION, DatabaseOption, StationOption, TrustOption

if TYPE_CHECKING:
    from labctl.queue.service import Kept

app = typer.Typer(
    help="Keep the supervisor running: a systemd user unit, or a Windows scheduled task (not tried).",
    no_args_is_help=True,
)


@app.command()
def install(
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    only_print: Annotated[bool, typer.Option("--print", help="Show the unit, write nothing.")] = False,
    trust: TrustOption = None,
) -> None:
    """Write, enable and start a service that keeps the supervisor of a station, also after a log-out.

    A supervisor that dies or freezes together with its runner is started again, and makes everything safe:
    within 15 s by systemd, within 75 s by the task scheduler of Windows.
    """
    from labctl.queue.service import service_manager

    kept, manager = _kept(station, db, trust), service_manager()
    terminal.echo(manager.text(kept) if only_print else "\n".join(manager.install(kept)))


@app.command()
def uninstall(station: StationOption = DEFAULT_STATION, db: DatabaseOption = DEFAULT_DATABASE) -> None:
    """Stop the service and remove it."""
    from labctl.queue.service import service_manager

    terminal.echo("\n".join(service_manager().uninstall(_kept(station, db))))


@app.command()
def status(station: StationOption = DEFAULT_STATION, db: DatabaseOption = DEFAULT_DATABASE) -> None:
    """Show whether a service keeps the supervisor; exit code 1 where none does."""
    from labctl.queue.service import service_manager

    keeps, words = service_manager().status(_kept(station, db))
    terminal.echo("\n".join(words))
    if not keeps:
        raise typer.Exit(1)


def _kept(station: Path, db: Path, trust: list[Path] | None = None) -> "Kept":
    """Read the station; raise ConfigurationError where its rig is simulated in the runner's process."""
    from labctl.config.station import read_station
    from labctl.errors import ConfigurationError
    from labctl.queue.service import Kept

    chosen = read_station(station)
    if chosen.simulation is not None:
        raise ConfigurationError(
            station, "", "the rig is simulated in the runner's process: nothing to watch"
        )
    return Kept(chosen.name, station.resolve(), db.absolute(), tuple(trust or ()))
