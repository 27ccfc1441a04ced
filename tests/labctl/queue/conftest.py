"""A station in virtual time, short steps, a queue on an empty file; and a rig that is served to processes."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.clock import RealClock, ScaledClock, VirtualClock
from labctl.config.protocol import Protocol, parse_protocol
from labctl.config.station import Station, read_station
from labctl.measure.run import StopRequest
from labctl.queue.heartbeat import Heartbeat, Heartbeats
from labctl.queue.jobs import Jobs
from labctl.queue.requests import Pauses, Requests
from labctl.queue.runner import Runner
from labctl.queue.second_supervisor import ROLE
from labctl.queue.station_lock import holder_of, is_held
from labctl.store import Database
from labctl.store.transactions import WriteConnection
from sim_instruments.serve import Server

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
OVEN, ANALYSER = "GPIB0::12::INSTR", "GPIB0::4::INSTR"

STATION = """
name = "rig"

[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]

[simulation]
clock = "virtual"
"""

PROTOCOL = """
title = "{title}"

[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
electrodes = "blocking"

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = {temperatures}
frequency_max_hz = 1e6
frequency_min_hz = 10
points_per_decade = 3
dwell_min = 5
"""


BAD = """
from pymeasure.experiment import FloatParameter, Procedure
class Bad(Procedure):
    DATA_COLUMNS = ["x"]
    roles_needed = ("oven",)
    speed = FloatParameter("speed", default=1.0)
    def execute(self):
        self.bench.oven.setpoint_k = 1000.0
"""


@dataclass
class Night:
    """An open queue on a file, with its clock."""

    path: Path
    clock: VirtualClock
    connection: WriteConnection
    jobs: Jobs
    requests: Requests
    pauses: Pauses

    def protocol(self, title: str = "series", temperatures: Any = (40, 50, 60)) -> Protocol:
        return parse_protocol(
            PROTOCOL.format(title=title, temperatures=list(temperatures)), self.path.parent / "p.toml"
        )

    def add(self, title: str = "series", temperatures: Any = (40, 50, 60), **options: Any) -> int:
        return self.jobs.add(self.protocol(title, temperatures), **options)

    def add_bad(self, title: str = "bad", **options: Any) -> int:
        """Queue a job that asks for a forbidden temperature, which its plan does not show."""
        folder = self.path.parent
        (folder / "bad.py").write_text(BAD)
        text = PROTOCOL.format(title=title, temperatures=[40]).partition("[[procedure]]")[0]
        protocol = parse_protocol(f'{text}[[procedure]]\nuse = "bad:Bad"\n', folder / "p.toml")
        return self.jobs.add(protocol, **options)

    def read(self) -> Database:
        return Database(self.path)

    def finished_spectra(self) -> list[tuple[int, float]]:
        """(job, set point in degC) of every finished spectrum, in the order measured."""
        query = """SELECT r.job_id, s.setpoint_k FROM spectra s JOIN runs r ON r.id = s.run_id
                   WHERE s.status = 'finished' ORDER BY s.id"""
        with self.read() as db:
            return [(row["job_id"], round(row["setpoint_k"] - 273.15, 2)) for row in db.rows(query)]

    def states(self) -> list[str]:
        return [job.state for job in sorted(self.jobs.listed(cleared=True), key=lambda job: job.id)]


@pytest.fixture
def night(tmp_path):
    path, clock = tmp_path / "lab.db", VirtualClock()
    with WriteConnection(path) as connection:
        yield Night(
            path,
            clock,
            connection,
            Jobs(connection, clock),
            Requests(connection, clock),
            Pauses(connection, clock),
        )


@pytest.fixture(scope="session")
def station_text():
    return STATION


@pytest.fixture(scope="session")
def protocol_text():
    return PROTOCOL


class SharedRig:
    """One simulated rig for every opening of the station, with access to its true state."""

    def __init__(self, station: Station, clock: VirtualClock, **options: Any) -> None:
        self.clock, self.seed, self._options = clock, 1, options
        self._rig: Any = None
        assert station.simulation is not None
        self._build = station.simulation.build
        self.station = replace(station, simulation=replace(station.simulation, build=self._open))

    @property
    def true(self) -> Any:
        """The rig itself: instruments, world, faults."""
        if self._rig is None:
            self._rig = self._build(self.clock, seed=self.seed, **self._options)
            self._close, self._rig.close = self._rig.close, lambda: None
        return self._rig

    def _open(self, clock: VirtualClock, seed: int, **options: Any) -> Any:
        return self.true

    @property
    def heater_is_on(self) -> bool:
        return self.true.instruments[OVEN].heater_range != 0

    @property
    def cell_is_excited(self) -> bool:
        return self.true.instruments[ANALYSER].amplitude_v != 0


@pytest.fixture
def rig(tmp_path, night):
    path = tmp_path / "station.toml"
    path.write_text(STATION)
    return SharedRig(read_station(path), night.clock)


@pytest.fixture
def run_night(night, rig):
    """Run the queue until no job can start; `on_event` gets every event."""

    def run(stop: StopRequest | None = None, station: Station | None = None, **options: Any) -> None:
        Runner(
            station or rig.station,
            night.path,
            stop or StopRequest(),
            clock=night.clock,
            until_empty=True,
            **options,
        ).run()

    return run


@pytest.fixture
def waited_for_a_core_s(monkeypatch):
    """Longest time in s that one of the threads of a process was ready to run without a core so far.

    What a promise in seconds must not be blamed for on a busy computer. 0 where the system does not tell.
    """
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from combined.load import waited_for_a_core_s

    return waited_for_a_core_s


PROGRAMS = {
    "runner": [sys.executable, "-m", "labctl", "runner", "--until-empty"],
    "run": [sys.executable, "-m", "labctl", "run", "protocol.toml", "--quiet"],
    "script": [sys.executable, "measure.py"],
    "preflight": [sys.executable, "-m", "labctl", "preflight", "protocol.toml"],
    "kept supervisor": [sys.executable, "-m", "labctl", "supervisor", "--kept", "--alone"],
    "kept runner": [sys.executable, "-m", "labctl", "runner", "--no-start-supervisor"],
}


class CabledRig:
    """A rig with a cable to each instrument, and the programs in its folder, which are other processes."""

    def __init__(self, folder: Path, serve: Any, cables: Any, environment: Any) -> None:
        self.folder, self.db, self._serve = folder, folder / "lab.db", serve
        self._server = server = serve()
        self._environment = environment
        station = folder / "station.toml"
        station.write_text(f"{server.station_toml('rig')}[night]\nretry_delay_s = 0.1\n")
        self.oven, self.analyser = cables(station, *(outlet.port for outlet in server.outlets))
        self.started: list[subprocess.Popen[bytes]] = []

    @property
    def heater_range(self) -> int:
        return self._server.rig.instruments[self._server.outlets[0].address].heater_range

    @property
    def amplitude_v(self) -> float:
        return self._server.rig.instruments[self._server.outlets[1].address].amplitude_v

    def heat(self) -> None:
        """Switch the heater on by hand."""
        self._server.rig.instruments[self._server.outlets[0].address].set_range(1, 3)

    def break_down(self) -> None:
        """Let every connection break, as when the process of a rig dies."""
        for cable in (self.oven, self.analyser):
            cable.become("cut")
        self._server.stop()

    def come_back(self, hot: bool) -> None:
        """Start anew, with the heater on where `hot`."""
        self._server = self._serve()
        if hot:
            self.heat()
        for cable, outlet in zip((self.oven, self.analyser), self._server.outlets, strict=True):
            cable.lead_to(outlet.port)
            cable.become("well")

    def start(self, program: str, **options: Any) -> "subprocess.Popen[bytes]":
        if program == "runner":
            assert self.labctl("queue", "add", "protocol.toml", "--no-rehearsal").returncode == 0
        with (self.folder / f"{program}.log").open("a") as log:
            given = {"cwd": self.folder, "env": self._environment, "stdout": log, "stderr": log} | options
            process = subprocess.Popen(PROGRAMS[program], **given)
        self.started.append(process)
        return process

    def heating(self, program: str, **options: Any) -> "subprocess.Popen[bytes]":
        process = self.start(program, **options)
        self.wait_until(lambda: self.heater_range > 0, f"{program} heats: {self.log(program)}")
        return process

    def log(self, program: str) -> str:
        return (self.folder / f"{program}.log").read_text()

    def labctl(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "labctl", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)

    def beat(self, process: str = "runner") -> Heartbeat | None:
        with WriteConnection(self.db) as connection:
            return Heartbeats(connection, process, "rig").read()

    def pid(self, process: str) -> int | None:
        """Number of the process that lives as runner or supervisor; None where none does."""
        beat = self.beat(process)
        return None if beat is None or beat.state != "alive" or beat.gone else beat.pid

    def events(self) -> list[str]:
        with WriteConnection(self.db) as connection:
            return [row["message"] for row in connection.rows("SELECT message FROM events ORDER BY id")]

    def wait_until(self, condition: Any, what: str, seconds: float = 120.0) -> float:
        """Wait for a condition; return how many seconds that took."""
        clock = RealClock()
        begun_s = clock.monotonic()
        while not condition():
            assert clock.monotonic() < begun_s + seconds, f"waited in vain: {what}"
            clock.sleep(0.05)
        return clock.monotonic() - begun_s

    @property
    def second(self) -> int | None:
        """Number of the process that watches the supervisor; None where none does."""
        station = read_station(self.folder / "station.toml")
        return holder_of(station, ROLE) if is_held(station, ROLE) else None

    def close(self) -> None:
        """Kill what is left: whatever would start another process first."""
        self.oven.become("well")
        left = [self.second, self.pid("supervisor"), self.pid("runner")] if self.db.exists() else []
        for pid in filter(None, left):
            os.kill(pid, signal.SIGKILL)
        for process in self.started:
            process.kill()
            process.wait()
        self.wait_until(lambda: not (self.second or self.pid("supervisor")), "all are gone")


@pytest.fixture
def cabled_rig(tmp_path, cables):
    """Serve a rig to programs in a folder, `speed` times faster than real; return it."""
    with ExitStack() as serving:

        def serve(
            protocol: str,
            script: str = "",
            folder: Path = tmp_path,
            speed: float = 1.0,
            environment: Any = None,
        ) -> CabledRig:
            options = {"seed": 3, "instruments": {OVEN: "lakeshore336", ANALYSER: "solartron1260"}}

            def server() -> Server:
                return serving.enter_context(Server(options, ScaledClock(speed)))

            (folder / "protocol.toml").write_text(protocol)
            (folder / "measure.py").write_text(script)
            rig = CabledRig(folder, server, cables, environment)
            serving.callback(rig.close)
            return rig

        yield serve
