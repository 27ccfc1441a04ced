"""A runner ends a frozen supervisor within 4 s, and leaves one alone that is only slow."""

import os
import signal
import subprocess
import sys

import pytest

from labctl.clock import VirtualClock
from labctl.queue import activity
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.supervision import Supervision
from labctl.store.processes import process_birth

LOOKS_EVERY_S = 0.5


@pytest.fixture
def silent(night):
    """Return a process whose heartbeat as a supervisor never changes."""
    process = subprocess.Popen([sys.executable, "-SEc", "input()"], stdin=subprocess.PIPE)
    Heartbeats(night.connection, "supervisor", "rig").begin()
    with night.connection.transaction() as connection:
        birth = process_birth(process.pid)
        connection.execute("UPDATE heartbeats SET pid = ?, process_birth = ?", [process.pid, birth])
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def replaced_after_s(night):
    """Return a function that keeps a supervisor, and says when a new one was started, in virtual time."""

    def replaced_after_s(limit_s):
        started, clock = [], VirtualClock()

        def start():
            started.append(subprocess.Popen([sys.executable, "-SEc", ""]))
            return started[-1]

        keeper = Supervision(night.path, "rig", 3.0, start, clock=clock)
        with clock.participant():
            while not started and clock.monotonic() < limit_s:
                keeper.keep()
                clock.sleep(LOOKS_EVERY_S)
        assert started[0].wait(timeout=60) == 0
        return clock.monotonic() - LOOKS_EVERY_S

    return replaced_after_s


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this system tells no processor time")
def test_a_supervisor_that_is_stopped_is_replaced_within_four_seconds(silent, replaced_after_s):
    silent.send_signal(signal.SIGSTOP)
    os.waitpid(silent.pid, os.WUNTRACED)
    assert replaced_after_s(30.0) < 4.0
    assert silent.wait(timeout=60) == -signal.SIGKILL


def test_a_supervisor_that_works_on_without_a_heartbeat_has_ten_seconds(
    silent, replaced_after_s, monkeypatch
):
    used_ns = iter(range(10**6))
    monkeypatch.setattr(activity, "processor_time_ns", lambda pid: next(used_ns))
    assert 10.0 < replaced_after_s(30.0) < 12.0


def test_a_supervisor_of_which_the_system_tells_nothing_has_ten_seconds(
    silent, replaced_after_s, monkeypatch
):
    monkeypatch.setattr(activity, "processor_time_ns", lambda pid: None)
    assert 10.0 < replaced_after_s(30.0) < 12.0


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this system tells no processor time")
def test_a_process_that_computes_is_seen_to_do_something():
    busy = subprocess.Popen([sys.executable, "-SEc", "print(1, flush=True)\nwhile 1: pass"], stdout=-1)
    try:
        assert busy.stdout is not None
        busy.stdout.readline()
        assert activity.processor_time_ns(busy.pid) is None
        busy.send_signal(signal.SIGSTOP)
        os.waitpid(busy.pid, os.WUNTRACED)
        still_ns = activity.processor_time_ns(busy.pid)
        assert still_ns is not None
        assert still_ns == activity.processor_time_ns(busy.pid)
    finally:
        busy.kill()
        busy.communicate()


def test_a_supervisor_whose_clock_is_behind_is_alive_once_its_heartbeat_changes(night):
    clock, beats = VirtualClock(), Heartbeats(night.connection, "supervisor", "rig")
    keeper = Supervision(night.path, "rig", 3.0, clock=clock)
    beats.begin()
    answers = []
    for beat_s in (1000.0, 1000.5, 1001.0):
        beats.beat(beat_s=beat_s)
        answers.append(keeper.alive())
        clock.sleep(0.5)
    assert answers == [False, True, True]
    for _ in range(20):
        clock.sleep(0.5)
        answers.append(keeper.alive())
    assert not answers[-1]
