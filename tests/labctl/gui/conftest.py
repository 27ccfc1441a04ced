"""One Qt application for all tests of the window; off-screen unless a test provides a screen."""

import os

import pytest

from labctl.clock import RealClock
from labctl.config.station import read_station
from labctl.store.transactions import WriteConnection
from labctl.testing import STATION

PATIENCE_S = 30.0

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")


@pytest.fixture(scope="session")
def app():
    QtWidgets = pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

    return QtWidgets.QApplication.instance() or QtWidgets.QApplication(["labctl"])


@pytest.fixture
def wait(app):
    """Wait until a condition holds while the window goes on."""
    from qtpy import QtTest

    def until(condition, what):
        clock = RealClock()
        end_s = clock.monotonic() + PATIENCE_S
        while not condition():
            assert clock.monotonic() < end_s, f"waited in vain: {what}"
            QtTest.QTest.qWait(1)  # Python's lock is held for so long, and no other thread computes
            clock.sleep(0.01)

    return until


@pytest.fixture
def station(tmp_path):
    (tmp_path / "station.toml").write_text(STATION)
    return read_station(tmp_path / "station.toml")


@pytest.fixture
def db(tmp_path):
    WriteConnection(tmp_path / "lab.db").close()
    return tmp_path / "lab.db"


@pytest.fixture
def window_of(app, db, wait):
    """Open the window of a station; return it. `runners_wanted` counts the runners that it starts.

    Garbage is collected in this thread only, as `labctl gui` does: Qt can deadlock otherwise.
    """
    from qtpy import QtTest

    from labctl.gui.window import Window
    from labctl.qt.garbage import GuiThreadCollector

    opened, collector = [], GuiThreadCollector()
    collector.start()

    def show(station):
        wanted = []
        window = Window(station, db, lambda: wanted.append(True))
        opened.append(window)
        window.runners_wanted = wanted
        window.show()
        wait(lambda: window._view is not None, "a look at the station")
        return window

    yield show
    for window in opened:
        window._view = None
        window.close()
        window.deleteLater()
    QtTest.QTest.qWait(20)
    opened.clear()
    collector.stop()


@pytest.fixture
def window(window_of, station):
    return window_of(station)
