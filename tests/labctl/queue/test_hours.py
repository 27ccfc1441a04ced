"""Parsing and formatting of times of day."""

import time
from datetime import UTC, datetime

import pytest

from labctl.queue.boot import boot_mark, same_boot
from labctl.queue.hours import hour_in_words, parse_hour

NOON_S = datetime(2026, 11, 23, 12, 0).timestamp()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+90min", NOON_S + 5400),
        ("+8h", NOON_S + 28800),
        ("22:30", datetime(2026, 11, 23, 22, 30).timestamp()),
        ("06:15", datetime(2026, 11, 24, 6, 15).timestamp()),
        ("2026-11-25 07:00", datetime(2026, 11, 25, 7).timestamp()),
    ],
)
def test_an_hour_is_understood(text, expected):
    assert parse_hour(text, NOON_S) == expected


@pytest.mark.parametrize("text", ["25:00", "soon", "+3days", ""])
def test_what_is_no_hour_is_refused_with_examples(text):
    with pytest.raises(ValueError, match=r"use e.g. 22:30"):
        parse_hour(text, NOON_S)


def test_hours_are_told_as_short_as_is_clear():
    assert hour_in_words(None, NOON_S) == ""
    assert hour_in_words(NOON_S + 3600, NOON_S) == "13:00"
    assert hour_in_words(NOON_S + 20 * 3600, NOON_S) == "Tue 08:00"
    assert hour_in_words(NOON_S + 30 * 86400, NOON_S) == "2026-12-23 12:00"


def test_a_start_of_the_computer_is_itself_and_no_other():
    assert same_boot(boot_mark(), boot_mark())
    assert not same_boot("an id", "another id")
    assert same_boot("1795365136", "1795365190")
    assert not same_boot("1795365136", "1795366000")


@pytest.mark.parametrize(
    "text",
    ["+99999999999h", "+" + "9" * 400 + "h", "9999-12-31 23:59", "0001-01-01", "2026-11-30T10:00+99:00"],
)
def test_a_time_of_no_plan_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"use e\.g\. 22:30") as caught:
        parse_hour(text, NOON_S)
    assert len(str(caught.value)) < 300


@pytest.fixture
def in_berlin(monkeypatch):
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be set here")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def utc(*stamp):
    return datetime(*stamp, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ((2026, 10, 24, 20, 0), (2026, 10, 25, 0, 30)),  # the evening before: the first 02:30, still summer
        ((2026, 10, 25, 0, 45), (2026, 10, 25, 1, 30)),  # 02:45 in summer: 02:30 comes again in 45 min
        ((2026, 10, 25, 1, 45), (2026, 10, 26, 1, 30)),  # 02:45 in winter: tomorrow
        ((2026, 3, 28, 22, 0), (2026, 3, 29, 1, 30)),  # 02:30 is left out: as if the clock had not been set
        ((2026, 3, 29, 2, 0), (2026, 3, 30, 0, 30)),
    ],
)
def test_an_hour_in_a_night_in_which_the_clock_is_set_is_the_next_that_the_clock_shows(
    in_berlin, now, expected
):
    assert parse_hour("02:30", utc(*now)) == utc(*expected)
