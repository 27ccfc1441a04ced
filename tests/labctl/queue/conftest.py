"""A station in virtual time, a protocol of short steps, and a queue on an empty file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labctl.clock import VirtualClock
from labctl.protocol import Protocol, parse_protocol
from labctl.queue.jobs import Jobs
from labctl.queue.ledger import Ledger
from labctl.queue.requests import Pauses, Requests

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
    ledger: Ledger
    jobs: Jobs
    requests: Requests
    pauses: Pauses

    def protocol(self, title: str = "series", temperatures: Any = (40, 50, 60)) -> Protocol:
        return parse_protocol(
            PROTOCOL.format(title=title, temperatures=list(temperatures)), self.path.parent / "p.toml"
        )

    def add(self, title: str = "series", temperatures: Any = (40, 50, 60), **options: Any) -> int:
        return self.jobs.add(self.protocol(title, temperatures), **options)

    def states(self) -> list[str]:
        return [job.state for job in sorted(self.jobs.listed(cleared=True), key=lambda job: job.id)]


@pytest.fixture
def night(tmp_path):
    path, clock = tmp_path / "lab.db", VirtualClock()
    with Ledger(path) as ledger:
        yield Night(path, clock, ledger, Jobs(ledger, clock), Requests(ledger, clock), Pauses(ledger, clock))


@pytest.fixture
def station_text():
    return STATION


@pytest.fixture
def protocol_text():
    return PROTOCOL
