"""A queue on a served rig survives kills and freezes of any process, and no output stays on.

The rig is served by this process over TCP in scaled time; runner and supervisor are separate processes.
This test acts as their service manager: it restarts ended processes. `LABCTL_KILLS=50` takes long.
The limits in seconds apply to a computer with a free core for each process: the time that rig and supervisor
waited for a core, as reported by the system, is subtracted.
"""

import os
import random
import signal
import subprocess
import sys

import pytest

from labctl.clock import RealClock, ScaledClock
from labctl.queue.heartbeat import Heartbeats
from sim_instruments.serve import Server

KILLS = int(os.environ.get("LABCTL_KILLS", "6"))
JOBS = 5
STEPS = max(2, KILLS // 4)  # of each job: long enough that blows, not jobs, run out first
SPEED = 300.0
SAFE_WITHIN_S = 5.0
CLOCK = RealClock()
INSTRUMENTS = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260"}
PROTOCOL = """
title = "series {number}"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [{temperatures}]
frequency_max_hz = 1e5
frequency_min_hz = 100
points_per_decade = 4
dwell_min = 2
"""


class Night:
    """Runner and supervisor under a service manager, on a rig with accessible true state."""

    def __init__(self, folder, server, queue, waited_for_a_core_s):
        self.folder, self.server, self.queue = folder, server, queue
        self.waited_for_a_core_s, self.waited_before_s = waited_for_a_core_s, {}
        self.options = ["--station", str(folder / "station.toml"), "--db", str(queue.path)]
        self.services = {}
        self.died_s = None
        self.blow, self.longest_on_s = "", {}
        self.struck_while_on = 0
        self.history = []

    def labctl(self, *arguments):
        command = [sys.executable, "-m", "labctl", *arguments, *self.options]
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def keep_up(self):
        """Restart ended processes; a real service manager also does this within a second."""
        for name, arguments in (("supervisor", ["--kept", "--alone"]), ("runner", ["--no-start-supervisor"])):
            process = self.services.get(name)
            if process is None or process.poll() is not None:
                self.services[name] = self.labctl(name, *arguments)

    def strike(self, name, number):
        self.services[name].send_signal(number)
        if name == "supervisor":
            self.history.append("supervisor")
        elif self.died_s is None:
            self.died_s, self.waited_before_s = CLOCK.monotonic(), self.waited_s()
            self.struck_while_on += self.anything_on()

    def anything_on(self):
        heater, analyser = (outlet.address for outlet in self.server.outlets)
        instruments = self.server.rig.instruments
        return instruments[heater].heater_range != 0 or instruments[analyser].amplitude_v != 0

    def look(self):
        """Record how long an output stayed on after a kill or freeze."""
        if self.died_s is None:
            return
        on_s = round(CLOCK.monotonic() - self.died_s - self.stolen_s(), 2)
        if not self.anything_on():
            self.died_s = None
            self.history.append(f"{self.blow} {on_s}")
            return
        self.longest_on_s[self.blow] = max(on_s, self.longest_on_s.get(self.blow, 0.0))

    def waited_s(self):
        """Time by process number that supervisor and rig (this process) waited for a core so far."""
        supervisor = self.services["supervisor"].pid
        return {pid: self.waited_for_a_core_s(pid) for pid in (supervisor, os.getpid())}

    def stolen_s(self):
        """Time that the rig and the responsible supervisor waited for a core since the action."""
        return sum(s - self.waited_before_s.get(pid, 0.0) for pid, s in self.waited_s().items())

    def note(self, words):
        """Print the progress of a long campaign."""
        figures = (
            f"{words}; {self.struck_while_on} of a runner with an output on; longest on: {self.longest_on_s}"
        )
        load = f"load {os.getloadavg()[0]:.1f}"
        (self.folder / "figures.txt").write_text("\n".join([figures, load, *self.history, ""]))

    def live(self, seconds, until=lambda: False):
        end_s = CLOCK.monotonic() + seconds
        while CLOCK.monotonic() < end_s and not until():
            self.keep_up()
            self.look()
            CLOCK.sleep(0.02)

    def end(self):
        for process in self.services.values():
            process.kill()
            process.wait()


@pytest.fixture
def served_night(tmp_path, night, waited_for_a_core_s):
    options = {"seed": 3, "instruments": INSTRUMENTS, "material": "Mg3(BH4)4(NH2)2"}
    with Server(options, ScaledClock(SPEED)) as server:
        text = server.station_toml("served")
        (tmp_path / "station.toml").write_text(text)
        for number in range(JOBS):
            temperatures = ", ".join(f"{60 + 2 * number + 3 * step}" for step in range(STEPS))
            protocol = tmp_path / f"p{number}.toml"
            protocol.write_text(PROTOCOL.format(number=number, temperatures=temperatures))
        served = Night(tmp_path, server, night, waited_for_a_core_s)
        files = [str(tmp_path / f"p{number}.toml") for number in range(JOBS)]
        adding = ["queue", "add", *files, "--no-rehearsal", "--retries", "100", "--retry-delay-min", "0"]
        assert served.labctl(*adding).wait(timeout=300) == 0
        yield served
        served.end()


def all_finished(night):
    return night.states() == ["finished"] * JOBS


def spectra_of(night):
    query = """SELECT r.job_id, s.step, count(*) AS n FROM spectra s JOIN runs r ON r.id = s.run_id
               WHERE s.status = 'finished' GROUP BY r.job_id, s.step ORDER BY 1, 2"""
    with night.read() as db:
        return [(row["job_id"], row["step"], row["n"]) for row in db.rows(query)]


def runner_measures(night):
    beat = Heartbeats(night.connection, "runner", "served").read()
    return beat is not None and beat.lives(2.0) and beat.job_id is not None


def measures_again(served_night, night):
    """Whether the last action is over and an output is on that the next action may leave on."""
    return served_night.died_s is None and runner_measures(night) and served_night.anything_on()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_five_jobs_survive_whatever_is_killed_and_nothing_stays_on(served_night, night):
    chance = random.Random(int(os.environ.get("LABCTL_SEED", "1")))
    struck = 0
    while struck < KILLS and not all_finished(night):
        served_night.live(60, until=lambda: measures_again(served_night, night))
        served_night.live(chance.uniform(0.0, 2.0))
        blow = served_night.blow = chance.choice(["runner", "runner", "supervisor", "both", "freeze"])
        if blow != "supervisor":
            served_night.strike("runner", signal.SIGSTOP if blow == "freeze" else signal.SIGKILL)
        if blow in ("supervisor", "both"):
            served_night.strike("supervisor", signal.SIGKILL)
        struck += 1
        served_night.note(f"{struck} blows, the last: {blow}")
    served_night.live(1200 + 3 * JOBS * STEPS, until=lambda: all_finished(night))
    served_night.note(f"{struck} blows, all over")
    assert struck == KILLS
    assert night.states() == ["finished"] * JOBS
    assert spectra_of(night) == [(job, step, 1) for job in range(1, JOBS + 1) for step in range(STEPS)]
    with night.read() as db:
        points = db.rows(
            "SELECT spectrum_id, count(*) AS n FROM impedance_points p JOIN spectra s "
            "ON s.id = p.spectrum_id WHERE s.status = 'finished' GROUP BY spectrum_id"
        )
        derived = db.rows("SELECT count(*) AS n FROM conductivities")[0]["n"]
    assert {row["n"] for row in points} == {13}
    assert derived == JOBS * STEPS
    assert not served_night.anything_on()
    assert served_night.struck_while_on > 0
    assert max(served_night.longest_on_s.values()) < SAFE_WITHIN_S
