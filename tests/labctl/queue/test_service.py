"""A service manager keeps the supervisor: the unit is right, and what is done to systemd is told."""

import os
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.clock import RealClock
from labctl.config.station import read_station
from labctl.errors import ConfigurationError, LabctlError
from labctl.queue import service
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.keeping import KEPT_BY_SECOND, KEPT_BY_SERVICE, NOT_KEPT, Keeping
from labctl.queue.service import Kept, SystemdUser, WindowsTask

CLOCK = RealClock()
STATION = """
name = "rig"
visa_library = "@sim"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
"""


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    folder = tmp_path / 'my "rig" at 50% of $5'
    folder.mkdir()
    (folder / "station.toml").write_text(STATION)
    return Kept("rig 2 (50%)", folder / "station.toml", tmp_path / "lab.db")


class Systemd:
    """Stands in for systemctl and loginctl; keeps what was asked."""

    def __init__(self, lingers=True, refuses=""):
        self.asked, self.lingers, self.refuses = [], lingers, refuses

    def __call__(self, command):
        words = " ".join(command)
        self.asked.append(words)
        if self.refuses and self.refuses in words:
            return subprocess.CompletedProcess(command, 1, "", "Failed to connect to bus\n")
        told = {"is-enabled": "enabled\n", "is-active": "active\n"}
        linger = f"Linger={'yes' if self.lingers else 'no'}\n"
        out = linger if "show-user" in words else next((told[key] for key in told if key in words), "")
        return subprocess.CompletedProcess(command, 0, out, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit_also_in_a_folder_with_odd_signs(kept, tmp_path):
    unit = tmp_path / "labctl.service"
    unit.write_text(SystemdUser().text(kept))
    assert verified(unit) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_check_of_the_unit_finds_a_mistake(kept, tmp_path):
    unit = tmp_path / "labctl.service"
    unit.write_text(SystemdUser().text(kept).replace("WatchdogSec=", "WatchdogSec=soon "))
    assert "Failed to parse sec value" in verified(unit)[1]


def verified(unit):
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, "\n".join(line for line in lines if "labctl.service" in line)


def test_the_unit_ends_a_frozen_supervisor_in_time_and_starts_it_for_ever(kept):
    lines = SystemdUser().text(kept).splitlines()
    for line in ("Type=notify", "NotifyAccess=main", "Restart=always", "StartLimitIntervalSec=0"):
        assert line in lines
    assert "WatchdogSignal=SIGKILL" in lines
    assert "KillMode=process" in lines
    command = next(line for line in lines if line.startswith("ExecStart="))
    assert command.startswith(f'ExecStart="{sys.executable}" "-m" "labctl" "supervisor"')
    assert "--restart-runner" in command
    assert "--ends-with-runner" not in command
    assert '\\"rig\\" at 50%% of $$5' in command


def test_installing_writes_enables_and_starts_the_unit(kept):
    systemd = Systemd()
    words = SystemdUser(systemd).install(kept)
    path = SystemdUser().path(kept)
    assert path.name == "labctl-supervisor-rig_2_50_.service"
    assert path.read_text() == SystemdUser().text(kept)
    assert systemd.asked[:2] == [
        "systemctl --user daemon-reload",
        f"systemctl --user enable --now {path.name}",
    ]
    assert "loginctl enable-linger" not in systemd.asked
    assert words[-1] == "lingering is on: the supervisor goes on after a log-out"


def test_where_lingering_cannot_be_enabled_it_is_said_that_a_log_out_ends_the_supervisor(kept):
    systemd = Systemd(lingers=False)
    words = SystemdUser(systemd).install(kept)
    assert "loginctl enable-linger" in systemd.asked
    assert words[-1].startswith("lingering is off: a log-out ends the supervisor")


def test_a_systemd_that_refuses_is_an_error_in_its_own_words(kept):
    with pytest.raises(LabctlError, match="systemctl --user daemon-reload: Failed to connect to bus"):
        SystemdUser(Systemd(refuses="daemon-reload")).install(kept)


def test_uninstalling_stops_and_removes_the_unit(kept):
    systemd = SystemdUser(Systemd())
    systemd.install(kept)
    systemd.uninstall(kept)
    assert not systemd.path(kept).exists()
    assert systemd.uninstall(kept)[0].startswith("there is no")


def test_the_status_says_whether_the_unit_keeps_a_supervisor(kept):
    systemd = SystemdUser(Systemd())
    assert systemd.status(kept)[0] is False
    systemd.install(kept)
    assert systemd.status(kept)[0] is True


def test_a_system_without_systemd_is_told_what_to_do(kept, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigurationError, match="by another service manager"):
        SystemdUser().install(kept)


def test_the_task_of_windows_starts_the_supervisor_every_minute_and_never_ends_it(kept):
    task = ET.fromstring(WindowsTask().text(kept).encode("utf-16"))
    found = {element.tag.rpartition("}")[2]: element.text for element in task.iter()}
    assert found["Interval"] == "PT1M"
    assert found["ExecutionTimeLimit"] == "PT0S"
    assert found["MultipleInstancesPolicy"] == "IgnoreNew"
    assert found["Command"] == sys.executable
    assert "--restart-runner --kept" in (found["Arguments"] or "")


def test_the_unit_is_shown_without_writing_it(kept):
    done = CliRunner().invoke(
        app, ["service", "install", "--print", "--station", str(kept.station), "--db", str(kept.db)]
    )
    assert done.exit_code == 0
    assert service.service_manager().text(Kept("rig", kept.station, kept.db)) in done.output
    assert not service.service_manager().path(kept).parent.exists() or os.name == "nt"


def test_a_service_that_is_not_installed_is_exit_code_one(kept):
    if os.name == "nt":
        pytest.skip("asks the task scheduler of this computer")
    done = CliRunner().invoke(app, ["service", "status", "--station", str(kept.station)])
    assert done.exit_code == 1
    assert "not installed" in done.output


def test_a_rig_in_the_runners_process_needs_no_service(tmp_path):
    (tmp_path / "station.toml").write_text(STATION + '[simulation]\nclock = "virtual"\n')
    done = CliRunner().invoke(app, ["service", "install", "--station", str(tmp_path / "station.toml")])
    assert isinstance(done.exception, ConfigurationError)


@pytest.mark.parametrize(("doing", "warns"), [(KEPT_BY_SERVICE, False), ("", True)])
def test_status_says_when_no_service_keeps_the_supervisor(night, doing, warns):
    beats = Heartbeats(night.connection, "supervisor", "rig")
    beats.begin()
    beats.beat(doing=doing)
    told = CliRunner().invoke(app, ["status", "--db", str(night.path)]).output
    assert (NOT_KEPT in told) == warns


def test_a_supervisor_knows_whether_a_service_keeps_it(kept, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("SYSTEMD_EXEC_PID", raising=False)
    station = read_station(kept.station)
    assert Keeping(station, kept.db, kept=True).kept_by == KEPT_BY_SERVICE
    assert Keeping(station, kept.db).kept_by == KEPT_BY_SECOND
    monkeypatch.setenv("SYSTEMD_EXEC_PID", str(os.getpid()))
    assert Keeping(station, kept.db).kept_by == KEPT_BY_SERVICE


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("runsv") is None, reason="runit is not installed")
def test_runit_starts_a_supervisor_that_was_killed_again(night, tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    folder = tmp_path / "service"
    folder.mkdir()
    options = f"--station {tmp_path / 'station.toml'} --db {night.path}"
    run = folder / "run"
    run.write_text(f"#!/bin/sh\nexec {sys.executable} -m labctl supervisor --kept --alone {options} 2>&1\n")
    run.chmod(0o755)
    beats = Heartbeats(night.connection, "supervisor", "rig")
    manager = subprocess.Popen(["runsv", str(folder)], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: kept_pid(beats) is not None)
        first = kept_pid(beats)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: kept_pid(beats) not in (None, first))
    finally:
        manager.terminate()  # runsv ends its service, then itself
        manager.wait(timeout=60)
    last = beats.read()
    assert last is not None
    assert last.state == "ended"


def kept_pid(beats):
    beat = beats.read()
    return None if beat is None or beat.gone or beat.doing != KEPT_BY_SERVICE else beat.pid


def wait_until(condition):
    end_s = CLOCK.monotonic() + 120
    while not condition():
        assert CLOCK.monotonic() < end_s, "it did not come to that in time"
        CLOCK.sleep(0.1)


def test_a_name_of_a_file_adds_no_line_to_the_unit(tmp_path):
    kept = Kept("rig\n[Service]\nExecStartPre=x\x1b", tmp_path / "station.toml", tmp_path / "lab.db")
    assert "\nExecStartPre" not in SystemdUser().text(kept)
    broken = Kept("rig", tmp_path / "a\nExecStartPre=x" / "station.toml", tmp_path / "lab.db")
    for manager in (SystemdUser(), WindowsTask()):
        with pytest.raises(ConfigurationError, match="has a control character in its name"):
            manager.text(broken)
