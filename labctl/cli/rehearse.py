"""`labctl rehearse`: the whole queue on the simulated rig, in seconds, before the night."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    JsonOption,
    StationOption,
    TrustOption,
    folders_of,
)
from labctl.errors import InvalidRequest
from labctl.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from labctl.config.protocol import Protocol
    from labctl.config.station import Station
    from labctl.queue.rehearsal import Rehearsal


def rehearse(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Protocol files; default: the jobs that wait in the queue.")
    ] = None,
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    oven_degc: Annotated[
        float | None,
        typer.Option(help="Oven at the beginning; default: the runner's reading, else room temperature."),
    ] = None,
    job: Annotated[
        list[int] | None,
        typer.Option(
            "--job",
            help="Rehearse this waiting job and record the result in the results file; repeatable.",
        ),
    ] = None,
    trust: TrustOption = None,
    settings: Annotated[
        bool, typer.Option("--settings", help="List every setting that would be sent.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Rehearse on a simulated rig in virtual time: duration, limits touched, every setting.

    Nothing real is touched and nothing is stored. Python files are executed from the folder of the station
    file only, and from those that you trust. Exit code 1 when a job would fail.

    With --job it is the rehearsal that `queue add` starts in the background: at low priority, and a job that
    would fail is held.
    """
    from labctl.config.protocol import read_protocol
    from labctl.config.station import read_station
    from labctl.config.trust import trusting
    from labctl.queue.rehearsal import rehearse as rehearse_protocols

    with trusting(folders_of(station, trust)):
        chosen = read_station(station)
        if job:
            _rehearse_jobs(job, files, chosen, db)
            return
        protocols = [read_protocol(file, db) for file in files] if files else _waiting(db)
        oven_k = _oven_k(db, chosen) if oven_degc is None else oven_degc + ZERO_CELSIUS_K
        found = rehearse_protocols(protocols, chosen, oven_k=oven_k)
    if as_json:
        terminal.echo(json.dumps(_as_object(found)))
    else:
        _print(found, settings)
    if any(job.problem for job in found.jobs):
        raise typer.Exit(1)


def _rehearse_jobs(job_ids: list[int], files: list[Path] | None, station: "Station", db: Path) -> None:
    from labctl.cli.queue import look_at_queue
    from labctl.queue.rehearsing import ended_in_time, lower_priority, rehearse_jobs

    if files:
        raise InvalidRequest("give protocol files or --job, not both")
    with look_at_queue(db) as queue:
        for job_id in job_ids:
            queue.jobs.get(job_id)
    lower_priority()
    rehearse_jobs(db, station, job_ids, within=ended_in_time)
    with look_at_queue(db) as queue:
        for job_id in job_ids:
            terminal.echo(
                f"job {job_id}: {queue.jobs.get(job_id).rehearsal_in_words or 'no rehearsal was asked for'}"
            )


def _waiting(db: Path) -> "list[Protocol]":
    from labctl.cli.queue import look_at_queue
    from labctl.queue.submission import waiting_protocols

    with look_at_queue(db) as queue:
        return waiting_protocols(queue.connection)


def _oven_k(db: Path, station: "Station") -> float | None:
    """Return the last reading of a running runner, K."""
    from labctl.config.night import read_night
    from labctl.queue.heartbeat import Heartbeats
    from labctl.store.looking import LookConnection

    if not db.exists():
        return None
    with LookConnection(db) as connection:
        runner = Heartbeats(connection, "runner", station.name).read()
    if runner is None or not runner.lives(read_night(station).silence_s):
        return None
    return runner.temperature_k


def _as_object(found: "Rehearsal") -> dict[str, Any]:
    jobs = [vars(job) | {"settings": [vars(message) for message in job.settings]} for job in found.jobs]
    for job in jobs:
        del job["limits"]  # those of the station and the sample, known from their files
    return {"duration_s": found.duration_s, "limits_touched": list(found.limits_touched), "jobs": jobs}


def _print(found: "Rehearsal", settings: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from labctl.readmodel.formatting import celsius, duration

    table = Table(title=f"{len(found.jobs)} job(s), {duration(found.duration_s)}", title_justify="left")
    for heading in ("job", "takes", "points", "hottest / °C", "peak / V", "settings", "outcome"):
        table.add_column(heading)
    for job in found.jobs:
        outcome = Text("would fail", "red") if job.problem else Text("would finish")
        numbers = (celsius(job.highest_k), f"{job.highest_potential_v:.3g}", str(len(job.settings)))
        table.add_row(job.title, duration(job.duration_s), str(job.points), *numbers, outcome)
    console = terminal.console()
    console.print(table)
    for job in found.jobs:
        if job.problem:
            console.print(f"{job.title}: {job.problem}", style="red", highlight=False)
    for words in found.limits_touched:
        console.print(f"near a limit: {words}", style="yellow")
    if settings:
        for job in found.jobs:
            for message in job.settings:
                terminal.echo(f"{duration(message.time_s):>14}  {message.address}  {message.text}")
