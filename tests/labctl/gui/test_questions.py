"""Questions and file dialogs that block nothing."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtTest, QtWidgets
from qtpy.QtCore import Qt

from labctl.qt.questions import ask, ask_for_file, ask_for_new_file


@pytest.fixture
def parent(app):
    parent = QtWidgets.QWidget()
    parent.show()
    yield parent
    parent.close()
    parent.deleteLater()


def boxes(parent):
    return [box for box in parent.findChildren(QtWidgets.QMessageBox) if box.isVisible()]


def press(box, text):
    (button,) = (button for button in box.buttons() if button.text() == text)
    button.click()


def accept(dialog, name):
    """Type a name and press Return."""
    line = dialog.findChild(QtWidgets.QLineEdit)
    line.setText(str(name))
    QtTest.QTest.keyClick(line, Qt.Key.Key_Return)


def question(parent, done):
    return ask(parent, "Sure?", {"&Yes": lambda: done.append("yes")}, default="&No", otherwise="&No")


def test_only_the_button_itself_does_what_was_asked(parent):
    done = []
    press(question(parent, done), "&No")
    box = question(parent, done)
    QtTest.QTest.keyClick(box, Qt.Key.Key_Escape)
    question(parent, done).close()
    assert done == []
    press(question(parent, done), "&Yes")
    assert done == ["yes"]
    assert boxes(parent) == []


def test_a_question_that_is_open_is_not_asked_twice(parent):
    assert question(parent, []) is question(parent, [])
    assert len(boxes(parent)) == 1


def test_a_file_is_chosen_in_qt_s_own_dialog_without_a_modal_box(parent, tmp_path):
    chosen = []
    for name in ("there.toml", "missing.toml"):
        (tmp_path / "there.toml").touch()
        dialog = ask_for_file(parent, "A protocol", tmp_path, "Protocols (*.toml)", chosen.append)
        assert dialog.testOption(QtWidgets.QFileDialog.Option.DontUseNativeDialog)
        assert not dialog.isModal()
        accept(dialog, tmp_path / name)
        assert boxes(dialog) == []
    assert chosen == [tmp_path / "there.toml", tmp_path / "missing.toml"]


def test_a_new_file_gets_its_suffix_and_an_old_one_is_replaced_only_if_confirmed(parent, tmp_path):
    chosen = []

    def choose(name):
        dialog = ask_for_new_file(parent, "Export", tmp_path / "p.csv", "Tables (*.csv)", chosen.append)
        accept(dialog, tmp_path / name)
        assert boxes(dialog) == []

    choose("new")
    assert chosen == [tmp_path / "new.csv"]
    (tmp_path / "old.csv").touch()
    choose("old")
    (box,) = boxes(parent)
    assert not box.isModal()
    press(box, "&Keep")
    assert chosen == [tmp_path / "new.csv"]
    choose("old")
    press(boxes(parent)[0], "&Replace")
    assert chosen == [tmp_path / "new.csv", tmp_path / "old.csv"]
