"""Forms that amend, beside the window and not modal: sample, note, exclusion, revocation."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from labctl.derive.amending import Request
from labctl.gui.amending import AmendingPanel
from labctl.gui.background import Background
from labctl.gui.inputs import NotFilledIn
from labctl.gui.number_field import NumberField
from labctl.gui.plain_label import PlainLabel
from labctl.gui.qt import QtGui, QtWidgets, Signal
from labctl.gui.queue_panel import fit_columns, set_up_table
from labctl.gui.rows_model import Column, RowsModel
from labctl.gui.sample_correction import SampleCorrection
from labctl.gui.wheel import let_wheel_pass
from labctl.plain_text import local_time
from labctl.readmodel.amendable_run import AmendableRun, ListedAmendment, listed_amendments
from labctl.readmodel.amendment_text import amendment_on_one_line
from labctl.units import ZERO_CELSIUS_K

Person = Callable[[], str]
LETTERS_OF_A_LIST = 140
HIGHEST_HZ = 1e12
HIGHEST_DEGC = 3000.0


class AmendmentForm(QtWidgets.QDialog):
    """A form with an `AmendingPanel` at its foot; it stays open while the panel writes.

    Signals
    -------
    written(str)
    """

    written = Signal(str)

    def __init__(self, parent: QtWidgets.QWidget, title: str, panel: AmendingPanel) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.panel = panel
        self.column = QtWidgets.QVBoxLayout(self)
        panel.written.connect(self._end)

    def reject(self) -> None:
        """Close, but not while something is being written: its result would not be seen."""
        if not self.panel.is_writing:
            self.panel.give_up()
            super().reject()

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802
        """Close, but not while something is being written."""
        if self.panel.is_writing and self.isVisible():
            event.ignore()
            return
        self.panel.give_up()
        event.accept()

    def _end(self, sentence: str) -> None:
        self.written.emit(sentence)
        self.close()


class CorrectionForm(AmendmentForm):
    """Corrects the values of a sample, for one run or for all runs of the sample."""

    def __init__(self, parent: QtWidgets.QWidget, db: Path, person: Person, known: AmendableRun) -> None:
        name = known.sample["name"]
        panel = AmendingPanel(db, self._request)
        super().__init__(parent, f"Correct sample {name}, run {known.run_id}", panel)
        self._person, self._known = person, known
        self.fields = SampleCorrection(known.sample, self)
        self.target = QtWidgets.QComboBox(self)
        self.target.setAccessibleName("Holds for")
        self.target.addItems(list(known.targets))
        self.sure = QtWidgets.QCheckBox("&Confirm a change by more than ten times", self)
        row = QtWidgets.QFormLayout()
        row.addRow("&Holds for", self.target)
        self.column.addWidget(self.fields)
        self.column.addLayout(row)
        self.column.addWidget(self.sure)
        self.column.addWidget(panel, 1)
        let_wheel_pass(self)
        self.fields.edited.connect(panel.edited)
        self.target.currentIndexChanged.connect(panel.edited)
        self.sure.toggled.connect(panel.edited)

    def _request(self, reason: str) -> Request:
        values = self.fields.values()
        if not values:
            raise NotFilledIn(
                self.fields.thickness_mm, "nothing is changed: the fields show what is in force"
            )
        target = self._known.targets[self.target.currentText()]
        sure = self.sure.isChecked()
        return Request(reason, self._person(), values=values, sure=sure, **target)


class NoteForm(AmendmentForm):
    """Adds a note to a run."""

    def __init__(self, parent: QtWidgets.QWidget, db: Path, person: Person, run_id: int) -> None:
        panel = AmendingPanel(db, self._request, has_reason=False)
        super().__init__(parent, f"Add a note to run {run_id}", panel)
        self._person, self._run_id = person, run_id
        self.note = QtWidgets.QLineEdit(self)
        self.note.setAccessibleName("Note")
        self.column.addWidget(self.note)
        self.column.addWidget(panel, 1)
        self.note.textChanged.connect(panel.edited)

    def _request(self, reason: str) -> Request:
        if not self.note.text().strip():
            raise NotFilledIn(self.note, "not filled in")
        return Request(reason, self._person(), run=self._run_id, remark=self.note.text())


class ExclusionForm(AmendmentForm):
    """Excludes a spectrum of a run, or its points in a range of frequencies, from the results.

    `range_hz` fills in the range of frequencies, rounded to the outside.
    """

    def __init__(
        self,
        parent: QtWidgets.QWidget,
        db: Path,
        person: Person,
        run_id: int,
        number: int,
        range_hz: tuple[float, float] | None = None,
    ) -> None:
        panel = AmendingPanel(db, self._request)
        super().__init__(parent, f"Exclude spectrum {number} of run {run_id}", panel)
        self._person, self._run_id, self._number = person, run_id, number
        words = (
            f"Spectrum {number} of run {run_id} stays in the file and is drawn hollow; it is in no law. With "
            "two frequencies only its points between them are left out, and it is fitted again without them."
        )
        label = PlainLabel(words, self)
        label.setWordWrap(True)
        self.low_hz, self.high_hz = (NumberField(HIGHEST_HZ, "Hz", "all points") for _ in range(2))
        row = QtWidgets.QFormLayout()
        for text, field in (("Points &from", self.low_hz), ("Points &to", self.high_hz)):
            field.setAccessibleName(text.replace("&", ""))
            row.addRow(text, field)
            field.valueChanged.connect(panel.edited)
        for field, hz, way in zip((self.low_hz, self.high_hz), range_hz or (), (-1, 1), strict=False):
            field.setValue(_rounded(hz, way))
        self.column.addWidget(label)
        self.column.addLayout(row)
        self.column.addWidget(panel, 1)

    def _request(self, reason: str) -> Request:
        exclusion: dict[str, float] = {"spectrum": self._number}
        low_hz, high_hz = self.low_hz.value(), self.high_hz.value()
        if (low_hz is None) != (high_hz is None):
            raise NotFilledIn(self.low_hz if low_hz is None else self.high_hz, "give both ends, or none")
        if low_hz is not None and high_hz is not None:
            exclusion |= {"frequency_min_hz": low_hz, "frequency_max_hz": high_hz}
        return Request(reason, self._person(), run=self._run_id, exclusion=exclusion)


class TemperaturesForm(AmendmentForm):
    """Excludes the spectra of a run in a range of temperatures from the results.

    `range_k` fills in the range, rounded to the outside to 0.01 K.
    """

    def __init__(
        self,
        parent: QtWidgets.QWidget,
        db: Path,
        person: Person,
        run_id: int,
        range_k: tuple[float, float] | None = None,
    ) -> None:
        panel = AmendingPanel(db, self._request)
        super().__init__(parent, f"Exclude temperatures of run {run_id}", panel)
        self._person, self._run_id = person, run_id
        words = (
            f"Spectra of run {run_id} at temperatures in this range, measured on the way up or down, stay in "
            "the file and are drawn hollow; they are in no law."
        )
        label = PlainLabel(words, self)
        label.setWordWrap(True)
        self.low_degc, self.high_degc = (NumberField(HIGHEST_DEGC, "°C", "") for _ in range(2))
        row = QtWidgets.QFormLayout()
        for text, field in (("Temperatures &from", self.low_degc), ("Temperatures &to", self.high_degc)):
            field.setAccessibleName(text.replace("&", ""))
            row.addRow(text, field)
            field.valueChanged.connect(panel.edited)
        for field, kelvin, way in zip((self.low_degc, self.high_degc), range_k or (), (-1, 1), strict=False):
            field.setValue(_degc_beyond(kelvin, way))
        self.column.addWidget(label)
        self.column.addLayout(row)
        self.column.addWidget(panel, 1)

    def _request(self, reason: str) -> Request:
        fields = (self.low_degc, self.high_degc)
        ends = [field.value() for field in fields]
        for field, end in zip(fields, ends, strict=True):
            if end is None:
                raise NotFilledIn(field, "give both ends of the range")
        low_k, high_k = (end + ZERO_CELSIUS_K for end in ends)
        exclusion = {"temperature_min_k": low_k, "temperature_max_k": high_k}
        return Request(reason, self._person(), run=self._run_id, exclusion=exclusion)


def _degc_beyond(kelvin: float, way: int) -> float:
    """Return a hundredth of a degree that is not above a temperature (`way` -1), or not below it (1)."""
    near = round(kelvin - ZERO_CELSIUS_K, 2)
    steps = (round(near + way * step / 100, 2) for step in (-1, 0, 1, 2))
    return next(degc for degc in steps if (degc + ZERO_CELSIUS_K - kelvin) * way >= 0)


def _rounded(value: float, way: int) -> float:
    """Return a number with four digits that is not above `value` (`way` -1), or not below it (1)."""
    digits = 3 - math.floor(math.log10(value))
    near = round(value, digits)
    steps = (round(near + way * step * 10.0**-digits, digits) for step in (-1, 0, 1, 2))
    return next(number for number in steps if (number - value) * way >= 0)


COLUMNS = (
    Column("No.", lambda one: str(one.row["id"])),
    Column("For", lambda one: _target(one.row)),
    Column("Amendment", lambda one: amendment_on_one_line(one.row)),
    Column("State", lambda one: _state(one)),
    Column("Reason", lambda one: one.row["reason"]),
    Column("Person", lambda one: one.row["person"] or "unknown"),
    Column("Time", lambda one: local_time(one.row["time_s"], "%Y-%m-%d %H:%M")),
)


class AmendmentsForm(AmendmentForm):
    """Lists the amendments of a run and of its sample, and revokes the chosen one."""

    def __init__(self, parent: QtWidgets.QWidget, db: Path, person: Person, run_id: int) -> None:
        panel = AmendingPanel(db, self._request)
        super().__init__(parent, f"Amendments of run {run_id} and its sample", panel)
        self._db, self._person, self._run_id = db, person, run_id
        self._background = Background(self)
        self.model = RowsModel(COLUMNS, key=lambda one: one.row["id"], parent=self)
        self.table = QtWidgets.QTableView(self)
        self.table.setModel(self.model)
        self.table.setAccessibleName("Amendments")
        set_up_table(self.table)
        self.none = PlainLabel("reading…", self)
        label = PlainLabel("Revoke the amendment chosen above:", self)
        self.column.addWidget(self.none)
        self.column.addWidget(self.table, 2)
        self.column.addWidget(label)
        self.column.addWidget(panel, 1)
        self.resize(LETTERS_OF_A_LIST * self.fontMetrics().averageCharWidth(), self.sizeHint().height())
        self.table.selectionModel().selectionChanged.connect(panel.edited)
        self.look()

    def look(self) -> None:
        """Read the list again, in the background."""
        read = partial(listed_amendments, self._db, self._run_id)
        self._background.run(read, self._show, self.none.setText)

    def _show(self, listed: list[ListedAmendment]) -> None:
        self.model.show_rows(listed)
        self.none.setText(f"{len(listed)} amendment(s)" if listed else "nothing is amended")
        fit_columns(self.table)

    def _end(self, sentence: str) -> None:
        """Stay open after a revocation and show it."""
        self.written.emit(sentence)
        self.panel.clear(sentence)
        self.look()

    def _request(self, reason: str) -> Request:
        chosen = self.table.selectionModel().selectedRows()
        if not chosen:
            raise NotFilledIn(self.table, "choose the amendment to revoke")
        return Request(reason, self._person(), revokes=self.model.rows[chosen[0].row()].row["id"])


def _target(row: Any) -> str:
    return f"run {row['run_id']}" if row["run_id"] is not None else "the sample"


def _state(one: ListedAmendment) -> str:
    if one.revoked_by is not None:
        return f"revoked by {one.revoked_by}"
    return "in force"
