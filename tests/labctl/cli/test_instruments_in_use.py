"""Commands that talk to instruments while another program does. The rig is served by this process."""

import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.clock import RealClock, ScaledClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.instruments import locks
from labctl.queue.jobs import Jobs
from labctl.queue.requests import Pauses
from labctl.store.transactions import WriteConnection
from sim_instruments.serve import Server

IDENTITY = "LSCI,MODEL336,336A1SM/SIMULAT,2.9"
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
    """A served rig, the programs that use it, and what its oven is really doing."""

    def __init__(self, folder, server, programs):
        self.station, self.db = folder / "station.toml", folder / "lab.db"
        self.copy, self.protocol = folder / "elsewhere" / "copy.toml", folder / "hot.toml"
        self.copy.parent.mkdir()
        self.station.write_text(server.station_toml("rig"))
        shutil.copy(self.station, self.copy)
        self.protocol.write_text(PROTOCOL)
        WriteConnection(self.db).close()
        self._server, self._programs = server, programs

    @property
    def heater_is_on(self):
        return self._server.rig.instruments[self._server.outlets[0].address].heater_range > 0

    def heat(self):
        with socket.create_connection(("127.0.0.1", self._server.outlets[0].port)) as wire:
            wire.sendall(b"SETP 1,350\nRANGE 1,3\n")
            wait(lambda: self.heater_is_on, "the heater to be on")

    def start(self, *words):
        log = self._programs.enter_context((self.db.parent / f"{words[0]}.log").open("w"))
        process = subprocess.Popen([sys.executable, "-m", "labctl", *words], stdout=log, stderr=log)
        self._programs.callback(process.wait)
        self._programs.callback(process.kill)
        return process

    def start_runner(self, with_job):
        if with_job:
            with WriteConnection(self.db) as connection:
                Jobs(connection).add(parse_protocol(PROTOCOL, "p.toml"), station="rig")
        files = ["--station", str(self.station), "--db", str(self.db)]
        process = self.start("runner", "--without-supervisor", *files)
        wait(lambda: self.heater_is_on if with_job else self.beats, "the runner")
        return process

    def hold_elsewhere(self, address, identity):
        source = f"""
import sys
from labctl.instruments.locks import hardware_locks
with hardware_locks([{address!r}], "its queue", "other", [({address!r}, {identity!r})]):
    print("held", flush=True)
    sys.stdin.read()
"""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = subprocess.Popen([sys.executable, "-c", source], text=True, **pipes)
        self._programs.callback(process.communicate)
        self._programs.callback(process.kill)
        assert process.stdout.readline() == "held\n"
        return process

    @property
    def beats(self):
        with WriteConnection(self.db) as connection:
            return connection.value("SELECT count(*) FROM heartbeats WHERE doing LIKE 'waiting%'") == 1

    def start_run(self):
        files = ["--station", str(self.station), "--db", str(self.db)]
        process = self.start("run", str(self.protocol), *files, "--quiet", "--without-supervisor")
        wait(lambda: self.heater_is_on, "the heater to be on")
        return process


@pytest.fixture
def rig(tmp_path):
    options = {"seed": 3, "instruments": INSTRUMENTS, "material": "Mg3(BH4)4(NH2)2"}
    with Server(options, ScaledClock(60.0)) as server, ExitStack() as programs:
        yield Rig(tmp_path, server, programs)


def wait(condition, what):
    end_s = CLOCK.monotonic() + 60
    while not condition():
        assert CLOCK.monotonic() < end_s, f"waited in vain: {what}"
        CLOCK.sleep(0.05)


