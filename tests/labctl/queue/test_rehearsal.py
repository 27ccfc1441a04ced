"""Rehearsals predict the duration and the steps of a queue."""

from dataclasses import replace

import pytest

from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.queue.estimates import (
    Pace,
    TimeLeft,
    duration_s,
    measured_pace,
    procedure_of,
    remaining_s,
)
from labctl.queue.rehearsal import rehearse
from labctl.store.transactions import WriteConnection


@pytest.fixture
def station(tmp_path, station_text):
    (tmp_path / "station.toml").write_text(station_text)
    return read_station(tmp_path / "station.toml")


def real(station):
    return replace(station, simulation=None)


def test_a_rehearsed_night_takes_as_long_as_the_night_then_does(night, rig, run_night, station):
    protocols = [night.protocol("one", [40, 60, 80]), night.protocol("two", [50, 30])]
    rehearsed = rehearse(protocols, station, seed=99)
    for protocol in protocols:
        night.jobs.add(protocol)
    start_s = night.clock.monotonic()
    run_night()
    took_s = night.clock.monotonic() - start_s
    assert night.states() == ["finished", "finished"]
    assert rehearsed.duration_s == pytest.approx(took_s, rel=0.1)
    assert [job.points for job in rehearsed.jobs] == [48, 32]
    assert [job.problem for job in rehearsed.jobs] == ["", ""]


def test_a_night_that_begins_with_a_warm_oven_is_rehearsed_from_there(night, rig, run_night, station):
    """The first temperature is lower: the oven must cool, which takes longer than heating."""
    protocol = night.protocol("one", [40, 50])
    cold, warm = (rehearse([protocol], station, oven_k=kelvin).duration_s for kelvin in (None, 373.15))
    rig.true.world.oven.start_at(373.15)
    night.jobs.add(protocol)
    start_s = night.clock.monotonic()
    run_night()
    assert warm == pytest.approx(night.clock.monotonic() - start_s, rel=0.02)
    assert warm > 1.2 * cold


@pytest.mark.slow
def test_a_long_night_of_three_jobs_takes_as_long_as_rehearsed(night, rig, run_night, station):
    """Up and down from a warm oven, then two more; predicted within a tenth with a different seed."""
    protocols = [
        night.protocol("up and down", [50, 70, 90, 110, 90, 70, 50]),
        night.protocol("hot", [100, 110]),
        night.protocol("cold", [60, 40]),
    ]
    rehearsed = rehearse(protocols, station, seed=99, oven_k=353.15)
    rig.true.world.oven.start_at(353.15)
    for protocol in protocols:
        night.jobs.add(protocol)
    start_s = night.clock.monotonic()
    run_night()
    took_s = night.clock.monotonic() - start_s
    assert night.states() == ["finished"] * 3
    assert took_s > 5 * 3600
    assert rehearsed.duration_s == pytest.approx(took_s, rel=0.1)


FILM = """
[sample]
name = "film"
thickness_mm = 0.1
area_cm2 = 1.0
electrodes = "reversible"
cation = "Li+"
[[procedure]]
use = "procedures.bruce_vincent:BruceVincent"
temperatures_degc = [60]
dwell_min = 5
rest_min = 1
hold_max_min = 20
frequency_max_hz = 1e5
points_per_decade = 4
"""


def test_a_cell_of_a_real_station_is_rehearsed_with_the_electrodes_of_the_sample(tmp_path, station_text):
    """With blocking electrodes only a charging current would flow."""
    palm = station_text.replace("drivers.solartron1260:Solartron1260", "drivers.palmsens:EmStat4HR")
    palm = palm.replace("GPIB0::4::INSTR", "ASRL3::INSTR").replace('["fra"]', '["fra", "potentiostat"]')
    (tmp_path / "station.toml").write_text(palm.partition("[simulation]")[0])
    (job,) = rehearse([parse_protocol(FILM, "film.toml")], read_station(tmp_path / "station.toml")).jobs
    assert job.problem == ""
    assert job.highest_potential_v > 0.01


def test_a_real_station_is_rehearsed_with_its_own_drivers_and_addresses(night, station):
    (job,) = rehearse([night.protocol(temperatures=[40])], real(station)).jobs
    sent = [(message.address, message.text) for message in job.settings]
    assert ("GPIB0::12::INSTR", "SETP 1,313.1500") in sent
    assert ("GPIB0::4::INSTR", "VA0.02") in sent
    assert all("?" not in text for _, text in sent)
    assert sent[-1][1] in ("MOUT 1,0.00", "OP2,0")
    assert [m.time_s for m in job.settings] == sorted(m.time_s for m in job.settings)


