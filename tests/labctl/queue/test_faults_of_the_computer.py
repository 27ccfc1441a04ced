"""Faults of the computer and of what surrounds it: clocks, suspension, memory, terminal, rig, power.

The rig is served by this process; runner, run and supervisors are other processes. Limits in seconds apply to
a computer with a free core for each process: the time that rig and supervisors waited for one is subtracted.
"""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from labctl.clock import RealClock
from labctl.queue.requests import Pauses
from labctl.store.transactions import WriteConnection

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="signals of POSIX, limits of Linux"),
]
CLOCK = RealClock()
PROMISED_S = 5.0
WITH_THE_START_OF_SERVICES_S = 15.0
HOUR_S = 3600.0
SPEED = 300.0
SEVERAL_LOOKS_S = 2.0
HOLD = """
title = "hot"
[sample]
name = "p"
thickness_mm = 1
diameter_mm = 10
[[procedure]]
use = "procedures.temperature_hold:TemperatureHold"
temperature_degc = 70
hold_min = 6000
"""
SERIES = """
title = "series"
[sample]
name = "p"
thickness_mm = 1
diameter_mm = 10
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60]
frequency_max_hz = 1e5
frequency_min_hz = 0.001
dwell_min = 2
"""


@pytest.fixture
def promised(waited_for_a_core_s):
    """Return a function: waits until a rig is off, and whether that took as long as is promised."""

    def is_off_in_time(rig, within_s=PROMISED_S):
        started = [process.pid for process in rig.started]
        pids = {os.getpid(), *started, *filter(None, (rig.pid("supervisor"), rig.second))}
        before_s = {pid: waited_for_a_core_s(pid) for pid in pids}
        took_s = rig.wait_until(lambda: rig.heater_range == 0, "the heater is off")
        waited_s = sum(max(0.0, waited_for_a_core_s(pid) - s) for pid, s in before_s.items())
        return took_s - waited_s < within_s

    return is_off_in_time


def watched_run(rig):
    """A runner that heats, with its supervisor and the second one; return the numbers of the three."""
    rig.heating("runner")
    rig.wait_until(lambda: rig.second and rig.pid("supervisor"), "two supervisors watch")
    return rig.pid("runner"), rig.pid("supervisor"), rig.second


def goes_on_as(rig, before):
    """Whether the same three processes go on heating while each looks at the other several times."""
    CLOCK.sleep(SEVERAL_LOOKS_S)
    return (rig.pid("runner"), rig.pid("supervisor"), rig.second) == before and rig.heater_range > 0


def test_a_clock_that_is_set_by_an_hour_ends_no_process_and_hides_no_frozen_one(cabled_rig, clocks, promised):
    rig = cabled_rig(HOLD, environment=clocks.environment)
    before = watched_run(rig)
    for hours in (1, -2):
        clocks.jump(time=hours * HOUR_S)
        assert goes_on_as(rig, before), f"the clock was set by {hours} h"
    assert rig.beat().age_s() == pytest.approx(HOUR_S, abs=60.0)
    os.kill(before[0], signal.SIGSTOP)
    assert promised(rig)
    rig.wait_until(lambda: rig.heater_range > 0, "the job continues with a new runner")
    assert any(f"the runner (pid {before[0]})" in words for words in rig.events())


def test_a_computer_that_was_suspended_goes_on_under_supervision(cabled_rig, clocks, promised):
    """Ten minutes: the monotonic clock of Linux stands still meanwhile, that of Windows does not."""
    rig = cabled_rig(HOLD, environment=clocks.environment)
    before = watched_run(rig)
    for slept in ({"time": 600.0}, {"time": 600.0, "monotonic": 600.0}):
        for pid in before:
            os.kill(pid, signal.SIGSTOP)
        clocks.jump(**slept)
        for pid in before:
            os.kill(pid, signal.SIGCONT)
        assert goes_on_as(rig, before), f"the clocks went on by {slept}"
    os.kill(before[0], signal.SIGKILL)
    assert promised(rig)


def use_up_memory(pid):
    """Let the next request of a process for more memory fail, as for the stack of a thread."""
    import resource

    with open(f"/proc/{pid}/statm") as told:
        used = int(told.read().split()[0]) * resource.getpagesize()
    _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (used, hard))


def test_a_run_whose_memory_is_used_up_ends_with_everything_off(cabled_rig, promised):
    rig = cabled_rig(HOLD)
    run = rig.heating("run")
    use_up_memory(run.pid)
    run.send_signal(signal.SIGTERM)
    assert promised(rig)
    run.wait(timeout=60)
    rig.wait_until(lambda: rig.beat().state in ("ended", "dead"), "it is confirmed")
    assert rig.beat().unsafe == ""


def test_a_supervisor_whose_memory_is_used_up_makes_safe_after_a_dead_run(cabled_rig, promised):
    rig = cabled_rig(HOLD)
    run = rig.heating("run")
    rig.wait_until(lambda: rig.second, "the second supervisor is there")
    use_up_memory(rig.pid("supervisor"))
    run.kill()
    assert promised(rig)
    rig.wait_until(lambda: rig.beat().state in ("ended", "dead"), "it is confirmed")


IN_A_TERMINAL = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"


class Terminal:
    """A terminal that can be closed under the program in it."""

    def __init__(self, rig, *command):
        self._master, terminal = os.openpty()
        program = [sys.executable, "-c", IN_A_TERMINAL, *command]
        self.leader = subprocess.Popen(program, cwd=rig.folder, stdin=terminal)
        rig.started.append(self.leader)
        os.close(terminal)

    def close(self):
        os.close(self._master)
        assert self.leader.wait(timeout=60) == -signal.SIGHUP


