"""Which endings of the first supervisor the second one follows."""

import pytest

from labctl.clock import VirtualClock
from labctl.config.station import read_station
from labctl.measure.stop import StopRequest
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.second_supervisor import first_was_stopped, wait_as_second

STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
"""


@pytest.fixture
def station(tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    return read_station(tmp_path / "station.toml")


@pytest.fixture
def runner(night):
    beats = Heartbeats(night.connection, "runner", "rig")
    beats.begin()
    return beats


@pytest.fixture
def first(night):
    beats = Heartbeats(night.connection, "supervisor", "rig")
    beats.begin()
    return beats


def takes_over(station, night):
    return wait_as_second(station, night.path, StopRequest(), VirtualClock())


def test_it_ends_with_a_first_one_that_leaves_no_runner_behind(station, night, runner, first):
    runner.end()
    first.end()
    assert not takes_over(station, night)


def test_it_takes_the_place_of_a_first_one_that_is_stopped_while_a_runner_lives(
    station, night, runner, first
):
    """The runner starts another one, but may die before that."""
    first.end()
    assert takes_over(station, night)
    assert first_was_stopped(station, night.path)


def test_it_takes_the_place_of_a_first_one_that_died(station, night, runner, first):
    runner.end()
    assert takes_over(station, night)
    assert not first_was_stopped(station, night.path)
