"""The button MAKE SAFE in every state of the runner. The rig is served by this process."""

import contextlib
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from labctl.clock import RealClock, ScaledClock
from labctl.config.protocol import parse_protocol
from labctl.queue import making_safe
from labctl.queue.jobs import Jobs
from labctl.queue.making_safe import make_safe
from labctl.queue.requests import Pauses
from labctl.store.transactions import WriteConnection
from sim_instruments.serve import Server

INSTRUMENTS = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260"}
CLOCK = RealClock()
PROTOCOL = """
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


class Rig:
    def __init__(self, folder, server):
        self.station, self.db = folder / "station.toml", folder / "lab.db"
        self._port = server.outlets[0].port
        self._oven = server.rig.instruments[server.outlets[0].address]

    @property
    def heater_range(self):
        return self._oven.heater_range

    def heat(self):
        with socket.create_connection(("127.0.0.1", self._port)) as wire:
            wire.sendall(b"SETP 1,350\nRANGE 1,3\n")
            wait(lambda: self.heater_range > 0, "the heater to be on")

    def start_runner(self, *options):
        files = ["--station", str(self.station), "--db", str(self.db)]
        command = [sys.executable, "-m", "labctl", "runner", "--without-supervisor", *files, *options]
        with self.db.with_suffix(".log").open("w") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def make_safe(self):
        return make_safe(self.station, "rig", self.db, "Mara")


@pytest.fixture
def rig(tmp_path):
    options = {"seed": 3, "instruments": INSTRUMENTS, "material": "Mg3(BH4)4(NH2)2"}
    with Server(options, ScaledClock(60.0)) as server:
        (tmp_path / "station.toml").write_text(server.station_toml("rig"))
        WriteConnection(tmp_path / "lab.db").close()
        yield Rig(tmp_path, server)


@pytest.fixture
def heating_runner(rig):
    with WriteConnection(rig.db) as connection:
        Jobs(connection).add(parse_protocol(PROTOCOL, "p.toml"), station="rig")
    process = rig.start_runner()
    wait(lambda: rig.heater_range > 0, "the heater to be on")
    yield process
    process.kill()
    process.wait()


def wait(condition, what):
    end_s = CLOCK.monotonic() + 60
    while not condition():
        assert CLOCK.monotonic() < end_s, f"waited in vain: {what}"
        CLOCK.sleep(0.05)


def queue_of(rig):
    with WriteConnection(rig.db) as connection:
        return [job.state for job in Jobs(connection).listed()], Pauses(connection).in_force()


def test_without_any_runner_the_instruments_are_made_safe_from_here(rig):
    rig.heat()
    report = rig.make_safe()
    assert report.safe
    assert rig.heater_range == 0
    _, pause = queue_of(rig)
    assert "Mara" in pause.reason


def test_a_running_job_is_stopped_by_its_runner_and_the_queue_waits(rig, heating_runner):
    report = rig.make_safe()
    assert report.safe
    assert rig.heater_range == 0
    states, pause = queue_of(rig)
    assert states == ["failed"]
    assert pause is not None


def test_a_frozen_runner_is_ended_and_passed_by(rig, heating_runner):
    heating_runner.send_signal(signal.SIGSTOP)
    report = rig.make_safe()
    assert report.safe
    assert rig.heater_range == 0
    assert heating_runner.wait(timeout=60) != 0


def test_a_runner_that_cannot_be_told_is_ended_before_it_heats_again(rig, heating_runner, monkeypatch):
    """Simulate a runner that froze with the database locked."""
    monkeypatch.setattr(making_safe, "LONG_PATIENCE_S", 0.1)
    with contextlib.closing(sqlite3.connect(rig.db, isolation_level=None)) as another_program:
        another_program.execute("BEGIN IMMEDIATE")
        report = rig.make_safe()
        assert heating_runner.wait(timeout=60) != 0
    assert report.safe
    assert rig.heater_range == 0
    assert "its runner was ended" in report.words
    assert "could not be paused" in report.words


def test_the_wish_and_its_outcome_are_recorded(rig):
    rig.make_safe()
    with WriteConnection(rig.db) as connection:
        (event,) = connection.rows("SELECT * FROM events WHERE kind = 'person'")
    assert "asked for by Mara" in event["message"]


def test_instruments_that_cannot_be_reached_are_never_called_safe(rig):
    text = rig.station.read_text()
    rig.station.write_text(text.replace("TCPIP0::127.0.0.1::", "TCPIP0::127.0.0.1::1"))
    report = rig.make_safe()
    assert not report.safe
    assert "NOT SAFE" in report.words


@pytest.mark.parametrize("lose", [Path.unlink, lambda db: db.write_bytes(b"this is no database" * 100)])
def test_a_lost_database_does_not_keep_the_heater_on(rig, lose, monkeypatch):
    monkeypatch.setattr(making_safe, "LONG_PATIENCE_S", 0.1)
    rig.heat()
    lose(rig.db)
    was_there = rig.db.exists()
    report = rig.make_safe()
    assert report.safe
    assert rig.heater_range == 0
    assert "could not be paused" in report.words
    assert rig.db.exists() == was_there
