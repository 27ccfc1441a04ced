"""A program that measures without the queue, a script or `labctl run`, watched as a runner is."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labctl.clock import RealClock
from labctl.config.night import read_night
from labctl.config.station import Station
from labctl.errors import ConfigurationError, NotMadeSafe
from labctl.queue.heartbeat import Heartbeat, Heartbeats, Pulse
from labctl.queue.processes import start_labctl
from labctl.queue.supervision import Supervision
from labctl.store.transactions import WriteConnection

OnLeft = Callable[[dict[str, str]], None]
SUPERVISOR_STARTS_WITHIN_S = 30.0
SUPERVISOR_ENDS_WITHIN_S = 10.0


@contextmanager
def under_watch(station: Station, database: Path, doing: str, does_without: str) -> Iterator[OnLeft]:
    """Write heartbeats as a runner does, watched by a supervisor.

    Killed or frozen, this program is ended by the supervisor, and every instrument made safe. It yields the
    `on_left` of `Station.open`: only if that is called without a problem, the program ends as `ended`; else
    the supervisor stays and goes on trying. A rig inside this process has no supervisor: it ends with it.

    Parameters
    ----------
    station : Station
    database : Path
        It exists already.
    doing : str
        What `labctl status` says of this program.
    does_without : str
        The option that does without a supervisor; for the message.

    Raises
    ------
    ConfigurationError
        No supervisor could be started.
    NotMadeSafe
        The last program could not confirm that everything is off, and neither could this one. The supervisor
        goes on trying.
    """
    if station.simulation is not None:
        yield lambda problems: None
        return
    before = _last_program(station, database)
    arguments = ["supervisor", "--station", station.source, "--db", str(database), "--ends-with-runner"]
    log = database.with_suffix(".supervisor.log")
    silence_s = read_night(station).silence_s
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        started.append(start_labctl(arguments, log))
        return started[-1]

    supervision = Supervision(database, station.name, silence_s, start)
    pulse = Pulse(database, station.name, supervision.keep)
    try:
        with pulse:
            pulse.tell(doing=doing)
            problems = _made_safe_after(before, station)
            pulse.made_safe(problems)
            if problems:
                with suppress(ConfigurationError):  # what is left on is more important
                    _wait_for(supervision, log, does_without)
                raise NotMadeSafe(problems)
            _wait_for(supervision, log, does_without)
            pulse.doubt()
            yield pulse.made_safe
    finally:
        if not pulse.unconfirmed:  # else its supervisor stays and goes on trying
            _see_off(started)


@contextmanager
def without_watch(station: Station, database: Path) -> Iterator[OnLeft]:
    """The same for a program without supervisor; raises NotMadeSafe as `under_watch` does."""
    if station.simulation is None:
        problems = _made_safe_after(_last_program(station, database), station)
        if problems:
            raise NotMadeSafe(problems)
    yield lambda problems: None


def _last_program(station: Station, database: Path) -> Heartbeat | None:
    with WriteConnection(database) as connection:
        return Heartbeats(connection, "runner", station.name).read()


def _made_safe_after(before: Heartbeat | None, station: Station) -> dict[str, str]:
    """Make safe unless the last program ended with everything off; return failures by instrument."""
    if before is None or before.state == "ended":
        return {}
    return station.make_safe()


def _see_off(started: "list[subprocess.Popen[bytes]]") -> None:
    """Wait for the supervisors that end with this program; a supervisor with more to do is left alone."""
    for child in started:
        with suppress(subprocess.TimeoutExpired):
            child.wait(SUPERVISOR_ENDS_WITHIN_S)


def _wait_for(supervision: Supervision, log: Path, does_without: str) -> None:
    clock = RealClock()
    end_s = clock.monotonic() + SUPERVISOR_STARTS_WITHIN_S
    while not supervision.alive():
        if clock.monotonic() > end_s:
            problem = f"no supervisor could be started (see {log}); {does_without} does without"
            raise ConfigurationError("supervisor", "", problem)
        clock.sleep(0.1)
