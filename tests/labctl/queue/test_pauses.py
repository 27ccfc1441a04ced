"""Pauses belong to one station, or to all of a file; each station is resumed by itself."""

import pytest

from labctl.queue.heartbeat import Heartbeats
from labctl.queue.pauses import Pauses, put_pause


@pytest.fixture
def of(night):
    """The pauses of a station; all of them for no name. Stations a and b have had a runner."""
    for station in ("a", "b"):
        Heartbeats(night.connection, "runner", station).begin()
    return lambda station="": Pauses(night.connection, night.clock, station)


def reasons(pauses):
    return [(pause.station, pause.reason) for pause in pauses.all_in_force()]


def test_an_interlock_of_one_station_pauses_no_other(of):
    of("a").wait_for_person("interlock: too hot")
    assert of("b").in_force() is None
    assert of("a").in_force().reason == "interlock: too hot"
    assert of().in_force().place == "a: interlock: too hot"


def test_resuming_one_station_leaves_the_interlock_of_another_in_force(of):
    of("a").wait_for_person("interlock: too hot")
    of("b").pause("step", "coffee", "ann")
    assert of("b").resume()
    assert not of("b").resume()
    assert reasons(of()) == [("a", "interlock: too hot")]


def test_a_pause_of_all_stations_holds_for_each_and_is_resumed_for_each(of):
    of().pause("job", "the door is open", "ann")
    assert of("a").in_force().reason == of("b").in_force().reason == "the door is open"
    of("a").resume()
    assert of("a").in_force() is None
    assert (of("b").in_force().reason, of("b").in_force().person) == ("the door is open", "ann")


def test_resuming_everything_lifts_every_pause(of):
    of("a").wait_for_person("interlock: too hot")
    of().pause("job", "the door is open")
    assert of().resume()
    assert reasons(of()) == []


def test_a_new_pause_takes_the_place_of_the_last_one_of_its_station_only(of):
    of("a").pause("point", "one")
    of("a").pause("step", "two")
    of("b").pause("job", "three")
    assert reasons(of()) == [("b", "three"), ("a", "two")]


def test_a_file_of_an_older_schema_that_is_only_read_shows_its_pause(night):
    night.pauses.pause("job", "coffee", "ann")
    with night.connection.transaction() as connection:
        connection.execute("ALTER TABLE queue_pauses DROP COLUMN station")
    assert (night.pauses.in_force().reason, night.pauses.in_force().station) == ("coffee", "")


@pytest.mark.parametrize("reason", ["make safe the glove box first", "make safe, asked for by ann"])
def test_no_reason_of_a_person_acts_as_a_request_to_make_safe(of, reason):
    of("a").pause("job", reason, "ann")
    pause = of("a").in_force()
    assert not pause.asks_safe
    assert reason in pause.reason
    assert not pause.reason.startswith("make safe"), "an older labctl would obey"


@pytest.mark.parametrize("person", ["ann", "", "labctl"])
def test_a_request_to_make_safe_is_one_whoever_asks(of, person):
    of("a").ask_to_make_safe(person)
    assert of("a").in_force().asks_safe


def test_a_request_of_an_older_labctl_is_understood(night, of):
    with night.connection.transaction() as connection:
        put_pause(connection, 0.0, "a", "job", "make safe, asked for by ann", "ann")
    assert of("a").in_force().asks_safe


def test_a_person_who_is_called_labctl_is_no_interlock(of):
    of("a").pause("job", "coffee", "labctl")
    assert not of("a").in_force().is_interlock
