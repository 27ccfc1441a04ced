"""A job with the samples of several cells: each has its run, and goes on where it was cut."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import labctl
from labctl.clock import RealClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.measure import events
from labctl.measure.run import StopRequest
from labctl.queue.jobs import Jobs
from labctl.queue.progress import cells_due
from labctl.queue.rehearsal import rehearse
from labctl.queue.runner import Runner
from labctl.store import Store
from labctl.store.transactions import WriteConnection

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
STATION = """
name = "switched rig"
[limits]
temperature_degc = [0, 200]
potential_v = 1
current_a = 0.1

[simulation.options]
description = "switch"

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]

[instruments.relays]
driver = "drivers.keithley_switches:Keithley7001"
address = "GPIB0::7::INSTR"
roles = ["switch"]

[instruments.meter_a]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::16::INSTR"
roles = ["thermometer"]

[instruments.meter_b]
driver = "drivers.keithley_multimeters:Keithley2000"
address = "GPIB0::17::INSTR"
roles = ["thermometer"]

[cells.A]
switch_channels = ["1!1", "1!11"]
thermometer = "meter_a"

[cells.B]
switch_channels = ["1!2", "1!12"]
thermometer = "meter_b"
"""
SAMPLE = """
[[sample]]
cell = "{cell}"
name = "pellet {cell}"
thickness_mm = 1.0
diameter_mm = 10
"""
SERIES = """
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [45, 60, 75]
frequency_min_hz = 10
points_per_decade = 4
dwell_min = 2
"""
PROTOCOL = SAMPLE.format(cell="A") + SAMPLE.format(cell="B") + SERIES
PUT_IN_EV = {"A": 0.84, "B": 1.30}  # of the materials that the rig has in these cells


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    with WriteConnection(tmp_path / "lab.db") as connection:
        Jobs(connection).add(parse_protocol(PROTOCOL, str(tmp_path / "night.toml")))
    return tmp_path


def run_night(folder, stop=None, on_event=lambda event: None):
    station = read_station(folder / "station.toml")
    Runner(station, folder / "lab.db", stop or StopRequest(), until_empty=True, on_event=on_event).run()


def finished(folder):
    """Cell and step of every finished spectrum, in the order measured."""
    query = """SELECT r.cell, s.step FROM spectra s JOIN runs r ON r.id = s.run_id
               WHERE s.status = 'finished' ORDER BY s.id"""
    with labctl.open(folder / "lab.db") as db:
        return [(row["cell"], row["step"]) for row in db.rows(query)]


def energies_ev(folder):
    """Activation energy and its standard uncertainty of the last law of each cell, with its points."""
    query = """SELECT r.cell, f.activation_energy_ev AS ev, f.standard_uncertainty_ev AS u, f.n_points
               FROM law_fits f JOIN runs r ON r.id = f.run_id
               WHERE f.preferred AND f.branch = 'all' ORDER BY f.id"""
    with labctl.open(folder / "lab.db") as db:
        return {row["cell"]: (row["ev"], row["u"], row["n_points"]) for row in db.rows(query)}


def state(folder):
    with WriteConnection(folder / "lab.db") as connection:
        (job,) = Jobs(connection).listed()
        return job.state, job.reason


ALL = [("A", 0), ("B", 0), ("A", 1), ("B", 1), ("A", 2), ("B", 2)]


def test_every_sample_is_measured_at_each_temperature_and_gives_its_own_law(folder):
    run_night(folder)
    assert finished(folder) == ALL
    assert state(folder) == ("finished", "")
    for cell, (ev, u, _) in energies_ev(folder).items():
        assert ev == pytest.approx(PUT_IN_EV[cell], abs=max(4 * u, 0.005))


class Stopper:
    """Requests a stop at a point of one of the spectra, counted over all samples."""

    def __init__(self, spectrum, point):
        self.stop, self.at, self.seen = StopRequest(), (spectrum, point), [0, 0]

    def __call__(self, event):
        match event:
            case events.SpectrumStarted():
                self.seen = [self.seen[0] + 1, 0]
            case events.PointMeasured():
                self.seen[1] += 1
                if tuple(self.seen) == self.at:
                    self.stop.request("stopped by the test")


@pytest.mark.parametrize("spectrum", [1, 4])
def test_a_night_that_was_cut_goes_on_at_the_cut_spectrum_of_the_cut_sample(folder, spectrum):
    stopper = Stopper(spectrum, 3)
    run_night(folder, stopper.stop, stopper)
    assert finished(folder) == ALL[: spectrum - 1]
    run_night(folder)
    assert sorted(finished(folder)) == sorted(ALL)
    assert state(folder) == ("finished", "")
    assert {cell: points for cell, (_, _, points) in energies_ev(folder).items()} == {"A": 3, "B": 3}


def test_a_killed_night_measures_nothing_twice_and_leaves_nothing_out(folder):
    command = [sys.executable, "-m", "labctl", "runner", "--until-empty"]
    options = ["--station", str(folder / "station.toml"), "--db", str(folder / "lab.db")]
    runner = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(finished(folder)) < 3 and runner.poll() is None:
        RealClock().sleep(0.02)
    runner.kill()
    runner.wait()
    run_night(folder)
    assert sorted(finished(folder)) == sorted(ALL)
    assert state(folder)[0] == "finished"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills and waiting times of POSIX")
def test_the_supervisor_switches_a_served_rig_off_after_each_kill_and_the_night_is_complete(
    tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from several_samples import SAFE_WITHIN_S, killed

    night = killed(tmp_path, seed=3, kills=2, samples=2, temperatures_degc="45:65:10")
    assert night["struck"] == ["runner", "runner and supervisor"]
    assert night["with_an_output_on"] == 2
    assert night["longest_on_s"] < SAFE_WITHIN_S
    assert (night["finished"], night["off_at_the_end"]) == (True, True)
    assert (night["twice"], night["missing"], night["in_doubt"]) == (0, 0, 0)


def test_several_samples_are_rehearsed_behind_a_simulated_switch(folder):
    real = STATION.replace('[simulation.options]\ndescription = "switch"\n', "")
    (folder / "station.toml").write_text(real)
    protocol = parse_protocol(PROTOCOL, str(folder / "night.toml"))
    (job,) = rehearse([protocol], read_station(folder / "station.toml")).jobs
    assert job.problem == ""
    assert job.points == 2 * 3 * 21


@pytest.fixture
def job_with_runs(folder):
    """Write runs of the job, each given by cell and status; return its connection, id and protocol."""

    def write(*runs):
        with Store.open(folder / "lab.db") as store:
            sample = {"name": "x", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
            about = {"job_id": 1, "sample_id": store.find_or_add_sample(sample), "procedure": "a:b"}
            for cell, status in runs:
                run_id = store.insert("runs", {**about, "cell": cell, "started_s": 0.0})
                store.update("runs", run_id, {"status": status, "reason": "", "ended_s": 1.0})
        protocol = parse_protocol(PROTOCOL + SERIES, str(folder / "night.toml"))
        return WriteConnection(folder / "lab.db"), 1, protocol

    return write


@pytest.mark.parametrize(
    ("runs", "first", "second"),
    [
        ((), ["A", "B"], []),
        ([("A", "interrupted"), ("B", "interrupted")], ["A", "B"], []),
        ([("A", "finished"), ("B", "interrupted")], ["B"], ["A"]),
        ([("A", "finished"), ("B", "failed")], [], ["A"]),
        ([("A", "failed"), ("B", "interrupted")], ["A", "B"], []),
        ([("A", "finished"), ("B", "finished")], [], ["A", "B"]),
        ([("A", "finished"), ("B", "failed"), ("A", "finished")], [], []),
    ],
)
def test_a_sample_that_failed_while_another_went_on_is_not_tried_again(job_with_runs, runs, first, second):
    connection, job, protocol = job_with_runs(*runs)
    with connection:
        assert cells_due(connection, job, protocol, 0) == first
        assert cells_due(connection, job, protocol, 1) == second


LEAST_HOURS = """
least_hours = true
refine = "activation_energy_ev"
refine_half_width = 0.05
"""


def test_with_least_hours_no_pair_is_measured_twice_and_every_choice_is_stored(folder):
    series = SERIES.replace("[45, 60, 75]", '"45:105:12"').replace("frequency_min_hz = 10", "")
    protocol = parse_protocol(PROTOCOL.replace(SERIES, series + LEAST_HOURS), str(folder / "hours.toml"))
    with WriteConnection(folder / "hours.db") as connection:
        Jobs(connection).add(protocol)
    Runner(read_station(folder / "station.toml"), folder / "hours.db", StopRequest(), until_empty=True).run()
    with labctl.open(folder / "hours.db") as db:
        runs = [row["status"] for row in db.rows("SELECT status FROM runs")]
        spectra = db.rows("SELECT r.cell, s.setpoint_k FROM spectra s JOIN runs r ON r.id = s.run_id")
        told = [row["message"] for row in db.rows("SELECT message FROM events WHERE kind = 'least hours'")]
    measured = [(row["cell"], row["setpoint_k"]) for row in spectra]
    assert runs == ["finished", "finished"]
    assert len(measured) == len(set(measured)) == 2 * 5, "five temperatures make a law, and it is known"
    assert sum("most per hour" in message for message in told) == len(measured)
    assert any("Hz show its arc" in message for message in told)
    assert sum("the activation energy is known to" in message for message in told) == 2


def test_a_restart_with_least_hours_goes_on_with_the_points_measured_before(folder):
    series = SERIES.replace("[45, 60, 75]", '"45:105:12"').replace("frequency_min_hz = 10", "")
    protocol = parse_protocol(PROTOCOL.replace(SERIES, series + LEAST_HOURS), str(folder / "hours.toml"))
    with WriteConnection(folder / "hours.db") as connection:
        Jobs(connection).add(protocol)
    stopper = Stopper(9, 3)
    for stop, see in ((stopper.stop, stopper), (StopRequest(), lambda event: None)):
        station = read_station(folder / "station.toml")
        Runner(station, folder / "hours.db", stop, until_empty=True, on_event=see).run()
    with labctl.open(folder / "hours.db") as db:
        spectra = db.rows(
            "SELECT r.cell, s.setpoint_k, s.status FROM spectra s JOIN runs r ON r.id = s.run_id"
        )
        told = [row["message"] for row in db.rows("SELECT message FROM events WHERE kind = 'least hours'")]
    measured = [(row["cell"], row["setpoint_k"]) for row in spectra if row["status"] == "finished"]
    assert len(measured) == len(set(measured)) == 2 * 5, "four and five of them before the restart"
    assert sum("after 5 temperatures: done" in message for message in told) == 2
