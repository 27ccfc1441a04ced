"""Runner and supervisor killed or frozen within a second: without a service a second supervisor makes safe.

The rig is served by this process in scaled time. The limit in seconds applies to a computer with a free core
for each process: the time that rig and second supervisor waited for a core is subtracted.
"""

import os
import signal
import subprocess
import sys

import pytest

from labctl.clock import RealClock, ScaledClock
from labctl.config.station import read_station
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.second_supervisor import ROLE
from labctl.queue.station_lock import holder_of, is_held
from sim_instruments.serve import Server

CLOCK = RealClock()
SAFE_WITHIN_S = 15.0
FROZEN_IS_ENDED_WITHIN_S = 4.0
INSTRUMENTS = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260"}
PROTOCOL = """
title = "series"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [60, 70, 80, 90]
frequency_max_hz = 1e5
frequency_min_hz = 100
points_per_decade = 4
dwell_min = 60
"""


class Rig:
    """A runner, its supervisor and the second one, on a rig with accessible true state."""

    def __init__(self, folder, server, night):
        (folder / "station.toml").write_text(server.station_toml("served"))
        (folder / "protocol.toml").write_text(PROTOCOL)
        self.server, self.night = server, night
        self.station = read_station(folder / "station.toml")
        self.options = ["--station", str(folder / "station.toml"), "--db", str(night.path)]
        adding = ("queue", "add", str(folder / "protocol.toml"), "--no-rehearsal")
        assert self.labctl(*adding).wait(timeout=300) == 0
        self.runner = self.labctl("runner")

    def labctl(self, *arguments):
        return subprocess.Popen([sys.executable, "-m", "labctl", *arguments, *self.options])

    def pid_of(self, process):
        beat = Heartbeats(self.night.connection, process, "served").read()
        return None if beat is None or beat.state != "alive" or beat.gone else beat.pid

    def second(self):
        return holder_of(self.station, ROLE) if is_held(self.station, ROLE) else None

    def heater_is_on(self):
        heater = self.server.outlets[0].address
        return self.server.rig.instruments[heater].heater_range != 0

    def end(self):
        """End all three in good order; whatever is left is killed."""
        if pid := self.pid_of("runner"):
            os.kill(pid, signal.SIGTERM)
        try:
            wait_until(lambda: not self.pid_of("runner"), 60)
            wait_until(lambda: not self.pid_of("supervisor") and not self.second(), 60)
        finally:
            for left in (self.second(), self.pid_of("supervisor"), self.pid_of("runner")):
                if left:
                    os.kill(left, signal.SIGKILL)
            self.runner.kill()
            self.runner.wait()


@pytest.fixture
def rig(tmp_path, night):
    options = {"seed": 3, "instruments": INSTRUMENTS, "material": "Mg3(BH4)4(NH2)2"}
    with Server(options, ScaledClock(300.0)) as server:
        rig = Rig(tmp_path, server, night)
        yield rig
        rig.end()


def wait_until(condition, seconds, look_every_s=0.05):
    end_s = CLOCK.monotonic() + seconds
    while not condition():
        assert CLOCK.monotonic() < end_s, "it did not come to that in time"
        CLOCK.sleep(look_every_s)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.drawn(2)
@pytest.mark.parametrize(
    ("supervisor_blow", "runner_blow", "within_s"),
    [
        ("SIGKILL", "SIGKILL", 0.0),
        ("SIGSTOP", "SIGSTOP", 0.0),
        ("SIGKILL", "SIGKILL", 0.7),
        ("SIGSTOP", "SIGKILL", 0.7),
    ],
)
def test_outputs_are_off_after_supervisor_and_runner_die_within_a_second(
    rig, supervisor_blow, runner_blow, within_s, waited_for_a_core_s
):
    wait_until(lambda: rig.second() and rig.pid_of("supervisor") and rig.heater_is_on(), 300)
    second, struck = rig.second(), [rig.pid_of("supervisor"), rig.pid_of("runner")]
    assert len({os.getsid(pid) for pid in [*struck, second]}) == 3
    assert len({os.getpgid(pid) for pid in [*struck, second]}) == 3
    waited_s = waited_for_a_core_s(second) + waited_for_a_core_s(os.getpid())
    os.kill(struck[0], getattr(signal, supervisor_blow))
    CLOCK.sleep(within_s)
    os.kill(struck[1], getattr(signal, runner_blow))
    assert rig.heater_is_on()
    struck_s = CLOCK.monotonic()
    wait_until(lambda: not rig.heater_is_on(), 120, 0.01)
    on_s = CLOCK.monotonic() - struck_s
    waited_s = waited_for_a_core_s(second) + waited_for_a_core_s(os.getpid()) - waited_s
    assert on_s - waited_s < SAFE_WITHIN_S
    wait_until(lambda: rig.pid_of("supervisor") not in (None, struck[0]), 60)
    wait_until(lambda: rig.second() not in (None, rig.pid_of("supervisor")), 60)  # it has one of its own
    wait_until(lambda: rig.pid_of("runner") not in (None, struck[1]), 60)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_each_supervisor_is_replaced_a_killed_second_one_and_a_frozen_first_one(rig, waited_for_a_core_s):
    wait_until(lambda: rig.second() and rig.pid_of("supervisor"), 300)
    first, second, runner = rig.pid_of("supervisor"), rig.second(), rig.pid_of("runner")
    os.kill(second, signal.SIGKILL)
    wait_until(lambda: rig.second() not in (None, second), 60)
    assert rig.pid_of("supervisor") == first
    waited_s = waited_for_a_core_s(runner)
    os.kill(first, signal.SIGSTOP)
    stopped_s = CLOCK.monotonic()
    wait_until(lambda: rig.pid_of("supervisor") != first, 60)
    took_s = CLOCK.monotonic() - stopped_s
    assert took_s - (waited_for_a_core_s(runner) - waited_s) < FROZEN_IS_ENDED_WITHIN_S
    wait_until(lambda: rig.pid_of("supervisor") not in (None, first), 60)
    assert rig.pid_of("runner") == runner