def test_two_rehearsals_of_one_seed_are_the_same(night, station):
    protocol = night.protocol(temperatures=[40])
    assert rehearse([protocol], station) == rehearse([protocol], station)


def test_a_limit_that_is_nearly_reached_is_told(night, station):
    rehearsal = rehearse([night.protocol("hot", [149.8])], station)
    assert any("hot: the sample reaches" in words for words in rehearsal.limits_touched)


def test_a_protocol_that_the_station_forbids_is_refused_before_anything_runs(night, station):
    with pytest.raises(ConfigurationError, match="temperature 160 degC"):
        rehearse([night.protocol(temperatures=[160])], station)


def test_an_instrument_without_a_simulator_is_named(night, station):
    entry = replace(station.instruments[0], driver="drivers.of_ours:Homemade")
    strange = replace(real(station), instruments=(entry, *station.instruments[1:]))
    with pytest.raises(ConfigurationError, match=r"no simulator is registered for drivers\.of_ours:Homemade"):
        rehearse([night.protocol()], strange)


def test_a_job_that_would_fail_says_why_and_the_rest_is_rehearsed(night, station):
    impossible = night.protocol("impossible", [5])
    first, second = rehearse([impossible, night.protocol("fine", [40])], station).jobs
    assert "no stable 278.15 K" in first.problem
    assert second.problem == ""


def test_estimates_learn_from_what_the_station_measured(night, rig, run_night):
    """The plan assumes a typical oven; the estimate uses this oven's measurements and its cooling since."""
    for _ in range(2):
        night.add(temperatures=[40, 60, 80], station="rig")
    run_night()
    protocol = night.protocol(temperatures=[45, 65, 85])
    with WriteConnection(night.path) as connection:
        pace = measured_pace(connection, "rig", procedure_of)
    night.clock.sleep(12 * 3600)
    start_s = night.clock.monotonic()
    night.jobs.add(protocol)
    run_night()
    took_s = night.clock.monotonic() - start_s
    assert pace != Pace()
    assert duration_s(protocol.plan(), pace) == pytest.approx(took_s, rel=0.1)


def test_what_remains_leaves_out_what_is_finished(night):
    (entry,) = night.protocol(temperatures=[40, 50, 60]).procedures
    procedure = entry.build()
    everything = duration_s(procedure.plan())
    assert remaining_s(procedure, 0) == pytest.approx(everything)
    procedure.finished_steps = frozenset({0, 1})
    last = duration_s(procedure.plan()[4:])
    assert remaining_s(procedure, 0) == pytest.approx(last)
    assert remaining_s(procedure, 3) == 0.0


def test_a_plan_is_made_once_and_again_after_its_steps_were_changed(night):
    (entry,) = night.protocol(temperatures=[40, 50, 60]).procedures
    procedure, plans = entry.build(), []
    plan = procedure.plan
    procedure.plan = lambda: plans.append(1) or plan()
    left = TimeLeft(procedure, Pace())
    each_s = [left.from_step(step) for step in range(4)]
    assert plans == [1]
    assert each_s == pytest.approx([duration_s(plan()[2 * step :]) for step in range(4)])
    procedure.revise(1, [45.0])
    assert left.from_step(1) == pytest.approx(duration_s(plan()[2:]))
    assert left.from_step(2) == 0.0


@pytest.mark.parametrize("parameters", ["{bad", "9" * 6000, "[" * 100_000], ids=["cut", "long", "deep"])
def test_a_run_whose_parameters_are_damaged_shows_no_pace_and_stops_no_estimate(
    night, monkeypatch, parameters
):
    run = {"id": 1, "job_id": None, "procedure": "p:P", "parameters": parameters, "started_s": 0.0}
    monkeypatch.setattr("labctl.queue.estimates.last_finished_runs", lambda *asked: [run])
    assert measured_pace(night.connection, "rig", procedure_of) == Pace()


def test_a_finished_spectrum_without_its_end_shows_no_pace_and_stops_no_estimate(night, run_night):
    night.add(temperatures=[40, 60, 80], station="rig")
    run_night()
    with night.connection.transaction() as connection:
        connection.execute("DROP TRIGGER spectra_end_once")
        connection.execute("UPDATE spectra SET ended_s = NULL")
    assert measured_pace(night.connection, "rig", procedure_of) == Pace()
