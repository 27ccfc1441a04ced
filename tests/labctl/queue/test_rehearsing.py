"""Rehearsals in the background: results in the file, one process at a time, nothing passed that has not."""

import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.errors import StoreError
from labctl.queue import rehearsing
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.job import Claimant
from labctl.queue.rehearsal_records import NO_RESULT, RehearsalRecords, RehearsalResult
from labctl.queue.rehearsing import rehearse_job, rehearse_jobs
from labctl.store.processes import process_birth

HERE = Claimant.this_process()
NO_PROCESS = Claimant(HERE.host, 2**22 + 7, "before all others")
HANGS = """
import os, pathlib, threading
from pymeasure.experiment import FloatParameter, Procedure
class Hangs(Procedure):
    DATA_COLUMNS = ["x"]
    roles_needed = ("oven",)
    speed = FloatParameter("speed", default=1.0)
    def execute(self):
        pathlib.Path(__file__).with_name("nice.txt").write_text(str(getattr(os, "nice", lambda by: 19)(0)))
        threading.Event().wait()
"""


@pytest.fixture
def station(tmp_path, station_text):
    """A station with real addresses, which is rehearsed on stand-ins."""
    (tmp_path / "station.toml").write_text(station_text.partition("[simulation]")[0])
    return read_station(tmp_path / "station.toml")


@pytest.fixture
def records(night):
    return RehearsalRecords(night.connection, HERE, night.clock)


@pytest.fixture
def another_process():
    """A living process that could rehearse."""
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield Claimant(HERE.host, process.pid, process_birth(process.pid) or "")
    process.kill()
    process.communicate()


def wanted(night, *arguments, **options):
    return night.add(*arguments, rehearsal="wanted", **options)


def reasons(night, job_id):
    return [row["reason"] for row in night.jobs.history(job_id)]


def claimed_by(night, claimant, job_id):
    return RehearsalRecords(night.connection, claimant, night.clock).claim([job_id])


def test_a_job_that_would_finish_has_passed_with_its_duration(night, station):
    job_id = wanted(night, temperatures=[40])
    rehearse_jobs(night.path, station, [job_id], night.clock)
    job = night.jobs.get(job_id)
    assert (job.state, job.rehearsal, job.rehearsal_tries) == ("queued", "passed", 0)
    assert job.remark.startswith("rehearsed: 0.")
    assert reasons(night, job_id)[-1] == job.remark
    assert job.rehearser == HERE
    assert len(job.rehearsal_of) == 64
    with night.read() as db:
        assert db.rows("SELECT * FROM runs") == []


def test_a_job_that_would_fail_is_held_with_the_reason_and_a_message(night, station):
    bad, good = night.add_bad(rehearsal="wanted"), wanted(night, "good", [40])
    rehearse_jobs(night.path, station, [bad, good], night.clock)
    job = night.jobs.get(bad)
    assert (job.state, job.rehearsal) == ("held", "failed")
    assert job.reason.startswith("rehearsal failed: after 0.0 h: temperature 726.85 degC is outside")
    assert job.remark == job.reason
    assert night.jobs.get(good).rehearsal == "passed"
    (event,) = night.connection.rows("SELECT * FROM events")
    assert (event["kind"], event["level"]) == ("job held", "error")
    assert "job 1 'bad' is held: rehearsal failed" in event["message"]


def test_a_protocol_that_the_station_forbids_now_is_held(night, station):
    job_id = wanted(night, temperatures=[100])
    colder = replace(station, limits=replace(station.limits, temperature_k=(273.15, 353.15)))
    rehearse_jobs(night.path, colder, [job_id], night.clock)
    assert "temperature 100 degC is outside" in night.jobs.get(job_id).reason


def test_an_instrument_without_stand_in_makes_it_impossible_and_the_job_is_not_held(night, station):
    entry = replace(station.instruments[0], driver="drivers.of_ours:Homemade")
    strange = replace(station, instruments=(entry, *station.instruments[1:]))
    job_id = wanted(night)
    rehearse_jobs(night.path, strange, [job_id], night.clock)
    job = night.jobs.get(job_id)
    assert (job.state, job.rehearsal, job.waits_for_rehearsal) == ("queued", "impossible", False)
    assert job.remark.startswith("not rehearsed: ")
    assert "no simulator is registered for drivers.of_ours:Homemade" in job.remark


def test_a_temperature_that_the_simulated_oven_does_not_reach_holds_no_job(night, station):
    """The real oven may be a furnace."""
    furnace = replace(station, limits=replace(station.limits, temperature_k=(273.15, 1500.0)))
    job_id = wanted(night, temperatures=[40, 1200])
    rehearse_jobs(night.path, furnace, [job_id], night.clock)
    job = night.jobs.get(job_id)
    assert (job.state, job.rehearsal) == ("queued", "impossible")
    assert "h: the simulated oven did not settle, a real one may: no stable 1473.15 K" in job.remark


