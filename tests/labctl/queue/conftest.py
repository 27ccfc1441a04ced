"""A station in virtual time, a protocol of short steps, and a queue on an empty file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.clock import VirtualClock
from labctl.config.protocol import Protocol, parse_protocol
from labctl.config.station import Station, read_station
from labctl.measure.run import StopRequest
from labctl.queue.jobs import Jobs
from labctl.queue.requests import Pauses, Requests
from labctl.queue.runner import Runner
from labctl.store import Database
from labctl.store.transactions import WriteConnection

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


@pytest.fixture
def station_text():
    return STATION


@pytest.fixture
def protocol_text():
    return PROTOCOL


class SharedRig:
    """One simulated rig for every opening of the station, with access to its true state."""

    def __init__(self, station: Station, clock: VirtualClock) -> None:
        self.clock, self.seed = clock, 1
        self._rig: Any = None
        assert station.simulation is not None
        self._build = station.simulation.build
        self.station = replace(station, simulation=replace(station.simulation, build=self._open))

    @property
    def true(self) -> Any:
        """The rig itself: instruments, world, faults."""
        if self._rig is None:
            self._rig = self._build(self.clock, seed=self.seed)
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
