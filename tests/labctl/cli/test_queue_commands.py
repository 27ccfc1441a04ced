"""Commands for queue, runner and supervisor, used by people and programs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import ConfigurationError, InvalidRequest, StoreError
from labctl.queue.heartbeat import Heartbeats
from labctl.store.transactions import WriteConnection

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
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [{temperatures}]
frequency_max_hz = 1e6
frequency_min_hz = 10
points_per_decade = 3
dwell_min = 5
"""


class Rig:
    def __init__(self, folder):
        self.folder = folder
        (folder / "station.toml").write_text(STATION)
        self.environment = {
            "LABCTL_STATION": str(folder / "station.toml"),
            "LABCTL_DB": str(folder / "lab.db"),
            "LABCTL_PERSON": "ann",
        }

    def protocol(self, title="series", temperatures="40, 50"):
        path = self.folder / f"{title}.toml"
        path.write_text(PROTOCOL.format(title=title, temperatures=temperatures))
        return str(path)

    def __call__(self, *arguments):
        result = CliRunner().invoke(app, list(arguments), env=self.environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def as_json(self, *arguments):
        return json.loads(self(*arguments, "--json").stdout)

    def states(self):
        return {job["id"]: job["state"] for job in self.as_json("queue", "list", "--all")["jobs"]}


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


def test_jobs_are_added_listed_moved_held_released_and_cancelled(rig):
    added = rig.as_json("queue", "add", rig.protocol("one"), rig.protocol("two"), rig.protocol("three"))
    assert [job["job"] for job in added["added"]] == [1, 2, 3]
    assert all(job["duration_s"] > 600 for job in added["added"])
    rig("queue", "move", "3", "1")
    rig("queue", "hold", "1")
    jobs = rig.as_json("queue", "list")["jobs"]
    assert [(job["title"], job["state"], job["person"]) for job in jobs] == [
        ("three", "queued", "ann"),
        ("one", "held", "ann"),
        ("two", "queued", "ann"),
    ]
    first, _, last = jobs
    assert last["expected_begin_s"] == pytest.approx(first["expected_end_s"])
    rig("queue", "release", "1")
    rig("queue", "cancel", "2")
    assert rig.states() == {1: "queued", 2: "cancelled", 3: "queued"}
    assert "1 job(s) cleared" in rig("queue", "clear-finished").stdout
    assert "held by ann" in rig("queue", "show", "1").stdout


def test_of_several_protocols_all_are_queued_or_none(rig):
    with pytest.raises(ConfigurationError, match="temperature 160 degC is outside"):
        rig("queue", "add", rig.protocol("fine"), rig.protocol("hot", "160"))
    assert not (rig.folder / "lab.db").exists()
    rig("queue", "add", rig.protocol("fine"))
    assert rig.states() == {1: "queued"}


@pytest.mark.parametrize(
    "nonsense",
    [
        ["cancel", "7"],
        ["move", "7", "1"],
        ["skip", "1"],
        ["temperatures", "1", "abc"],
        ["temperatures", "1", "60:40:10"],
        ["add", "FILE", "--not-before", "tomorrow-ish"],
        ["add", "FILE", "--deadline", "2020-01-01"],
        ["add", "FILE", "--not-before", "2020-11-23 06:00"],
        ["add", "FILE", "--not-before", "+3h", "--deadline", "+1h"],
        ["add", "FILE", "--on-failure", "pray"],
        ["add", "absent.toml"],
        ["pause", "--after", "lunch"],
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_words(rig, nonsense):
    file = rig.protocol()
    rig("queue", "add", file)
    with pytest.raises(ConfigurationError):
        rig("queue", *[file if word == "FILE" else word for word in nonsense])
    assert rig.states() == {1: "queued"}


def test_the_runner_works_until_nothing_is_left_and_status_tells_so(rig):
    rig("queue", "add", rig.protocol("one"), rig.protocol("two"))
    rig("runner", "--until-empty")
    assert rig.states() == {1: "finished", 2: "finished"}
    status = rig.as_json("status")
    assert status["jobs"] == {"finished": 2}
    assert [process["state"] for process in status["processes"]] == ["ended"]
    assert "rig: ended" in rig("status").stdout


def test_a_queue_that_is_paused_says_so_everywhere(rig):
    rig("queue", "add", rig.protocol())
    rig("queue", "pause", "--after", "job", "--reason", "leak in the glove box")
    rig("runner", "--until-empty")
    assert rig.states() == {1: "queued"}
    assert "leak in the glove box" in rig("queue", "list").stdout
    assert "leak in the glove box" in rig("status").stdout
    assert "the queue goes on" in rig("queue", "resume").stdout
    assert "was not paused" in rig("queue", "resume").stdout


def test_a_station_is_paused_and_resumed_alone_and_resume_asks_which_where_several_are_paused(rig):
    files = {name: rig.folder / f"{name}.toml" for name in ("left", "right")}
    for name, file in files.items():
        file.write_text(STATION.replace('name = "rig"', f'name = "{name}"'))
    rig("queue", "add", rig.protocol())
    rig("queue", "pause", "--station", str(files["left"]), "--reason", "leak")
    rig("queue", "pause", "--station", str(files["right"]), "--reason", "lunch")
    assert [pause["station"] for pause in rig.as_json("queue", "list")["pauses"]] == ["right", "left"]
    assert rig.as_json("status")["pauses"] == ["right: lunch", "left: leak"]
    with pytest.raises(ConfigurationError, match=r"2 stations are paused \(left, right\); give --station"):
        rig("queue", "resume")
    resumed = rig("queue", "resume", "--station", str(files["right"])).stdout
    assert "the queue goes on" in resumed
    assert "still paused: left: leak" in resumed
    assert "the queue goes on" in rig("queue", "resume").stdout
    rig("runner", "--until-empty")
    assert rig.states() == {1: "finished"}


def test_a_finished_job_is_measured_again_from_the_start_as_a_new_one(rig):
    rig("queue", "add", rig.protocol())
    rig("runner", "--until-empty")
    rig("queue", "retry", "1", "--from-start")
    assert rig.states() == {1: "finished", 2: "queued"}


def test_a_rehearsal_of_the_queue_touches_nothing(rig):
    rig("queue", "add", rig.protocol("one"), rig.protocol("two"))
    found = rig.as_json("rehearse")
    assert [job["title"] for job in found["jobs"]] == ["one", "two"]
    assert found["duration_s"] == pytest.approx(sum(job["duration_s"] for job in found["jobs"]))
    assert any(message["text"].startswith("SETP 1,") for message in found["jobs"][0]["settings"])
    assert rig.states() == {1: "queued", 2: "queued"}


@pytest.mark.parametrize(
    ("temperatures", "more"),
    [("40, 60, 80", "repeat = 3"), ("30, 70", "return_down = true\nrepeat = 2"), ("50, 90, 60", "")],
)
def test_a_check_foretells_what_a_rehearsal_then_takes(rig, temperatures, more):
    """Also for a repeat that starts at the final oven temperature of the previous run, with slow cooling."""
    file = rig.protocol(temperatures=temperatures)
    with open(file, "a") as protocol:
        protocol.write(more)
    checked, rehearsed = (rig.as_json(command, file)["duration_s"] for command in ("check", "rehearse"))
    assert checked == pytest.approx(rehearsed, rel=0.1)


def test_a_job_that_would_fail_makes_the_rehearsal_fail(rig):
    assert rig("rehearse", rig.protocol("cold", "5")).exit_code == 1


def test_status_without_a_file_is_an_error(rig):
    with pytest.raises(StoreError, match="no such file"):
        rig("status")


@pytest.mark.parametrize(("kept", "warned"), [("", True), ('[simulation]\nclock = "virtual"\n', False)])
def test_status_warns_of_a_runner_that_nobody_watches_unless_its_rig_is_simulated(rig, kept, warned):
    text = (rig.folder / "station.toml").read_text()
    (rig.folder / "station.toml").write_text(text.split("[simulation]")[0] + kept)
    with WriteConnection(rig.folder / "lab.db") as connection:
        Heartbeats(connection, "runner", "rig").begin()
        assert ("no supervisor watches the runner of rig" in rig("status").stdout) is warned
        assert rig.as_json("status")["unwatched"] == ["rig"] * warned
        Heartbeats(connection, "supervisor", "rig").begin()
    assert "no supervisor watches" not in rig("status").stdout


def test_a_rig_inside_the_runner_needs_no_supervisor(rig):
    assert "nothing to watch" in rig("supervisor").stdout


@pytest.mark.parametrize(
    "words",
    ["list", "show 1", "cancel 1", "move 1 1", "retry 1", "pause", "resume", "skip 1", "clear-finished"],
)
def test_a_mistyped_name_of_the_results_file_is_no_empty_queue(rig, words):
    """A pause in a newly created file would not pause the intended queue."""
    with pytest.raises(StoreError, match="no such file; name yours with --db"):
        rig("queue", *words.split())
    assert not (rig.folder / "lab.db").exists()


BAD = """
from pymeasure.experiment import FloatParameter, Procedure
class Bad(Procedure):
    DATA_COLUMNS = ["x"]
    roles_needed = ("oven",)
    speed = FloatParameter("speed", default=1.0)
    def execute(self):
        self.bench.oven.setpoint_k = 1000.0
"""


@pytest.fixture
def started(monkeypatch):
    """The words of the labctl processes that commands would start."""
    words = []
    monkeypatch.setattr("labctl.queue.rehearsing.start_labctl", lambda given, *_, **__: words.append(given))
    return words


@pytest.fixture
def bench(rig):
    """The same station with its instruments not simulated."""
    path = rig.folder / "station.toml"
    path.write_text(path.read_text().replace('[simulation]\nclock = "virtual"\n', ""))
    return rig


def test_queue_add_starts_one_rehearsal_in_the_background_for_all_its_jobs(bench, started):
    files = [bench.protocol("one"), bench.protocol("two")]
    said = bench("queue", "add", *files)
    assert said.stdout.count("; its rehearsal begins in the background") == 2
    folder = bench.folder.resolve()
    station, db = str(folder / "station.toml"), str(folder / "lab.db")
    asked = ["rehearse", "--station", station, "--db", db, "--job", "1", "--job", "2", "--trust", str(folder)]
    assert started == [asked]
    listed = bench.as_json("queue", "list")["jobs"]
    assert [job["rehearsal"] for job in listed] == ["wanted", "wanted"]
    assert bench("queue", "list").stdout.count("waits for its") == 2
    assert "waits for its rehearsal" in bench("queue", "show", "1").stdout


def test_the_result_of_a_rehearsal_is_listed_and_told_by_status(bench, started, monkeypatch):
    monkeypatch.setattr("labctl.queue.rehearsing.lower_priority", lambda: None)
    bad = bench.protocol("bad", "40")
    text = Path(bad).read_text().partition("[[procedure]]")[0]
    Path(bad).write_text(f'{text}[[procedure]]\nuse = "bad:Bad"\n')
    (bench.folder / "bad.py").write_text(BAD)
    bench("queue", "add", bench.protocol("good", "40"), bad)
    said = bench("rehearse", "--job", "1", "--job", "2").stdout
    assert "job 1: rehearsed: 0." in said
    assert "job 2: its rehearsal failed: after" in said
    assert bench.states() == {1: "queued", 2: "held"}
    assert bench.as_json("status")["next"]["rehearsal"].startswith("rehearsed: ")
    assert "next        job 1 good (rehearsed: 0." in bench("status").stdout
    assert "job held: job 2 'bad' is held: rehearsal failed" in bench("status").stdout


def test_without_a_rehearsal_none_is_started_and_that_is_said(bench, started):
    bench("queue", "add", bench.protocol(), "--no-rehearsal")
    assert started == []
    assert "not rehearsed: declined by ann" in bench("queue", "show", "1").stdout
    station = bench.folder / "station.toml"
    station.write_text(f"{station.read_text()}[night]\nlongest_rehearsal_min = 0\n")
    bench("queue", "add", bench.protocol())
    assert started == []
    assert "not rehearsed: [night] longest_rehearsal_min is 0" in bench("queue", "show", "2").stdout


def test_at_a_simulated_station_jobs_begin_without_a_rehearsal(rig, started):
    (added,) = rig.as_json("queue", "add", rig.protocol())["added"]
    assert added["rehearsal"] == ""
    assert started == []


def test_a_rehearsal_that_cannot_be_started_is_left_to_the_runner(bench, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr("labctl.queue.rehearsing.start_labctl", refuse)
    said = bench("queue", "add", bench.protocol())
    assert "cannot be started: no more processes; the runner does it" in said.stderr
    assert bench.states() == {1: "queued"}


def test_a_rehearsal_of_jobs_is_not_one_of_files(bench, started):
    bench("queue", "add", bench.protocol())
    with pytest.raises(InvalidRequest, match="not both"):
        bench("rehearse", bench.protocol(), "--job", "1")
    with pytest.raises(ConfigurationError, match="there is no such job"):
        bench("rehearse", "--job", "7")