def labctl(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def refused(*words):
    result = labctl(*words)
    assert isinstance(result.exception, ConfigurationError), result.output
    return str(result.exception)


def states(db):
    with WriteConnection(db) as connection:
        return [job.state for job in Jobs(connection).listed()]


def test_a_job_keeps_its_instruments_from_every_other_program(rig):
    runner = rig.start_runner(with_job=True)
    names = rf"in use by labctl runner (pid {runner.pid}) for job 1 'hot' on station 'rig', since "
    assert names in refused("instruments", "check", rig.station)
    assert names in refused("instruments", "check", rig.copy)
    assert names in refused("run", rig.protocol, "--station", rig.copy, "--db", rig.copy.with_suffix(".db"))
    assert names in refused("instruments", "safe", rig.copy, "--db", rig.copy.with_suffix(".db"))
    with pytest.raises(ConfigurationError, match="for job 1 'hot'"), read_station(rig.copy).open():
        pass
    assert rig.heater_is_on
    assert states(rig.db) == ["running"]


def test_making_safe_stops_the_job_of_a_runner_and_is_confirmed_by_it(rig):
    runner = rig.start_runner(with_job=True)
    result = labctl("instruments", "safe", rig.station, "--db", rig.db, "--person", "Mara")
    assert result.exit_code == 0, result.output
    assert (
        "make safe, asked for by Mara: every instrument was made safe; the queue is paused" in result.output
    )
    assert not rig.heater_is_on
    assert states(rig.db) == ["failed"]
    assert runner.poll() is None


def test_a_runner_without_a_job_makes_safe_when_it_is_asked(rig):
    runner = rig.start_runner(with_job=False)
    rig.heat()
    result = labctl("instruments", "safe", rig.copy, "--db", rig.db)
    assert result.exit_code == 0, result.output
    assert "every instrument was made safe" in result.output
    assert not rig.heater_is_on
    assert runner.poll() is None
    with WriteConnection(rig.db) as connection:
        assert Pauses(connection).in_force() is not None


def test_a_run_is_named_and_left_alone(rig):
    run = rig.start_run()
    sentence = refused("instruments", "safe", rig.station, "--db", rig.db)
    assert f"labctl run (pid {run.pid}) for the protocol 'hot' on station 'rig'" in sentence
    assert "--force" in sentence
    assert rig.heater_is_on


def test_force_goes_past_a_program_and_says_so(rig):
    run = rig.start_run()
    result = labctl("instruments", "safe", "--force", rig.station)
    assert result.exit_code == 0, result.output
    assert f"going past labctl run (pid {run.pid})" in result.output + result.stderr
    assert not rig.heater_is_on


def test_instruments_of_a_killed_program_are_made_safe_from_here(rig):
    run = rig.start_run()
    run.kill()
    run.wait()
    assert rig.heater_is_on
    result = labctl("instruments", "safe", rig.station, "--db", rig.db)
    assert result.exit_code == 0, result.output
    assert result.output.count(" safe") == 2
    assert not rig.heater_is_on


@pytest.mark.parametrize("stated", [True, False], ids=["identity in the station file", "identity asked"])
def test_an_instrument_that_is_held_at_another_address_is_left_as_it_is(rig, monkeypatch, stated):
    monkeypatch.setattr(locks, "is_on_loopback", lambda address: False)
    rig.heat()
    if stated:
        text = rig.station.read_text()
        rig.station.write_text(text.replace("address =", f'identity = "{IDENTITY}"\naddress =', 1))
    other = rig.hold_elsewhere("COM3", IDENTITY)
    sentence = refused("instruments", "check", rig.station)
    assert sentence.startswith(f"identity:LSCI,MODEL336,336A1SM/SIMULAT: in use by python (pid {other.pid})")
    assert rig.heater_is_on


def test_a_folder_without_room_for_locks_does_not_keep_the_heater_on(rig, tmp_path, monkeypatch):
    rig.heat()
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv("LABCTL_LOCK_DIR", str(tmp_path / "no folder"))
    assert "instruments cannot be locked" in refused("instruments", "check", rig.station)
    assert rig.heater_is_on
    result = labctl("instruments", "safe", rig.station, "--db", rig.db)
    assert result.exit_code == 0, result.output
    assert not rig.heater_is_on


def test_the_station_file_is_station_toml_as_everywhere(rig, monkeypatch):
    monkeypatch.chdir(rig.station.parent)
    rig.heat()
    result = labctl("instruments", "safe")
    assert result.exit_code == 0, result.output
    assert not rig.heater_is_on
    result = labctl("instruments", "check")
    assert "all of rig answer" in result.output
