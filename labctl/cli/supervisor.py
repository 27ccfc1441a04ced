"""`labctl supervisor`: watch the runner of a station, and make everything safe when it cannot."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import terminal
from labctl.cli.options import (
    DEFAULT_DATABASE,
    DEFAULT_STATION,
    DatabaseOption,
    PersonOption,
    StationOption,
    TrustOption,
    trust_options,
    user_name,
)
from labctl.errors import ConfigurationError


def supervisor(
    station: StationOption = DEFAULT_STATION,
    db: DatabaseOption = DEFAULT_DATABASE,
    restart_runner: Annotated[
        bool, typer.Option("--restart-runner", help="Start a new runner if one is dead or frozen.")
    ] = False,
    ends_with_runner: Annotated[
        bool, typer.Option("--ends-with-runner", help="End when the runner has ended with everything off.")
    ] = False,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="Passed on to the runner that is started.")
    ] = False,
    test_message: Annotated[
        bool, typer.Option("--test-message", help="Send one message to every address, then end.")
    ] = False,
    dismiss: Annotated[
        bool,
        typer.Option("--dismiss", help="Say that you have seen to what could not be made safe, then end."),
    ] = False,
    person: PersonOption = "",
    kept: Annotated[
        bool, typer.Option("--kept", help="A service other than systemd starts this one again.")
    ] = False,
    alone: Annotated[bool, typer.Option("--alone", help="Start no second supervisor.")] = False,
    trust: TrustOption = None,
    second: Annotated[
        bool, typer.Option("--second", help="Watch only the first supervisor, and take its place if it dies.")
    ] = False,
) -> None:
    """Watch the runner of a station. A dead or frozen runner is noticed within seconds: its instruments are
    made safe, the event is recorded, and a message goes to the addresses of the station file. While an output
    could not be read back off it stays, tries every two seconds, and does not obey a signal to stop. Without
    a service that keeps it, it starts a second supervisor, which watches this one.
    """
    from labctl.cli.run import stop_signals
    from labctl.cli.runner import log_to_terminal
    from labctl.config.station import read_station
    from labctl.measure.stop import StopRequest
    from labctl.queue.keeping import Keeping
    from labctl.queue.last_resort import safe_without_file
    from labctl.queue.notify import notifying, send_test_message
    from labctl.queue.processes import start_labctl
    from labctl.queue.supervisor import Supervisor

    log_to_terminal()
    chosen, stop = read_station(station), StopRequest()
    if test_message:
        terminal.echo(f"sent to {send_test_message(chosen)} address(es)")
        return
    if dismiss:
        terminal.echo(_dismissed(db, chosen.name, person))
        return
    if chosen.simulation is not None:
        terminal.echo("the rig of this station is simulated in the runner's process: nothing to watch")
        raise typer.Exit
    keeping = Keeping(chosen, db, second=second, kept=kept, alone=alone)
    passed_on = ["--station", str(station), "--db", str(db), *(["--until-empty"] if until_empty else [])]
    passed_on += trust_options(trust)
    of_second = ["--ends-with-runner"] * ends_with_runner + ["--restart-runner"] * restart_runner
    log = db.with_suffix(".runner.log")
    restart = (lambda: start_labctl(["runner", *passed_on], log)) if restart_runner else None
    with stop_signals(stop):
        if not keeping.take_turn(stop):
            return
        with safe_without_file(chosen, chosen.make_safe), notifying(chosen, db):
            Supervisor(
                chosen,
                db,
                stop,
                restart=restart,
                ends_with_runner=ends_with_runner or keeping.sees_runner_off,
                on_look=keeping.after_each_look([*passed_on, *of_second]),
                kept_by=keeping.kept_by,
                takes_over=second,
            ).run()
        keeping.ends()


def _dismissed(db: Path, station: str, person: str) -> str:
    from labctl.queue.dismissal import dismiss
    from labctl.store.transactions import WriteConnection

    if not db.exists():
        raise ConfigurationError(db, "", "no such file; name yours with --db")
    with WriteConnection(db) as connection:
        unsafe = dismiss(connection, station, person or user_name())
    return f"recorded; {station} is no longer tried: {unsafe}"
