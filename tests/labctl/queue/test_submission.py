"""One submission for window and command line: the same check, the same estimate, the same job."""

import json
import math

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.clock import RealClock
from labctl.config.protocol import read_protocol
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.queue.job import FailurePolicy
from labctl.queue.submission import (
    Submission,
    Terms,
    add_job,
    estimate,
    forecast,
    protocol_of_job,
    reuse,
    submit,
    waiting_protocols,
)

VIRTUAL = '[simulation]\nclock = "virtual"\n'


@pytest.fixture
def station(tmp_path, station_text):
    path = tmp_path / "station.toml"
    path.write_text(station_text)
    return read_station(path)


@pytest.fixture(params=["simulated in the runner", "served by another process"])
def fast_station(request, tmp_path, station_text):
    """A station whose rig is ten times as fast as real instruments."""
    served = request.param == "served by another process"
    text = station_text.replace(VIRTUAL, "" if served else "[simulation]\nclock = 10\n")
    path = tmp_path / "fast.toml"
    path.write_text(("speed = 10\n" if served else "") + text)
    return read_station(path)


@pytest.fixture(autouse=True)
def no_process_is_started(monkeypatch):
    """Jobs of a station that another process serves would be rehearsed in the background."""
    monkeypatch.setattr("labctl.queue.rehearsing.start_labctl", lambda *_, **__: None)


@pytest.fixture
def protocol_file(tmp_path, protocol_text):
    path = tmp_path / "series.toml"
    path.write_text(protocol_text.format(title="series", temperatures=[40, 50]))
    return path


def as_json(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)


def filled_in(file, not_before=""):
    """What the window submits."""
    return Submission(file.read_text(), str(file), "ann", False, not_before)


def test_window_and_command_line_estimate_the_same_on_a_fast_station(
    night, station, fast_station, protocol_file
):
    real_s = forecast(read_protocol(protocol_file), station).takes_s
    files = ("--station", fast_station.source, "--db", night.path)
    (added,) = as_json("queue", "add", protocol_file, *files)["added"]
    in_window = estimate(night.connection, fast_station, filled_in(protocol_file)).takes_s
    queued = add_job(night.connection, fast_station, filled_in(protocol_file))
    checked = as_json("check", protocol_file, *files)
    assert added["duration_s"] == pytest.approx(real_s / 10)
    assert in_window == queued.takes_s == checked["duration_s"] == added["duration_s"]
    assert [job.duration_s for job in night.jobs.listed()] == [added["duration_s"]] * 2
    assert sum(step["duration_s"] for step in checked["steps"]) == pytest.approx(checked["duration_s"])


def test_virtual_time_is_estimated_as_it_would_be_on_instruments(night, station, protocol_file):
    protocol = read_protocol(protocol_file)
    planned_s = sum(step.duration_s for step in protocol.plan())
    assert forecast(protocol, station, night.connection).takes_s == pytest.approx(planned_s)


def test_window_and_command_line_queue_the_same_job(night, fast_station, protocol_file):
    files = ("--station", fast_station.source, "--db", night.path, "--person", "ann")
    as_json("queue", "add", protocol_file, *files)
    add_job(night.connection, fast_station, filled_in(protocol_file))
    differing = ("id", "position", "created_s")
    first, second = ({k: v for k, v in vars(j).items() if k not in differing} for j in night.jobs.listed())
    assert first == second


def test_of_several_protocols_none_is_queued_where_one_is_forbidden(night, station, tmp_path, protocol_text):
    protocols = []
    for title, temperature in (("fine", 40), ("hot", 160)):
        path = tmp_path / f"{title}.toml"
        path.write_text(protocol_text.format(title=title, temperatures=[temperature]))
        protocols.append(read_protocol(path))
    with pytest.raises(ConfigurationError, match="temperature 160 degC is outside"):
        submit(night.connection, station, protocols, Terms())
    assert night.states() == []


