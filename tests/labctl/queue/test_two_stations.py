"""Two stations on one computer: a runner and a supervisor each, in one results file or in two."""

import subprocess
import sys

import pytest

import labctl
from labctl.clock import RealClock, ScaledClock
from labctl.config.protocol import parse_protocol
from labctl.queue.jobs import Jobs
from labctl.store.transactions import WriteConnection
from sim_instruments.serve import Server

PROTOCOL = """
[sample]
name = "pellet of {0}"
thickness_mm = 1.0
diameter_mm = 10

[[procedure]]
use = "procedures.eis:EIS"
frequency_min_hz = 1e4
points_per_decade = 2
"""


@pytest.fixture
def rigs(tmp_path):
    """Two served rigs, with the station files east.toml and west.toml."""
    with Server({"seed": 1}, ScaledClock(20)) as east, Server({"seed": 2}, ScaledClock(20)) as west:
        for name, server in (("east", east), ("west", west)):
            (tmp_path / f"{name}.toml").write_text(server.station_toml(name))
        yield tmp_path


def add_job(folder, station, db):
    with WriteConnection(folder / db) as connection:
        protocol = parse_protocol(PROTOCOL.format(station), str(folder / f"{station}-job.toml"))
        Jobs(connection).add(protocol, station=station)


def runner(folder, station, db, *more):
    command = [sys.executable, "-m", "labctl", "runner", "--station", str(folder / f"{station}.toml")]
    return subprocess.Popen(
        [*command, "--db", str(folder / db), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def measured_by(folder, db):
    """Sample, station and status of every run."""
    query = "SELECT s.name, r.station, r.status FROM runs r JOIN samples s ON s.id = r.sample_id"
    with labctl.open(folder / db) as opened:
        return {(row["name"], row["station"], row["status"]) for row in opened.rows(query)}


def supervisors_of(folder, db):
    with labctl.open(folder / db) as opened:
        rows = opened.rows("SELECT process, station FROM heartbeats")
    return {row["station"] for row in rows if row["process"] == "supervisor"}


ONE_FILE = ("lab.db", "lab.db")
A_FILE_EACH = pytest.param(("east.db", "west.db"), marks=pytest.mark.slow)


@pytest.mark.parametrize("files", [ONE_FILE, A_FILE_EACH])
def test_each_of_two_runners_measures_its_own_jobs_under_its_own_supervisor(rigs, files):
    for station, db in zip(("east", "west"), files, strict=True):
        add_job(rigs, station, db)
    working = [runner(rigs, s, db, "--until-empty") for s, db in zip(("east", "west"), files, strict=True)]
    said = [one.communicate(timeout=200)[0] for one in working]
    assert [one.returncode for one in working] == [0, 0], said
    found = set().union(*(measured_by(rigs, db) for db in files))
    assert found == {("pellet of east", "east", "finished"), ("pellet of west", "west", "finished")}
    assert set().union(*(supervisors_of(rigs, db) for db in files)) == {"east", "west"}


def test_one_name_twice_in_one_file_is_refused_in_words(rigs):
    text = (rigs / "west.toml").read_text().replace('name = "west"', 'name = "east"')
    (rigs / "west.toml").write_text(text)
    first = runner(rigs, "east", "lab.db", "--without-supervisor")
    try:
        while not (rigs / "lab.db").exists() or not heartbeat_of_a_runner(rigs):
            assert first.poll() is None
            RealClock().sleep(0.1)
        second = runner(rigs, "west", "lab.db", "--without-supervisor")
        said, _ = second.communicate(timeout=100)
        assert second.returncode == 2
        assert "give each station its own name, or its own results file" in " ".join(said.split())
    finally:
        first.terminate()
        first.communicate(timeout=100)


def heartbeat_of_a_runner(folder):
    try:
        with labctl.open(folder / "lab.db") as opened:
            return opened.rows("SELECT 1 AS one FROM heartbeats WHERE process = 'runner'")
    except Exception:  # noqa: BLE001 - the file is being made
        return False
