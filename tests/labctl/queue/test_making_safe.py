"""The button MAKE SAFE in every state of the runner. The rig is served by this process."""

import contextlib
import signal
import sqlite3
from pathlib import Path

import pytest

from labctl.queue import making_safe
from labctl.store.transactions import WriteConnection


@pytest.fixture
def rig(rig_in_use):
    return rig_in_use


@pytest.fixture
def heating_runner(rig):
    return rig.start_runner(with_job=True)


def make_safe(rig):
    return making_safe.make_safe(rig.station, "rig", rig.db, "Mara")


def test_without_any_runner_the_instruments_are_made_safe_from_here(rig):
    rig.heat()
    report = make_safe(rig)
    assert report.safe
    assert not rig.heater_is_on
    assert "Mara" in rig.pause.reason


def test_a_running_job_is_stopped_by_its_runner_and_the_queue_waits(rig, heating_runner):
    report = make_safe(rig)
    assert report.safe
    assert not rig.heater_is_on
    assert rig.job_states == ["failed"]
    assert rig.pause is not None


def test_a_frozen_runner_is_ended_and_passed_by(rig, heating_runner):
    heating_runner.send_signal(signal.SIGSTOP)
    report = make_safe(rig)
    assert report.safe
    assert not rig.heater_is_on
    assert heating_runner.wait(timeout=60) != 0


def test_a_runner_that_cannot_be_told_is_ended_before_it_heats_again(rig, heating_runner, monkeypatch):
    """Simulate a runner that froze with the database locked."""
    monkeypatch.setattr(making_safe, "LONG_PATIENCE_S", 0.1)
    with contextlib.closing(sqlite3.connect(rig.db, isolation_level=None)) as another_program:
        another_program.execute("BEGIN IMMEDIATE")
        report = make_safe(rig)
        assert heating_runner.wait(timeout=60) != 0
    assert report.safe
    assert not rig.heater_is_on
    assert "its runner was ended" in report.words
    assert "could not be paused" in report.words


def test_the_wish_and_its_outcome_are_recorded(rig):
    make_safe(rig)
    with WriteConnection(rig.db) as connection:
        (event,) = connection.rows("SELECT * FROM events WHERE kind = 'person'")
    assert "asked for by Mara" in event["message"]


def test_instruments_that_cannot_be_reached_are_never_called_safe(rig):
    text = rig.station.read_text()
    rig.station.write_text(text.replace("TCPIP0::127.0.0.1::", "TCPIP0::127.0.0.1::1"))
    report = make_safe(rig)
    assert not report.safe
    assert "NOT SAFE" in report.words


@pytest.mark.parametrize("lose", [Path.unlink, lambda db: db.write_bytes(b"this is no database" * 100)])
def test_a_lost_database_does_not_keep_the_heater_on(rig, lose, monkeypatch):
    monkeypatch.setattr(making_safe, "LONG_PATIENCE_S", 0.1)
    rig.heat()
    lose(rig.db)
    was_there = rig.db.exists()
    report = make_safe(rig)
    assert report.safe
    assert not rig.heater_is_on
    assert "could not be paused" in report.words
    assert rig.db.exists() == was_there
