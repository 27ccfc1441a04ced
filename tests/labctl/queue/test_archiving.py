"""Ended runs reach the archive beside the night: a network that is away is tried again, and told once."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest

from labctl.clock import RealClock, VirtualClock
from labctl.config.archive_settings import ArchiveSettings
from labctl.queue import archiving
from labctl.queue.archiving import Keeper, follow
from labctl.queue.child_process import ChildEnded, run_to_its_end
from labctl.store import Store
from labctl.store.transactions import WriteConnection

SETTINGS = ArchiveSettings("s3://bucket/archive")
ADDED = ChildEnded(0, json.dumps({"series": []}), "")
AWAY = ChildEnded(1, "", "labctl: s3://bucket/archive: cannot be reached")
REFUSED = {"outcome": "refused", "runs": ["4711"], "reason": "it is not what it was at its end"}


@pytest.fixture
def lab(tmp_path):
    path = tmp_path / "lab.db"
    with Store.open(path) as store:
        end_a_run(store)
    return path


def end_a_run(store):
    sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
    about = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:P", "started_s": 1.0}
    run_id = store.insert("runs", about)
    store.update("runs", run_id, {"status": "finished", "ended_s": 2.0})


@pytest.fixture
def followed(lab, monkeypatch):
    """Follow with these answers of `archive add`, while the runner lives for so many looks."""

    def follow_with(answers, looks, at_look=lambda look: None):
        clock, left, attempts, turns = VirtualClock(), list(answers), [], []

        def add(command, longest_s, clock):
            attempts.append(clock.monotonic())
            return left.pop(0) if len(left) > 1 else left[0]

        def runner_lives():
            turns.append(0)
            at_look(len(turns))
            return len(turns) < looks

        monkeypatch.setattr(archiving, "run_to_its_end", add)
        follow(lab, "rig", SETTINGS, ["labctl"], clock, runner_lives)
        with WriteConnection(lab) as connection:
            events = connection.rows("SELECT level, message FROM events WHERE kind = 'archive' ORDER BY id")
        return attempts, [(event["level"], event["message"]) for event in events]

    return follow_with


def test_what_has_ended_is_added_once(followed):
    attempts, events = followed([ADDED], looks=50)
    assert (len(attempts), events) == (1, [])


def test_a_run_that_ends_later_is_added_too(followed, lab):
    def at_look(look):
        if look == 10:
            with Store.open(lab) as store:
                end_a_run(store)

    attempts, _ = followed([ADDED], looks=20, at_look=at_look)
    assert len(attempts) == 2


def test_the_last_run_is_added_after_the_runner_is_gone(followed, lab):
    def at_look(look):
        if look == 3:
            with Store.open(lab) as store:
                end_a_run(store)

    attempts, _ = followed([ADDED], looks=3, at_look=at_look)
    assert len(attempts) == 2


def test_an_archive_that_is_away_is_tried_again_ever_later_and_told_once(followed):
    attempts, events = followed([AWAY] * 12 + [ADDED], looks=5000)
    waits = [round(later - earlier) for earlier, later in pairwise(attempts)]
    assert waits[:3] == [10, 20, 40]
    assert max(waits) == 600
    assert [level for level, _ in events] == ["warning", "info"]
    assert "tried again: labctl: s3://bucket/archive: cannot be reached" in events[0][1]
    assert "is reached again" in events[1][1]


def test_an_archive_that_is_away_keeps_no_process_alive_after_the_runner(followed):
    attempts, events = followed([AWAY], looks=1)
    assert len(attempts) == 1
    assert [level for level, _ in events] == ["warning"]


def test_a_refused_run_is_told_once(followed, lab):
    def at_look(look):
        if look == 10:
            with Store.open(lab) as store:
                end_a_run(store)

    answer = ChildEnded(1, json.dumps({"series": [REFUSED]}), "")
    attempts, events = followed([answer], looks=20, at_look=at_look)
    assert len(attempts) == 2
    expected = "not added to the archive: run 4711: it is not what it was at its end"
    assert events == [("warning", expected)]


def test_a_process_that_ends_is_started_again_but_not_for_ever():
    started = []

    def start():
        started.append(subprocess.Popen([sys.executable, "-c", ""]))
        return started[-1]

    keeper = Keeper(start)
    for _ in range(archiving.MOST_STARTS + 3):
        keeper.look()
        started[-1].wait()
    assert len(started) == archiving.MOST_STARTS


def test_a_process_that_works_is_left_alone_and_one_that_cannot_start_is_no_error():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = []
        keeper = Keeper(lambda: started.append(0) or process)
        keeper.look()
        keeper.look()
        process.communicate(b"\n")
    assert len(started) == 1

    def refuse():
        raise OSError(11, "no more processes")

    Keeper(refuse).look()


def test_a_station_without_the_table_starts_nothing(station):
    def start():
        raise AssertionError("started")

    with archiving.archiving(station, station.source, start):
        pass
    with archiving.archiving(replace(station, archive={"to": 5}), station.source, start):
        pass


def test_a_station_with_the_table_has_a_process_beside_its_runner(station):
    started = []

    def start():
        started.append(subprocess.Popen([sys.executable, "-c", ""]))
        return started[-1]

    with archiving.archiving(replace(station, archive={"to": "folder"}), station.source, start):
        assert len(started) == 1
    for process in started:
        process.wait()


def test_a_command_that_hangs_is_ended_at_its_limit():
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    ended = run_to_its_end(command, 0.3, RealClock())
    assert ended.code is None
    assert "took longer than" in ended.problem


def test_the_last_line_of_the_error_output_says_why_a_command_failed():
    code = "import sys; print('out'); print('first\\nlast', file=sys.stderr); sys.exit(3)"
    assert run_to_its_end([sys.executable, "-c", code], 60, RealClock()) == ChildEnded(3, "out", "last")
    assert run_to_its_end(["/no/such/program"], 60, RealClock()).code is None
