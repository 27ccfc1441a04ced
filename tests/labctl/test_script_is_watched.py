"""Supervision of scripts and `labctl run` on real instruments, or on a rig in another process."""

import os
import signal
import subprocess
import sys

import pytest

import labctl
from labctl.clock import RealClock, ScaledClock
from labctl.errors import ConfigurationError
from labctl.queue.heartbeat import Heartbeats
from labctl.store.transactions import WriteConnection
from sim_instruments.serve import Server

INSTRUMENTS = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260"}
CLOCK = RealClock()
SCRIPT = """
import labctl
sample = {"name": "p", "thickness_mm": 1, "diameter_mm": 10}
with labctl.bench("station.toml", database="lab.db", sample=sample) as bench:
    bench.oven.setpoint_k = 340.0
    print("heating", flush=True)
    while True:
        bench.clock.sleep(1)
"""

PROTOCOL = """
[sample]
name = "p"
thickness_mm = 1
diameter_mm = 10

[[procedure]]
use = "procedures.temperature_hold:TemperatureHold"
temperature_degc = 70
hold_min = 600
"""


@pytest.fixture
def served(tmp_path):
    with Server({"seed": 3, "instruments": INSTRUMENTS}, ScaledClock(1.0)) as server:
        (tmp_path / "station.toml").write_text(server.station_toml("served"))
        yield server
    end_supervisor(tmp_path / "lab.db")


def beat(db_path, process):
    with WriteConnection(db_path) as connection:
        return Heartbeats(connection, process, "served").read()


def end_supervisor(db_path):
    supervisor = beat(db_path, "supervisor") if db_path.exists() else None
    if supervisor is not None and not supervisor.gone:
        os.kill(supervisor.pid, signal.SIGTERM)
        wait_until(lambda: beat(db_path, "supervisor").gone, 20)


def wait_until(condition, seconds):
    end_s = CLOCK.monotonic() + seconds
    while not condition():
        assert CLOCK.monotonic() < end_s, "waited in vain"
        CLOCK.sleep(0.05)


def heater(server):
    return server.rig.instruments[server.outlets[0].address].heater_range


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and SIGSTOP are not of Windows")
@pytest.mark.drawn(1)
@pytest.mark.parametrize("blow", ["SIGKILL", "SIGSTOP"])
def test_a_script_that_dies_or_freezes_leaves_nothing_on(served, tmp_path, blow):
    (tmp_path / "measure.py").write_text(SCRIPT)
    script = subprocess.Popen([sys.executable, "measure.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert script.stdout is not None
    assert script.stdout.readline() == "heating\n"
    assert heater(served) > 0
    assert beat(tmp_path / "lab.db", "runner").doing == "the script measure.py"
    script.send_signal(getattr(signal, blow))
    wait_until(lambda: heater(served) == 0, 60)
    script.wait(timeout=20)
    script.stdout.close()
    wait_until(lambda: beat(tmp_path / "lab.db", "runner").state == "dead", 20)
    with labctl.open(tmp_path / "lab.db") as db:
        events = db.rows("SELECT message FROM events WHERE run_id IS NULL")
        assert any("every instrument was made safe" in event["message"] for event in events)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not of Windows")
def test_a_protocol_whose_run_is_killed_leaves_nothing_on(served, tmp_path):
    (tmp_path / "protocol.toml").write_text(PROTOCOL)
    command = [sys.executable, "-m", "labctl", "run", "protocol.toml", "--quiet"]
    run = subprocess.Popen(command, cwd=tmp_path)
    wait_until(lambda: heater(served) > 0, 120)
    assert beat(tmp_path / "lab.db", "runner").doing == "the protocol protocol.toml"
    run.kill()
    wait_until(lambda: heater(served) == 0, 60)
    run.wait(timeout=20)
    wait_until(lambda: beat(tmp_path / "lab.db", "runner").state == "dead", 20)


@pytest.mark.slow
def test_a_protocol_may_run_without_a_supervisor(served, tmp_path):
    (tmp_path / "protocol.toml").write_text(PROTOCOL)
    command = [sys.executable, "-m", "labctl", "run", "protocol.toml", "--quiet", "--without-supervisor"]
    run = subprocess.Popen(command, cwd=tmp_path)
    wait_until(lambda: heater(served) > 0, 120)
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=60) == 1
    assert heater(served) == 0
    assert beat(tmp_path / "lab.db", "supervisor") is None


@pytest.mark.slow
def test_a_script_that_ends_takes_its_supervisor_along(served, tmp_path):
    path, sample = tmp_path / "lab.db", {"name": "p", "thickness_mm": 1, "diameter_mm": 10}
    with labctl.bench(tmp_path / "station.toml", database=path, sample=sample) as bench:
        assert beat(path, "supervisor").state == "alive"
        bench.oven.setpoint_k = 340.0
    assert heater(served) == 0
    assert beat(path, "runner").state == "ended"
    wait_until(lambda: beat(path, "supervisor").gone, 20)


def test_without_a_supervisor_nothing_is_touched(served, tmp_path, monkeypatch):
    never = [sys.executable, "-c", ""]
    monkeypatch.setattr("labctl.queue.under_watch.start_labctl", lambda *_: subprocess.Popen(never))
    monkeypatch.setattr("labctl.queue.under_watch.SUPERVISOR_STARTS_WITHIN_S", 1.0)
    path, sample = tmp_path / "lab.db", {"name": "p", "thickness_mm": 1, "diameter_mm": 10}
    with (
        pytest.raises(ConfigurationError, match="no supervisor could be started"),
        labctl.bench(tmp_path / "station.toml", database=path, sample=sample),
    ):
        pass
    with labctl.open(path) as db:
        assert db.runs().empty
    with labctl.bench(tmp_path / "station.toml", database=path, sample=sample, supervised=False) as bench:
        assert bench.oven.temperature_k > 0
