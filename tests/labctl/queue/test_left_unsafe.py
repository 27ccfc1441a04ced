"""Attempts to make safe what a runner left on, while other programs want the instruments too."""

import os

import pytest

from labctl.clock import VirtualClock
from labctl.config.station import read_station
from labctl.instruments.locks import hardware_locks
from labctl.queue.left_unsafe import TELL_AGAIN_S, LeftUnsafe
from labctl.queue.requests import MADE_SAFE

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


class Attempts:
    def __init__(self, folder):
        (folder / "station.toml").write_text(STATION)
        self.clock, self.tried, self.announced = VirtualClock(), 0, []
        station = read_station(folder / "station.toml")
        self.left = LeftUnsafe(
            station, self.clock, self.make_safe, lambda *event: self.announced.append(event)
        )

    def make_safe(self):
        self.tried += 1
        return {}


@pytest.fixture
def attempts(tmp_path):
    return Attempts(tmp_path)


def test_a_program_that_holds_the_instruments_is_named_and_nothing_is_touched(attempts):
    with hardware_locks(["GPIB::12"], "a check of its instruments"):
        assert not attempts.left.try_again("what it left on")
    assert attempts.tried == 0
    ((level, kind, message),) = attempts.announced
    assert (level, kind) == ("error", "interlock")
    assert f"(pid {os.getpid()}) for a check of its instruments" in message
    assert f"(pid {os.getpid()})" in attempts.left.problem


def test_it_is_told_again_every_quarter_of_an_hour_only(attempts):
    with hardware_locks(["GPIB::12"], "a check of its instruments"):
        for _ in range(3):
            attempts.left.try_again("what it left on")
            attempts.clock.sleep(TELL_AGAIN_S / 2)
    assert len(attempts.announced) == 2


def test_everything_is_made_safe_once_the_instruments_are_free(attempts):
    with hardware_locks(["GPIB::12"], "a check of its instruments"):
        attempts.left.try_again("what it left on")
    attempts.clock.sleep(10)
    assert attempts.left.try_again("what it left on")
    assert attempts.tried == 1
    assert attempts.announced[-1][2].endswith(MADE_SAFE)


def test_a_lock_folder_that_cannot_be_used_does_not_prevent_it(attempts, tmp_path, monkeypatch):
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv("LABCTL_LOCK_DIR", str(tmp_path / "no folder"))
    assert attempts.left.try_again("what it left on")
    assert attempts.tried == 1
