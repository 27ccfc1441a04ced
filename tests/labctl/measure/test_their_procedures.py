"""A plain pymeasure procedure in labctl's queue."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

import labctl
from labctl.clock import VirtualClock
from labctl.config.protocol import plan_of, read_protocol
from labctl.config.station import read_station
from labctl.measure.run import StopRequest, run_protocol
from labctl.queue.jobs import Jobs
from labctl.queue.rehearsal import rehearse
from labctl.queue.runner import Runner
from labctl.readmodel.run_text import status_in_words
from labctl.store import Store
from labctl.store.transactions import WriteConnection

THEIR_FILE = """
from pymeasure.experiment import FloatParameter, IntegerParameter, Metadata, Procedure
from pymeasure.units import ureg


class Meter:
    opened = 0

    def __init__(self):
        Meter.opened += 1
        self.is_open, self.reading = True, 0.0

    def read(self):
        self.reading += 0.1
        return self.reading * ureg.V

    def close(self):
        self.is_open = False


class Drift(Procedure):
    points = IntegerParameter("Points", minimum=1, default=5)
    delay = FloatParameter("Delay", units="s", default=0.1)
    fails_at = IntegerParameter("Fails at", default=-1)
    meter_id = Metadata("Meter", fget="identify")
    DATA_COLUMNS = ["Point", "Voltage (mV)", "Remark"]
    last = None

    def identify(self):
        return "meter 7"

    def startup(self):
        self.meter = Meter()
        Drift.last = self

    def execute(self):
        for number in range(self.points):
            if number == self.fails_at:
                raise OSError("the meter fell silent")
            self.emit("results", {"Point": number, "Voltage (mV)": self.meter.read()})
            self.emit("progress", 100 * number / self.points)
            if self.should_stop():
                return
        remark = "last" if self.is_last() else "not last"
        self.emit("batch results", {"Point": [100, 101], "Remark": [remark] * 2})

    def shutdown(self):
        self.meter.close()

    def get_estimates(self):
        return self.points * self.delay
"""
PROTOCOL = """
[sample]
name = "cell 4"
thickness_mm = 1.0
area_cm2 = 0.5

[[procedure]]
use = "their_drift_file:Drift"
points = 3
delay = 1234567.891
repeat = 2
"""
STATION = """
name = "no instruments"

