"""The results file of a running night is deleted: one supervisor, a true status, jobs that go on."""

import json
import os
import signal
import subprocess
import sys

import pytest

from labctl.clock import RealClock, ScaledClock
from labctl.errors import StoreError
from labctl.measure.recording import Recording
from labctl.measure.run import StopRequest, run_protocol
from labctl.queue.heartbeat import Heartbeats
from labctl.store import Database, Store
from labctl.store.transactions import WriteConnection
from labctl.store.wal import shm_of, wal_of
from sim_instruments.serve import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; Windows keeps open files")

CLOCK = RealClock()
SPEED = 300.0
BOTH = {"runner": "running", "supervisor": "running"}
INSTRUMENTS = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260"}


class Served:
    """A runner on a served rig, which starts its own supervisor."""

    def __init__(self, folder, path):
        self.folder, self.path = folder, path
        self.options = ["--station", str(folder / "station.toml"), "--db", str(path)]
        self.runner = self.labctl("runner")

    def labctl(self, *arguments):
        command = [sys.executable, "-m", "labctl", *arguments, *self.options]
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def status(self):
        command = [sys.executable, "-m", "labctl", "status", "--json", *self.options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stderr
        return {process["process"]: process["state"] for process in json.loads(done.stdout)["processes"]}

    def supervisors(self):
        """Process numbers of all supervisors of this file."""
        found = []
        for folder in os.listdir("/proc"):
            if folder.isdecimal():
                try:
                    with open(f"/proc/{folder}/cmdline", encoding="utf-8") as file:
                        words = file.read().split("\0")
                except OSError:
                    continue
                if "supervisor" in words and str(self.path) in words:
                    found.append(int(folder))
        return found

    def wait(self, until, seconds=60.0):
        end_s = CLOCK.monotonic() + seconds
        while not until():
            assert CLOCK.monotonic() < end_s, self.logs()
            CLOCK.sleep(0.1)

    def logs(self):
        return "\n".join(log.read_text() for log in self.folder.glob("*.log"))

    def end(self):
        for pid in (self.runner.pid, *self.supervisors()):
            os.kill(pid, signal.SIGKILL)
        self.runner.wait()


@pytest.fixture
def served(tmp_path):
    options = {"seed": 3, "instruments": INSTRUMENTS, "material": "Mg3(BH4)4(NH2)2"}
    with Server(options, ScaledClock(SPEED)) as server:
        (tmp_path / "station.toml").write_text(server.station_toml("served"))
        station = Served(tmp_path, tmp_path / "lab.db")
        try:
            station.wait(lambda: station.status() == BOTH)
            yield station
        finally:
            station.end()


def blow_file(path):
    path.unlink()


def blow_all(path):
    for file in (path, wal_of(path), shm_of(path)):
        file.unlink()


def blow_wal(path):
    wal_of(path).unlink()


@pytest.mark.drawn(1)
@pytest.mark.parametrize("blow", [blow_file, blow_all, blow_wal])
def test_after_the_file_was_deleted_the_supervisors_are_the_same_and_status_is_true(served, blow):
    served.wait(lambda: len(served.supervisors()) == 2)  # the first, and the second that watches it
    before = served.supervisors()
    blow(served.path)
    served.wait(lambda: served.path.with_name("lab.rescued-1.db").exists())
    served.wait(lambda: served.status() == BOTH)
    seen = []
    end_s = CLOCK.monotonic() + 12.0  # longer than it takes to start a second one
    while CLOCK.monotonic() < end_s:
        seen.append((served.supervisors(), served.status()))
        CLOCK.sleep(0.5)
    assert {tuple(pids) for pids, _ in seen} == {tuple(before)}
    assert all(status == BOTH for _, status in seen)
    with Database(served.path) as db:
        assert any("put back" in row["message"] for row in db.rows("SELECT message FROM events"))


def test_when_another_file_stands_in_its_place_it_is_written_by_the_same_processes(served, tmp_path):
    served.wait(lambda: len(served.supervisors()) == 2)
    before = served.supervisors()
    other = tmp_path / "other.db"
    WriteConnection(other).close()
    blow_all(served.path)
    os.replace(other, served.path)
    served.wait(lambda: served.status() == BOTH)
    CLOCK.sleep(3.0)
    assert served.supervisors() == before
    with WriteConnection(served.path) as connection:
        beat = Heartbeats(connection, "runner", "served").read()
    assert beat is not None
    assert beat.pid == served.runner.pid


def test_a_run_whose_file_is_deleted_just_before_its_end_is_not_called_running(night, rig, monkeypatch):
    """The rows are rescued and put back; the end is written into the copy."""
    conclude = Recording.conclude

    def delete_and_conclude(recording, status, reason):
        blow_all(night.path)
        return conclude(recording, status, reason)

    monkeypatch.setattr(Recording, "conclude", delete_and_conclude)
    protocol = night.protocol(temperatures=[40])
    with Store.open(night.path) as store, rig.station.open(night.clock) as bench:
        (outcome,) = run_protocol(protocol, rig.station, bench, store, StopRequest())
    with night.read() as db:
        run = db.run("last")
    assert (outcome.status, run["status"]) == ("failed", "failed")
    assert "lab.db was deleted while open; all it held is in" in run["reason"]
    assert len(night.finished_spectra()) == 1


def test_a_job_whose_file_is_deleted_is_measured_to_its_end(night, run_night):
    """Its run fails, and is told; the next one continues from the last finished step."""
    job = night.add(temperatures=[40, 50, 60])
    deleted = []

    def delete_in_second_spectrum(event):
        if event.topic == "results" and len(night.finished_spectra()) == 1 and not deleted:
            deleted.append(blow_all(night.path))

    run_night(on_event=delete_in_second_spectrum)
    assert night.states() == ["finished"]
    assert night.finished_spectra() == [(job, 40.0), (job, 50.0), (job, 60.0)]
    with night.read() as db:
        statuses = db.runs()["status"].tolist()
        events = db.rows("SELECT kind, message FROM events WHERE run_id IS NULL")
    assert statuses == ["failed", "finished"]
    assert [row["kind"] for row in events if "put back" in row["message"]] == ["process", "retry"]


def test_a_supervisor_puts_back_what_a_dead_runner_cannot(night):
    """The runner was killed while it rescued; the supervisor has the same file open."""
    night.add()
    with WriteConnection(night.path).without_fsync() as connection:
        assert connection.value("SELECT count(*) FROM jobs") == 1
        night.connection.close()
        blow_all(night.path)
        connection.rescue()
        assert connection.value("SELECT count(*) FROM jobs") == 1
    with Database(night.path) as db:
        assert db.rows("SELECT count(*) AS n FROM jobs") == [{"n": 1}]


def test_a_connection_waits_until_the_file_is_put_back(night):
    night.add("first")
    with Store.open(night.path) as store:
        store.flush()
        blow_all(night.path)
        night.add("second")
        with pytest.raises(StoreError, match="put back"):
            store.flush()
    with Database(night.path) as db:
        assert len(db.rows("SELECT id FROM jobs")) == 2


def test_a_connection_gives_up_on_a_file_that_is_not_put_back(night, monkeypatch):
    monkeypatch.setattr("labctl.store.transactions.PUT_BACK_WITHIN_S", 0.1)
    blow_all(night.path)
    with pytest.raises(StoreError, match=r"deleted while open, and not put back"):
        night.jobs.listed()
