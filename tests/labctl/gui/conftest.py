"""One Qt application for all tests of the window; off-screen unless a test provides a screen."""

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")


@pytest.fixture(scope="session")
def app():
    QtWidgets = pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

    return QtWidgets.QApplication.instance() or QtWidgets.QApplication(["labctl"])
