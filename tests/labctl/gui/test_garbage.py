"""Garbage is collected in the GUI thread only, and is collected."""

import gc
import subprocess
import sys
import threading
import weakref

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from labctl.clock import RealClock
from labctl.qt.garbage import GuiThreadCollector
from labctl.testing import STATION

CYCLES = 20_000

WINDOW = """
import gc, sys, threading
from pathlib import Path
from qtpy import QtCore, QtWidgets
from labctl.config.station import read_station
from labctl.gui.application import run_window

where, done = set(), threading.Event()

def allocate():
    for _ in range(200_000):
        cycle = []
        cycle.append(cycle)
    done.set()

def begin():
    gc.callbacks.append(lambda phase, info: where.add(threading.current_thread() is threading.main_thread()))
    threading.Thread(target=allocate).start()

def quit_when_done():
    if done.is_set() and where:
        sys.stdout.write(f"in the GUI thread: {sorted(where)}")
        gc.callbacks.clear()
        QtWidgets.QApplication.quit()

application = QtWidgets.QApplication(["labctl"])
timer = QtCore.QTimer()
timer.timeout.connect(quit_when_done)
timer.start(50)
QtCore.QTimer.singleShot(0, begin)
code = run_window(read_station(Path(sys.argv[1])), Path(sys.argv[2]), start_runner=False)
sys.stdout.write(f"; automatic afterwards: {gc.isenabled()}")
sys.exit(code)
"""


class Cycle:
    """An object that only a garbage collection destroys."""

    def __init__(self):
        self.itself = self


@pytest.fixture
def collector(app):
    collector = GuiThreadCollector()
    collector.start()
    yield collector
    collector.stop()


def in_another_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_cycles_of_another_thread_are_collected_in_the_gui_thread(collector, wait):
    threads, alive = set(), weakref.WeakSet()

    def note(phase, info):
        threads.add(threading.current_thread())

    def allocate():
        for _ in range(CYCLES):
            alive.add(Cycle())

    gc.callbacks.append(note)
    try:
        thread = in_another_thread(allocate)
        wait(lambda: not thread.is_alive(), "the end of the allocations")
        wait(lambda: len(alive) < CYCLES / 100, "the cycles to be destroyed")
    finally:
        gc.callbacks.remove(note)
    assert threads == {threading.main_thread()}


def test_memory_does_not_grow_with_the_cycles_that_were_made(collector, wait):
    alive, most, stop = weakref.WeakSet(), [], threading.Event()
    clock = RealClock()

    def allocate():
        for _ in range(10):
            for _ in range(CYCLES // 10):
                alive.add(Cycle())
            most.append(len(alive))
            while len(alive) > CYCLES // 10 and not stop.is_set():
                clock.sleep(0.01)

    thread = in_another_thread(allocate)
    try:
        wait(lambda: not thread.is_alive(), "each tenth to be collected before the next")
    finally:
        stop.set()
        thread.join()
    assert max(most) <= 2 * CYCLES / 10


def test_python_collects_again_when_the_last_of_two_windows_has_closed(app):
    first, second = GuiThreadCollector(), GuiThreadCollector()
    first.start()
    second.start()
    seen = [gc.isenabled()]
    for collector in (first, first, second):
        collector.stop()
        seen.append(gc.isenabled())
    assert seen == [False, False, False, True]


def test_cycles_that_grew_old_are_collected_too(app, monkeypatch):
    collected = []
    monkeypatch.setattr(gc, "collect", collected.append)
    collector = GuiThreadCollector()
    for counts in ((700, 0, 0), (701, 10, 10), (701, 11, 10), (701, 11, 11), (701, 0, 11)):
        monkeypatch.setattr(gc, "get_count", lambda counts=counts: counts)
        monkeypatch.setattr(gc, "get_threshold", lambda: (700, 10, 10))
        collector.collect()
    assert collected == [0, 1, 2, 2]


def test_the_window_collects_in_its_own_thread_and_leaves_python_as_it_was(tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    command = [sys.executable, "-c", WINDOW, str(tmp_path / "station.toml"), str(tmp_path / "lab.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "in the GUI thread: [True]; automatic afterwards: True", done.stderr