def test_the_terms_become_those_of_the_job(night, station, protocol_file):
    policy = FailurePolicy(retries=5, delay_s=1.0, then="stop")
    terms = Terms("ann", 3, not_before_s=1.0, deadline_s=2.0, policy=policy, held=True)
    (queued,) = submit(night.connection, station, [read_protocol(protocol_file)], terms)
    job = night.jobs.get(queued.id)
    assert (job.person, job.priority, job.not_before_s, job.deadline_s) == ("ann", 3, 1.0, 2.0)
    assert (job.policy, job.state, job.station) == (policy, "held", station.name)


def test_a_duration_that_is_not_known_is_none_and_never_a_number(night, station, protocol_file, monkeypatch):
    monkeypatch.setattr("labctl.queue.estimates.Pace.duration_s", lambda *_: math.nan)
    queued = add_job(night.connection, station, filled_in(protocol_file))
    assert math.isnan(queued.takes_s)
    assert night.jobs.get(queued.id).duration_s is None


@pytest.mark.parametrize("hour", ["2020-11-23 06:00", "tomorrow-ish"])
def test_the_window_refuses_an_hour_that_is_past_or_none_as_the_command_line_does(
    night, station, protocol_file, hour
):
    with pytest.raises(ConfigurationError, match="not before"):
        add_job(night.connection, station, filled_in(protocol_file, hour))
    assert night.states() == []


def test_an_hour_as_typed_becomes_the_begin_of_the_job(night, station, protocol_file):
    queued = add_job(night.connection, station, filled_in(protocol_file, "+8h"))
    assert night.jobs.get(queued.id).not_before_s == pytest.approx(RealClock().time() + 8 * 3600, abs=60)


def test_a_job_keeps_the_sample_it_was_queued_with(night):
    """Whatever became of a sample file since."""
    job = night.jobs.get(night.add())
    changed = night.protocol().text.replace("thickness_mm = 1.0", "thickness_mm = 2.0")
    with night.connection.transaction() as connection:
        connection.update("jobs", job.id, {"protocol_text": changed})
    protocol = protocol_of_job(night.jobs.get(job.id))
    assert protocol.sample.thickness_m == pytest.approx(1e-3)
    assert protocol.source == str(night.path.parent / "p.toml")


def test_a_job_without_a_source_is_named_by_its_number(night):
    job_id = night.add()
    with night.connection.transaction() as connection:
        connection.update("jobs", job_id, {"source": ""})
    assert protocol_of_job(night.jobs.get(job_id)).source == f"job {job_id}"


def test_the_protocols_of_the_waiting_jobs_come_in_the_order_of_the_queue(night):
    night.add("second")
    night.add("first", priority=1)
    night.add("held", held=True)
    night.jobs.cancel(night.add("cancelled"))
    assert [protocol.title for protocol in waiting_protocols(night.connection)] == ["first", "second"]


def test_a_job_without_a_source_fails_and_is_rehearsed_under_the_same_name(night, rig, run_night, tmp_path):
    """Runner and rehearsal parse it by one function."""
    job_id = night.add()
    with night.connection.transaction() as connection:
        connection.update("jobs", job_id, {"source": "", "protocol_text": "no = 1"})
    files = ["--station", rig.station.source, "--db", str(night.path)]
    with pytest.raises(ConfigurationError, match=f"job {job_id}"):
        CliRunner().invoke(app, ["rehearse", *files], catch_exceptions=False)
    run_night()
    assert night.states() == ["failed"]
    assert f"job {job_id}" in night.jobs.get(job_id).reason


def test_a_run_whose_procedure_is_not_in_its_protocol_is_not_measured_as_another_one(night):
    protocol = night.protocol()
    (entry,) = protocol.procedures
    again = reuse(protocol.text, "run 3", entry.reference, {"dwell_min": 7}, protocol.sample)
    assert [(e.reference, e.parameters) for e in again.procedures] == [(entry.reference, {"dwell_min": 7})]
    with pytest.raises(ConfigurationError, match=f"'mine:Other' is not in the protocol.*{entry.reference}"):
        reuse(protocol.text, "run 3", "mine:Other", {}, protocol.sample)
