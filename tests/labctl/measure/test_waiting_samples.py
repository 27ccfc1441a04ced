"""A sample that waits for its turn settles by its own thermometer while another one is measured."""

import pytest

from labctl.bench import Bench, Limits
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError
from labctl.measure.settle import SettlingCriterion, settle
from labctl.measure.waiting_samples import POLL_S, WaitingSamples

CRITERION = SettlingCriterion(dwell_s=600)


class Thermometer:
    name = "meter"

    def __init__(self, shows):
        self.shows = shows

    @property
    def temperature_k(self):
        if isinstance(self.shows, Exception):
            raise self.shows
        return self.shows


@pytest.fixture
def night():
    return VirtualClock(), Thermometer(300.2)


def waiting(clock, thermometer):
    bench = Bench(clock, Limits((200, 500), 1, 1), {"thermometer": thermometer}, "station")
    return WaitingSamples({"A": bench, "B": bench}), bench


def measure_a(clock, samples, minutes, interval_s=5):
    emit = samples.beside("A", lambda topic, record: None)
    for _ in range(int(minutes * 60 / interval_s)):
        clock.sleep(interval_s)
        emit("results", {})


def settles_within_s(clock, bench, before):
    begin_s = clock.monotonic()
    readings = list(settle(bench, 300, CRITERION, lambda: False, before))
    return clock.monotonic() - begin_s, readings


def test_a_sample_that_was_steady_for_its_dwell_is_measured_after_one_more_reading(night):
    clock, thermometer = night
    samples, bench = waiting(clock, thermometer)
    measure_a(clock, samples, minutes=12)
    took_s, readings = settles_within_s(clock, bench, samples.taken_by("B")())
    assert took_s == 0
    assert len(readings) > CRITERION.dwell_s / POLL_S
    assert readings[-1].time_s - readings[0].time_s >= CRITERION.dwell_s
    assert [reading.time_s for reading in readings] == sorted(reading.time_s for reading in readings)


def test_a_gap_without_readings_begins_the_dwell_anew(night):
    clock, thermometer = night
    samples, bench = waiting(clock, thermometer)
    measure_a(clock, samples, minutes=12)
    clock.sleep(120)
    took_s, _ = settles_within_s(clock, bench, samples.taken_by("B")())
    assert took_s >= CRITERION.dwell_s


def test_a_thermometer_that_fails_or_is_off_the_band_counts_for_nothing(night):
    clock, thermometer = night
    samples, bench = waiting(clock, thermometer)
    for shows in (302.0, InstrumentError("meter", "READ?", "", "no answer")):
        thermometer.shows = shows
        measure_a(clock, samples, minutes=12)
        thermometer.shows = 300.2
        assert settles_within_s(clock, bench, samples.taken_by("B")())[0] >= CRITERION.dwell_s


def test_the_sample_under_way_is_not_read_twice_and_each_reading_is_given_once(night):
    clock, thermometer = night
    samples, _ = waiting(clock, thermometer)
    measure_a(clock, samples, minutes=1, interval_s=1)
    assert samples.taken_by("A")() == []
    assert len(samples.taken_by("B")()) == 60 / POLL_S
    assert samples.taken_by("B")() == []
