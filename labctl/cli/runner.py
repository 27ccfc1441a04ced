"""`labctl runner`: work through the queue of a station."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import terminal
from labctl.cli.options import DEFAULT_DATABASE, DEFAULT_STATION, DatabaseOption, StationOption

if TYPE_CHECKING:
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
) -> None:
    """Measure the queue of a station, one job after the other, until stopped.

    Ctrl-C once: the point under way is finished, every instrument made safe; the job continues with the next
    runner. Ctrl-C twice: at once, still safe. Exit code 1 where something could not be read back off; the
    supervisor then stays and goes on trying.
    """
    from labctl.cli.run import polite_signals
    from labctl.config.station import read_station
    from labctl.errors import NotMadeSafe
    from labctl.measure.stop import StopRequest
    from labctl.queue.last_resort import safe_without_file
    from labctl.queue.notify import check_services
    from labctl.queue.runner import Runner

    log_to_terminal()
    chosen, stop = read_station(station), StopRequest()
    check_services(chosen)
    supervision = None
    if not (without_supervisor or chosen.simulation is not None):
        supervision = _supervision(chosen, station, db, until_empty, start_supervisor)
    with polite_signals(stop), safe_without_file(chosen, chosen.make_safe):
        if supervision is not None:
            _warn_if_not_kept(chosen, db)
        working = Runner(
            chosen,
            db,
            stop,
            until_empty=until_empty,
            pace=_pace(db, chosen.name),
            **({} if supervision is None else _kept_by(supervision)),
        )
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
    station: "Station", file: Path, db: Path, until_empty: bool, start_one: bool
) -> "Supervision":
    from labctl.config.night import read_night
    from labctl.queue.processes import start_labctl
    from labctl.queue.supervision import Supervision

    options = ["--station", str(file), "--db", str(db), "--ends-with-runner", "--restart-runner"]
    arguments = ["supervisor", *options, *(["--until-empty"] if until_empty else [])]
    log = db.with_suffix(".supervisor.log")
    start = (lambda: start_labctl(arguments, log)) if start_one else None
    return Supervision(db, station.name, read_night(station).silence_s, start)


def _pace(db: Path, station: str) -> Any:
    from labctl.queue.estimates import measured_pace, procedure_of
    from labctl.store.transactions import WriteConnection

    with WriteConnection(db) as connection:
        return measured_pace(connection, station, procedure_of)
