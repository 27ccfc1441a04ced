"""One program per station, independent of the path of its file."""

import os
import signal
import subprocess
import sys

import pytest

from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.queue.station_lock import station_lock

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
"""


HOLDER = """
import sys
from labctl.config.station import read_station
from labctl.queue.station_lock import station_lock
with station_lock(read_station(sys.argv[1])):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "station.toml"
    path.write_text(STATION)
    return path


def test_a_station_that_is_held_is_refused_with_the_process_that_holds_it(file):
    with (
        station_lock(read_station(file)),
        pytest.raises(ConfigurationError, match=rf"'rig' already has a runner \(pid {os.getpid()}\)"),
        station_lock(read_station(file)),
    ):
        pass
    with station_lock(read_station(file)):
        pass


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_to_the_station_file_is_the_same_station(file, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.toml"
    link.symlink_to(file)
    with (
        station_lock(read_station(link)),
        pytest.raises(ConfigurationError, match="already has a runner"),
        station_lock(read_station(file)),
    ):
        pass


def test_a_lock_that_cannot_be_made_is_told_in_words(file):
    file.with_suffix(".runner.lock").mkdir()
    words = r"cannot be held: .*its folder must be yours to write"
    with pytest.raises(ConfigurationError, match=words), station_lock(read_station(file)):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_frozen_program_that_holds_the_station_is_called_frozen(file):
    command = [sys.executable, "-c", HOLDER, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        assert "it is frozen" not in refusal_of(file)
        holder.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, holder.pid, os.WSTOPPED)
        frozen = refusal_of(file)
        holder.kill()
    assert f"has a runner (pid {holder.pid}); one at a time may use it; it is frozen: " in frozen


def refusal_of(file):
    with pytest.raises(ConfigurationError) as refused, station_lock(read_station(file)):
        pass
    return str(refused.value)
