"""The tabs as docks: arranged beside and below each other, and remembered."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtCore, QtTest, QtWidgets

from labctl.gui.docks import Docks
from labctl.gui.plots.tab import Tab
from labctl.gui.remembered import remember, restore

NAMES = ["a", "b", "c"]


@pytest.fixture
def docks(app):
    docks = Docks()
    for name in NAMES:
        docks.add(QtWidgets.QLabel(name), name)
    docks.resize(900, 500)
    docks.setCurrentIndex(0)
    docks.show()
    QtTest.QTest.qWait(50)
    yield docks
    docks.close()
    docks.deleteLater()


def settle():
    QtTest.QTest.qWait(100)


def test_at_first_one_tab_is_in_sight_and_any_can_be_brought_to_the_front(docks):
    assert docks.in_sight() == ["a"]
    for place, name in enumerate(NAMES):
        docks.setCurrentIndex(place)
        settle()
        assert (docks.in_sight(), docks.currentIndex()) == ([name], place)


class Counting(Tab):
    def __init__(self):
        super().__init__()
        self.drawn = 0

    def draw(self):
        self.drawn += 1


def test_a_tab_behind_another_is_drawn_when_it_comes_into_sight_and_not_before(app):
    docks, tabs = Docks(), [Counting() for _ in NAMES]
    for tab, name in zip(tabs, NAMES, strict=True):
        docks.add(tab, name)
    docks.came_into_sight.connect(lambda tab: tab.catch_up())
    docks.resize(900, 500)
    docks.setCurrentIndex(0)
    docks.show()
    settle()
    before = [tab.drawn for tab in tabs]
    for tab in tabs:
        tab.refresh()
    assert [tab.drawn - n for tab, n in zip(tabs, before, strict=True)] == [1, 0, 0]
    docks.setCurrentIndex(2)
    settle()
    assert [tab.drawn - n for tab, n in zip(tabs, before, strict=True)] == [1, 0, 1]
    docks.split_off(1, "beside")
    settle()
    assert [tab.drawn - n for tab, n in zip(tabs, before, strict=True)] == [1, 1, 1]
    docks.close()
    docks.deleteLater()


def test_a_tab_is_put_beside_and_below_the_others(docks):
    docks.split_off(1, "beside")
    settle()
    assert docks.in_sight() == ["a", "b"]
    left, right = (docks.widget(n).mapToGlobal(QtCore.QPoint()) for n in (0, 1))
    assert right.x() > left.x()
    docks.split_off(2, "below")
    settle()
    assert docks.in_sight() == NAMES
    assert docks.widget(2).mapToGlobal(QtCore.QPoint()).y() > left.y()
    docks.put_together()
    settle()
    assert len(docks.in_sight()) == 1


def test_only_a_dock_without_tabs_has_a_title_bar(docks):
    settle()
    assert all(dock.titleBarWidget() is not None for dock in docks._docks)
    docks.split_off(1, "beside")
    settle()
    assert docks._docks[1].titleBarWidget() is None
    docks.put_together()
    settle()
    assert all(dock.titleBarWidget() is not None for dock in docks._docks)


def test_a_tab_has_a_window_of_its_own_and_comes_back(docks):
    docks.float(1)
    settle()
    assert docks._docks[1].isFloating()
    docks.put_together()
    settle()
    assert not docks._docks[1].isFloating()


def test_the_arrangement_of_the_docks_is_remembered(window_of, station, tmp_path):
    settings = QtCore.QSettings(str(tmp_path / "window.ini"), QtCore.QSettings.Format.IniFormat)
    first = window_of(station)
    first.tab_widget.split_off(2, "beside")
    settle()
    seen = first.tab_widget.in_sight()
    assert len(seen) == 2
    remember(first, settings)
    second = window_of(station)
    restore(second, settings)
    settle()
    assert second.tab_widget.in_sight() == seen


def test_no_dock_is_drawn_over_another_where_there_is_little_room(docks):
    for place in range(3):
        docks.widget(place).setLayout(QtWidgets.QVBoxLayout())
        inside = QtWidgets.QLabel("wide")
        inside.setMinimumSize(700, 400)
        docks.widget(place).layout().addWidget(inside)
    docks.split_off(1, "beside")
    docks.split_off(2, "below")
    docks.resize(400, 300)
    settle()
    areas = [dock.geometry() for dock in docks._docks]
    assert not any(one.intersects(other) for one in areas for other in areas if one is not other)
