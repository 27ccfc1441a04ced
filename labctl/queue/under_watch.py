"""A program that measures without the queue, a script or `labctl run`, watched as a runner is."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labctl.clock import RealClock
from labctl.config.night import read_night
from labctl.config.station import Station
from labctl.errors import ConfigurationError
from labctl.queue.heartbeat import Pulse
from labctl.queue.processes import start_labctl
from labctl.queue.supervision import Supervision

SUPERVISOR_STARTS_WITHIN_S = 30.0
SUPERVISOR_ENDS_WITHIN_S = 10.0


@contextmanager
def under_watch(station: Station, database: Path, doing: str, does_without: str) -> Iterator[None]:
    """Write heartbeats as a runner does, watched by a supervisor.

    Killed or frozen, this program is ended by the supervisor, and every instrument made safe. A rig inside
    this process has no supervisor: it ends with the process.

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
    """
    if station.simulation is not None:
        yield
        return
    arguments = ["supervisor", "--station", station.source, "--db", str(database), "--ends-with-runner"]
    log = database.with_suffix(".supervisor.log")
    silence_s = read_night(station).silence_s
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        started.append(start_labctl(arguments, log))
        return started[-1]

    supervision = Supervision(database, station.name, silence_s, start)
    try:
        with Pulse(database, station.name, supervision.keep) as pulse:
            pulse.tell(doing=doing)
            _wait_for(supervision, log, does_without)
            yield
    finally:
        _see_off(started)


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