RUN = (sys.executable, "-m", "labctl", "run", "protocol.toml", "--long")


def test_a_closed_terminal_ends_the_run_in_it_and_switches_the_heater_off(cabled_rig, promised):
    rig = cabled_rig(HOLD)
    terminal = Terminal(rig, *RUN)
    rig.wait_until(lambda: rig.heater_range > 0, "it heats")
    terminal.close()
    assert promised(rig)
    told = "ended unexpectedly; every instrument was made safe"
    rig.wait_until(lambda: any(told in words for words in rig.events()), "the supervisor tells of it")
    assert rig.beat().state == "dead"


def test_a_run_in_the_background_of_a_closed_terminal_goes_on(cabled_rig):
    """The shell has let go of it: no signal comes, and what it prints is refused."""
    rig = cabled_rig(HOLD)
    terminal = Terminal(rig, "sh", "-mc", f"{' '.join(RUN)} & wait")
    rig.wait_until(lambda: rig.heater_range > 0, "it heats")
    run = rig.pid("runner")
    terminal.close()
    CLOCK.sleep(SEVERAL_LOOKS_S)
    assert rig.pid("runner") == run
    assert rig.heater_range > 0
    os.kill(run, signal.SIGTERM)
    rig.wait_until(lambda: rig.beat().state == "ended", "it ends when it is asked to")
    assert rig.heater_range == 0


def test_a_rig_that_breaks_down_in_mid_exchange_is_off_as_soon_as_it_answers_again(cabled_rig, promised):
    """Its instruments have lost their settings then, and its heater is on."""
    rig = cabled_rig(SERIES, speed=SPEED)
    rig.start("runner")
    rig.wait_until(lambda: rig.amplitude_v > 0, "a spectrum is measured")
    runner = rig.pid("runner")
    rig.break_down()
    rig.wait_until(lambda: any("NOT SAFE" in words for words in rig.events()), "people are told")
    rig.wait_until(lambda: "lakeshore336" in rig.beat().unsafe, "the heartbeat names it")
    rig.come_back(hot=True)
    assert promised(rig)
    rig.wait_until(lambda: not rig.beat().unsafe, "it is confirmed")
    assert rig.pid("runner") == runner


def cut_the_power(rig, disk):
    """Every process is gone at once, and what the disk had not written."""
    for pid in filter(None, (rig.second, rig.pid("supervisor"), rig.pid("runner"))):
        os.kill(pid, signal.SIGKILL)
    disk.power_cut()
    for process in rig.started:
        process.kill()
        process.wait()
    rig.started.clear()
    disk.power_on()


def start_the_computer(rig):
    """Start what its services start. It has the number of another start than the one before."""
    with closing(sqlite3.connect(rig.db)) as connection, connection:
        connection.execute("UPDATE heartbeats SET boot = 'before', process_birth = 'before/1'")
    for program in ("kept supervisor", "kept runner"):
        rig.start(program)


def pause_of(rig):
    with WriteConnection(rig.db) as connection:
        return Pauses(connection).in_force()


def resume(rig):
    with WriteConnection(rig.db) as connection:
        Pauses(connection).resume()


def is_ready(rig):
    return rig.pid("supervisor") and rig.pid("runner") and rig.beat().doing.startswith("waiting")


def settles(rig):
    resume(rig)
    rig.wait_until(lambda: rig.heater_range > 0 and rig.amplitude_v == 0, "it settles")


def measures_a_spectrum(rig):
    resume(rig)
    rig.wait_until(lambda: rig.amplitude_v > 0, "a spectrum is measured")


def makes_safe(rig):
    settles(rig)
    rig.oven.become("silent")
    runner = rig.pid("runner")

    def says_so():
        os.kill(runner, signal.SIGTERM)
        return "are being made safe" in rig.log("kept runner")

    rig.wait_until(says_so, "it makes safe")
    assert rig.pid("runner") == runner
    assert rig.heater_range > 0


def is_unsafe(rig):
    settles(rig)
    rig.oven.become("cut")
    os.kill(rig.pid("runner"), signal.SIGTERM)
    rig.wait_until(lambda: rig.beat().state == "unsafe", "it could not be made safe")
    assert rig.heater_range > 0


def is_idle(rig):
    assert rig.heater_range == 0


def test_after_a_power_cut_in_any_phase_the_heater_goes_off_and_nothing_heats(disk, cabled_rig, promised):
    rig = cabled_rig(SERIES, folder=disk.folder, speed=SPEED)
    for command in ("add", "protocol.toml", "--no-rehearsal"), ("pause",):
        assert rig.labctl("queue", *command).returncode == 0
    os.sync()  # the files of the station were made long before
    for program in ("kept supervisor", "kept runner"):
        rig.start(program)
    for phase in (measures_a_spectrum, is_idle, settles, makes_safe, is_unsafe):
        rig.wait_until(lambda: is_ready(rig), "the computer has started")
        phase(rig)
        cut_the_power(rig, disk)
        rig.oven.become("well")
        start_the_computer(rig)
        assert promised(rig, WITH_THE_START_OF_SERVICES_S), phase.__name__
        rig.wait_until(lambda: pause_of(rig), f"the queue waits for a person: {phase.__name__}")
        assert "the computer was started again" in pause_of(rig).reason
        assert rig.heater_range == 0
