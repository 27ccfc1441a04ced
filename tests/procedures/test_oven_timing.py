"""Assumed times of an oven without measurements."""

import math

import pytest

from procedures.oven_timing import ASSUMED_COOLING_S, ROOM_K, travel_time_s


def test_heating_goes_at_the_assumed_rate_or_at_the_ramp():
    assert travel_time_s(300.0, 350.0) == pytest.approx(600.0)
    assert travel_time_s(300.0, 350.0, ramp_k_s=0.01) == pytest.approx(5000.0)


def test_an_oven_cools_ever_more_slowly_and_never_faster_than_its_ramp():
    half_way = travel_time_s(ROOM_K + 80, ROOM_K + 40)
    assert half_way == pytest.approx(ASSUMED_COOLING_S * math.log(2))
    assert travel_time_s(ROOM_K + 40, ROOM_K + 20) == pytest.approx(half_way)
    assert travel_time_s(ROOM_K + 80, ROOM_K + 40, ramp_k_s=0.001) == pytest.approx(40_000.0)


def test_an_oven_that_is_to_become_colder_than_the_room_is_cooled():
    assert travel_time_s(ROOM_K, ROOM_K - 50) == pytest.approx(600.0)
    assert math.isfinite(travel_time_s(ROOM_K + 50, ROOM_K - 50))
