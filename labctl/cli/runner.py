"""`labctl runner`: work through the queue of a station."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    StationOption,
    TrustOption,
    folders_of,
    trust_options,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen

    from labctl.config.station import Station
    from labctl.queue.supervision import Supervision


def runner(
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="End when no job can start.")] = False,
    without_supervisor: Annotated[
        bool, typer.Option("--without-supervisor", help="Start jobs without a supervisor.")
    ] = False,
    start_supervisor: Annotated[
        bool, typer.Option(help="Start a supervisor if none is running; not for a service.")
    ] = True,
    trust: TrustOption = None,
) -> None:
    """Measure the queue of a station, one job after the other, until stopped.

    Ctrl-C once: the point under way is finished, every instrument made safe; the job continues with the next
    runner. Ctrl-C twice: at once, still safe. Exit code 1 where something could not be read back off; the
    supervisor then stays and goes on trying. Python files are executed from the folder of the station file
    only, and from those that you trust; a job that needs others fails, and the next one begins.
    """
    from labctl.config.archive_settings import check_archive
    from labctl.config.readable_secrets import secrets_others_can_read
    from labctl.config.report_settings import packages_missing
    from labctl.config.station import read_station
    from labctl.config.trust import trusting
    from labctl.queue.notify import check_services

    log_to_terminal()
    with trusting(folders_of(station, trust)):
        chosen = read_station(station)
        check_services(chosen)
        for warning in [*check_archive(chosen), *packages_missing(chosen), *secrets_others_can_read(chosen)]:
            logging.getLogger(__name__).warning(warning)
        supervision = None
        if not (without_supervisor or chosen.simulation is not None):
            passed_on = [*(["--until-empty"] if until_empty else []), *trust_options(trust)]
            supervision = _supervision(chosen, station, db, passed_on, start_supervisor)
        _work(chosen, db, until_empty, supervision, _rehearse(chosen, db, trust))


def _rehearse(
    chosen: "Station", db: Path, trust: list[Path] | None
) -> "Callable[[int], Popen[bytes]] | None":
    """Return how the runner starts a rehearsal; None at a simulated station, where jobs need none."""
    from labctl.queue.rehearsing import start_rehearsal

    if chosen.simulation is not None:
        return None
    return lambda job_id: start_rehearsal(db, chosen.source, [job_id], trust_options(trust))


def _work(
    chosen: "Station",
    db: Path,
    until_empty: bool,
    supervision: "Supervision | None",
    rehearse: "Callable[[int], Popen[bytes]] | None",
) -> None:
    from labctl.cli.run import polite_signals
    from labctl.errors import NotMadeSafe
    from labctl.measure.stop import StopRequest
    from labctl.queue.archiving import archiving
    from labctl.queue.last_resort import safe_without_file
    from labctl.queue.reporting import start_reporting
    from labctl.queue.runner import Runner

    stop = StopRequest()
    with polite_signals(stop), safe_without_file(chosen, chosen.make_safe):
        if supervision is not None:
            _warn_if_not_kept(chosen, db)
        working = Runner(
            chosen,
            db,
            stop,
            until_empty=until_empty,
            rehearse=rehearse,
            report=lambda: start_reporting(db, chosen.source),
            pace=_pace(db, chosen.name),
            **({} if supervision is None else _kept_by(supervision)),
        )
        with archiving(chosen, db):
            working.run()
    if working.unsafe:
        raise NotMadeSafe({chosen.name: working.unsafe})


def log_to_terminal() -> None:
    """Log with timestamps to the terminal, or to the log file of a service."""
    to_terminal = logging.StreamHandler()
    to_terminal.setFormatter(terminal.LogFormatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[to_terminal])
    for chatty in ("pymeasure", "pyvisa", "pyvisa-sim"):
        logging.getLogger(chatty).setLevel(logging.ERROR)


def _warn_if_not_kept(station: "Station", db: Path) -> None:
    from labctl.config.night import read_night
    from labctl.queue.keeping import NOT_KEPT, service_keeps

    if not (db.exists() and service_keeps(db, station.name, read_night(station).silence_s)):
        logging.getLogger(__name__).warning(NOT_KEPT)


def _kept_by(supervision: "Supervision") -> dict[str, Any]:
    return {"supervised": supervision.alive, "keep_supervised": supervision.keep}


def _supervision(
    station: "Station", file: Path, db: Path, passed_on: list[str], start_one: bool
) -> "Supervision":
    from labctl.config.night import read_night
    from labctl.queue.processes import start_labctl
    from labctl.queue.supervision import Supervision

    options = ["--station", str(file), "--db", str(db), "--ends-with-runner", "--restart-runner"]
    arguments = ["supervisor", *options, *passed_on]
    log = db.with_suffix(".supervisor.log")
    start = (lambda: start_labctl(arguments, log)) if start_one else None
    return Supervision(db, station.name, read_night(station).silence_s, start)


def _pace(db: Path, station: str) -> Any:
    from labctl.queue.estimates import measured_pace, procedure_of
    from labctl.store.transactions import WriteConnection

    with WriteConnection(db) as connection:
        return measured_pace(connection, station, procedure_of)
