"""Faults of the computer and of what surrounds it: clocks, suspension, memory, terminal, rig, power.

The rig is served by this process, except where its process dies; runner, run and supervisors are other
processes. Limits in seconds apply to a computer with a free core for each process: the time that rig and
supervisor waited for a core is subtracted.
"""

import os
import signal
import sys

import pytest

from labctl.clock import RealClock

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="signals of POSIX, limits of Linux"),
]
CLOCK = RealClock()
PROMISED_S = 5.0
HOUR_S = 3600.0
LONGER_THAN_A_SILENCE_S = 4.0
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

    def is_off_in_time(rig):
        pids = [os.getpid(), *filter(None, (rig.pid("supervisor"), rig.second))]
        waited_s = sum(map(waited_for_a_core_s, pids))
        took_s = rig.wait_until(lambda: rig.heater_range == 0, "the heater is off")
        return took_s - (sum(map(waited_for_a_core_s, pids)) - waited_s) < PROMISED_S

    return is_off_in_time


def watched_run(rig):
    """A runner that heats, with its supervisor and the second one; return the numbers of the three."""
    rig.heating("runner")
    rig.wait_until(lambda: rig.second and rig.pid("supervisor"), "two supervisors watch")
    return rig.pid("runner"), rig.pid("supervisor"), rig.second


def goes_on_as(rig, before):
    """Whether the same three processes go on heating for longer than a silence may last."""
    CLOCK.sleep(LONGER_THAN_A_SILENCE_S)
    return (rig.pid("runner"), rig.pid("supervisor"), rig.second) == before and rig.heater_range > 0


def test_a_clock_that_is_set_by_an_hour_ends_no_process_and_hides_no_frozen_one(serve_rig, clocks, promised):
    rig = serve_rig(HOLD, environment=clocks.environment)
    before = watched_run(rig)
    for hours in (1, -2):
        clocks.jump(time=hours * HOUR_S)
        assert goes_on_as(rig, before), f"the clock was set by {hours} h"
    assert rig.beat().age_s() == pytest.approx(HOUR_S, abs=60.0)
    os.kill(before[0], signal.SIGSTOP)
    assert promised(rig)
    rig.wait_until(lambda: rig.heater_range > 0, "the job continues with a new runner")
    assert sum("is frozen" in words for words in rig.events()) == 1


def test_a_computer_that_was_suspended_goes_on_under_supervision(serve_rig, clocks, promised):
    """Ten minutes: the monotonic clock of Linux stands still meanwhile, that of Windows does not."""
    rig = serve_rig(HOLD, environment=clocks.environment)
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


def test_a_run_whose_memory_is_used_up_ends_with_everything_off(serve_rig, promised):
    rig = serve_rig(HOLD)
    run = rig.heating("run")
    use_up_memory(run.pid)
    run.send_signal(signal.SIGTERM)
    assert promised(rig)
    run.wait(timeout=60)
    rig.wait_until(lambda: rig.beat().state in ("ended", "dead"), "it is confirmed")
    assert rig.beat().unsafe == ""


def test_a_supervisor_whose_memory_is_used_up_makes_safe_after_a_dead_run(serve_rig, promised):
    rig = serve_rig(HOLD)
    run = rig.heating("run")
    rig.wait_until(lambda: rig.second, "the second supervisor is there")
    use_up_memory(rig.pid("supervisor"))
    run.kill()
    assert promised(rig)
    rig.wait_until(lambda: rig.beat().state in ("ended", "dead"), "it is confirmed")


def test_a_closed_terminal_ends_the_run_in_it_and_switches_the_heater_off(serve_rig, promised):
    rig = serve_rig(HOLD)
    master, terminal = os.openpty()
    everything = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    run = rig.heating("run", preexec_fn=lambda: os.login_tty(terminal), **everything)
    os.close(terminal)
    os.close(master)
    assert promised(rig)
    assert run.wait(timeout=60) == -signal.SIGHUP
    rig.wait_until(lambda: rig.beat().state == "dead", "the supervisor tells of it")
    assert any("ended unexpectedly; every instrument was made safe" in words for words in rig.events())
