"""Limits of the readings of monitors."""

import math

import pytest

from labctl.config.night import ReadingLimit
from labctl.queue.monitor_limits import WatchedReading

OK = "ok"


def row(time_s, value=None, status=OK, quantity="relative_humidity_percent", instrument="room"):
    return {
        "time_s": time_s,
        "instrument": instrument,
        "quantity": quantity,
        "value": value,
        "status": status,
    }


def silence(time_s):
    return row(time_s, None, "timed out", quantity="")


def limited(**options):
    known = {"lowest": 0.0, "highest": 5.0, "silent_s": 300.0}
    return WatchedReading(ReadingLimit("room", "relative_humidity_percent", **(known | options)))


def test_a_reading_within_its_limits_ends_nothing():
    reading = limited()
    assert [reading.judge(row(time_s, value)) for time_s, value in ((0, 0.0), (5, 5.0), (10, 2.0))] == [
        ""
    ] * 3


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5.1, "relative_humidity_percent of room is 5.1, allowed is at most 5"),
        (-0.1, "relative_humidity_percent of room is -0.1, allowed is at least 0"),
    ],
)
def test_a_reading_outside_its_limits_ends_the_job_in_words(value, words):
    assert limited().judge(row(0, value)) == words


def test_another_instrument_and_another_quantity_are_not_judged():
    reading = limited()
    assert reading.judge(row(0, 50.0, instrument="glove box")) == ""
    assert reading.judge(row(0, 50.0, quantity="oxygen_ppm")) == ""


def test_a_silent_monitor_is_told_once_where_the_station_says_nothing():
    reading = limited()
    assert [reading.judge(silence(time_s)) for time_s in range(0, 900, 30)] == [""] * 30
    (doubt,) = reading.doubts
    assert "not known for 5.0 min: timed out; the measurement goes on" in doubt


def test_a_silent_monitor_ends_the_job_where_the_station_says_so():
    reading = limited(stops_when_silent=True)
    reading.judge(row(0, 2.0))
    assert reading.judge(silence(1000)) == ""  # a long point: the silence counts from its first failure
    assert reading.judge(silence(1299)) == ""
    assert "not known for 5.0 min: timed out" in reading.judge(silence(1300))


def test_an_answer_ends_a_silence():
    reading = limited(stops_when_silent=True)
    for time_s in (0, 290, 580):
        assert reading.judge(silence(time_s)) == ""
        assert reading.judge(row(time_s + 1, 2.0)) == ""


def test_a_reading_that_is_no_number_counts_as_silence():
    reading = limited(stops_when_silent=True)
    assert reading.judge(row(0, None, "nan is no number")) == ""
    assert "nan is no number" in reading.judge(row(301, None, "nan is no number"))


def test_a_quantity_that_the_monitor_never_reads_is_not_overlooked():
    reading = limited(stops_when_silent=True)
    assert reading.judge(row(0, 295.0, quantity="temperature_k")) == ""
    words = reading.judge(row(300, 295.0, quantity="temperature_k"))
    assert "the monitor gives no such reading" in words


def test_a_value_that_sticks_counts_as_silence_where_a_time_is_given():
    sticky = [row(time_s, 2.0) for time_s in range(0, 3601, 60)]
    assert not any(map(limited(stops_when_silent=True).judge, sticky))
    watched = limited(stops_when_silent=True, unchanged_s=3600.0)
    assert not any(map(watched.judge, sticky[:-1]))
    assert "it stays 2 to the last digit" in watched.judge(sticky[-1])


def test_a_value_that_sticks_outside_its_limits_ends_the_job_at_once():
    watched = limited(unchanged_s=10.0)
    watched.judge(row(0, 2.0))
    assert watched.judge(row(5, 9.0))


def test_no_upper_limit_allows_any_height():
    assert limited(highest=math.inf).judge(row(0, 1e9)) == ""
