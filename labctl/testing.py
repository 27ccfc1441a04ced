"""pytest fixtures for a laboratory's own tests: a whole simulated rig in virtual time.

Installed with labctl as a pytest plugin. A test asks for `rig` (instruments connected, nothing energised) or
`station` (the file that describes it); `@pytest.mark.labctl_rig(material=..., replay=..., seed=...)` chooses
what sits in the oven, with the options of `sim_instruments.rig.build`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from labctl.bench import Bench
from labctl.clock import Clock, VirtualClock
from labctl.station import Station, read_station

STATION = """\
name = "simulated rig"

[limits]
temperature_degc = [-50, 250]
potential_v = 2.0
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
"""


@dataclass(frozen=True)
class SimulatedRig:
    """A connected bench and, behind it, the truth.

    Attributes
    ----------
    bench : Bench
        What a procedure gets.
    clock : Clock
        Virtual: a night costs seconds.
    world : object
        Oven and cell as they really are (`world.oven`, `world.cell`).
    faults : object
        `faults.add("timeout", instrument=..., command=...)` and the `log` of what came.
    instruments : dict
        Address to simulated instrument, with its true state.
    """

    bench: Bench
    clock: Clock
    world: Any
    faults: Any
    instruments: dict[str, Any]


class RigKeeper:
    """Stands between a station and its rig's builder, so that a test can see what was built."""

    def __init__(self, build: Any) -> None:
        self._build = build
        self.rig: Any = None

    def __call__(self, clock: Clock, **options: Any) -> Any:
        """Build the rig and keep it."""
        self.rig = self._build(clock, **options)
        return self.rig


def watched(station: Station) -> tuple[Station, RigKeeper]:
    """Return the station with its rig's builder watched: after `open()`, `keeper.rig` is the rig."""
    if station.simulation is None:
        raise ValueError(f"{station.source} is not simulated")
    keeper = RigKeeper(station.simulation.build)
    return replace(station, simulation=replace(station.simulation, build=keeper)), keeper


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "labctl_rig(**options): options of the simulated rig")


@pytest.fixture
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Station:
    """A simulated station: Lake Shore 336 and Solartron 1260."""
    marker = request.node.get_closest_marker("labctl_rig")
    options = dict(marker.kwargs) if marker else {}
    seed = options.pop("seed", 1)
    path = tmp_path / "station.toml"
    path.write_text(STATION, encoding="utf-8")
    plain = read_station(path)
    assert plain.simulation is not None
    return replace(plain, simulation=replace(plain.simulation, seed=seed, options=options))


@pytest.fixture
def rig(station: Station) -> Iterator[SimulatedRig]:
    """The instruments of `station`, connected; they are made safe after the test."""
    watched_station, keeper = watched(station)
    clock = VirtualClock()
    with watched_station.open(clock) as bench:
        truth = keeper.rig
        yield SimulatedRig(bench, clock, truth.world, truth.faults, truth.instruments)
