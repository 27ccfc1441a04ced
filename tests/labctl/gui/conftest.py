"""One Qt application for all tests of the window; without a screen unless the test brings one."""

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")


@pytest.fixture(scope="session")
def app():
    pytest.importorskip("PySide6", reason="the extra `gui` is not installed")
    from qtpy import QtWidgets

    return QtWidgets.QApplication.instance() or QtWidgets.QApplication(["labctl"])
