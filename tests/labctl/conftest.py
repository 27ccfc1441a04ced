"""A rig served on loopback sockets, programs that use it, and what breaks: cables, disks, clocks."""

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from labctl.clock import RealClock, ScaledClock
from labctl.config.protocol import parse_protocol
from labctl.queue.jobs import Jobs
from labctl.queue.requests import Pause, Pauses
from labctl.store.transactions import WriteConnection
from sim_instruments.cable import Cable
from sim_instruments.serve import Server

INSTRUMENTS = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260"}
CLOCK = RealClock()
HOT = """
title = "hot"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [90]
frequency_min_hz = 1000
dwell_min = 600
settling_timeout_min = 5000
"""


class RigInUse:
    """Station and results files of a served rig, the programs that use it, and what its oven really does."""

    def __init__(self, folder: Path, server: Server, programs: ExitStack) -> None:
        self.station, self.db = folder / "station.toml", folder / "lab.db"
        self.copy, self.protocol = folder / "elsewhere" / "copy.toml", folder / "hot.toml"
        self.copy.parent.mkdir()
        self.station.write_text(server.station_toml("rig"))
        shutil.copy(self.station, self.copy)
        self.protocol.write_text(HOT)
        WriteConnection(self.db).close()
        self.instruments = [server.rig.instruments[outlet.address] for outlet in server.outlets]
        self._oven_port, self._programs = server.outlets[0].port, programs

    @property
    def heater_is_on(self) -> bool:
        return self.instruments[0].heater_range > 0

    def wait(self, condition: Callable[[], object], what: str) -> None:
        end_s = CLOCK.monotonic() + 60
        while not condition():
            assert CLOCK.monotonic() < end_s, f"waited in vain: {what}"
            CLOCK.sleep(0.05)

    def heat(self) -> None:
        with socket.create_connection(("127.0.0.1", self._oven_port)) as wire:
            wire.sendall(b"SETP 1,350\nRANGE 1,3\n")
            self.wait(lambda: self.heater_is_on, "the heater to be on")

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        log = self._programs.enter_context((self.db.parent / f"{words[0]}.log").open("w"))
        process = subprocess.Popen([sys.executable, "-m", "labctl", *words], stdout=log, stderr=log)
        self._programs.callback(process.wait)
        self._programs.callback(process.kill)
        return process

    @property
    def files(self) -> tuple[str, ...]:
        return ("--station", str(self.station), "--db", str(self.db))

    def start_runner(self, with_job: bool) -> "subprocess.Popen[bytes]":
        if with_job:
            with WriteConnection(self.db) as connection:
                Jobs(connection).add(parse_protocol(HOT, "p.toml"), station="rig")
        process = self.start("runner", "--without-supervisor", *self.files)
        self.wait(lambda: self.heater_is_on if with_job else self._runner_waits, "the runner")
        return process

    def start_run(self, *options: str) -> "subprocess.Popen[bytes]":
        process = self.start("run", str(self.protocol), *self.files, "--quiet", *options)
        self.wait(lambda: self.heater_is_on, "the heater to be on")
        return process

    @property
    def _runner_waits(self) -> bool:
        with WriteConnection(self.db) as connection:
            return connection.value("SELECT count(*) FROM heartbeats WHERE doing LIKE 'waiting%'") == 1

    def beat_of(self, process: str) -> dict[str, Any]:
        """The heartbeat of a process; empty where none was written."""
        with WriteConnection(self.db) as connection:
            return next(iter(connection.rows(f"SELECT * FROM heartbeats WHERE process = '{process}'")), {})

    @property
    def job_states(self) -> list[str]:
        with WriteConnection(self.db) as connection:
            return [job.state for job in Jobs(connection).listed()]

    @property
    def pause(self) -> Pause | None:
        with WriteConnection(self.db) as connection:
            return Pauses(connection).in_force()

    def hold_elsewhere(self, address: str, identity: str) -> "subprocess.Popen[str]":
        """Another process that holds an instrument until it is ended."""
        source = f"""
import sys
from labctl.instruments.locks import hardware_locks
with hardware_locks([{address!r}], "its queue", "other", [({address!r}, {identity!r})]):
    print("held", flush=True)
    sys.stdin.read()
"""
        process = subprocess.Popen(
            [sys.executable, "-c", source], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._programs.callback(process.communicate)
        self._programs.callback(process.kill)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process


@pytest.fixture
def serve_instruments(tmp_path):
    """Serve a rig of these instruments, 60 times faster than real, until the test ends."""
    with ExitStack() as opened:

        def serve(instruments: Mapping[str, str] = INSTRUMENTS) -> RigInUse:
            options = {"seed": 3, "instruments": instruments, "material": "Mg3(BH4)4(NH2)2"}
            server = opened.enter_context(Server(options, ScaledClock(60.0)))
            return RigInUse(tmp_path, server, opened.enter_context(ExitStack()))

        yield serve


@pytest.fixture
def rig_in_use(serve_instruments):
    """Oven and analyser, served."""
    return serve_instruments()


@pytest.fixture
def cables():
    """Replaces the ports of instruments in a station file by cables, and returns these by port."""
    with ExitStack() as laid:

        def lay(station_file, *ports):
            found = []
            for port in ports:
                cable = Cable(port)
                laid.callback(cable.close)
                text = station_file.read_text()
                assert f"::{port}::" in text
                station_file.write_text(text.replace(f"::{port}::", f"::{cable.port}::"))
                found.append(cable)
            return found

        yield lay


@pytest.fixture
def disk(tmp_path):
    """An ext4 image, mounted; power_cut() takes its power away and mount() gives it back."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a power cut on a loop-mounted ext4 image needs root on Linux")
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("a power cut on a loop-mounted ext4 image needs mkfs.ext4")
    image = Disk(tmp_path / "disk.img", tmp_path / "mounted")
    image.make()
    yield image
    subprocess.run(["umount", "--lazy", str(image.folder)], check=True)


class Disk:
    """A disk with simulated power failure: FS_IOC_SHUTDOWN without flushing the journal."""

    _FS_IOC_SHUTDOWN, _NO_LOG_FLUSH = 0x8004587D, 2

    def __init__(self, image, folder):
        self.image, self.folder = image, folder

    def make(self):
        self.folder.mkdir()
        with self.image.open("wb") as file:
            file.truncate(512 * 2**20)  # sparse; a run needs 256 MB
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)
        mount = ["mount", "-o", "loop", str(self.image), str(self.folder)]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no loop device for a power cut: {done.stderr.strip()}")

    def power_cut(self):
        import fcntl

        folder = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, self._FS_IOC_SHUTDOWN, self._NO_LOG_FLUSH.to_bytes(4, sys.byteorder))
        finally:
            os.close(folder)

    def power_on(self):
        self.unmount()
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.folder)], check=True)

    def unmount(self):
        subprocess.run(["umount", str(self.folder)], check=True)


SHIFTS_CLOCKS = """
import os, time

def shifted(name):
    read, file = getattr(time, name), os.path.join(os.path.dirname(__file__), name)

    def now():
        with open(file) as shift:
            return read() + float(shift.read())

    return now

time.time, time.monotonic = shifted("time"), shifted("monotonic")
"""


class Clocks:
    """Shifts the clocks of every Python process that is started with `environment`, while it runs."""

    def __init__(self, folder):
        self._folder, self._shift_s = folder, {"time": 0.0, "monotonic": 0.0}
        (folder / "sitecustomize.py").write_text(SHIFTS_CLOCKS)
        self.jump()
        self.environment = os.environ | {"PYTHONPATH": str(folder)}

    def jump(self, **seconds):
        """Shift `time` and `monotonic` by so many seconds more."""
        for name, shift_s in seconds.items():
            self._shift_s[name] += shift_s
        for name, shift_s in self._shift_s.items():
            new = self._folder / f"{name}.new"
            new.write_text(f"{shift_s}")
            new.replace(self._folder / name)


@pytest.fixture
def clocks(tmp_path):
    """The clocks of processes: as if the system clock were set, or the computer suspended."""
    (tmp_path / "clocks").mkdir()
    return Clocks(tmp_path / "clocks")


@pytest.fixture
def loosen():
    """Take STRICT and NOT NULL away from tables of a file."""
    return _loosen


def _loosen(path: Path, *tables: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        for table in tables:
            query = "SELECT sql FROM sqlite_master WHERE name = ?"
            (sql,) = connection.execute(query, (table,)).fetchone()
            loose = re.sub(r"(?<! IS) NOT NULL", "", sql.replace("STRICT, ", "").replace(") STRICT", ")"))
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose, table))
        (version,) = connection.execute("PRAGMA schema_version").fetchone()
        connection.execute(f"PRAGMA schema_version = {version + 1}")
