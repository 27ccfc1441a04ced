"""Pauses belong to one station, or to all of a file; each station is resumed by itself."""

import pytest

from labctl.queue.heartbeat import Heartbeats
from labctl.queue.pauses import LABCTL, Pauses


@pytest.fixture
def of(night):
    """The pauses of a station; all of them for no name. Stations a and b have had a runner."""
    for station in ("a", "b"):
        Heartbeats(night.connection, "runner", station).begin()
    return lambda station="": Pauses(night.connection, night.clock, station)


def reasons(pauses):
    return [(pause.station, pause.reason) for pause in pauses.all_in_force()]


def test_an_interlock_of_one_station_pauses_no_other(of):
    of("a").pause("job", "interlock: too hot", LABCTL)
    assert of("b").in_force() is None
    assert of("a").in_force().reason == "interlock: too hot"
    assert of().in_force().place == "a: interlock: too hot"


def test_resuming_one_station_leaves_the_interlock_of_another_in_force(of):
    of("a").pause("job", "interlock: too hot", LABCTL)
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
    of("a").pause("job", "interlock: too hot", LABCTL)
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
