"""The last check of the analyser keeps a runner from beginning, or is told."""

from dataclasses import replace

import pytest

from labctl.config.reference_check import ReferenceCheck, Standard
from labctl.queue.analyser_gate import doubts_about_analyser
from labctl.store.queries.analyser_checks import add_analyser_check

RESISTOR = Standard("resistor", 1e4, 2.0, "certificate 77")
CHECK = ReferenceCheck((RESISTOR,), largest_deviation=0.01, largest_phase_rad=0.01, largest_age_s=3600.0)


@pytest.fixture
def checked(night):
    """Store a check; return it."""

    def add(age_s=60.0, **about):
        row = {"time_s": night.clock.time() - age_s, "station": "rig", "instrument": "analyser"}
        row |= {"simulated": 1, "driver": "d:D", "standard": "resistor", "resistance_ohm": 1e4}
        row |= {"resistance_u_ohm": 2.0, "capacitance_f": 0.0, "capacitance_u_f": 0.0, "source": "s"}
        row |= {"amplitude_v": 0.02, "ratio": 1.0, "ratio_u": 1e-3, "largest_deviation": 0.002}
        row |= {"largest_phase_rad": 1e-3, "outcome": "measured", "points": [], "labctl_version": "1"}
        with night.connection.transaction() as writing:
            add_analyser_check(writing, row | about)

    return add


@pytest.fixture
def doubts(night, rig):
    def of(check=CHECK):
        return doubts_about_analyser(night.connection, replace(rig.station, check=check), night.clock.time())

    return of


def test_a_fresh_good_check_leaves_no_doubt(checked, doubts):
    checked()
    assert doubts() == []


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"age_s": 7200.0}, "is 2.0 h old; largest_age_h is 1"),
        ({"largest_deviation": 0.05}, "was off by 5 %; largest_deviation is 1 %"),
        ({"largest_phase_rad": 0.1}, "was off by 5.73 degrees"),
        ({"outcome": "failed", "problem": "the leads are open"}, "failed: the leads are open"),
        ({"simulated": 0}, "no check with the reference resistor"),
        ({"station": "another"}, "no check with the reference resistor"),
    ],
)
def test_each_doubt_is_a_sentence(checked, doubts, about, words):
    checked(**about)
    (doubt,) = doubts()
    assert words in doubt


def test_the_newest_check_counts(checked, doubts):
    checked(largest_deviation=0.05)
    checked(age_s=30.0)
    assert doubts() == []


def test_a_station_without_keys_asks_for_nothing(doubts):
    assert doubts(ReferenceCheck((RESISTOR,))) == []
    assert doubts(ReferenceCheck()) == []


def test_without_an_age_no_check_is_no_doubt(doubts):
    assert doubts(ReferenceCheck((RESISTOR,), largest_deviation=0.01)) == []


def test_a_runner_begins_no_job_after_a_bad_check_and_waits_for_a_person(night, rig, run_night, checked):
    night.add()
    checked(largest_deviation=0.05)
    station = replace(rig.station, check=CHECK)
    run_night(station=replace(station, night={"longest_wait_for_person_h": 0.01}))
    assert night.finished_spectra() == []
    assert not rig.heater_is_on
    with night.read() as db:
        told = [row["message"] for row in db.rows("SELECT message FROM events")]
    assert any("analyser not checked" in words and "largest_deviation" in words for words in told)


def test_a_station_that_only_tells_measures_and_says_so_once(night, rig, run_night):
    job = night.add(temperatures=[40])
    run_night(station=replace(rig.station, check=replace(CHECK, refuses=False)))
    assert night.finished_spectra() == [(job, 40.0)]
    with night.read() as db:
        told = [row["message"] for row in db.rows("SELECT message FROM events WHERE kind = 'not checked'")]
    assert len(told) == 1
