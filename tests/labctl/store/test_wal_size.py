"""The -wal stays small: under a day of heartbeats, beside readers, in a paused night, after a long reader."""

import runpy
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from labctl.queue.heartbeat import Heartbeats
from labctl.store import Database
from labctl.store.connections import open_for_writing
from labctl.store.transactions import WriteConnection
from labctl.store.wal import SIZE_LIMIT_BYTES, wal_size

MOST_BYTES = 10_000_000
"""The promise: below 10 MB for ever."""
BENCHMARK = runpy.run_path(str(Path(__file__).parents[3] / "benchmarks" / "wal.py"), run_name="imported")
HUNDREDTH_OF_A_DAY = BENCHMARK["BEATS_OF_A_DAY"] // 100
idle = BENCHMARK["idle"]


@pytest.mark.parametrize("readers", [0, 2])
def test_heartbeats_of_an_idle_station_keep_the_wal_small(path, readers):
    """One hundredth of a day as fast as the disk takes it; `python benchmarks/wal.py` writes all of it."""
    report = idle(path, HUNDREDTH_OF_A_DAY, readers)
    assert report.beats == HUNDREDTH_OF_A_DAY
    assert 0 < report.largest_wal_bytes < MOST_BYTES
    with Database(path) as db:
        beats = db.rows("SELECT process, state FROM heartbeats ORDER BY process")
    assert [row["process"] for row in beats] == ["runner", "supervisor"]


def test_heartbeats_of_a_paused_night_keep_the_wal_small(path):
    """The store of the runner is open with a run that waits; nothing else is written."""
    report = idle(path, HUNDREDTH_OF_A_DAY, readers=1, paused_run=True)
    assert 0 < report.largest_wal_bytes < MOST_BYTES


def test_without_checkpoints_the_same_heartbeats_would_fill_the_disk(path, monkeypatch):
    """The test can fail: this is how it was."""
    monkeypatch.setattr("labctl.store.background.BackgroundCheckpoints.count", lambda self: None)
    with BENCHMARK["Station"](path) as station:
        for _ in range(1000):
            station.beat()
        assert wal_size(path) > 10 * SIZE_LIMIT_BYTES / 4


def test_heartbeats_go_on_without_memory_for_a_thread_and_are_copied_once_there_is(path, monkeypatch):
    start, refused = threading.Thread.start, []

    def start_or_not(thread):
        if thread.name == "labctl checkpoints" and len(refused) < 3:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_or_not)
    with WriteConnection(path).without_fsync() as connection:
        own, sizes = Heartbeats(connection, "supervisor", "rig"), []
        own.begin()
        for _ in range(1500):
            own.beat()
            sizes.append(wal_size(path))
    assert len(refused) == 3
    assert sizes[400] > sizes[100]
    assert sizes[-1] < 2 * sizes[400]


def test_a_supervisor_that_is_alone_keeps_the_wal_small(path):
    program = """
import sys
from labctl.queue.heartbeat import Heartbeats
from labctl.store.transactions import WriteConnection
from labctl.store.wal import wal_size
from pathlib import Path
path, largest = Path(sys.argv[1]), 0
with WriteConnection(path).without_fsync() as connection:
    own = Heartbeats(connection, "supervisor", "rig")
    own.begin()
    for number in range(3000):
        own.beat()
        largest = max(largest, wal_size(path))
print(largest)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert 0 < int(done.stdout) < MOST_BYTES


def test_the_wal_is_shortened_again_after_a_reader_kept_it_long(path):
    with (
        closing(open_for_writing(path)) as writer,
        closing(sqlite3.connect(path, isolation_level=None)) as reader,
    ):
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM events").fetchall()
        event = "INSERT INTO events (time_s, level, kind, message) VALUES (0, 'info', 'k', ?)"
        for _ in range(40):
            writer.execute(event, ("x" * 500_000,))
        assert wal_size(path) > 2 * MOST_BYTES
        reader.execute("COMMIT")
        writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        writer.execute(event, ("after it",))
        assert wal_size(path) <= SIZE_LIMIT_BYTES


def test_a_reader_keeps_no_transaction_open_between_two_looks(rig, path):
    """It would keep the -wal from starting again: then a checkpoint is incomplete."""
    with Database(path) as db:
        db.rows("SELECT * FROM events")
        db.frame("SELECT * FROM impedance_points")
        rig.append_points(100)
        rig.store.flush()
        with closing(sqlite3.connect(path)) as other:
            busy, frames, copied = other.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    assert (busy, copied) == (0, frames)
