"""The window on a real X server: a simulated user queues, watches and aborts by mouse, and kills the window.

The rig is served by this process; runner and supervisor are started by the window and outlive it. With
`LABCTL_PICTURES=folder` the pictures of the documentation are written there.
"""

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from labctl.clock import ScaledClock
from labctl.store.transactions import WriteConnection
from sim_instruments.serve import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="X servers are Linux's"),
    pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed"),
    pytest.mark.skipif(not shutil.which("xdotool"), reason="xdotool is not installed"),
]
SPEED = 240.0
INSTRUMENTS = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260"}


@pytest.fixture
def screen():
    """A separate display."""
    receiver, sender = os.pipe()
    command = ["Xvfb", "-displayfd", str(sender), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(sender,), stderr=subprocess.DEVNULL)
    os.close(sender)
    with os.fdopen(receiver) as numbers:
        yield f":{numbers.readline().strip()}"
    server.terminate()
    server.wait()


@pytest.fixture
def rig(tmp_path):
    options = {"seed": 3, "instruments": INSTRUMENTS, "material": "Mg3(BH4)4(NH2)2"}
    with Server(options, ScaledClock(SPEED)) as server:
        (tmp_path / "station.toml").write_text(server.station_toml("rig"))
        WriteConnection(tmp_path / "lab.db").close()
        yield server
        end_programs(tmp_path)


def end_programs(folder):
    """Kill the labctl programs of a folder, watchers of the supervisor included, until none is left."""
    while programs := [p for p in psutil.process_iter(["cmdline"]) if is_program(p, folder)]:
        for program in programs:
            with suppress(psutil.NoSuchProcess):
                program.kill()
        psutil.wait_procs(programs, timeout=10)


def is_program(process, folder):
    words = process.info["cmdline"] or []
    return "labctl" in words and any(str(folder) in word for word in words)


@pytest.fixture
def sit_down(screen, tmp_path, rig):
    """Start a simulated user of the window for a task."""
    started = []

    def start(task, **settings):
        pictures = os.environ.get("LABCTL_PICTURES", str(tmp_path / "pictures"))
        command = [sys.executable, str(Path(__file__).with_name("person.py"))]
        command += [str(tmp_path / "station.toml"), str(tmp_path / "lab.db"), pictures, task]
        environment = (
            os.environ | {"DISPLAY": screen, "QT_API": "pyside6", "QT_QPA_PLATFORM": "xcb"} | settings
        )
        with (tmp_path / f"{task}.log").open("w") as log:
            person = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment, text=True)
        person.diary = tmp_path / f"{task}.log"
        started.append(person)
        return person

    yield start
    for person in started:
        person.kill()
        person.wait()
        person.stdout.close()


def told(person, key):
    """Next output of the simulated user with `key`."""
    for line in person.stdout:
        found = json.loads(line)
        if key in found:
            return found[key]
    pytest.fail(f"the person left without a word about {key}: {person.diary.read_text()}")


def test_a_night_is_queued_by_mouse_and_survives_the_window(sit_down):
    person = sit_down("queue")
    runner = told(person, "runner")
    assert "within the limits" in told(person, "estimate")
    points = told(person, "points")
    assert points == sorted(set(points))
    jobs = told(person, "jobs")
    assert sorted(jobs.values())[0] == "cancelled"
    assert told(person, "ready")
    person.kill()

    another = sit_down("look")
    assert len(told(another, "jobs")) == 3
    assert told(another, "runner") == runner
    assert sorted(told(another, "jobs").values()) == ["cancelled", "finished", "finished"]
    assert another.wait(timeout=30) == 0


def test_the_keyboard_alone_queues_and_aborts_at_twice_the_size(sit_down):
    person = sit_down("keys", QT_SCALE_FACTOR="2")
    assert [*told(person, "jobs").values()] == ["cancelled"]
    assert person.wait(timeout=30) == 0


def test_f12_makes_a_real_rig_safe_while_a_menu_a_list_or_a_dialog_is_open(sit_down):
    person = sit_down("stop")
    for what in ("menu", "list", "dialog", "question", "nothing"):
        assert told(person, what).startswith("SAFE since")
    assert told(person, "presses") == 5
    assert person.wait(timeout=60) == 0