def test_below_room_temperature_the_rehearsed_station_has_something_that_cools(night, station):
    cryostat = replace(station, limits=replace(station.limits, temperature_k=(100.0, 400.0)))
    job_id = wanted(night, temperatures=[-20, 40])
    rehearse_jobs(night.path, cryostat, [job_id], night.clock)
    assert night.jobs.get(job_id).rehearsal == "passed"


def test_a_procedure_that_opens_its_own_instruments_is_not_rehearsed(night, station, monkeypatch):
    monkeypatch.setattr("labctl.queue.rehearsal.brings_own_instruments", lambda procedure_class: True)
    job_id = wanted(night)
    result = rehearse_job(night.path, night.jobs.get(job_id), station)
    assert result.state == "impossible"
    assert "opens its own instruments" in result.reason


REACHES = """
from pymeasure.experiment import FloatParameter, Procedure
class Reaches(Procedure):
    DATA_COLUMNS = ["x"]
    roles_needed = ("oven",)
    speed = FloatParameter("speed", default=1.0)
    def execute(self):
        self.bench.oven
        CALL
"""


@pytest.mark.parametrize(
    ("call", "tried"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', PORT))", "the socket ('127.0.0.1', PORT)"),
        ("open('/dev/ttyNOBODY')", "the device /dev/ttyNOBODY"),
        ("import serial; serial.Serial('ttyNOBODY')", "the serial port ttyNOBODY"),
        ("import ctypes; ctypes.CDLL('libvisa.so.0')", "the library libvisa.so.0"),
    ],
)
def test_a_procedure_that_opens_something_real_beside_the_bench_is_refused_it_and_not_rehearsed(
    tmp_path, night, station, protocol_text, call, tried
):
    """Also where the procedure hides the refusal: in the background it would disturb what is measured."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.0)
        port = str(server.getsockname()[1])
        hidden = f"try: {call.replace('PORT', port)}\n        except Exception: pass"
        (tmp_path / "reaches.py").write_text(REACHES.replace("CALL", hidden))
        text = protocol_text.format(title="reaches", temperatures=[40]).partition("[[procedure]]")[0]
        protocol = parse_protocol(f'{text}[[procedure]]\nuse = "reaches:Reaches"\n', tmp_path / "p.toml")
        job_id = night.jobs.add(protocol, rehearsal="wanted")
        rehearse_jobs(night.path, station, [job_id], night.clock)
        with pytest.raises(BlockingIOError):
            server.accept()
    job = night.jobs.get(job_id)
    assert job.rehearsal == "impossible"
    assert job.remark == f"not rehearsed: it opens {tried.replace('PORT', port)} itself"
    assert open("/dev/null").close() is None


def test_jobs_without_a_wish_are_left_alone(night, station):
    job_id = night.add()
    rehearse_jobs(night.path, station, [job_id], night.clock)
    assert night.jobs.get(job_id).rehearsal == ""
    assert len(reasons(night, job_id)) == 1


def test_a_rehearsal_whose_process_was_killed_is_done_again(night, station):
    job_id = wanted(night, temperatures=[40])
    claimed_by(night, NO_PROCESS, job_id)
    assert night.jobs.get(job_id).rehearsal == "running"
    rehearse_jobs(night.path, station, [job_id], night.clock)
    assert night.jobs.get(job_id).rehearsal == "passed"


def test_a_rehearsal_that_ends_three_times_without_a_result_has_failed(night, station):
    job_id = wanted(night)
    for _ in range(3):
        assert claimed_by(night, NO_PROCESS, job_id) is not None
    rehearse_jobs(night.path, station, [job_id], night.clock)
    job = night.jobs.get(job_id)
    assert (job.state, job.rehearsal, job.reason) == ("held", "failed", f"rehearsal failed: {NO_RESULT}")


def test_two_processes_never_rehearse_for_one_rig_at_once(night, records, another_process):
    first, second = wanted(night, station="rig"), wanted(night, station="rig")
    elsewhere = wanted(night, station="another rig")
    claimed = claimed_by(night, another_process, first)
    assert claimed is not None
    assert claimed.id == first
    assert records.claim([first, second]) is None
    assert not records.are_wanted([first])
    assert records.are_wanted([second])
    assert records.claim([elsewhere]).id == elsewhere


def test_only_the_process_that_claimed_it_writes_the_result(night, records):
    job_id = wanted(night)
    claimed_by(night, NO_PROCESS, job_id)
    assert not records.record(job_id, RehearsalResult("passed", "", "hash"))
    assert night.jobs.get(job_id).rehearsal == "running"


@pytest.mark.parametrize("state", ["cancelled", "running"])
def test_a_job_that_was_cancelled_or_begun_meanwhile_keeps_its_state(night, records, state):
    job_id = wanted(night)
    records.claim([job_id])
    night.jobs.cancel(job_id) if state == "cancelled" else night.jobs.claim("rig")
    records.record(job_id, RehearsalResult("failed", "too hot", "hash"))
    job = night.jobs.get(job_id)
    assert (job.state, job.rehearsal) == (state, "failed")
    assert night.connection.rows("SELECT * FROM events") == []


def test_a_job_held_by_a_person_tells_that_its_rehearsal_failed_too(night, records):
    job_id = wanted(night, held=True)
    records.claim([job_id])
    records.record(job_id, RehearsalResult("failed", "too hot", "hash"))
    assert night.jobs.get(job_id).reason == "rehearsal failed: too hot"
    night.jobs.release(job_id, "ann")
    assert night.jobs.get(job_id).state == "queued"


def test_a_copy_wants_a_rehearsal_of_its_own_and_no_other_where_that_was_declined(night, records):
    rehearsed, plain = wanted(night), night.add()
    declined = night.add(rehearsal="declined", rehearsal_reason="declined by ann when it was queued")
    records.claim([rehearsed])
    records.record(rehearsed, RehearsalResult("passed", "1.0 h", "hash"))
    copies = [night.jobs.get(night.jobs.retry(n, from_start=True)) for n in (rehearsed, plain, declined)]
    assert [(job.rehearsal, job.rehearsal_of) for job in copies] == [
        ("wanted", ""),
        ("", ""),
        ("declined", ""),
    ]
    assert copies[2].remark == "not rehearsed: declined by ann when it was queued"


def test_the_result_is_written_once_the_file_can_be_written_again(night, station, monkeypatch):
    job_id, refused = wanted(night, temperatures=[40]), []
    with_records = rehearsing._with_records

    def full(db, who, action):
        if night.jobs.get(job_id).rehearsal == "running" and len(refused) < 3:
            refused.append(True)
            raise StoreError("the disk is full")
        return with_records(db, who, action)

    monkeypatch.setattr(rehearsing, "_with_records", full)
    clock = VirtualClock()
    rehearse_jobs(night.path, station, [job_id], clock)
    assert night.jobs.get(job_id).rehearsal == "passed"
    assert clock.monotonic() == pytest.approx(3 * rehearsing.WRITE_AGAIN_S)


def test_it_begins_where_the_job_before_it_in_the_queue_ends(night, station):
    night.add("before", [80, 90])
    wanted(night, "held", [100], held=True)
    elsewhere = night.add("elsewhere", [120], station="another rig")
    job_id = wanted(night, "after", station="rig")
    assert rehearsing._oven_k(night.path, night.jobs.get(job_id), station) == pytest.approx(363.15)
    assert rehearsing._oven_k(night.path, night.jobs.get(1), station) is None
    assert rehearsing._oven_k(night.path, night.jobs.get(elsewhere), station) == pytest.approx(363.15)


def test_the_first_job_begins_at_the_last_reading_of_a_living_runner(night, station):
    job_id = wanted(night, station="rig")
    beats = Heartbeats(night.connection, "runner", "rig")
    beats.begin()
    beats.beat(temperature_k=350.0)
    assert rehearsing._oven_k(night.path, night.jobs.get(job_id), station) == 350.0
    beats.end()
    assert rehearsing._oven_k(night.path, night.jobs.get(job_id), station) is None


def test_a_rehearsal_that_hangs_fails_at_its_deadline_in_a_process_of_low_priority(
    tmp_path, night, protocol_text, station
):
    (tmp_path / "hangs.py").write_text(HANGS)
    text = protocol_text.format(title="hangs", temperatures=[40]).partition("[[procedure]]")[0]
    (tmp_path / "p.toml").write_text(f'{text}[[procedure]]\nuse = "hangs:Hangs"\n')
    path = tmp_path / "station.toml"
    path.write_text(f"{path.read_text()}[night]\nlongest_rehearsal_min = 0.05\n")
    files = ["--station", str(path), "--db", str(night.path)]
    labctl = [sys.executable, "-m", "labctl"]
    add = [*labctl, "queue", "add", str(tmp_path / "p.toml"), "--no-rehearsal", *files]
    subprocess.run(add, check=True, capture_output=True)
    with night.connection.transaction() as connection:
        connection.update("jobs", 1, {"rehearsal": "wanted"})
    done = subprocess.run([*labctl, "rehearse", "--job", "1", *files], capture_output=True, check=False)
    job = night.jobs.get(1)
    assert (tmp_path / "nice.txt").read_text() == "19"
    assert done.returncode == 1
    assert (job.state, job.rehearsal) == ("held", "failed")
    assert job.reason == "rehearsal failed: it did not end within 0.05 min ([night] longest_rehearsal_min)"
