"""Reports at the end of each job disturb neither the next job nor the night, whatever becomes of them."""

import json
import os
import sys

import pytest

from labctl.cli.summary import summary_of
from labctl.config.report_settings import ReportSettings, read_report
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.measure.stop import StopRequest
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.job import FailurePolicy
from labctl.queue.job_reports import MOST_TRIES, JobReports
from labctl.queue.reporting import command_for, log_of, make_wanted_reports, start_reporting
from labctl.queue.supervisor import Supervisor
from labctl.readmodel.night_text import as_plain_text, night_in_words
from labctl.store import Store

SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
REPORT = '\n[report]\nfolder = "pages"\n'


class Child:
    """A process that lives until `code` is set."""

    def __init__(self, code=None):
        self.returncode = code

    def poll(self):
        return self.returncode


@pytest.fixture
def wanting(rig, tmp_path):
    """The station with a `[report]` table; its rig is shared as that of `rig`."""
    path = tmp_path / "station.toml"
    path.write_text(path.read_text() + REPORT)
    return read_station(path)


def told(night):
    rows = night.connection.rows(
        "SELECT level, message, details FROM events WHERE kind = 'report' ORDER BY id"
    )
    return [(row["level"], json.loads(row["details"])["state"], row["message"]) for row in rows]


def ended_job(night, number=1):
    """A job that measured one run and has ended."""
    job_id = night.add(f"job {number}")
    job = night.jobs.claim("rig")
    run = {"job_id": job_id, "procedure": "p:P", "parameters": "{}", "station": "rig", "clock": "virtual"}
    run |= {"uuid": f"{number:032x}", "status": "finished", "started_s": 0.0, "ended_s": 1.0}
    with Store.open(night.path) as store:
        store.insert("runs", run | {"sample_id": store.find_or_add_sample(SAMPLE)})
    night.jobs.end(job_id, "finished", "")
    return job


def asked(night, station, start=None):
    return JobReports(night.connection, station, night.clock, start)


def test_a_night_wants_a_report_of_each_job_and_waits_for_none(night, wanting, run_night):
    children = []

    def start():
        children.append(Child())
        return children[-1]

    night.add("first", [40])
    night.add("second", [50])
    run_night(station=wanting, report=start)
    assert night.states() == ["finished", "finished"]
    assert [state for _, state, _ in told(night)] == ["wanted", "wanted"]
    assert len(children) == 1  # it still lives: it makes the second report as well


def test_the_process_is_started_before_the_next_job_begins(night, wanting, run_night):
    finished = []

    def start():
        finished.append(len(night.finished_spectra()))
        return Child()

    night.add("first", [40])
    night.add("second", [50])
    run_night(station=wanting, report=start)
    assert finished == [1]


def test_a_station_without_the_table_wants_none(night, rig, run_night):
    night.add("first", [40])
    run_night(report=lambda: pytest.fail("no report was asked for"))
    assert told(night) == []


def test_a_job_that_measured_nothing_has_no_report(night, wanting):
    night.add()
    job = night.jobs.claim("rig")
    asked(night, wanting).job_ended(job, "failed")
    assert told(night) == []


def test_a_failed_job_has_a_report_of_what_it_measured_until_then(night, wanting, run_night):
    def fail(event):
        if type(event).__name__ == "SpectrumEnded":
            raise ValueError("a mistake in the procedure")

    night.add("breaks", [40, 60], policy=FailurePolicy(retries=0))
    run_night(station=wanting, report=lambda: Child(0), on_event=fail)
    assert night.states() == ["failed"]
    assert told(night)[0][1] == "wanted"


def test_a_process_that_ends_without_a_result_is_started_again_and_then_given_up(night, wanting):
    starts = []

    def start():
        starts.append(Child(-9))
        return starts[-1]

    reports = asked(night, wanting, start)
    reports.job_ended(ended_job(night), "finished")
    for _ in range(10):
        reports.look()
    assert len(starts) == MOST_TRIES
    level, state, words = told(night)[-1]
    assert (level, state) == ("warning", "failed")
    assert "its process ended 3 times without a result (exit code -9)" in words


def test_a_process_that_cannot_be_started_is_told(night, wanting):
    def start():
        raise OSError(12, "Cannot allocate memory")

    reports = asked(night, wanting, start)
    reports.job_ended(ended_job(night), "finished")
    reports.look()
    assert "no process could be started: Cannot allocate memory" in told(night)[-1][2]


def test_the_next_runner_asks_for_what_was_left(night, wanting):
    asked(night, wanting).job_ended(ended_job(night), "finished")
    starts = []
    asked(night, wanting, lambda: starts.append(1) or Child()).look()
    assert starts == [1]


def test_a_job_that_continues_later_has_no_report_yet(night, wanting):
    asked(night, wanting).job_ended(ended_job(night), "interrupted")
    assert told(night) == []