[limits]
temperature_degc = [0, 100]
potential_v = 1.0
current_a = 0.01
"""


@pytest.fixture
def bare_station(tmp_path):
    (tmp_path / "station.toml").write_text(STATION, encoding="utf-8")
    return read_station(tmp_path / "station.toml")


@pytest.fixture
def protocol(tmp_path):
    (tmp_path / "their_drift_file.py").write_text(THEIR_FILE, encoding="utf-8")
    (tmp_path / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")

    def read(**changes):
        text = PROTOCOL
        for old, new in changes.items():
            text = text.replace(f"{old} = ", f"{old} = {new} # ")
        (tmp_path / "protocol.toml").write_text(text, encoding="utf-8")
        return read_protocol(tmp_path / "protocol.toml")

    yield read
    sys.modules.pop("their_drift_file", None)


@pytest.fixture
def run(bare_station, tmp_path):
    def run(protocol, stop=None, on_event=None):
        protocol.check_against(bare_station)
        with Store.open(tmp_path / "lab.db") as store, bare_station.open() as bench:
            return run_protocol(protocol, bare_station, bench, store, stop or StopRequest(), on_event)

    return run


def test_it_runs_as_it_stands_and_keeps_everything_exactly(protocol, run, tmp_path):
    outcomes = run(protocol())
    assert [outcome.status for outcome in outcomes] == ["finished", "finished"]
    with labctl.open(tmp_path / "lab.db") as db:
        records = db.records(1)
        assert list(records["Point"]) == [0, 1, 2, 100, 101]
        assert list(records["Voltage (mV)"])[:3] == pytest.approx([100.0, 200.0, 300.0])
        assert list(records["Remark"])[3:] == ["not last"] * 2
        assert list(db.records(2)["Remark"])[3:] == ["last"] * 2
        assert db.run(1)["parameters"]["delay"] == 1234567.891
        facts = db.provenance(2)
    assert facts["metadata"]["meter_id"] == {"name": "Meter", "value": "meter 7", "units": None}
    assert facts["procedure"]["parameters"]["delay"] == {"name": "Delay", "units": "s"}
    assert facts["repetition"] == "2 of 2"


def test_a_wish_to_stop_reaches_it_and_its_shutdown_is_called(protocol, run, tmp_path):
    stop = StopRequest()
    (outcome,) = run(protocol(points=1000), stop, lambda event: stop.request("enough"))
    assert (outcome.status, outcome.reason) == ("aborted", "enough")
    drift = sys.modules["their_drift_file"].Drift
    assert not drift.last.meter.is_open


def test_a_failure_of_it_is_told_in_its_own_words(protocol, run):
    changed = protocol(points="3\nfails_at = 1")
    (outcome,) = run(changed)
    assert (outcome.status, outcome.reason) == ("failed", "OSError: the meter fell silent")
    assert not sys.modules["their_drift_file"].Drift.last.meter.is_open


def test_without_a_runner_its_progress_is_stored_while_it_runs_and_at_its_end(
    protocol, run, tmp_path, monkeypatch
):
    monkeypatch.setattr("labctl.measure.recording.PROGRESS_EVERY_S", 1e6)  # so only the first, and the last
    seen = []

    def see(event):
        if event.topic == "progress":
            with labctl.open(tmp_path / "lab.db") as db:
                seen.append(db.run("last")["percent"])

    run(protocol(repeat=1), on_event=see)
    assert seen == [0.0, 0.0, 0.0]
    with labctl.open(tmp_path / "lab.db") as db:
        finished = db.run(1)
        assert finished["percent"] == pytest.approx(200 / 3)
    run(protocol(repeat=1, points="3\nfails_at = 2"))
    with labctl.open(tmp_path / "lab.db") as db:
        failed = db.run(2)
    assert status_in_words(finished) == "finished"
    assert status_in_words(failed) == "failed at 33 %"
    assert status_in_words({"status": "running", "percent": 33.3}) == "running, 33 %"
    assert status_in_words({"status": "running", "percent": None}) == "running"


def test_its_own_estimate_is_its_duration(protocol):
    (step,) = plan_of(protocol(delay=2).procedures[0].build())
    assert step.duration_s == 6.0


def test_it_is_never_rehearsed_for_that_would_open_real_instruments(protocol, bare_station):
    (job,) = rehearse([protocol()], bare_station).jobs
    assert "their_drift_file:Drift opens its own instruments: it cannot be rehearsed" in job.problem
    assert sys.modules["their_drift_file"].Meter.opened == 0


@pytest.mark.parametrize("cut", [2, 4, 6])
def test_queued_and_cut_it_goes_on_with_the_repeat_that_was_cut(protocol, bare_station, tmp_path, cut):
    clock, rows = VirtualClock(), []
    station = replace(bare_station, speed=1.0)
    stop = StopRequest()

    def see(event):
        rows.append(event.topic)
        if rows.count("results") == cut:
            stop.request("SIGTERM")

    with WriteConnection(tmp_path / "lab.db") as connection:
        jobs = Jobs(connection, clock)
        job_id = jobs.add(protocol())
        for wish in (stop, StopRequest()):
            Runner(station, tmp_path / "lab.db", wish, clock=clock, until_empty=True, on_event=see).run()
            see = lambda event: None  # noqa: E731
        assert jobs.get(job_id).state == "finished", jobs.get(job_id).reason
    with labctl.open(tmp_path / "lab.db") as db:
        runs = db.rows("SELECT id, status FROM runs ORDER BY id")
        finished = [run["id"] for run in runs if run["status"] == "finished"]
        assert [db.provenance(run)["repetition"] for run in finished] == ["1 of 2", "2 of 2"]
        assert len(runs) == 3


def labctl_(folder, *words):
    command = [sys.executable, "-m", "labctl", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


@pytest.mark.slow
def test_check_says_what_labctl_cannot_do_and_run_shows_its_progress(protocol, bare_station, tmp_path):
    protocol(points="3\nfails_at = -1")
    checked = labctl_(tmp_path, "check", "protocol.toml")
    assert checked.returncode == 0, checked.stderr
    assert "Drift 2 of 2: Drift" in checked.stdout
    assert "their_drift_file:Drift opens its own instruments" in checked.stdout
    first, second = json.loads(labctl_(tmp_path, "check", "protocol.toml", "--json").stdout)["warnings"]
    assert first.startswith("their_drift_file:Drift opens its own instruments")
    assert second.startswith("takes 2058 h: ")  # by its own estimate
    ran = labctl_(tmp_path, "run", "protocol.toml", "--db", "lab.db")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "their_drift_file:Drift opens its own instruments" in ran.stderr
    assert "run 2: finished" in ran.stdout
