"""A script or `labctl run` that finds outputs left on which cannot be switched off."""

import subprocess
import sys

import pytest

from labctl.config.station import Station, read_station
from labctl.errors import NotMadeSafe
from labctl.queue import under_watch
from labctl.queue.heartbeat import Heartbeats
from labctl.store.transactions import WriteConnection

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
"""


def test_a_program_that_is_refused_at_once_leaves_a_supervisor_that_goes_on_trying(
    night, tmp_path, monkeypatch
):
    """After a power cut nobody else tries: a cable that is off is noticed before the first heartbeat."""
    (tmp_path / "station.toml").write_text(STATION)
    started = []

    def start(arguments, log):
        with WriteConnection(night.path) as connection:
            Heartbeats(connection, "supervisor", "rig").begin()
        started.append(subprocess.Popen([sys.executable, "-SEc", ""]))
        return started[-1]

    runner = Heartbeats(night.connection, "runner", "rig")
    runner.begin()
    beat = runner.read()
    assert beat is not None
    runner.mark_unsafe(beat, "oven: no answer")
    monkeypatch.setattr(Station, "make_safe", lambda self: {"oven": "no answer"})
    monkeypatch.setattr(under_watch, "start_labctl", start)
    watched = under_watch.under_watch(read_station(tmp_path / "station.toml"), night.path, "a script", "")
    with pytest.raises(NotMadeSafe), watched:
        pass
    assert len(started) == 1
    started[0].wait()
    left = runner.read()
    assert left is not None
    assert left.state == "unsafe"
