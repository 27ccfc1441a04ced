"""The protocol of an old run for another sample."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import labctl.cli
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.measure.run import StopRequest, run_protocol
from labctl.queue.jobs import Jobs
from labctl.readmodel.like_run import AnotherSample, sample_like
from labctl.readmodel.protocol_text import SampleForm
from labctl.store import Store
from labctl.store.transactions import WriteConnection
from labctl.testing import STATION

OLD = SampleForm(
    "pellet 7", cation="Li+", thickness_mm=0.9, thickness_u_mm=0.01, area_cm2=0.785, note="broken"
)
PROTOCOL = """
[sample]
name = "pellet 7"
cation = "Li+"
thickness_mm = 0.87654321
diameter_mm = 10.0
thickness_after_mm = 0.86
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [30.0]
amplitude_v = 0.0123456789012
frequency_min_hz = 10000
dwell_min = 1
"""


def test_another_sample_keeps_all_but_what_is_of_the_old_pellet():
    new = sample_like(OLD, AnotherSample("pellet 8", thickness_mm=1.2), 12)
    assert new == replace(OLD, name="pellet 8", thickness_mm=1.2, note="")


def test_another_sample_without_a_thickness_is_refused():
    with pytest.raises(ConfigurationError, match="thickness of 'pellet 8'"):
        sample_like(OLD, AnotherSample("pellet 8"), 12)


def test_the_same_sample_is_not_given_another_size():
    assert sample_like(OLD, AnotherSample(), 12) == OLD
    with pytest.raises(ConfigurationError, match="labctl amend"):
        sample_like(OLD, AnotherSample(thickness_mm=1.2), 12)


@pytest.fixture
def night(tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    station = read_station(tmp_path / "station.toml")
    with station.open() as bench, Store.open(tmp_path / "lab.db") as store:
        run_protocol(parse_protocol(PROTOCOL, "old.toml"), station, bench, store, StopRequest())
    return tmp_path


def queue_add(folder, *arguments):
    files = ["--station", str(folder / "station.toml"), "--db", str(folder / "lab.db")]
    return CliRunner().invoke(labctl.cli.app, ["queue", "add", *arguments, *files])


def test_a_run_is_queued_again_for_another_sample(night):
    done = queue_add(night, "--like", "1", "--sample", "pellet 8", "--thickness-mm", "1.2", "--json")
    assert done.exit_code == 0, done.output
    assert "as run 1: electrodes 0.7854 cm2, mobile ion Li+" in done.output
    job = json.loads(done.output[done.output.index("{") :])["added"][0]
    assert job["title"] == "pellet 8: TemperatureSteppedEIS, as run 1"
    with WriteConnection(night / "lab.db") as connection:
        protocol = parse_protocol(Jobs(connection).get(job["job"]).protocol_text, "p.toml")
    assert (protocol.sample.name, protocol.sample.thickness_m) == ("pellet 8", 1.2e-3)
    assert protocol.sample.thickness_after_m is None
    assert protocol.procedures[0].parameters["amplitude_v"] == 0.0123456789012


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "give protocol files, or --like RUN"),
        (("--like", "1", "any.toml"), "give protocol files, or --like RUN"),
        (("any.toml", "--sample", "pellet 8"), "belong to --like"),
        (("--like", "99"), "99"),
        (("--like", "1", "--sample", "pellet 8"), "thickness"),
    ],
)
def test_what_is_not_a_whole_request_is_refused(night, arguments, problem):
    done = queue_add(night, *arguments)
    assert done.exit_code != 0
    assert problem in " ".join((done.output + str(done.exception)).split())
