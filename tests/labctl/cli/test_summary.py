"""`labctl summary`: what a night brought, is it cold, what to do next; `labctl status` of dead runners."""

import json
import re

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import InvalidRequest
from labctl.store.queries.heartbeats import replace_heartbeat
from labctl.store.queries.jobs import change_job
from labctl.store.transactions import WriteConnection

pytestmark = pytest.mark.xdist_group("summary")

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

SAMPLE = """
title = "<script>alert(1)</script> {name}"
[sample]
name = "{name}"
thickness_mm = 1.0
diameter_mm = 10.0
electrodes = "blocking"
[[procedure]]
"""

SERIES = """
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [40, 60, 80]
frequency_max_hz = 1e6
frequency_min_hz = 10
points_per_decade = 4
dwell_min = 2
"""

BAD = """
from pymeasure.experiment import Procedure
class Bad(Procedure):
    DATA_COLUMNS = ["x"]
    roles_needed = ("oven",)
    def execute(self):
        self.bench.oven.setpoint_k = 1000.0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One job that finished, one that failed, and a run by hand; one job waits."""
    folder = tmp_path_factory.mktemp("night")
    (folder / "station.toml").write_text(STATION)
    (folder / "bad.py").write_text(BAD)
    (folder / "good.toml").write_text(SAMPLE.format(name="pellet 1") + SERIES)
    (folder / "bad.toml").write_text(SAMPLE.format(name="pellet 2") + 'use = "bad:Bad"\n')
    labctl(folder, "queue", "add", "good.toml", "--no-rehearsal")
    labctl(folder, "queue", "add", "bad.toml", "--no-rehearsal")
    labctl(folder, "runner", "--until-empty", "--without-supervisor", "--no-start-supervisor")
    labctl(folder, "run", "good.toml", "--quiet")
    labctl(folder, "queue", "add", "good.toml", "--no-rehearsal", "--not-before", "+8h")
    return folder


def labctl(folder, *words):
    words = [str(folder / word) if word.endswith(".toml") else word for word in words]
    station, db = str(folder / "station.toml"), str(folder / "lab.db")
    environment = {"LABCTL_DB": db, "LABCTL_STATION": station, "COLUMNS": "120"}
    result = CliRunner().invoke(app, words, env=environment)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def beat(folder):
    """Write a heartbeat of the runner in the place of its last one; afterwards, that one again."""
    with WriteConnection(folder / "lab.db") as connection:
        (before,) = connection.rows("SELECT * FROM heartbeats WHERE process = 'runner'")

        def write(**changes):
            with connection.transaction():
                replace_heartbeat(connection, before | changes)

        yield write
        write()


def test_the_night_is_told_job_by_job_with_its_numbers(folder):
    text = labctl(folder, "summary")
    assert "1 job finished, 1 job failed, 1 job queued, 1 run by hand finished" in text
    told = json.loads(labctl(folder, "show", "1", "--json"))
    (law,) = [fit for fit in told["fits"] if fit["preferred"] and fit["branch"] == "all"]
    energy_ev = law["parameters"]["activation_energy"]["value"]
    shown_ev = re.findall(r"Ea, ln\(sigma T\) = (\d\.\d+) ± ", text)[0]
    assert float(shown_ev) == pytest.approx(energy_ev, abs=10 ** -len(shown_ev.partition(".")[2]))
    assert "3 of 3 spectra finished" in text
    assert re.search(r"set points 40\.00 to 80\.00 °C, within 0\.\d+ K of them during spectra", text)


def test_a_run_without_any_certificate_says_so_and_what_to_calibrate_first(folder):
    missing = "not stated, and in no interval: thermometer, sensor to sample, geometry"
    assert missing in labctl(folder, "summary")
    shown = labctl(folder, "show", "1")
    for line in ("thermometer: not stated", "sensor to sample: not stated", "geometry: not stated"):
        assert line in shown
    unknowns = shown[shown.index("largest unknowns, none of them in the intervals") :].splitlines()
    shares = [
        float(re.findall(r"sigma ± ([\d.]+) %", line)[0]) for line in unknowns if " if it were " in line
    ]
    assert len(shares) >= 4
    assert shares == sorted(shares, reverse=True)


def test_why_a_job_failed_and_what_to_do_is_said(folder):
    text = labctl(folder, "summary")
    assert re.search(r"job 2 .*: failed: .*726.85 degC is outside", text)
    assert "`labctl queue retry 2` does what is missing" in text
    assert "rig: no runner is there, but jobs wait (3); `labctl runner` measures them" in text
    assert "its geometry is not stated" in text


