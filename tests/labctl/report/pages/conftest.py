"""Files with runs for reports: one that was measured on the simulated rig, and one made of chosen rows."""

import json
from pathlib import Path

import pytest

from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.measure.run import StopRequest, run_protocol
from labctl.report.pages.writing import write_report
from labctl.store import Database, Store

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
rig = "sim_instruments.rig:build"
clock = "virtual"
seed = 3
"""
PROTOCOL = """
[sample]
name = "pellet"
cation = "Mg2+"
thickness_mm = 1.0
thickness_uncertainty_mm = 0.01
diameter_mm = 10.0

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60, 75, 90, 105]
frequency_max_hz = 1e6
frequency_min_hz = 10.0
points_per_decade = 5
dwell_min = 5
"""
SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}


@pytest.fixture(scope="session")
def measured(tmp_path_factory):
    """The results file of two runs, four temperatures each."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "station.toml").write_text(STATION, encoding="utf-8")
    station = read_station(folder / "station.toml")
    for name in ("pellet", "other pellet"):
        protocol = parse_protocol(PROTOCOL.replace('"pellet"', f'"{name}"'), "protocol.toml")
        with Store.open(folder / "lab.db") as store, station.open(VirtualClock()) as bench:
            run_protocol(protocol, station, bench, store, StopRequest(), None)
    return folder / "lab.db"


@pytest.fixture
def page(tmp_path):
    """Write a report and return its bytes."""

    def write(path: Path, *runs: int | str, ending: str = "html", **options):
        output = tmp_path / f"report.{ending}"
        with Database(path) as db:
            write_report(db, runs or ("last",), output, **options)
        return output.read_bytes()

    return write


@pytest.fixture
def made(tmp_path):
    """Make a file with one run without rows; return its path."""

    def make(sample=SAMPLE, **about):
        with Store.open(tmp_path / "made.db") as store:
            run = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 1.0}
            store.insert("runs", run | {"parameters": json.dumps({})} | about)
        return tmp_path / "made.db"

    return make
