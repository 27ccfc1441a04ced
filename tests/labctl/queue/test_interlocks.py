"""Trip conditions of the interlocks."""

from dataclasses import replace

import pytest

from labctl.config.night import InterlockSettings
from labctl.instruments.limits import Limits
from labctl.queue.interlocks import IdleInterlocks, Interlocks

LIMITS = Limits(temperature_k=(273.15, 423.15), potential_v=1.0, current_a=0.1)
SETTINGS = InterlockSettings(temperature_above_k=443.15, free_disk_mb=0.0)


@pytest.fixture
def interlocks(tmp_path):
    return Interlocks(SETTINGS, LIMITS, tmp_path / "lab.db")


def reading(temperature_k, setpoint_k=400.0):
    return {"temperature_k": temperature_k, "setpoint_k": setpoint_k}


def test_a_reading_above_the_limit_trips_and_stops_the_queue(interlocks):
    assert interlocks.judge("temperature", reading(443.0, 443.0)) is None
    trip = interlocks.judge("results", reading(443.2, 443.0))
    assert trip is not None
    assert (trip.name, trip.stops_queue) == ("temperature", True)


def test_a_sample_that_cools_towards_its_set_point_does_not_trip(interlocks):
    cooling = [reading(420.0 - n, 350.0) for n in range(60)]
    assert all(interlocks.judge("temperature", row) is None for row in cooling)


def test_an_overshoot_near_the_set_point_does_not_trip(interlocks):
    rising = [reading(400.0 + n, 400.0) for n in range(10)]
    assert all(interlocks.judge("temperature", row) is None for row in rising)


def test_a_sample_far_above_its_set_point_that_gets_hotter_trips(interlocks):
    path = [420.0, 419.0, 418.0, 418.5, 419.5, 420.5]
    trips = [interlocks.judge("temperature", reading(t, 350.0)) for t in path]
    assert [trip is not None for trip in trips] == [False] * 5 + [True]
    assert trips[-1] is not None
    assert "the heater does not obey" in trips[-1].words


def test_a_new_set_point_above_forgets_what_was(interlocks):
    for t in (420.0, 410.0):
        interlocks.judge("temperature", reading(t, 350.0))
    assert interlocks.judge("temperature", reading(415.0, 416.0)) is None
    assert interlocks.judge("temperature", reading(420.0, 350.0)) is None


def test_a_temperature_that_is_not_known_trips_nothing(interlocks):
    assert interlocks.judge("results", reading(float("nan"), 350.0)) is None
    assert interlocks.judge("results", {"setpoint_k": 350.0}) is None


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"potential_v": 1.2}, "potential"),
        ({"potential_v": -1.2}, "potential"),
        ({"current_a": 0.2}, "current"),
    ],
)
def test_a_cell_beyond_its_limits_fails_the_job_alone(interlocks, row, name):
    trip = interlocks.judge("results", {"phase": "hold", **row})
    assert trip is not None
    assert (trip.name, trip.stops_queue) == (name, False)


def test_the_rest_potential_of_a_cell_is_its_own_affair(interlocks):
    assert interlocks.judge("results", {"phase": "rest", "potential_v": 3.4, "current_a": 0.0}) is None


def test_a_watched_file_trips_by_being_there_or_by_what_it_says(tmp_path):
    watched = tmp_path / "door"
    by_presence = Interlocks(replace(SETTINGS, watched_file=str(watched)), LIMITS, tmp_path / "lab.db")
    by_content = Interlocks(
        replace(SETTINGS, watched_file=str(watched), watched_content="1"), LIMITS, tmp_path / "lab.db"
    )
    assert by_presence.look_around() is None
    missing = by_content.look_around()
    assert missing is not None
    assert "cannot be read" in missing.words
    watched.write_text("0")
    assert by_presence.look_around() is not None
    assert by_content.look_around() is None
    watched.write_text("1")
    assert by_content.look_around() is not None


def test_a_disk_that_is_nearly_full_trips(tmp_path):
    greedy = Interlocks(replace(SETTINGS, free_disk_mb=1e12), LIMITS, tmp_path / "lab.db")
    trip = greedy.look_around()
    assert trip is not None
    assert trip.stops_queue


def trips_while_idle(path_k, every_s=60.0, settings=SETTINGS):
    law = IdleInterlocks(settings)
    return [law.judge(kelvin, number * every_s) is not None for number, kelvin in enumerate(path_k)]


def test_heat_that_the_oven_stores_may_reach_the_sample_after_all_was_switched_off():
    stored = [350.0 + 2 * n for n in range(15)] + [378.0 - n for n in range(40)]
    assert not any(trips_while_idle(stored))


def test_a_warm_sample_that_gets_hotter_with_everything_off_trips():
    path = [350.0 - n for n in range(20)] + [331.0 + n for n in range(10)]
    trips = trips_while_idle(path)
    assert not any(trips[:26])
    assert all(trips[26:])


def test_a_cold_sample_may_warm_up_to_the_room():
    assert not any(trips_while_idle([200.0 + n for n in range(100)]))


def test_a_room_that_gets_warmer_is_no_alarm():
    assert not any(trips_while_idle([293.0 + 0.1 * n for n in range(150)]))


def test_the_highest_temperature_holds_also_at_once():
    assert trips_while_idle([440.0, 444.0]) == [False, True]


def test_a_reading_above_the_ceiling_of_the_sample_ends_the_job_and_not_the_queue(interlocks):
    interlocks.hold_for_sample(363.15, None, None)
    assert interlocks.judge("temperature", reading(364.9, 363.15)) is None
    trip = interlocks.judge("temperature", reading(365.4, 363.15))
    assert trip is not None
    assert (trip.name, trip.stops_queue) == ("temperature", False)
    assert "90.0 degC, the highest that the sample endures" in trip.words


def test_a_current_above_the_ceiling_of_the_sample_trips(interlocks):
    interlocks.hold_for_sample(None, 0.5, 0.01)
    assert interlocks.judge("results", {"current_a": 0.009, "potential_v": 0.5}) is None
    assert interlocks.judge("results", {"current_a": 0.011, "potential_v": 0.5}) is not None
    assert interlocks.judge("results", {"current_a": 0.0, "potential_v": 0.6}) is not None


def test_the_next_sample_has_its_own_ceilings(interlocks):
    interlocks.hold_for_sample(363.15, 0.5, 0.01)
    interlocks.hold_for_sample(None, None, None)
    assert interlocks.judge("temperature", reading(420.0, 420.0)) is None
    assert interlocks.judge("results", {"current_a": 0.09, "potential_v": 0.9}) is None
