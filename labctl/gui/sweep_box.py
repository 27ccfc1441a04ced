"""Form of a nested sweep: pymeasure's tree of levels, read strictly; one job for each combination."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymeasure.display.widgets.sequencer_widget import (
    ComboBoxDelegate,
    LineEditDelegate,
    SequencerTreeModel,
    SequencerTreeView,
)
from pymeasure.experiment.sequencer import SequenceEvaluationError

from labctl.config.sweep import Sweep, combinations, parameters_by_name, sweep_in_words
from labctl.gui.qt import QtCore, QtWidgets, Signal
from labctl.gui.saving import refuse_what_is_no_export, write_text
from labctl.qt.questions import ask_for_file, ask_for_new_file

KINDS = "Sweeps (*.txt)"
EXAMPLE = "30, 45, 60   or   linspace(0, 1, 11)"


class SweepBox(QtWidgets.QGroupBox):
    """Levels of a sweep over parameters of one procedure; without a tick, or without levels, there is none.

    Signals
    -------
    edited(), refused(str), said(str)
        A level was changed; a file cannot be used, and why; a message.
    """

    edited = Signal()
    refused = Signal(str)
    said = Signal(str)

    def __init__(self, folder: Path, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__("S&weep: one job for each combination", parent)
        self._folder = folder
        self._class: type | None = None
        self._sweep = Sweep()
        self.setCheckable(True)
        self.setChecked(False)
        self._build()
        self._show(self._sweep)
        self.toggled.connect(self._open_or_close)
        self._open_or_close(False)

    def set_procedure(self, procedure_class: type) -> None:
        """Offer the parameters of a procedure; levels stay if it has all their parameters."""
        self._class = procedure_class
        names = parameters_by_name(procedure_class)
        kept = all(level.parameter in names for level in self._sweep.levels)
        self._choices = sorted(names)
        self.tree.setItemDelegateForColumn(1, _ParameterDelegate(self, self._choices))
        if not kept:
            self.setChecked(False)
        self._show(self._sweep if kept else Sweep())

    def jobs(self) -> list[dict[str, Any]]:
        """Return the swept parameters of each job; empty without a sweep. Raises ValueError."""
        if not self.isChecked() or self._class is None:
            return []
        return combinations(self._sweep, self._class)

    def in_words(self) -> str:
        """Return the levels as understood; `""` without a sweep. Raises ValueError."""
        if not self.isChecked() or self._class is None or not self._sweep.levels:
            return ""
        return sweep_in_words(self._sweep, self._class)

    def text(self) -> str:
        """Return the levels as a file would have them; `""` without a sweep."""
        file = io.StringIO()
        self._sweep.save(file)
        return file.getvalue() if self.isChecked() else ""

    def load_text(self, text: str) -> None:
        """Replace the levels by the levels of a text; raises ValueError, and changes nothing then."""
        if self._class is None:
            raise ValueError("choose a procedure first")
        names = parameters_by_name(self._class)
        of_attribute = {attribute: name for name, attribute in names.items()}
        try:
            sweep = Sweep((*names, *of_attribute), io.StringIO(text))
        except SequenceEvaluationError as error:
            raise ValueError(str(error)) from error
        for level in sweep.levels:
            level.parameter = of_attribute.get(level.parameter, level.parameter)
        self.setChecked(True)
        self._show(sweep)

    def load_file(self, path: Path) -> None:
        """Load the levels from a file; an error is shown."""
        try:
            self.load_text(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            self.refused.emit(f"{path.name}: {error}")

    def save_file(self, path: Path) -> None:
        """Write the levels, completely or not at all; an error is shown."""
        try:
            refuse_what_is_no_export(path, (".txt",))
            write_text(path, self.text())
        except (OSError, ValueError) as error:
            self.refused.emit(str(error))
        else:
            self.said.emit(f"sweep saved as {path}")

    def add(self, nested: bool, parameter: str = "", expression: str = "") -> None:
        """Add a level: inside the chosen one, or after all others."""
        chosen = self.tree.currentIndex() if nested else QtCore.QModelIndex()
        parent = chosen.siblingAtColumn(0) if chosen.isValid() else None
        model = self._model
        index = model.add_node(parameter or self._choices[0], parent)
        index.internalPointer().expression = expression
        self._open_editors()
        self.tree.setCurrentIndex(index)
        self.edited.emit()

    def _build(self) -> None:
        self._choices: list[str] = []
        self.tree = SequencerTreeView(self)
        self.tree.setAccessibleName("Levels of the sweep")
        self.tree.setItemDelegateForColumn(2, _ValuesDelegate(self))
        self.tree.setMinimumHeight(8 * self.fontMetrics().height())
        self.tree.setToolTip(f"Values of a level: {EXAMPLE}")
        self._buttons: dict[str, QtWidgets.QPushButton] = {}
        row = QtWidgets.QGridLayout()
        actions: tuple[tuple[str, str, Callable[[], Any]], ...] = (
            ("Add level", "A level after the others", lambda: self.add(False)),
            ("Add inside", "A level inside the chosen one", lambda: self.add(True)),
            ("Remove", "The chosen level and those inside it", self._remove),
            ("Load…", "A sweep in pymeasure's text format", self._ask_for_file),
            ("Save…", "In pymeasure's text format", self._ask_for_new_file),
        )
        for place, (text, tip, action) in enumerate(actions):
            button = self._buttons[text] = QtWidgets.QPushButton(text, self)
            button.setToolTip(tip)
            button.setAccessibleName(f"Sweep: {text.replace('&', '')}")
            button.clicked.connect(lambda _=False, a=action: a())
            row.addWidget(button, place // 3, place % 3)
        column = QtWidgets.QVBoxLayout(self)
        column.addWidget(self.tree)
        column.addLayout(row)

    def _show(self, sweep: Sweep) -> None:
        self._sweep = sweep
        old = getattr(self, "_model", None)
        self._model = SequencerTreeModel(sweep, parent=self)
        self.tree.setModel(self._model)
        header = self.tree.header()
        header.setSectionResizeMode(0, QtWidgets.QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QtWidgets.QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QtWidgets.QHeaderView.ResizeMode.Stretch)
        self._model.dataChanged.connect(lambda *_: self.edited.emit())
        if old is not None:
            old.deleteLater()
        self._open_editors()
        self.edited.emit()

    def _open_editors(self) -> None:
        """Show lists and fields in all levels: what can be changed is seen."""
        self.tree.activate_persistent_editor()
        for index in self._model:
            self.tree.openPersistentEditor(index.siblingAtColumn(2))
        self.tree.expandAll()

    def _open_or_close(self, on: bool) -> None:
        for child in (self.tree, *self._buttons.values()):
            child.setVisible(on)
        self.edited.emit()

    def _remove(self) -> None:
        chosen = self.tree.currentIndex()
        if chosen.isValid():
            self._model.remove_node(chosen.siblingAtColumn(0))
            self.edited.emit()

    def _ask_for_file(self) -> None:
        ask_for_file(self, "A sweep", self._folder, KINDS, self.load_file)

    def _ask_for_new_file(self) -> None:
        ask_for_new_file(self, "Save the sweep", self._folder / "sweep.txt", KINDS, self.save_file)


class _ParameterDelegate(ComboBoxDelegate):
    """pymeasure's list of parameters; a choice counts at once, not only when the list loses the focus."""

    def createEditor(self, parent: Any, option: Any, index: Any) -> QtWidgets.QComboBox:  # noqa: N802
        editor = super().createEditor(parent, option, index)
        editor.setAccessibleName("Parameter of the level")
        editor.activated.connect(lambda _: self.commitData.emit(editor))
        return editor


class _ValuesDelegate(LineEditDelegate):
    """pymeasure's field of an expression, without its check by evaluation; every key counts at once."""

    def createEditor(self, parent: Any, option: Any, index: Any) -> QtWidgets.QLineEdit:  # noqa: N802
        editor = QtWidgets.QLineEdit(parent)
        editor.setAccessibleName("Values of the level")
        editor.setPlaceholderText(EXAMPLE)
        editor.textEdited.connect(lambda _: self.commitData.emit(editor))
        return editor

    def setEditorData(self, editor: Any, index: Any) -> None:  # noqa: N802
        if editor.text() != index.data():  # else the cursor would jump to the end
            super().setEditorData(editor, index)
