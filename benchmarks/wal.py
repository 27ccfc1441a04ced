"""Size of the -wal of an idle station: the heartbeats of a day, as fast as the disk takes them.

    python benchmarks/wal.py [--days 1] [--readers 2]

A runner writes a heartbeat twice a second, a supervisor four times: 518 400 in a day. Here two connections
write them without a pause while readers poll as a window does. In real time the pauses between the heartbeats
make it easier to keep the -wal small, not harder.
"""

import argparse
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from figures import state

from labctl.queue.heartbeat import Heartbeats
from labctl.store import Database, Store
from labctl.store.transactions import WriteConnection
from labctl.store.wal import wal_size

BEATS_OF_A_DAY = (2 + 4) * 86_400
READ_EVERY_S = 0.02


@dataclass(frozen=True)
class Report:
    """Outcome: how many heartbeats, the largest -wal seen, seconds taken."""

    beats: int
    largest_wal_bytes: int
    took_s: float


class Station:
    """The heartbeats of a runner and a supervisor, each through its own connection."""

    def __init__(self, path: Path) -> None:
        self._connections = [WriteConnection(path).without_fsync() for _ in range(2)]
        names = ("runner", "supervisor")
        self._beats = [Heartbeats(c, name, "rig") for c, name in zip(self._connections, names, strict=True)]
        for beat in self._beats:
            beat.begin()

    def beat(self) -> None:
        """Write the heartbeats of half a second: one of the runner, two of the supervisor."""
        runner, supervisor = self._beats
        runner.beat(due_s=None, doing="waiting: the queue is paused", temperature_k=300.0)
        supervisor.beat()
        supervisor.beat()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()


def idle(path: Path, beats: int, readers: int, paused_run: bool = False) -> Report:
    """Write so many heartbeats with a store open, as a runner has it; readers poll at the same time."""
    over, largest, began_s = threading.Event(), 0, time.perf_counter()
    polling = [threading.Thread(target=_poll, args=(path, over)) for _ in range(readers)]
    with Store.open(path) as store, Station(path) as station, ExitStack() as stack:
        if paused_run:
            _begin_run(store)
        for thread in polling:
            thread.start()
            stack.callback(thread.join)
        stack.callback(over.set)
        for _ in range(beats // 3):
            station.beat()
            largest = max(largest, wal_size(path))
    return Report(3 * (beats // 3), largest, time.perf_counter() - began_s)


def _begin_run(store: Store) -> None:
    sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
    run = {"sample_id": store.find_or_add_sample(sample), "procedure": "p:C", "started_s": 0.0}
    store.insert("spectra", {"run_id": store.insert("runs", run), "number": 0, "started_s": 0.0})


def _poll(path: Path, over: threading.Event) -> None:
    with Database(path) as db:
        while not over.wait(READ_EVERY_S):
            db.rows("SELECT * FROM heartbeats")
            db.rows("SELECT * FROM events ORDER BY id DESC LIMIT 5")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=float, default=1.0)
    parser.add_argument("--readers", type=int, default=2)
    return parser


def main() -> None:
    arguments = parser().parse_args()
    beats = round(arguments.days * BEATS_OF_A_DAY)
    with tempfile.TemporaryDirectory() as folder:
        report = idle(Path(folder) / "lab.db", beats, arguments.readers)
    state("wal.largest", report.largest_wal_bytes / 1e6, "MB")
    print(
        f"{report.beats} heartbeats in {report.took_s:.0f} s beside {arguments.readers} readers: "
        f"the -wal was never larger than {report.largest_wal_bytes / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
