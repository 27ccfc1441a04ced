"""Questions and file dialogs that block nothing: they are shown beside the window and answer by a call.

A modal dialog would block the MAKE SAFE button, and a dialog of the operating system would keep F12 from
labctl. So every dialog here is Qt's own, is not modal, and offers nothing that asks by a modal box of its own
(replacing, renaming or deleting a file).
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labctl.qt import Qt, QtWidgets

Answer = Callable[[], Any]


def ask(
    parent: QtWidgets.QWidget, question: str, answers: Mapping[str, Answer], default: str, otherwise: str
) -> QtWidgets.QMessageBox:
    """Ask a question without blocking; a question that is open already is shown again.

    Parameters
    ----------
    parent : QWidget
    question : str
    answers : mapping
        Action of each button, by its text.
    default : str
        The button that Return presses.
    otherwise : str
        A further button that does nothing, as do Escape and closing the box.
    """
    for box in parent.findChildren(QtWidgets.QMessageBox):
        if box.isVisible() and box.text() == question:
            _bring_to_front(box)
            return box
    box = QtWidgets.QMessageBox(parent)
    box.setIcon(QtWidgets.QMessageBox.Icon.Question)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question)
    roles = QtWidgets.QMessageBox.ButtonRole
    buttons = {box.addButton(text, roles.AcceptRole): answer for text, answer in answers.items()}
    nothing = box.addButton(otherwise, roles.RejectRole)
    box.setEscapeButton(nothing)
    box.setDefaultButton(next(b for b in (*buttons, nothing) if b.text() == default))
    box.buttonClicked.connect(lambda pressed: buttons.get(pressed, lambda: None)())
    show_beside(box)
    return box


def ask_for_file(
    parent: QtWidgets.QWidget, title: str, folder: Path, kinds: str, then: Callable[[Path], Any]
) -> QtWidgets.QFileDialog:
    """Ask for a file to read without blocking; `then(path)` gets the choice, which may not exist."""
    dialog = _file_dialog(parent, title, folder, kinds)
    dialog.setFileMode(QtWidgets.QFileDialog.FileMode.AnyFile)  # an existing file is asked for by a modal box
    dialog.fileSelected.connect(lambda name: then(Path(name)))
    show_beside(dialog)
    return dialog


def ask_for_new_file(
    parent: QtWidgets.QWidget, title: str, start: Path, kinds: str, then: Callable[[Path], Any]
) -> QtWidgets.QFileDialog:
    """Ask for a file to write without blocking; `then(path)` is called with the choice.

    The suffix of `start` is added, and replacing an existing file has to be confirmed.
    """
    dialog = _file_dialog(parent, title, start.parent, kinds)
    dialog.setAcceptMode(QtWidgets.QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(start.suffix)
    dialog.selectFile(start.name)
    dialog.fileSelected.connect(lambda name: _replace_if_sure(parent, Path(name), then))
    show_beside(dialog)
    return dialog


def _replace_if_sure(parent: QtWidgets.QWidget, path: Path, then: Callable[[Path], Any]) -> None:
    if not path.exists():
        then(path)
        return
    question = f"{path} exists. Replace it?"
    ask(parent, question, {"&Replace": lambda: then(path)}, default="&Keep", otherwise="&Keep")


def _file_dialog(parent: QtWidgets.QWidget, title: str, folder: Path, kinds: str) -> QtWidgets.QFileDialog:
    dialog = QtWidgets.QFileDialog(parent, title, str(folder), kinds)
    options = QtWidgets.QFileDialog.Option
    for option in (options.DontUseNativeDialog, options.DontConfirmOverwrite, options.ReadOnly):
        dialog.setOption(option)
    return dialog


def show_beside(dialog: QtWidgets.QDialog) -> None:
    """Show a dialog that blocks nothing, in front; it is deleted when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowModality(Qt.WindowModality.NonModal)
    dialog.show()
    _bring_to_front(dialog)


def _bring_to_front(dialog: QtWidgets.QDialog) -> None:
    dialog.raise_()
    dialog.activateWindow()
