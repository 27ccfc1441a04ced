"""Parsing and formatting of times of day."""

from datetime import datetime

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