def test_the_supervisor_asks_for_the_report_of_a_job_that_it_concludes(night, wanting):
    job = ended_job(night)
    with night.connection.transaction() as connection:
        connection.update("jobs", job.id, {"state": "running", "attempts": 100})
    supervisor = Supervisor(wanting, night.path, StopRequest(), make_safe=dict)
    supervisor._connection = night.connection
    Heartbeats(night.connection, "runner", "rig").begin()
    runner = Heartbeats(night.connection, "runner", "rig").read()
    supervisor._conclude_attempt(runner, "its runner ended unexpectedly")
    assert night.states() == ["failed"]
    assert [state for _, state, _ in told(night)] == ["wanted"]


def test_a_wrong_table_stops_no_night(night, rig, tmp_path, run_night, caplog):
    path = tmp_path / "station.toml"
    path.write_text(path.read_text() + '\n[report]\nfolder = "pages"\nformats = ["odt"]\n')
    station = read_station(path)
    with pytest.raises(
        ConfigurationError, match=r"report.formats: is \['odt'\]; give a list from html, pdf, docx"
    ):
        read_report(station)
    night.add("first", [40])
    run_night(station=station, report=lambda: pytest.fail("no report was asked for"))
    assert night.states() == ["finished"]
    assert "no reports" in caplog.text


def making(night, tmp_path, code, longest_s=600.0):
    """Make the wanted reports by a process that executes `code`."""
    settings = ReportSettings(tmp_path / "pages", longest_s=longest_s)
    make_wanted_reports(night.path, "rig", settings, lambda job_id: [sys.executable, "-c", code, str(job_id)])


def test_reports_are_made_one_after_the_other_and_told_where_they_are(night, wanting, tmp_path):
    for number in (1, 2):
        asked(night, wanting).job_ended(ended_job(night, number), "finished")
    making(night, tmp_path, "import sys; print('pages/job' + sys.argv[1] + '.html')")
    assert told(night)[2:] == [
        ("info", "made", "report of job 1: pages/job1.html"),
        ("info", "made", "report of job 2: pages/job2.html"),
    ]
    making(night, tmp_path, "raise SystemExit(1)")
    assert len(told(night)) == 4  # nothing was left


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('report: pages/a.html: No space left on device')", "No space left on device"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "its process was ended by signal 9"),
        ("raise SystemExit(3)", "its process ended with 3"),
    ],
)
def test_a_report_that_fails_is_told_with_its_reason_and_the_next_one_is_made(
    night, wanting, tmp_path, code, words
):
    for number in (1, 2):
        asked(night, wanting).job_ended(ended_job(night, number), "finished")
    making(night, tmp_path, f"import sys\nif sys.argv[1] == '2': print('b.html'); sys.exit(0)\n{code}")
    level, state, told_words = told(night)[2]
    assert (level, state) == ("warning", "failed")
    assert words in told_words
    assert told_words.endswith("`labctl report --of-job 1` makes it")
    assert told(night)[3][1] == "made"


def test_a_report_that_takes_too_long_is_killed(night, wanting, tmp_path):
    asked(night, wanting).job_ended(ended_job(night), "finished")
    endless = "import os, sys, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    making(night, tmp_path, f"import os; os.chdir({str(tmp_path)!r})\n{endless}", longest_s=1.0)
    assert "took longer than" in told(night)[-1][2]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_the_pages_of_a_job_are_there_after_a_night_with_a_real_process(night, wanting, run_night, tmp_path):
    pytest.importorskip("jinja2", reason="the extra `report` is not installed")
    children = []

    def start():
        children.append(start_reporting(night.path, wanting.source))
        return children[-1]

    night.add("first", [40])
    run_night(station=wanting, report=start)
    (child,) = children
    assert child.wait(120) == 0, log_of(night.path).read_text()
    _, (level, state, words) = told(night)
    assert (level, state) == ("info", "made"), words
    names = sorted(path.name for path in (tmp_path / "pages").iterdir())
    assert names == [f"lab-job1-pellet-{uuid_of(night)}.html", "lab-summary.html"]
    assert all(name in words for name in names)
    assert "the report of job 1 is to be made" not in summary_text(night)
    assert f"report of job 1: {tmp_path / 'pages'}" in summary_text(night)


def test_a_folder_that_cannot_be_written_is_told_in_the_summary(night, wanting, run_night, tmp_path):
    pytest.importorskip("jinja2", reason="the extra `report` is not installed")
    (tmp_path / "pages").write_text("a file")
    night.add("first", [40])
    run_night(station=wanting, report=lambda: Child())
    make_wanted_reports(
        night.path, "rig", read_report(wanting), command_for(night.path, tmp_path / "station.toml")
    )
    assert night.states() == ["finished"]
    assert "the report of job 1 was not made" in summary_text(night)
    assert "File exists" in summary_text(night)


def uuid_of(night):
    return night.connection.value("SELECT substr(uuid, 1, 8) FROM runs")


def summary_text(night):
    sections = night_in_words(summary_of(night.path, 0.0, night.path.with_name("station.toml")))
    return as_plain_text(sections)
