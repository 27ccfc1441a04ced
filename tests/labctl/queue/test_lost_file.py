"""The results file of a running night is deleted: one supervisor, a status that is true, and jobs that go on."""

import json
import os
import signal
import subprocess
import sys

import pytest

from labctl.clock import RealClock, ScaledClock
from labctl.queue.heartbeat import Heartbeats
from labctl.store import Database
from labctl.store.transactions import WriteConnection
from labctl.store.wal import shm_of, wal_of
from sim_instruments.serve import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; Windows keeps open files")

CLOCK = RealClock()
SPEED = 300.0
INSTRUMENTS = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260"}


class Night:
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
def night(tmp_path):
    options = {"seed": 3, "instruments": INSTRUMENTS, "material": "Mg3(BH4)4(NH2)2"}
    with Server(options, ScaledClock(SPEED)) as server:
        (tmp_path / "station.toml").write_text(server.station_toml("served"))
        served = Night(tmp_path, tmp_path / "lab.db")
        served.wait(lambda: served.status() == {"runner": "running", "supervisor": "running"})
        yield served
        served.end()


def blow_file(path):
    path.unlink()


def blow_all(path):
    for file in (path, wal_of(path), shm_of(path)):
        file.unlink()


def blow_wal(path):
    wal_of(path).unlink()


@pytest.mark.parametrize("blow", [blow_file, blow_all, blow_wal])
def test_after_the_file_was_deleted_there_is_one_supervisor_and_status_is_true(night, blow):
    before = night.supervisors()
    assert len(before) == 1
    blow(night.path)
    night.wait(lambda: night.path.with_name("lab.rescued-1.db").exists())
    night.wait(lambda: night.status() == {"runner": "running", "supervisor": "running"})
    seen = []
    end_s = CLOCK.monotonic() + 12.0  # longer than it takes to start a second one
    while CLOCK.monotonic() < end_s:
        seen.append((night.supervisors(), night.status()))
        CLOCK.sleep(0.5)
    assert {tuple(pids) for pids, _ in seen} == {tuple(before)}
    assert all(status == {"runner": "running", "supervisor": "running"} for _, status in seen)
    with Database(night.path) as db:
        assert any("put back" in row["message"] for row in db.rows("SELECT message FROM events"))


def test_when_another_file_stands_in_its_place_it_is_written_by_the_same_processes(night, tmp_path):
    before = night.supervisors()
    other = tmp_path / "other.db"
    WriteConnection(other).close()
    blow_all(night.path)
    os.replace(other, night.path)
    night.wait(lambda: night.status() == {"runner": "running", "supervisor": "running"})
    CLOCK.sleep(3.0)
    assert night.supervisors() == before
    with WriteConnection(night.path) as connection:
        beat = Heartbeats(connection, "runner", "served").read()
    assert beat is not None
    assert beat.pid == night.runner.pid
