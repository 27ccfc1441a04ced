"""Starts the window: the database, the lock that knows a second window, the runner that outlives it."""

import gc
import os
import signal
import sys
from pathlib import Path

from labctl.config.station import Station
from labctl.gui.qt import QtCore, QtWidgets
from labctl.gui.style import choose_scheme
from labctl.gui.window import Window
from labctl.queue.processes import start_labctl
from labctl.store.transactions import WriteConnection

SIGNALS_SEEN_EVERY_MS = 200
SWITCH_S = 2e-4


def run_window(station: Station, db: Path, scheme: str = "system", start_runner: bool = True) -> int:
    """Show the window until it is closed; return the exit code.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    WriteConnection(db).close()  # made or brought up to date now, with a sentence where that fails
    QtCore.QLocale.setDefault(QtCore.QLocale.c())
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(sys.argv[:1])
    assert isinstance(application, QtWidgets.QApplication)
    application.setApplicationName("labctl")
    choose_scheme(application, scheme)
    share_the_interpreter()
    starter = RunnerStarter(station, db) if start_runner else (lambda: None)
    window = Window(station, db, starter)
    lock = tell_of_other_window(window, db)
    window.show()
    _end_at_signals(window)
    code = application.exec()
    lock.unlock()
    return code


def share_the_interpreter() -> None:
    """Let threads that read and fit give way to the window at once.

    Each call into Qt hands the interpreter over; with Python's 5 ms a repaint of a few milliseconds waits
    several times as long while another thread computes. What has been imported is never looked through
    for garbage again: that takes a tenth of a second, in whatever thread it happens to come.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()


class RunnerStarter:
    """Starts `labctl runner` apart from the window; the runner starts its supervisor."""

    def __init__(self, station: Station, db: Path) -> None:
        self._station, self._db = station, db

    def __call__(self) -> None:
        """Start one; a second runner of the same station ends at once with a sentence in its log."""
        arguments = ["runner", "--station", self._station.source, "--db", str(self._db)]
        start_labctl(arguments, self._db.with_suffix(".runner.log"))


def tell_of_other_window(window: Window, db: Path) -> QtCore.QLockFile:
    """Hold the lock of the first window on a database; a second one says that there is another."""
    lock = QtCore.QLockFile(f"{db}.window.lock")
    lock.setStaleLockTime(0)
    if not lock.tryLock(0):
        window.say(f"{_holder(lock)} shows the same database; both may be used")
    return lock


def _holder(lock: QtCore.QLockFile) -> str:
    found = lock.getLockInfo()
    pid = found[0] if isinstance(found, tuple) else 0
    return f"another window (pid {pid})" if pid and pid != os.getpid() else "another window"


def _end_at_signals(window: Window) -> None:
    """Ctrl-C in the terminal closes the window; Python sees signals only when it runs now and then."""
    signal.signal(signal.SIGINT, lambda *_: QtWidgets.QApplication.quit())
    timer = QtCore.QTimer(window)
    timer.timeout.connect(lambda: None)
    timer.start(SIGNALS_SEEN_EVERY_MS)
