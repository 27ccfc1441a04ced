"""Start of the window: database, lock against a second window, runner as a separate process."""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from labctl.config.station import Station
from labctl.gui.qt import Qt, QtCore, QtWidgets
from labctl.gui.remembered import remember, restore, settings_of_user
from labctl.gui.style import choose_scheme
from labctl.gui.window import Window
from labctl.qt.garbage import GuiThreadCollector
from labctl.queue.processes import start_labctl
from labctl.queue.rehearsing import start_rehearsal
from labctl.store.transactions import WriteConnection

SIGNALS_SEEN_EVERY_MS = 200
SWITCH_S = 2e-4


def run_window(
    station: Station,
    db: Path,
    scheme: str = "system",
    start_runner: bool = True,
    runner_options: Sequence[str] = (),
) -> int:
    """Show the window until it is closed; return the exit code.

    `runner_options` are handed on to the runner and the rehearsals that it starts.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    WriteConnection(db).close()  # created or migrated now, so that a failure is reported at the start
    QtCore.QLocale.setDefault(QtCore.QLocale.c())
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(sys.argv[:1])
    assert isinstance(application, QtWidgets.QApplication)
    application.setApplicationName("labctl")
    application.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)  # F12 must reach the window
    choose_scheme(application, scheme)
    share_the_interpreter()
    starter = RunnerStarter(station, db, runner_options)
    window = Window(station, db, starter, RehearsalStarter(station, db, runner_options), at_once=start_runner)
    lock = lock_against_second_window(window, db)
    settings = settings_of_user()
    restore(window, settings)
    if scheme != "system":
        window.choose_scheme(scheme)
    window.closed.connect(lambda: remember(window, settings))
    window.show()
    _end_at_signals(window)
    collector = GuiThreadCollector()
    collector.start()
    try:
        return application.exec()
    finally:
        collector.stop()
        lock.unlock()


def share_the_interpreter() -> None:
    """Make threads that read and fit yield to the window quickly.

    Each call into Qt hands the interpreter over; with Python's 5 ms a repaint of a few milliseconds waits
    several times as long while another thread computes. Imported objects are excluded from
    garbage collection, which takes a tenth of a second in the thread that triggers it.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()


class RunnerStarter:
    """Starts `labctl runner` as a separate process; the runner starts its supervisor."""

    def __init__(self, station: Station, db: Path, options: Sequence[str] = ()) -> None:
        self._station, self._db, self._options = station, db, options

    def __call__(self) -> "subprocess.Popen[bytes]":
        """Start a runner and return its process; a second one of a station ends at once and logs why."""
        arguments = ["runner", "--station", self._station.source, "--db", str(self._db), *self._options]
        return start_labctl(arguments, self._db.with_suffix(".runner.log"))


class RehearsalStarter:
    """Starts the rehearsal of a job as a separate process of low priority."""

    def __init__(self, station: Station, db: Path, options: Sequence[str] = ()) -> None:
        self._station, self._db, self._options = station, db, options

    def __call__(self, *job_ids: int) -> None:
        """Start the rehearsal of these jobs; raises OSError where no process can be started."""
        start_rehearsal(self._db, self._station.source, list(job_ids), self._options)


def lock_against_second_window(window: Window, db: Path) -> QtCore.QLockFile:
    """Lock a database for the first window; a second window shows a message that another is open."""
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
    """Close the window at Ctrl-C in the terminal; a timer lets Python handle signals."""
    signal.signal(signal.SIGINT, lambda *_: QtWidgets.QApplication.quit())
    timer = QtCore.QTimer(window)
    timer.timeout.connect(lambda: None)
    timer.start(SIGNALS_SEEN_EVERY_MS)