def test_an_output_that_was_read_back_off_is_said_to_be_off(folder):
    assert "rig: every output is off, read back" in labctl(folder, "summary")
    (station,) = json.loads(labctl(folder, "summary", "--json"))["stations"]
    assert station["all_off"] is True


def test_an_output_that_was_not_read_back_comes_first(folder, beat):
    beat(state="unsafe", unsafe="oven: does not answer")
    lines = labctl(folder, "summary").splitlines()
    assert "NOT SAFE, not read back off: oven: does not answer" in lines[4]
    assert lines[7].strip().startswith("go to rig: oven: does not answer")
    (station,) = json.loads(labctl(folder, "summary", "--json"))["stations"]
    assert station["all_off"] is False


def test_a_dead_runner_says_nothing_about_its_outputs(folder, beat):
    beat(state="alive", pid=2**22 + 1, process_birth="none")
    text = labctl(folder, "summary")
    assert "NOT SAFE, not read back off: the outputs were not read back" in text
    (station,) = json.loads(labctl(folder, "summary", "--json"))["stations"]
    assert station["all_off"] is None


def test_status_expects_no_end_from_a_dead_runner(folder, beat):
    with WriteConnection(folder / "lab.db") as connection, connection.transaction():
        change_job(connection, 2, {"state": "running"})
    beat(state="alive", pid=2**22 + 1, process_birth="none", job_id=2, expected_end_s=4e9)
    text = labctl(folder, "status")
    told = json.loads(labctl(folder, "status", "--json"))
    with WriteConnection(folder / "lab.db") as connection, connection.transaction():
        change_job(connection, 2, {"state": "failed"})
    assert "all done" not in text
    assert "job 2 has no running runner" in text
    assert told["stranded"] == [2]
    assert told["expected_end_s"] is None


def test_the_page_needs_nothing_from_elsewhere_and_takes_titles_as_text(folder):
    labctl(folder, "summary", "--html", str(folder / "page.html"))
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; pellet 1" in page
    assert not re.search(r"(src|href|@import|url\()", page)
    assert "every output is off, read back" in page


def test_a_file_without_runs_says_that_nothing_was_measured(folder, tmp_path):
    with WriteConnection(tmp_path / "empty.db"):
        pass
    text = labctl(folder, "summary", "--db", str(tmp_path / "empty.db"))
    assert "Nothing was measured" in text
    assert "no runner has run here: its outputs were not read back" in text


def test_a_simulated_run_by_hand_claims_no_output_read_back(folder, tmp_path):
    labctl(folder, "run", "good.toml", "--quiet", "--db", str(tmp_path / "by_hand.db"))
    text = labctl(folder, "summary", "--db", str(tmp_path / "by_hand.db"))
    assert "no instrument was used: what was measured here is simulated or imported" in text
    assert "read back off" not in text
    assert (
        json.loads(labctl(folder, "summary", "--json", "--db", str(tmp_path / "by_hand.db")))["all_off"]
        is False
    )


def test_what_an_earlier_runner_read_back_says_nothing_about_a_later_run(folder, beat):
    """A run without a supervisor, on real instruments, after the last heartbeat."""
    with WriteConnection(folder / "lab.db") as connection, connection.transaction():
        (run,) = connection.rows("SELECT * FROM runs WHERE id = 3")
    copy = {name: run[name] for name in ("sample_id", "procedure", "pid", "host")}
    later = copy | {"uuid": "later", "station": "rig", "clock": "real", "started_s": 4e9}
    with WriteConnection(folder / "lab.db") as connection, connection.transaction():
        connection.insert("runs", later)
    text = labctl(folder, "summary")
    (station,) = json.loads(labctl(folder, "summary", "--json"))["stations"]
    assert "rig: not known: run 4 began after the last heartbeat of the runner" in text
    assert "look at rig, or `labctl instruments safe`" in text
    assert station["all_off"] is None


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--since", "2039-01-01 12:00"), "cannot parse time|more than ten years"),
        (("--since", "25:00"), "cannot parse time '25:00'; use e.g. 18:00"),
        (("--since", "18:00", "--night"), "contradict each other"),
        (("--html", "/nowhere/page.html"), "cannot be written"),
    ],
)
def test_a_request_that_is_wrong_is_refused_in_words(folder, words, problem):
    with pytest.raises(InvalidRequest, match=problem):
        labctl(folder, "summary", *words)
