"""F12 and the MAKE SAFE button reach the emergency stop whatever is open in the window."""

import threading

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtCore, QtGui, QtTest, QtWidgets
from qtpy.QtCore import Qt

from labctl.config.station import read_station
from labctl.gui import control
from labctl.queue.making_safe import SafeReport
from labctl.queue.requests import Pauses
from labctl.store.transactions import WriteConnection


class Rig:
    """Stands for the way to the instruments: pauses the queue, counts attempts, waits for the test."""

    def __init__(self):
        self.attempts, self.report, self.go = [], SafeReport(True, "all made safe"), threading.Event()
        self.go.set()

    def make_safe(self, station_file, station, db, person, silence_s):
        self.attempts.append(person)
        with WriteConnection(db) as connection:
            Pauses(connection).pause("job", "make safe", person)
        self.go.wait(30)
        return self.report


@pytest.fixture
def rig(monkeypatch):
    rig = Rig()
    monkeypatch.setattr(control, "make_safe", rig.make_safe)
    return rig


def shown(window):
    return window.control.outcome.text() if window.control.outcome.isVisible() else ""


def open_menu(window):
    menu = window.menuBar().actions()[0].menu()
    menu.popup(window.mapToGlobal(QtCore.QPoint(10, 10)))
    return menu


def open_pause_menu(window):
    menu = window.control.pause.menu()
    menu.popup(window.mapToGlobal(QtCore.QPoint(10, 10)))
    return menu


def open_list(window):
    window.queueing.procedure.showPopup()
    return QtWidgets.QApplication.activePopupWidget()


def open_lines_of_text(window):
    line = window.queueing.title
    menu = line.createStandardContextMenu()
    menu.setParent(window, menu.windowFlags())
    menu.popup(window.mapToGlobal(QtCore.QPoint(10, 10)))
    return menu


def dialog_in(window, kind):
    (dialog,) = (dialog for dialog in window.findChildren(kind) if dialog.isVisible())
    return dialog


def open_protocol_chooser(window):
    window.queueing.load.click()
    return dialog_in(window, QtWidgets.QFileDialog)


def open_own_file_chooser(window):
    window.queueing.open_file.click()
    return dialog_in(window, QtWidgets.QFileDialog)


def open_save_chooser(window):
    window.queueing.save.click()
    return dialog_in(window, QtWidgets.QFileDialog)


def open_export_chooser(window):
    window.ask_for_data_file()
    return dialog_in(window, QtWidgets.QFileDialog)


def open_picture_chooser(window):
    window.export_picture()
    return dialog_in(window, QtWidgets.QFileDialog)


def open_resume_question(window):
    window.control._resume()
    return dialog_in(window, QtWidgets.QMessageBox)


def open_close_question(window):
    window._ask_before_closing()
    return dialog_in(window, QtWidgets.QMessageBox)


LISTS = [open_menu, open_pause_menu, open_list, open_lines_of_text]
DIALOGS = [
    open_protocol_chooser,
    open_own_file_chooser,
    open_save_chooser,
    open_export_chooser,
    open_picture_chooser,
    open_resume_question,
    open_close_question,
]


def press_f12(widget):
    """Press the key as the window system reports it: at the window that has the keyboard."""
    QtTest.QTest.keyClick(widget.window().windowHandle(), Qt.Key.Key_F12)


@pytest.mark.parametrize("opened", [*LISTS, *DIALOGS])
def test_f12_makes_safe_whatever_is_open(window, rig, wait, opened):
    widget = opened(window)
    assert widget.isVisible()
    press_f12(widget)
    wait(lambda: shown(window).startswith("SAFE since"), "the result")
    assert len(rig.attempts) == 1
    press_f12(window)
    wait(lambda: len(rig.attempts) == 2, "the second attempt")
    wait(lambda: not widget.isVisible() or opened in DIALOGS, "an open list to be closed")


def click_safe(window):
    """Click on the button as the window system reports it."""
    button = window.control.safe
    centre = button.mapTo(window, button.rect().center())
    QtTest.QTest.mouseClick(
        window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, centre
    )


@pytest.mark.parametrize("opened", DIALOGS)
def test_no_dialog_blocks_the_button(window, rig, wait, opened):
    dialog = opened(window)
    assert not dialog.isModal()
    click_safe(window)
    wait(lambda: shown(window).startswith("SAFE since"), "the result")
    assert len(rig.attempts) == 1


def click_beside(popup, button):
    """Click on a button while a list is open: the list gets every click."""
    place = QtCore.QPointF(button.mapToGlobal(button.rect().center()))
    press = QtGui.QMouseEvent(
        QtCore.QEvent.Type.MouseButtonPress,
        popup.mapFromGlobal(place),
        place,
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QtWidgets.QApplication.sendEvent(popup, press)


@pytest.mark.parametrize("opened", LISTS)
def test_a_click_on_the_button_beside_an_open_list_makes_safe_and_closes_the_list(window, rig, wait, opened):
    popup = opened(window)
    assert QtWidgets.QApplication.activePopupWidget() is popup
    click_beside(popup, window.control.safe)
    wait(lambda: shown(window).startswith("SAFE since"), "the result")
    wait(lambda: QtWidgets.QApplication.activePopupWidget() is None, "the list to be closed")
    assert len(rig.attempts) == 1


def test_the_key_of_a_field_with_the_focus_makes_safe_once(window, rig, wait):
    window.queueing.title.setFocus()
    QtTest.QTest.keyClick(window.queueing.title, Qt.Key.Key_F12)
    wait(lambda: shown(window).startswith("SAFE since"), "the result")
    QtTest.QTest.qWait(50)
    assert len(rig.attempts) == 1


def test_a_second_press_while_one_attempt_hangs_is_told_and_tried(window, rig, wait):
    rig.go.clear()
    press_f12(window)
    wait(lambda: rig.attempts, "the first attempt")
    assert window.control.safe.isEnabled()
    window.control.safe.click()
    assert "another attempt follows" in shown(window)
    rig.go.set()
    wait(lambda: shown(window).startswith("SAFE since"), "the result")
    assert len(rig.attempts) == 2


def test_a_held_key_makes_safe_once(window, rig, wait):
    press_f12(window)
    for _ in range(5):
        event = QtGui.QKeyEvent(
            QtCore.QEvent.Type.KeyPress, Qt.Key.Key_F12, Qt.KeyboardModifier.NoModifier, "", True
        )
        QtWidgets.QApplication.sendEvent(window, event)
    wait(lambda: shown(window).startswith("SAFE since"), "the result")
    assert len(rig.attempts) == 1


def test_the_bar_stays_red_until_safe_is_confirmed(window, rig, wait):
    wait(lambda: window.control.property("station") != "trouble", "a quiet station")
    rig.report = SafeReport(False, "NOT SAFE: oven: no answer. Switch the instruments off by hand.")
    press_f12(window)
    assert window.control.property("station") == "trouble"
    wait(lambda: shown(window).startswith("NOT SAFE: oven: no answer"), "the result")
    window.reader.look_now()
    looks = window._looks
    wait(lambda: window._looks > looks + 1, "further looks at the station")
    assert window.control.property("station") == "trouble"
    rig.report = SafeReport(True, "all made safe")
    press_f12(window)
    wait(lambda: shown(window).startswith("SAFE since"), "the result")
    assert window.control.property("station") != "trouble"
    assert "heater off, read back" in shown(window)


def test_safe_is_in_the_past_once_the_queue_is_resumed(window, rig, wait, db):
    press_f12(window)
    wait(lambda: shown(window).startswith("SAFE since"), "the result")
    looks = window._looks
    wait(lambda: window._looks > looks + 1, "further looks at the station")
    assert shown(window).startswith("SAFE since")
    with WriteConnection(db) as connection:
        Pauses(connection).resume()
    wait(lambda: shown(window).startswith("Made safe at"), "the doubt")
    assert "The queue is not paused now" in shown(window)


def test_a_closed_window_no_longer_takes_the_key(app, window, rig):
    window.close()
    press_f12(window)
    QtTest.QTest.qWait(50)
    assert rig.attempts == []


WAYS = [
    (open_menu, lambda window, menu: press_f12(menu)),
    (open_pause_menu, lambda window, menu: click_beside(menu, window.control.safe)),
    (open_list, lambda window, choices: click_beside(choices, window.control.safe)),
    (open_protocol_chooser, lambda window, chooser: press_f12(chooser)),
    (open_resume_question, lambda window, question: click_safe(window)),
]


@pytest.mark.slow
def test_the_heater_of_a_served_rig_goes_off_every_time_whatever_is_open(window_of, rig_in_use, wait):
    """Menu, list, file chooser, question; key and button; and once more without anything open."""
    window = window_of(read_station(rig_in_use.station))
    for opened, ask in [*WAYS, (lambda window: window, lambda window, same: press_f12(window))]:
        rig_in_use.heat()
        ask(window, opened(window))
        wait(lambda: not rig_in_use.heater_is_on, "the heater to be off")
        wait(lambda: "heater off" in shown(window) and "read back" in shown(window), "the confirmation")
        assert shown(window).startswith("Made safe at ")
        assert control.UNWATCHED in shown(window)
